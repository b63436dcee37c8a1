//! WebKit for the browser tests: WebKitGTK's driver, and a screen that nobody sees.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::debian::{apt_install, apt_update};
use crate::process::{can_apt_install, is_debian, native, which};
use crate::progress::Progress;
use crate::project::Project;

/// Debian's packages: the driver with its browser, and the screen.
const PACKAGES: [&str; 2] = ["webkit2gtk-driver", "xvfb"];
const DRIVER: &str = "WebKitWebDriver";
const SCREEN: &str = "Xvfb";
/// A container has no right to make the sandbox, and no graphics card.
const VARIABLES: [(&str, &str); 3] = [
    ("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1"),
    ("WEBKIT_DISABLE_COMPOSITING_MODE", "1"),
    ("LIBGL_ALWAYS_SOFTWARE", "1"),
];

/// A browser and its screen, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct WebKit {
    pub(crate) driver: PathBuf,
    screen: Child,
    display: String,
}

impl WebKit {
    /// Sets what the driver needs in the environment of what starts it.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command.envs(VARIABLES).env("DISPLAY", &self.display);
    }
}

impl Drop for WebKit {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.screen.kill();
        let _status = self.screen.wait();
    }
}

/// Finds WebKit, or installs it if that is possible, and starts its screen; `None` if this machine can have none.
pub(crate) fn start(project: &Project, progress: &Progress) -> Result<Option<WebKit>> {
    let find = || which(DRIVER).zip(which(SCREEN));
    if find().is_none() && can_apt_install() {
        apt_update(project, progress)?;
        apt_install(project, progress, "WebKit and its driver", &PACKAGES)?;
    }
    let Some((driver, screen)) = find() else {
        let how = if is_debian() {
            "`apt-get install webkit2gtk-driver xvfb` brings it"
        } else {
            "WebKitGTK has one for Linux"
        };
        progress.note(&format!(
            "there is no {DRIVER} with {SCREEN}: its tests are left out ({how})"
        ));
        return Ok(None);
    };
    progress.present("WebKit", &driver.display().to_string());
    let mut screen = native(project, &screen)
        .args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x900x24",
            "-nolisten",
            "tcp",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {SCREEN}"))?;
    let stdout = screen.stdout.take();
    let mut webkit = WebKit {
        driver,
        screen,
        display: String::new(),
    };
    // It writes its number once it can be used.
    let mut number = String::new();
    if let Some(stdout) = stdout {
        BufReader::new(stdout)
            .read_line(&mut number)
            .with_context(|| format!("{SCREEN} has ended"))?;
    }
    webkit.display = format!(":{}", number.trim());
    Ok(Some(webkit))
}
