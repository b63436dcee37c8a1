//! The directories that every command works with. All paths are absolute.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    // Cargo sets the variable for a program that it runs. The compiled-in value serves one that was started by its path.
    let xtask = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask).parent().map(Path::to_path_buf).unwrap_or_default()
});
static TARGET: LazyLock<PathBuf> =
    LazyLock::new(|| native_target(root(), env::var_os("CARGO_TARGET_DIR").map(PathBuf::from)));
static CACHE: LazyLock<PathBuf> = LazyLock::new(|| {
    let configured = env::var_os("ROOM_EVENTS_CACHE").filter(|dir| !dir.is_empty());
    let configured = configured.map(|dir| env::current_dir().unwrap_or_default().join(dir));
    configured.unwrap_or_else(|| {
        let base = dirs::cache_dir().unwrap_or_else(|| target().join("cache"));
        base.join("room-events")
    })
});

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    &ROOT
}

/// Cargo's target directory of native builds.
pub(crate) fn target() -> &'static Path {
    &TARGET
}

/// Cargo's target directory of builds for wasm32, whose flags and perhaps toolchain differ from those of native builds.
pub(crate) fn wasm_target() -> PathBuf {
    target().join("wasm")
}

/// The per-user directory of tools, which outlives any clone of the repository. `ROOM_EVENTS_CACHE` names another one.
pub(crate) fn cache() -> &'static Path {
    &CACHE
}

/// `cargo xtask env` exports the directory of wasm32 as `CARGO_TARGET_DIR`: in such a shell, native builds use its parent.
fn native_target(root: &Path, configured: Option<PathBuf>) -> PathBuf {
    let dir = root.join(configured.unwrap_or_else(|| "target".into()));
    match dir.parent() {
        Some(parent) if dir.ends_with("wasm") => parent.to_path_buf(),
        _ => dir,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_with_the_exported_wasm_directory_builds_in_the_native_one() {
        let target =
            |configured: Option<&str>| native_target(Path::new("/repo"), configured.map(PathBuf::from));
        assert_eq!(target(None), Path::new("/repo/target"));
        assert_eq!(target(Some("/repo/target/wasm")), Path::new("/repo/target"));
        assert_eq!(target(Some("out")), Path::new("/repo/out"));
    }
}
