//! The directories of all commands, as absolute paths.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    // Cargo sets the variable for the programs that it runs. The compiled-in value is for direct starts.
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

/// Cargo's target directory for native builds.
pub(crate) fn target() -> &'static Path {
    &TARGET
}

/// Cargo's target directory for wasm32, whose flags, and possibly toolchain, differ from native builds.
pub(crate) fn wasm_target() -> PathBuf {
    target().join("wasm")
}

/// The per-user directory of tools, shared by all clones of the repository. `ROOM_EVENTS_CACHE` overrides it.
pub(crate) fn cache() -> &'static Path {
    &CACHE
}

/// In a shell with the variables of `cargo xtask env`, `CARGO_TARGET_DIR` is that of wasm32. Native builds use its
/// parent.
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
