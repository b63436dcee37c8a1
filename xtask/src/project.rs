//! Where things are: the repository, the directories of build output and the per-user cache of tools.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The directories that every command works with. All paths are absolute.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// The root of the repository.
    pub(crate) root: PathBuf,
    /// Cargo's target directory of native builds.
    pub(crate) target: PathBuf,
    /// The per-user directory of tools, keyed by version, that outlives any clone of the repository.
    pub(crate) cache: PathBuf,
}

impl Project {
    /// Finds the repository and the directories from the environment.
    pub(crate) fn locate() -> Result<Self> {
        // Cargo sets the variable when it runs the program; the compiled-in value serves a program that was started
        // by its path.
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir
            .parent()
            .with_context(|| format!("{} has no parent directory", manifest_dir.display()))?
            .to_path_buf();
        let target = native_target(&root, env::var_os("CARGO_TARGET_DIR").map(PathBuf::from));
        let cache = cache_dir(cfg!(target_os = "macos"), |name| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        })
        .context("no directory for the tools: set HOME, XDG_CACHE_HOME or ROOM_EVENTS_CACHE")?;
        Ok(Self { root, target, cache })
    }

    /// Cargo's target directory of everything that is built for wasm32.
    ///
    /// It is not the native one because wasm32 may be built by another version of rustc, and each of the two would
    /// throw away what the other has built.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// Where a tool of one version is installed in the per-user cache.
    pub(crate) fn tool_dir(&self, name: &str, version: &str) -> PathBuf {
        self.cache.join("tools").join(format!("{name}-{version}"))
    }

    /// The programs of the npm packages.
    pub(crate) fn npm_bin(&self) -> PathBuf {
        self.root.join("node_modules").join(".bin")
    }
}

/// The native target directory. `cargo xtask env` exports the wasm32 one as `CARGO_TARGET_DIR`, so a command in such a
/// shell must step out of it again.
fn native_target(root: &Path, configured: Option<PathBuf>) -> PathBuf {
    match configured {
        None => root.join("target"),
        Some(dir) => {
            let dir = root.join(dir);
            match dir.parent() {
                Some(parent) if dir.file_name().is_some_and(|name| name == "wasm") => parent.to_path_buf(),
                _ => dir,
            }
        }
    }
}

/// The cache directory by the conventions of the platform; `ROOM_EVENTS_CACHE` names another one.
fn cache_dir(macos: bool, variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if let Some(dir) = variable("ROOM_EVENTS_CACHE") {
        return std::path::absolute(dir).ok();
    }
    let home = variable("HOME").or_else(env::home_dir);
    let base = if macos {
        home?.join("Library").join("Caches")
    } else {
        // The base directory specification asks to ignore a relative path.
        match variable("XDG_CACHE_HOME").filter(|dir| dir.is_absolute()) {
            Some(dir) => dir,
            None => home?.join(".cache"),
        }
    };
    Some(base.join("room-events"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(set: &[(&'static str, &'static str)]) -> impl Fn(&str) -> Option<PathBuf> {
        move |name| {
            set.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| PathBuf::from(value))
        }
    }

    #[test]
    fn the_cache_follows_the_platform_and_can_be_named() {
        let home = ("HOME", "/home/ada");
        assert_eq!(
            cache_dir(false, variables(&[home])).as_deref(),
            Some(Path::new("/home/ada/.cache/room-events"))
        );
        assert_eq!(
            cache_dir(true, variables(&[home])).as_deref(),
            Some(Path::new("/home/ada/Library/Caches/room-events"))
        );
        assert_eq!(
            cache_dir(false, variables(&[home, ("XDG_CACHE_HOME", "/var/cache/ada")])).as_deref(),
            Some(Path::new("/var/cache/ada/room-events"))
        );
        assert_eq!(
            cache_dir(false, variables(&[home, ("XDG_CACHE_HOME", "relative")])).as_deref(),
            Some(Path::new("/home/ada/.cache/room-events"))
        );
        assert_eq!(
            cache_dir(false, variables(&[home, ("ROOM_EVENTS_CACHE", "/srv/tools")])).as_deref(),
            Some(Path::new("/srv/tools"))
        );
    }

    #[test]
    fn a_shell_with_the_exported_wasm_directory_still_has_the_native_one() {
        let root = Path::new("/repo");
        assert_eq!(native_target(root, None), Path::new("/repo/target"));
        assert_eq!(
            native_target(root, Some("/repo/target/wasm".into())),
            Path::new("/repo/target")
        );
        assert_eq!(
            native_target(root, Some("/elsewhere".into())),
            Path::new("/elsewhere")
        );
        assert_eq!(native_target(root, Some("out".into())), Path::new("/repo/out"));
    }
}
