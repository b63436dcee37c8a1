//! Node.js and the npm packages for building and testing.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::run::{capture, native, present, step};
use crate::{files, paths};

/// The oldest supported major version of Node.js.
const NODE_MAJOR: u64 = 20;

/// Installs the packages of the workspace, if they are not up to date.
pub(crate) fn ensure() -> Result<()> {
    let advice =
        format!("install Node.js {NODE_MAJOR} or newer, with npm (https://nodejs.org), and try again");
    let version = capture(native("node").arg("--version")).with_context(|| advice.clone())?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    ensure!(major >= Some(NODE_MAJOR), "Node.js {version} is too old: {advice}");
    present("Node.js", &version);
    install(paths::root(), "npm packages")
}

/// Installs the packages of a folder with its own lock file, if they are not up to date. Returns its path.
pub(crate) fn folder(name: &str) -> Result<PathBuf> {
    let folder = paths::root().join(name);
    install(&folder, name)?;
    Ok(folder)
}

fn stamp(folder: &Path) -> PathBuf {
    folder.join("node_modules/.installed-from")
}

/// A fingerprint of what determines the installed packages: the lock file, and the manifests that `npm ci` compares
/// with it.
fn wanted(folder: &Path) -> Result<String> {
    files::fingerprint(["package.json", "package-lock.json", ".npmrc"].map(|name| folder.join(name)))
}

fn install(folder: &Path, name: &str) -> Result<()> {
    let wanted = wanted(folder)?;
    if files::read(&stamp(folder)).is_ok_and(|installed| installed == wanted) {
        present(name, "as in package-lock.json");
        return Ok(());
    }
    // The tests use the browser of this machine.
    step(name, native("npm").arg("ci").current_dir(folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    files::write(&stamp(folder), &wanted)
}
