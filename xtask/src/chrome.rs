//! The browser of the tests: Chrome or Chromium, its WebDriver, and the configuration that points the test runner at it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::debian::{apt_install, apt_update};
use crate::lockfile::{Version, version_in};
use crate::process::{can_apt_install, capture, is_debian, is_executable, which};
use crate::progress::Progress;
use crate::project::Project;

/// Chrome's names on `PATH`.
const NAMES: [&str; 5] = [
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "chrome",
];
/// Where macOS installs applications.
const MACOS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
/// A browser that does nothing but the test: no window, no sandbox (containers have no right to make one), no traffic
/// of its own.
const ARGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser that can be driven.
#[derive(Debug, Clone)]
pub(crate) struct Chrome {
    pub(crate) binary: PathBuf,
    version: String,
    /// `None` where wasm-pack has to fetch the driver itself.
    pub(crate) driver: Option<PathBuf>,
}

impl Chrome {
    /// For people: the version and where it is.
    pub(crate) fn describe(&self) -> String {
        let driver = match &self.driver {
            Some(driver) => format!("driver {}", driver.display()),
            None => "no driver of this version here, wasm-pack will fetch one".to_owned(),
        };
        format!("{} at {}, {driver}", self.version, self.binary.display())
    }
}

/// Finds a browser: `CHROME` names one, otherwise it is looked for on `PATH` and among macOS's applications.
pub(crate) fn find() -> Result<Option<Chrome>> {
    let binary = match named("CHROME")? {
        Some(binary) => Some(binary),
        None => NAMES
            .iter()
            .find_map(|name| which(name))
            .or_else(|| MACOS.iter().map(PathBuf::from).find(|file| is_executable(file))),
    };
    let Some(binary) = binary else { return Ok(None) };
    let printed = capture(Command::new(&binary).arg("--version"))?;
    let version = version_in(&printed)
        .with_context(|| format!("{} does not say its version: {printed}", binary.display()))?
        .to_owned();
    let driver = match named("CHROMEDRIVER")? {
        Some(driver) => Some(driver),
        // A driver refuses a browser of another major version.
        None => which("chromedriver").filter(|driver| {
            let printed = capture(Command::new(driver).arg("--version")).unwrap_or_default();
            version_in(&printed)
                .is_some_and(|driver| Version::of(driver).major() == Version::of(&version).major())
        }),
    };
    Ok(Some(Chrome {
        binary,
        version,
        driver,
    }))
}

/// Installs Debian's Chromium and its driver, where that is possible.
pub(crate) fn install(project: &Project, progress: &Progress) -> Result<Chrome> {
    if !can_apt_install() {
        let how = if is_debian() {
            "run `apt-get install chromium chromium-driver` as root"
        } else {
            "install Chrome (https://www.google.com/chrome) or Chromium"
        };
        bail!("there is no Chrome or Chromium: {how}, or name one with CHROME=/path/to/chrome");
    }
    apt_update(project, progress)?;
    apt_install(
        project,
        progress,
        "Chromium and its driver",
        &["chromium", "chromium-driver"],
    )?;
    find()?.context("apt-get installed Chromium, and yet there is none on PATH")
}

/// Whether the driver is worth installing: there is Chromium from Debian without the driver that Debian has for it.
pub(crate) fn lacks_debian_driver(chrome: &Chrome) -> bool {
    chrome.driver.is_none() && chrome.binary == Path::new("/usr/bin/chromium") && can_apt_install()
}

/// A program that a variable names must exist: a misspelt path is not to be passed over in silence.
fn named(variable: &str) -> Result<Option<PathBuf>> {
    match env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
    {
        Some(file) if is_executable(&file) => Ok(Some(file)),
        Some(file) => bail!("{variable} is {}, which is not a program", file.display()),
        None => Ok(None),
    }
}

/// Writes `webdriver.json`, which the runner of the browser tests reads in the root of the repository.
pub(crate) fn write_webdriver_json(project: &Project, chrome: &Chrome) -> Result<()> {
    let text = webdriver_json(&chrome.binary)?;
    let file = project.root.join("webdriver.json");
    if fs::read_to_string(&file).is_ok_and(|current| current == text) {
        return Ok(());
    }
    fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn webdriver_json(binary: &Path) -> Result<String> {
    let config = json!({ "goog:chromeOptions": { "binary": binary, "args": ARGS } });
    Ok(serde_json::to_string_pretty(&config)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runner_gets_the_browser_and_its_arguments() {
        let text = webdriver_json(Path::new("/opt/my \"chrome\"")).unwrap();
        let config: serde_json::Value = serde_json::from_str(&text).unwrap();
        let options = &config["goog:chromeOptions"];
        assert_eq!(options["binary"], "/opt/my \"chrome\"");
        assert!(
            options["args"]
                .as_array()
                .unwrap()
                .iter()
                .any(|arg| arg == "--headless")
        );
    }
}
