//! Compiler flags that keep the directories of this machine out of what is built.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::project::Project;

/// Cargo's own directory, where the sources of the crates are.
pub(crate) fn cargo_home() -> Result<PathBuf> {
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
        .context("neither CARGO_HOME nor HOME is set")
}

/// One flag for each directory whose path would get into panic messages.
pub(crate) fn flags(project: &Project) -> Result<Vec<String>> {
    let home = cargo_home()?;
    Ok(of(&project.root, &home, &registries(&home)))
}

/// The directories of the crates' sources, one for each registry.
fn registries(cargo_home: &Path) -> Vec<PathBuf> {
    let Ok(entries) = cargo_home.join("registry").join("src").read_dir() else {
        return Vec::new();
    };
    let mut dirs: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    dirs.sort();
    dirs
}

/// rustc takes the last prefix that matches, so the narrower ones come later. Cargo splits the flags at white space and
/// knows no quoting: a path that has some is left as it is.
fn of(root: &Path, cargo_home: &Path, registries: &[PathBuf]) -> Vec<String> {
    let mut flags = vec![flag(cargo_home, "/cargo"), flag(root, "/room-events")];
    flags.extend(registries.iter().map(|dir| flag(dir, "/crates")));
    flags.retain(|flag| !flag.contains(char::is_whitespace));
    flags
}

/// Makes `shown` of `dir`.
pub(crate) fn flag(dir: &Path, shown: &str) -> String {
    format!("--remap-path-prefix={}={shown}", dir.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_directory_of_the_machine_is_left_in_paths() {
        let registries = [PathBuf::from("/home/ada/.cargo/registry/src/index-1")];
        let root = Path::new("/home/ada/room-events");
        let home = Path::new("/home/ada/.cargo");
        assert_eq!(
            of(root, home, &registries),
            [
                "--remap-path-prefix=/home/ada/.cargo=/cargo",
                "--remap-path-prefix=/home/ada/room-events=/room-events",
                "--remap-path-prefix=/home/ada/.cargo/registry/src/index-1=/crates",
            ]
        );
        assert_eq!(
            of(Path::new("/home/ada/my work"), home, &registries).len(),
            2,
            "Cargo cannot pass the space on"
        );
    }
}
