//! The npm packages that the project is built and tested with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::fingerprint::Fingerprint;
use crate::lockfile::Version;
use crate::process::{capture, native, which};
use crate::progress::Progress;
use crate::project::Project;

fn stamp(root: &Path) -> PathBuf {
    root.join("node_modules").join(".installed-from")
}

/// What the installed packages depend on: the lock file, and the manifests that `npm ci` compares it with.
fn wanted(root: &Path) -> Result<String> {
    let mut inputs = Fingerprint::new();
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        inputs.file(&root.join(name))?;
    }
    Ok(inputs.finish())
}

/// The oldest Node.js that the project is built with.
const NODE_MAJOR: u64 = 20;

/// Node's version; an error that says what to do where there is none or too old a one.
pub(crate) fn node_version(project: &Project) -> Result<String> {
    let advice =
        format!("install version {NODE_MAJOR} or newer with npm (https://nodejs.org) and run this again");
    if which("node").is_none() || which("npm").is_none() {
        bail!("there is no Node.js with npm: {advice}");
    }
    let version = capture(native(project, "node").arg("--version"))?;
    if Version::of(version.trim_start_matches('v')).major() < Some(NODE_MAJOR) {
        bail!("Node.js {version} is too old: {advice}");
    }
    Ok(version)
}

/// Whether the packages of the current lock file are installed.
pub(crate) fn is_installed(project: &Project) -> Result<bool> {
    is_installed_in(&project.root)
}

/// Installs exactly the packages of the lock file.
pub(crate) fn install(project: &Project, progress: &Progress) -> Result<()> {
    install_in(project, &project.root, "npm packages", progress)
}

/// Bundlers, which only the tests of the package need and which are many: with a lock file of their own.
pub(crate) fn install_bundlers(project: &Project, progress: &Progress) -> Result<PathBuf> {
    install_tests(project, "bundlers", progress)
}

/// Frameworks, test runners and runtimes, which are many more.
pub(crate) fn install_setups(project: &Project, progress: &Progress) -> Result<PathBuf> {
    install_tests(project, "setups", progress)
}

/// The packages of a folder of tests.
fn install_tests(project: &Project, name: &str, progress: &Progress) -> Result<PathBuf> {
    let root = project.root.join("tests").join(name);
    if is_installed_in(&root)? {
        progress.present(name, &format!("as in tests/{name}/package-lock.json"));
    } else {
        install_in(project, &root, name, progress)?;
    }
    Ok(root)
}

fn is_installed_in(root: &Path) -> Result<bool> {
    let wanted = wanted(root)?;
    Ok(fs::read_to_string(stamp(root)).is_ok_and(|installed| installed == wanted))
}

fn install_in(project: &Project, root: &Path, name: &str, progress: &Progress) -> Result<()> {
    let mut npm = native(project, "npm");
    // The tests run in the browser of this machine.
    npm.arg("ci").env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    progress.run(name, npm.current_dir(root))?;
    let stamp = stamp(root);
    if let Some(dir) = stamp.parent() {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    fs::write(&stamp, wanted(root)?).with_context(|| format!("cannot write {}", stamp.display()))
}
