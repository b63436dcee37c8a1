//! Debian packages, on machines with apt.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use which::which;

use crate::run::{Words, capture, native, step};

/// Whether this user may install packages.
pub(crate) fn can_install() -> bool {
    let is_root = || capture(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    Path::new("/etc/debian_version").exists() && which("apt-get").is_ok() && is_root()
}

/// Installs packages without the recommended ones.
pub(crate) fn install(name: &str, packages: &str) -> Result<()> {
    step("Debian's list of packages", native("apt-get").words("update -q"))?;
    let mut apt = native("apt-get");
    apt.words("install -y -q --no-install-recommends")
        .words(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    step(name, &mut apt)
}
