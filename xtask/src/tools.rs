//! Programs that Cargo installs from source: found on `PATH` in the right version, or built in the per-user cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use which::which;

use crate::paths;
use crate::run::{Words, capture, cargo, native, present, step};

/// A tool in the required version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    /// The crate that installs it.
    package: &'static str,
    /// `None` for the version of `wasm-bindgen` in Cargo's lock file.
    version: Option<&'static str>,
    /// Its programs. The first one can print its version.
    programs: &'static [&'static str],
}

/// The tools for building the package. The wasm-bindgen program and crate must have the same version.
pub(crate) const BUILD: [Tool; 2] = [
    Tool {
        package: "wasm-bindgen-cli",
        version: None,
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    },
    Tool::new("wasm-pack", "0.15.1", &["wasm-pack"]),
];
/// Drives Firefox.
pub(crate) const GECKODRIVER: Tool = Tool::new("geckodriver", "0.37.1", &["geckodriver"]);
/// Runs the fuzz targets.
pub(crate) const CARGO_FUZZ: Tool = Tool::new("cargo-fuzz", "0.13.2", &["cargo-fuzz"]);
/// Checks licenses, sources and advisories before a release.
pub(crate) const CARGO_DENY: Tool = Tool::new("cargo-deny", "0.20.2", &["cargo-deny"]);
/// Writes the bill of materials of a release.
pub(crate) const CARGO_CYCLONEDX: Tool = Tool::new("cargo-cyclonedx", "0.5.9", &["cargo-cyclonedx"]);

impl Tool {
    const fn new(package: &'static str, version: &'static str, programs: &'static [&'static str]) -> Self {
        Self { package, version: Some(version), programs }
    }

    fn version(&self) -> Result<String> {
        if let Some(version) = self.version {
            return Ok(version.to_owned());
        }
        let id = capture(&mut cargo("pkgid wasm-bindgen"))?;
        let version = id.rsplit(['@', '#']).next().context("cargo names no version of wasm-bindgen")?;
        Ok(version.to_owned())
    }

    /// Finds the tool on `PATH` or in the cache, or builds it. Returns the folder of its programs.
    pub(crate) fn ensure(&self) -> Result<PathBuf> {
        let version = self.version()?;
        let name = format!("{} {version}", self.package);
        let root = paths::cache().join("tools").join(format!("{}-{version}", self.package));
        let on_path = self.programs.first().and_then(|name| which(name).ok()).filter(|program| {
            let printed = capture(Command::new(program).arg("--version")).unwrap_or_default();
            printed.split_whitespace().any(|word| word == version)
        });
        let on_path = on_path.and_then(|program| program.parent().map(PathBuf::from));
        for bin in [root.join("bin")].into_iter().chain(on_path) {
            if self.programs.iter().all(|name| which(bin.join(name)).is_ok()) {
                present(&name, bin.display());
                return Ok(bin);
            }
        }
        let mut install = native("cargo");
        install.words("install --version").arg(format!("={version}")).arg(self.package);
        install.arg("--root").arg(&root);
        // The lock file of wasm-bindgen-cli names a withdrawn version.
        if self.version.is_some() {
            install.arg("--locked");
        }
        // A fast build matters more than a fast tool. The intermediate files are not kept.
        install
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        step(&name, &mut install)?;
        Ok(root.join("bin"))
    }
}
