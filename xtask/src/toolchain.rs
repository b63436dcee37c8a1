//! The Rust toolchain for wasm32: the active one, or Debian's if rustup cannot download the target.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{Words, capture, cargo, native, present, step};
use crate::{debian, files, paths};

/// The only target of the package.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// The target features beyond the compiler's defaults.
const FEATURES: &str = "-Ctarget-feature=+simd128";
/// Enables unstable options in a stable toolchain.
const UNSTABLE: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");

/// Debian's toolchain with the sources of the standard library. Debian has no compiled one for wasm32, so Cargo
/// compiles it.
const DEBIAN_PACKAGES: &str = "rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy";
const DEBIAN: [(&str, &str); 3] = [
    ("RUSTUP_TOOLCHAIN", "debian"),
    UNSTABLE,
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort,panic_unwind,test,proc_macro"),
];

/// Panics abort without messages and source locations, which a page cannot show.
const SMALL_STD_FLAGS: &str = "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none";
const SMALL_STD_ARGS: &str = "-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size";

/// A toolchain for wasm32.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    /// The variables that select it; none for the active one.
    variables: &'static [(&'static str, &'static str)],
}

/// Finds an installed toolchain that can build for wasm32.
fn find() -> Option<Toolchain> {
    let candidates = [&[][..], &DEBIAN].map(|variables| Toolchain { variables });
    candidates.into_iter().find(Toolchain::is_complete)
}

/// Finds a toolchain or adds the target to the active one. On Debian, falls back to Debian's toolchain.
pub(crate) fn ensure() -> Result<Toolchain> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let added = step(WASM_TARGET, native("rustup").words("target add").arg(WASM_TARGET));
    if added.is_err() && debian::can_install() {
        eprintln!("    rustup cannot add {WASM_TARGET}: taking Debian's toolchain");
        debian::install("Debian's Rust toolchain", DEBIAN_PACKAGES)?;
        // The linker must have the same LLVM version as rustc.
        let depends = capture(native("apt-cache").words("depends rust-web-llvm"))?;
        let llvm = depends.split_whitespace().find_map(|word| word.strip_prefix("llvm-"));
        debian::install("its linker", &format!("lld-{}", llvm.context("rust-web-llvm names no LLVM")?))?;
        step("toolchain `debian`", native("rustup").words("toolchain link debian /usr"))?;
    } else {
        added.context(
            "rustc cannot build for wasm32: install rustup (https://rustup.rs), or add the target",
        )?;
    }
    find().with_context(|| format!("rustc still has no standard library for {WASM_TARGET}"))
}

impl Toolchain {
    pub(crate) fn variables(&self) -> &'static [(&'static str, &'static str)] {
        self.variables
    }

    fn command(&self, program: &str) -> Command {
        let mut command = native(program);
        command.envs(self.variables.iter().copied());
        command
    }

    fn print(&self, what: &str) -> Option<PathBuf> {
        let mut rustc = self.command("rustc");
        capture(rustc.args(["--print", what, "--target", WASM_TARGET])).ok().map(PathBuf::from)
    }

    /// Whether it has a standard library for wasm32, or the sources to compile one.
    fn is_complete(&self) -> bool {
        let compiled = || {
            let libraries = self.print("target-libdir").and_then(|dir| files::entries(&dir).ok());
            libraries.is_some_and(|files| files.iter().any(|file| file.to_string_lossy().contains("libstd-")))
        };
        if self.variables.is_empty() { compiled() } else { self.sources().is_some() }
    }

    /// The readable version.
    pub(crate) fn describe(&self) -> Result<String> {
        capture(self.command("rustc").arg("--version"))
    }

    /// The sources of the standard library.
    fn sources(&self) -> Option<PathBuf> {
        let library = self.print("sysroot")?.join("lib/rustlib/src/rust/library");
        library.join("Cargo.lock").is_file().then_some(library)
    }

    /// Whether the standard library can be compiled with the package. Adds its sources if rustup can.
    pub(crate) fn can_compile_std(&self) -> bool {
        if self.variables.is_empty() && self.sources().is_none() {
            let _without = step("rust-src", native("rustup").words("component add rust-src"));
        }
        let compiles = self.sources().is_some_and(|library| {
            let mut rustc = self.command("rustc");
            rustc.words(SMALL_STD_FLAGS).args(["--print", "cfg", "--target", WASM_TARGET]);
            let mut fetch = self.command("cargo");
            fetch.words("fetch --quiet --locked --manifest-path").arg(library.join("Cargo.toml"));
            [rustc, fetch].iter_mut().all(|command| capture(command.env(UNSTABLE.0, UNSTABLE.1)).is_ok())
        });
        let found = if compiles {
            "compiled from rust-src, immediate abort, optimised for size"
        } else {
            "the toolchain's own; the package is some 4 kB smaller with the component rust-src"
        };
        present("standard library", found);
        compiles
    }
}

/// Configures wasm-pack to compile the standard library for size. Its last arguments must be those for Cargo.
pub(crate) fn with_small_std(wasm_pack: &mut Command) -> Result<()> {
    let (name, flags) = rustflags()?;
    wasm_pack
        .words(SMALL_STD_ARGS)
        .env(name, format!("{flags} {SMALL_STD_FLAGS}"))
        .env(UNSTABLE.0, UNSTABLE.1);
    Ok(())
}

/// The variable with the compiler flags for wasm32 and its value, which overrides the target's flags in
/// `.cargo/config.toml`. Removes directories of this machine from panic messages. rustc uses the last prefix that
/// matches. Cargo splits the flags at white space, so paths with white space are left unchanged.
pub(crate) fn rustflags() -> Result<(&'static str, String)> {
    let home = cargo_home()?;
    let registries = files::entries(&home.join("registry/src")).unwrap_or_default();
    let shown = [(home, "/cargo"), (paths::root().to_path_buf(), "/room-events")];
    let shown = shown.into_iter().chain(registries.into_iter().map(|registry| (registry, "/crates")));
    let mut flags = vec![FEATURES.to_owned()];
    flags.extend(shown.map(|(dir, shown)| format!("--remap-path-prefix={}={shown}", dir.display())));
    flags.retain(|flag| !flag.contains(char::is_whitespace));
    Ok(("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags.join(" ")))
}

/// Cargo's home directory, which contains the sources of the crates.
pub(crate) fn cargo_home() -> Result<PathBuf> {
    let configured = env::var_os("CARGO_HOME").map(PathBuf::from);
    configured.or_else(|| Some(env::home_dir()?.join(".cargo"))).context("neither CARGO_HOME nor HOME is set")
}

/// The crates in the package, one per line, without procedural macros, which run in the compiler.
pub(crate) fn dependencies(features: &str) -> Result<String> {
    let mut tree =
        cargo("tree --edges normal,no-proc-macro --prefix none --format {p} --package room-events");
    capture(tree.args(["--features", features, "--target", WASM_TARGET]))
}
