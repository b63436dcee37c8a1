//! Starting other programs: a clean environment for them, their output, and where they are.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::project::Project;

/// The name under which Debian's own toolchain is linked in rustup.
pub(crate) const DEBIAN_TOOLCHAIN: &str = "debian";

/// Variables that Cargo sets for the program it runs, and that say nothing true about another one. Build scripts that
/// watch them would run again and again.
const SET_BY_CARGO: [&str; 6] = [
    "CARGO",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "OUT_DIR",
];

/// A command that runs in the root of the repository, with the native toolchain and without the variables that Cargo
/// has set for this program.
pub(crate) fn native(project: &Project, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&project.root);
    for (name, _) in env::vars_os() {
        let leaked = name
            .to_str()
            .is_some_and(|name| SET_BY_CARGO.contains(&name) || name.starts_with("CARGO_PKG_"));
        if leaked {
            command.env_remove(name);
        }
    }
    // Cargo puts the libraries of the toolchain in front; another toolchain's programs must not load them.
    for name in ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"] {
        if let Some(value) = env::var_os(name) {
            let kept: Vec<PathBuf> = env::split_paths(&value)
                .filter(|dir| !is_added_by_cargo(project, dir))
                .collect();
            match env::join_paths(&kept) {
                Ok(joined) if !kept.is_empty() => command.env(name, joined),
                _ => command.env_remove(name),
            };
        }
    }
    // In a shell that has evaluated `cargo xtask env`.
    if env::var_os("RUSTUP_TOOLCHAIN").is_some_and(|toolchain| toolchain == DEBIAN_TOOLCHAIN) {
        command.env_remove("RUSTUP_TOOLCHAIN");
    }
    command.env("CARGO_TARGET_DIR", &project.target);
    command
}

fn is_added_by_cargo(project: &Project, dir: &Path) -> bool {
    dir.starts_with(&project.target) || dir.components().any(|part| part.as_os_str() == "toolchains")
}

/// Runs a command to its end and returns what it printed on standard output, without surrounding white space.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command
        .output()
        .with_context(|| format!("cannot start `{shown}`"))?;
    if !output.status.success() {
        bail!(
            "`{shown}` failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let mut words = vec![quoted(command.get_program())];
    words.extend(command.get_args().map(quoted));
    words.join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// The first program of this name on `PATH`.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| is_executable(file))
}

/// Whether a file can be run.
pub(crate) fn is_executable(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.metadata()
            .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        file.is_file()
    }
}

/// Whether this machine has apt and this user may install with it.
pub(crate) fn can_apt_install() -> bool {
    is_debian() && which("apt-get").is_some() && is_root()
}

/// Whether packages are Debian's (or a derivative's).
pub(crate) fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists()
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_so_that_it_can_be_typed() {
        let mut command = Command::new("npm");
        command.args(["run", "it's", "--", "a b", ""]);
        assert_eq!(shown(&command), r"npm run 'it'\''s' -- 'a b' ''");
    }

    #[test]
    fn a_failing_command_says_what_it_was_and_why() {
        let error = capture(Command::new("sh").args(["-c", "echo no such room >&2; exit 3"])).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("no such room") && text.contains('3') && text.contains("sh -c"),
            "{text}"
        );
    }
}
