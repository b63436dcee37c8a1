//! Firefox for the browser tests: the machine's own, or Debian's, unpacked into the per-user cache without installing
//! anything. Where neither is to be had the tests go without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{capture, is_debian, is_executable, native, which};
use crate::progress::Progress;
use crate::project::Project;
use crate::tools;

/// Debian's package.
const PACKAGE: &str = "firefox-esr";
/// Where the package has its program.
const PROGRAM: &str = "usr/lib/firefox-esr/firefox-esr";
/// What geckodriver looks for on `PATH`.
const NAME: &str = "firefox";

/// A browser and what drives it.
#[derive(Debug)]
pub(crate) struct Firefox {
    /// A directory with a program `firefox`.
    pub(crate) dir: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Finds Firefox and its driver, or gets them; `None` where this machine can have no Firefox.
pub(crate) fn find_or_get(project: &Project, progress: &Progress) -> Result<Option<Firefox>> {
    let Some(dir) = browser(project, progress)? else {
        return Ok(None);
    };
    let tool = tools::geckodriver();
    let bin = match tool.find(project) {
        Some(bin) => bin,
        None => tool.install(project, progress)?,
    };
    Ok(Some(Firefox {
        dir,
        driver: bin.join("geckodriver"),
    }))
}

/// The directory with the program.
fn browser(project: &Project, progress: &Progress) -> Result<Option<PathBuf>> {
    if let Some(program) = which(NAME) {
        progress.present("Firefox", &program.display().to_string());
        return Ok(program.parent().map(Path::to_path_buf));
    }
    if !is_debian() || which("apt-get").is_none() || which("dpkg").is_none() {
        progress.note("there is no Firefox on this machine: its tests are left out");
        return Ok(None);
    }
    let shown = capture(Command::new("apt-cache").args(["show", "--no-all-versions", PACKAGE]));
    let Some(version) = shown.ok().as_deref().and_then(version_of).map(str::to_owned) else {
        progress.note("apt knows no firefox-esr (`apt-get update`): its tests are left out");
        return Ok(None);
    };
    let dir = project.tool_dir(PACKAGE, &version);
    if !is_executable(&dir.join("bin").join(NAME)) {
        unpack(project, progress, &dir)?;
    }
    progress.present("Firefox", &format!("{version} at {}", dir.display()));
    Ok(Some(dir.join("bin")))
}

/// Fetches the package with the libraries that this machine lacks, and unpacks them.
fn unpack(project: &Project, progress: &Progress, dir: &Path) -> Result<()> {
    let root = dir.join("root");
    fs::create_dir_all(&root).with_context(|| format!("cannot make {}", root.display()))?;
    let depends = capture(Command::new("apt-cache").args(["depends", PACKAGE]))?;
    let lacking = dependencies(&depends)
        .into_iter()
        .filter(|name| !is_installed(name));
    let mut apt = native(project, "apt-get");
    apt.current_dir(dir).args(["download", PACKAGE]).args(lacking);
    progress.run("Firefox from Debian", &mut apt)?;
    for entry in dir
        .read_dir()
        .with_context(|| format!("cannot read {}", dir.display()))?
    {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "deb") {
            capture(Command::new("dpkg").arg("-x").arg(&file).arg(&root))?;
            fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
    }
    write_program(dir, &root)
}

/// A program that finds the libraries that were unpacked beside the browser.
fn write_program(dir: &Path, root: &Path) -> Result<()> {
    let libraries = root
        .join("usr/lib")
        .join(format!("{}-linux-gnu", std::env::consts::ARCH));
    let script = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        libraries.display(),
        root.join(PROGRAM).display()
    );
    let bin = dir.join("bin");
    fs::create_dir_all(&bin).with_context(|| format!("cannot make {}", bin.display()))?;
    let file = bin.join(NAME);
    fs::write(&file, script).with_context(|| format!("cannot write {}", file.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot make {} a program", file.display()))?;
    }
    Ok(())
}

/// The version in what `apt-cache show` prints.
fn version_of(shown: &str) -> Option<&str> {
    shown.lines().find_map(|line| line.strip_prefix("Version: "))
}

/// The packages that `apt-cache depends` says are needed, of alternatives the first.
fn dependencies(shown: &str) -> Vec<String> {
    let mut alternative = false;
    let mut found = Vec::new();
    for line in shown.lines().map(str::trim) {
        let (more, line) = match line.strip_prefix('|') {
            Some(line) => (true, line),
            None => (false, line),
        };
        if let Some(name) = line.strip_prefix("Depends: ") {
            if !alternative && !name.starts_with('<') {
                found.push(name.to_owned());
            }
            alternative = more;
        }
    }
    found
}

fn is_installed(package: &str) -> bool {
    capture(Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Status}", package]))
        .is_ok_and(|status| status.trim() == "installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_alternatives_the_first_is_taken() {
        let shown = "firefox-esr\n  Depends: libc6\n |Depends: debianutils\n  Depends: <other>\n  Depends: procps\n  Suggests: fonts\n";
        assert_eq!(dependencies(shown), ["libc6", "debianutils", "procps"]);
    }

    #[test]
    fn the_version_is_read_from_what_apt_shows() {
        assert_eq!(
            version_of("Package: a\nVersion: 153.7.0esr-1\nSize: 1\n"),
            Some("153.7.0esr-1")
        );
        assert_eq!(version_of(""), None);
    }
}
