//! The browsers of the tests and their drivers: Chrome, Firefox and WebKit.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::json;
use which::which;

use crate::run::{Words, capture, native, present};
use crate::tools::GECKODRIVER;
use crate::{debian, files, paths};

/// Chrome's names on `PATH`, and its paths on macOS.
const CHROME: [&str; 7] = [
    "google-chrome",
    "google-chrome-stable",
    "chromium",
    "chromium-browser",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
/// No window, no sandbox (containers may not create one), no background traffic.
const CHROME_ARGS: &str = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync";
/// Containers may not create WebKit's sandbox, and have no graphics card.
const WEBKIT_VARIABLES: [(&str, &str); 3] = [
    ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1"),
    ("WEBKIT_DISABLE_COMPOSITING_MODE", "1"),
    ("LIBGL_ALWAYS_SOFTWARE", "1"),
];

/// Chrome or Chromium.
#[derive(Debug, Clone)]
pub(crate) struct Chrome {
    pub(crate) binary: PathBuf,
    /// If it is `None`, wasm-pack downloads the driver.
    pub(crate) driver: Option<PathBuf>,
}

/// Finds Chrome. `CHROME` and `CHROMEDRIVER` override the programs.
fn find_chrome() -> Result<Option<Chrome>> {
    let named =
        |variable: &str| match env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from) {
            Some(file) if which(&file).is_err() => {
                bail!("{variable} is {}, which is not a program", file.display())
            }
            file => Ok(file),
        };
    let binary = named("CHROME")?.or_else(|| CHROME.iter().find_map(|name| which(name).ok()));
    let driver = named("CHROMEDRIVER")?.or_else(|| which("chromedriver").ok());
    Ok(binary.map(|binary| Chrome { binary, driver }))
}

/// Finds Chrome or installs Debian's, and configures the runner of the browser tests.
pub(crate) fn ensure_chrome() -> Result<Chrome> {
    let mut found = find_chrome()?;
    // Debian packages the driver of its Chromium separately.
    let lacks_driver = |chrome: &Chrome| chrome.driver.is_none() && chrome.binary.starts_with("/usr/bin");
    if found.as_ref().is_none_or(lacks_driver) && debian::can_install() {
        debian::install("Chromium and its driver", "chromium chromium-driver")?;
        found = find_chrome()?;
    }
    let chrome = found.context(
        "there is no Chrome or Chromium: install one (on Debian, `apt-get install chromium chromium-driver` as root), or \
         name one with CHROME=/path/to/chrome",
    )?;
    let args: Vec<&str> = CHROME_ARGS.split_whitespace().collect();
    let config = json!({ "goog:chromeOptions": { "binary": chrome.binary, "args": args } });
    let (file, text) = (paths::root().join("webdriver.json"), format!("{config:#}\n"));
    if files::read(&file).ok().as_ref() != Some(&text) {
        files::write(&file, &text)?;
    }
    let version = capture(Command::new(&chrome.binary).arg("--version"))?;
    let driver = match &chrome.driver {
        Some(driver) => format!("driver {}", driver.display()),
        None => "no driver, wasm-pack will download one".to_owned(),
    };
    present("Chrome", format_args!("{version} at {}, {driver}", chrome.binary.display()));
    Ok(chrome)
}

/// Firefox or WebKit.
#[derive(Debug)]
pub(crate) struct Browser {
    /// wasm-pack's options `--NAME` and `--NAMEdriver` of its kind of driver.
    pub(crate) flags: [&'static str; 2],
    pub(crate) driver: PathBuf,
    /// The environment of the driver.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The virtual screen that it draws to.
    screen: Option<Child>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(screen) = &mut self.screen {
            // It may have ended already.
            let _killed = screen.kill();
            let _status = screen.wait();
        }
    }
}

/// Finds programs or installs Debian's packages. Returns `None`, with a note, if that is impossible.
fn find_or_install<const N: usize>(
    name: &str,
    programs: [&str; N],
    packages: &str,
) -> Result<Option<[PathBuf; N]>> {
    let missing = || programs.iter().any(|program| which(program).is_err());
    if missing() && debian::can_install() {
        debian::install(name, packages)?;
    }
    if missing() {
        eprintln!("    no {name}: its tests are left out (on Debian, `apt-get install {packages}`)");
        return Ok(None);
    }
    present(name, which(programs[0]).unwrap_or_default().display());
    Ok(Some(programs.map(|program| which(program).unwrap_or_default())))
}

/// Finds or installs Firefox and geckodriver.
pub(crate) fn firefox() -> Result<Option<Browser>> {
    let Some([firefox]) = find_or_install("Firefox", ["firefox"], "firefox-esr")? else {
        return Ok(None);
    };
    Ok(Some(Browser {
        flags: ["--firefox", "--geckodriver"],
        driver: GECKODRIVER.ensure()?.join("geckodriver"),
        variables: vec![("FIREFOX", firefox.display().to_string())],
        screen: None,
    }))
}

/// Finds or installs WebKitGTK, whose driver wasm-pack treats as Safari's, and starts a virtual screen.
pub(crate) fn webkit() -> Result<Option<Browser>> {
    let programs = ["WebKitWebDriver", "Xvfb"];
    let Some([driver, screen]) = find_or_install("WebKit", programs, "webkit2gtk-driver xvfb")? else {
        return Ok(None);
    };
    let mut screen = native(screen)
        .words("-displayfd 1 -screen 0 1280x900x24 -nolisten tcp")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start Xvfb")?;
    let stdout = screen.stdout.take();
    let mut browser = Browser {
        flags: ["--safari", "--safaridriver"],
        driver,
        variables: WEBKIT_VARIABLES.map(|(name, value)| (name, value.to_owned())).to_vec(),
        screen: Some(screen),
    };
    // Xvfb prints its display number when it is ready.
    let mut number = String::new();
    if let Some(stdout) = stdout {
        BufReader::new(stdout).read_line(&mut number).context("Xvfb has ended")?;
    }
    browser.variables.push(("DISPLAY", format!(":{}", number.trim())));
    Ok(Some(browser))
}
