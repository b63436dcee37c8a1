//! The standard library that the package is linked with: compiled here for size if the toolchain has its sources, otherwise
//! the one that comes compiled with the toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::process::{capture, native, which};
use crate::progress::Progress;
use crate::project::Project;
use crate::setup::Toolbox;
use crate::toolchain::WASM_TARGET;

/// A server that does not answer must not hold up the fallback for long.
const LIMIT: Duration = Duration::from_secs(120);

/// Panics stop the module at once, without texts and places in the source. On wasm32 nobody sees those: the standard
/// library prints them nowhere.
const FLAGS: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none";

/// What Cargo is told to compile the library.
const ARGS: [&str; 2] = [
    "-Zbuild-std=std,panic_abort",
    "-Zbuild-std-features=optimize_for_size",
];

/// Lets a stable toolchain take these options, which are unstable.
const UNSTABLE: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StandardLibrary {
    /// Compiled here, with an immediate abort for panics and optimised for size.
    FromSource,
    /// As it comes with the toolchain: the package gets larger.
    Shipped,
}

impl StandardLibrary {
    /// Takes the sources if there are any. Adds them with rustup if the toolchain in use is one of rustup's.
    pub(crate) fn find(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<Self> {
        let sysroot = PathBuf::from(capture(toolbox.wasm("rustc")?.args(["--print", "sysroot"]))?);
        let library = sysroot.join("lib/rustlib/src/rust/library");
        let is_there = || library.join("Cargo.lock").is_file();
        let is_of_rustup = is_of_rustup(project, &sysroot);
        if is_of_rustup && !is_there() {
            let mut rustup = native(project, "rustup");
            rustup.args(["component", "add", "rust-src"]);
            if progress.run_within("rust-src", &mut rustup, LIMIT).is_err() {
                progress.note("rustup cannot add the component rust-src");
            }
        }
        let mut found = Self::Shipped;
        if is_of_rustup && is_there() {
            match check(toolbox, &library) {
                Ok(()) => found = Self::FromSource,
                Err(error) => progress.note(&format!("the standard library cannot be compiled: {error:#}")),
            }
        }
        progress.present("standard library", found.describe());
        Ok(found)
    }

    /// For people: which it is.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::FromSource => "compiled from rust-src, immediate abort, optimised for size",
            Self::Shipped => {
                "the toolchain's own; the package is some 4 kB smaller with the component rust-src"
            }
        }
    }

    /// Adds what a wasm-pack needs whose last arguments are for Cargo.
    pub(crate) fn apply(self, toolbox: &Toolbox, wasm_pack: &mut Command) -> Result<()> {
        if self == Self::FromSource {
            let (name, flags) = toolbox.wasm_flags()?;
            wasm_pack
                .args(ARGS)
                .env(name, format!("{flags} {FLAGS}"))
                .env(UNSTABLE.0, UNSTABLE.1);
        }
        Ok(())
    }

    /// All that it does to a build, in one text.
    pub(crate) fn fingerprint(self) -> String {
        match self {
            Self::FromSource => format!("{FLAGS} {}", ARGS.join(" ")),
            Self::Shipped => String::new(),
        }
    }
}

/// Whether rustup would add a component to the toolchain that is in use, and not to another one.
fn is_of_rustup(project: &Project, sysroot: &Path) -> bool {
    which("rustup").is_some()
        && capture(native(project, "rustup").args(["which", "rustc"]))
            .is_ok_and(|rustc| Path::new(&rustc).starts_with(sysroot))
}

/// Whether the compiler knows the options, and the crates that the library itself depends on are there or can be fetched.
fn check(toolbox: &Toolbox, library: &Path) -> Result<()> {
    let mut rustc = toolbox.wasm("rustc")?;
    rustc
        .args(FLAGS.split(' '))
        .args(["--print", "cfg", "--target", WASM_TARGET]);
    let mut cargo = toolbox.wasm("cargo")?;
    cargo
        .args([
            "fetch",
            "--quiet",
            "--locked",
            "--target",
            WASM_TARGET,
            "--manifest-path",
        ])
        .arg(library.join("Cargo.toml"));
    for command in [&mut rustc, &mut cargo] {
        capture(command.env(UNSTABLE.0, UNSTABLE.1))?;
    }
    Ok(())
}
