//! wasm-pack, wasm-bindgen's command line, cargo-fuzz and cargo-deny: found on `PATH` or installed into the per-user cache.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::lockfile::{locked_version, version_in};
use crate::process::{capture, is_executable, native, which};
use crate::progress::Progress;
use crate::project::Project;

/// The wasm-pack that the project is built and tested with.
const WASM_PACK_VERSION: &str = "0.15.1";

/// The geckodriver that drives Firefox.
const GECKODRIVER_VERSION: &str = "0.37.1";

/// The cargo-fuzz that runs the fuzz targets.
const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// The cargo-deny that looks at the dependencies before a release.
const CARGO_DENY_VERSION: &str = "0.20.2";

/// One program of the toolchain, at the version that the project needs.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    /// The crate that installs it.
    package: &'static str,
    /// Its programs, the first being the one that says its version.
    programs: &'static [&'static str],
    version: String,
    /// Whether the crate's own lock file can be used.
    locked: bool,
}

/// The tools that the project needs.
pub(crate) fn all(project: &Project) -> Result<[Tool; 2]> {
    Ok([
        Tool {
            package: "wasm-bindgen-cli",
            programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
            // The program and the library must be of one version.
            version: locked_version(project, "wasm-bindgen")?,
            // Its lock file names a version that has been withdrawn.
            locked: false,
        },
        Tool {
            package: "wasm-pack",
            programs: &["wasm-pack"],
            version: WASM_PACK_VERSION.to_owned(),
            locked: true,
        },
    ])
}

/// What drives Firefox. Only the tests in Firefox need it, where there is one.
pub(crate) fn geckodriver() -> Tool {
    Tool {
        package: "geckodriver",
        programs: &["geckodriver"],
        version: GECKODRIVER_VERSION.to_owned(),
        locked: true,
    }
}

/// What runs the fuzz targets. No test needs it, so setup leaves it alone.
pub(crate) fn cargo_fuzz() -> Tool {
    Tool {
        package: "cargo-fuzz",
        programs: &["cargo-fuzz"],
        version: CARGO_FUZZ_VERSION.to_owned(),
        locked: true,
    }
}

/// What checks licenses and sources before a release.
pub(crate) fn cargo_deny() -> Tool {
    Tool {
        package: "cargo-deny",
        programs: &["cargo-deny"],
        version: CARGO_DENY_VERSION.to_owned(),
        locked: true,
    }
}

impl Tool {
    /// Name and version, for people.
    pub(crate) fn describe(&self) -> String {
        format!("{} {}", self.package, self.version)
    }

    /// The directory of the programs, if they are there in the right version: on `PATH` or in the cache.
    pub(crate) fn find(&self, project: &Project) -> Option<PathBuf> {
        let on_path = || {
            let program = which(self.programs.first()?)?;
            let dir = program.parent()?.to_path_buf();
            let printed = capture(Command::new(&program).arg("--version")).ok()?;
            let complete = self.programs.iter().all(|name| is_executable(&dir.join(name)));
            (version_in(&printed) == Some(&self.version) && complete).then_some(dir)
        };
        let cached = project.tool_dir(self.package, &self.version).join("bin");
        if self.programs.iter().all(|name| is_executable(&cached.join(name))) {
            Some(cached)
        } else {
            on_path()
        }
    }

    /// Builds and installs the programs into the cache and returns their directory.
    pub(crate) fn install(&self, project: &Project, progress: &Progress) -> Result<PathBuf> {
        let root = project.tool_dir(self.package, &self.version);
        let mut cargo = native(project, "cargo");
        cargo
            .args([
                "install",
                self.package,
                "--version",
                &format!("={}", self.version),
            ])
            .arg("--root")
            .arg(&root);
        if self.locked {
            cargo.arg("--locked");
        }
        // Cargo's own temporary directory: nothing of it is wanted later. The tools spend their time in the compiler
        // and in the browser, so compiling them fast is worth more than having them fast.
        cargo
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        cargo
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        progress.run(&self.describe(), &mut cargo)?;
        Ok(root.join("bin"))
    }
}
