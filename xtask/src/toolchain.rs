//! The Rust toolchain that builds for wasm32: the one in use where rustup can give it the target, Debian's otherwise.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::debian;
use crate::process::{DEBIAN_TOOLCHAIN, can_apt_install, capture, native, which};
use crate::progress::Progress;
use crate::project::Project;

/// The only target of the package.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A mirror that does not answer must not hold up the fallback for long.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// What builds for wasm32.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// The toolchain that is in use anyway has the standard library of the target.
    Active,
    /// Debian's toolchain, linked in rustup under the name `debian`.
    Debian,
}

impl WasmToolchain {
    /// The value of `RUSTUP_TOOLCHAIN`, where one has to be set.
    pub(crate) fn rustup_name(&self) -> Option<&'static str> {
        match self {
            Self::Active => None,
            Self::Debian => Some(DEBIAN_TOOLCHAIN),
        }
    }

    /// For people: what it is and its version.
    pub(crate) fn describe(&self, project: &Project) -> Result<String> {
        let version = capture(self.rustc(project).arg("--version"))?;
        Ok(match self {
            Self::Active => version,
            Self::Debian => format!("{version}, Debian's"),
        })
    }

    fn rustc(&self, project: &Project) -> Command {
        let mut rustc = native(project, "rustc");
        if let Some(name) = self.rustup_name() {
            rustc.env("RUSTUP_TOOLCHAIN", name);
        }
        rustc
    }
}

/// The toolchain that can build for wasm32 as things are, if there is one.
pub(crate) fn find(project: &Project) -> Option<WasmToolchain> {
    [WasmToolchain::Active, WasmToolchain::Debian]
        .into_iter()
        .find(|toolchain| {
            let installed = target_libdir(&mut toolchain.rustc(project)).is_some_and(|dir| has_std(&dir));
            installed && (*toolchain == WasmToolchain::Active || debian::std_is_current(project))
        })
}

/// Gives this machine a toolchain that builds for wasm32.
pub(crate) fn install(project: &Project, progress: &Progress) -> Result<WasmToolchain> {
    if which("rustup").is_none() {
        bail!(
            "rustc has no standard library for {WASM_TARGET} and there is no rustup to add it. Install rustup \
             (https://rustup.rs) and run `rustup target add {WASM_TARGET}`, or install the target with the package \
             manager that rustc came from"
        );
    }
    let added = progress.run_within(
        &format!("standard library for {WASM_TARGET}"),
        native(project, "rustup").args(["target", "add", WASM_TARGET]),
        RUSTUP_LIMIT,
    );
    match added {
        Ok(()) => find(project).with_context(|| format!("rustup has added {WASM_TARGET}, and yet rustc lacks it")),
        Err(error) if can_apt_install() => {
            progress.note(&format!("rustup cannot ({}); taking Debian's toolchain", reason(&error.to_string())));
            debian::install(project, progress)?;
            Ok(WasmToolchain::Debian)
        }
        Err(error) => Err(error.context(format!(
            "run `rustup target add {WASM_TARGET}` where rustup's server can be reached; on Debian, `cargo xtask \
             setup` can also take Debian's toolchain if it is run as root"
        ))),
    }
}

/// The directory of a toolchain where the standard library of wasm32 is or would be.
pub(crate) fn target_libdir(rustc: &mut Command) -> Option<PathBuf> {
    capture(rustc.args(["--print", "target-libdir", "--target", WASM_TARGET]))
        .ok()
        .map(PathBuf::from)
}

/// Whether a directory holds a compiled standard library.
pub(crate) fn has_std(dir: &Path) -> bool {
    dir.read_dir().is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    })
}

/// The line of a failed program's output that says why.
fn reason(output: &str) -> &str {
    let said = |line: &&str| line.starts_with("error");
    let lines = || {
        output
            .lines()
            .skip(1)
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    lines()
        .find(said)
        .or_else(|| lines().last())
        .unwrap_or("it gives no reason")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_error_and_not_what_follows_it() {
        let output = "std: `rustup target add` failed (exit status: 1)\ninfo: downloading component rust-std\n\
            error: could not download file\nstack backtrace:\n   0: <unknown>\n";
        assert_eq!(reason(output), "error: could not download file");
        assert_eq!(
            reason("std: `rustup` failed (exit status: 1)\nkilled\n"),
            "killed"
        );
        assert_eq!(
            reason("std: `rustup` failed (exit status: 1)"),
            "it gives no reason"
        );
    }
}
