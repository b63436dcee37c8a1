//! The phase `lint`: formatting, clippy, documentation, types, prose, and forbidden dependencies. Each check counts as
//! a test.

use std::process::{Command, Stdio};

use anyhow::{Result, bail, ensure};

use crate::package::FEATURES;
use crate::run::{Words, capture, cargo, heading, native, stream};
use crate::setup::Toolbox;
use crate::toolchain::{self, WASM_TARGET};
use crate::totals::Counts;
use crate::{docs, files, paths, server};

/// Crates that would bloat the package, or do not work in a browser.
const NOT_IN_THE_PACKAGE: [&str; 5] = ["tokio", "axum", "hyper", "mio", "getrandom"];
/// A part of the crate's error for the feature `server` on wasm32.
const REFUSAL: &str = "cannot be built for wasm32";

/// Runs all checks, even if some fail.
pub(crate) fn run(toolbox: &Toolbox) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut check = |name: &str, outcome: &dyn Fn() -> Result<()>| {
        heading(&format!("lint: {name}"));
        let outcome = outcome();
        if outcome.is_ok() {
            println!("ok: {name}");
        }
        counts.add(name, &outcome);
    };
    let wasm_cargo = |words: &str| -> Result<Command> {
        let mut cargo = toolbox.wasm("cargo")?;
        cargo.words(words).args(["--target", WASM_TARGET]);
        Ok(cargo)
    };
    let deny = |command: &mut Command| stream(command.words("-- -D warnings"));

    check("rustfmt", &|| stream(&mut cargo("fmt --all --check")));
    check("rustfmt, fuzz targets", &|| stream(&mut cargo("fmt --manifest-path fuzz/Cargo.toml --check")));
    check("clippy, native", &|| {
        deny(cargo("clippy --workspace --all-targets --features").arg(server::NATIVE_FEATURES))
    });
    check("clippy, wasm32", &|| deny(wasm_cargo("clippy --lib --tests")?.args(["--features", FEATURES])));
    check("documentation, native", &|| {
        let mut doc = cargo("doc --no-deps --workspace --features server");
        stream(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
    check("documentation, wasm32", &|| {
        stream(wasm_cargo("doc --no-deps --lib")?.env("RUSTDOCFLAGS", "-D warnings"))
    });
    check("documentation of the package", &|| capture(&mut docs::typedoc(toolbox)?).map(drop));
    check("the package's dependencies", &|| {
        let tree = toolchain::dependencies(FEATURES)?;
        let is_unwanted =
            |line: &&str| NOT_IN_THE_PACKAGE.contains(&line.split(' ').next().unwrap_or_default());
        let found: Vec<&str> = tree.lines().filter(is_unwanted).collect();
        ensure!(found.is_empty(), "the package depends on {}", found.join(", "));
        Ok(())
    });
    check("the server is refused on wasm32", &|| {
        let output = wasm_cargo("build --lib --features server")?.output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        match (output.status.success(), errors.contains(REFUSAL)) {
            (true, _) => bail!("it was built"),
            (false, false) => bail!("the errors do not say that it {REFUSAL}:\n{errors}"),
            (false, true) => Ok(()),
        }
    });
    check("no lock file of npm names a registry", &|| {
        for folder in ["", "tests/bundlers", "tests/setups", "docs/site"] {
            let lock = paths::root().join(folder).join("package-lock.json");
            // No one could install such a package from another registry.
            let is_fixed = files::read(&lock)?.contains(r#""resolved": "http"#);
            ensure!(!is_fixed, "a `resolved` in {} names a host: run npm with .npmrc", lock.display());
        }
        Ok(())
    });
    check("prose", &|| stream(native("node").arg("tests/prose.mjs")));
    check("types of npm's workspaces", &|| {
        let mut npm = toolbox.tool("npm")?;
        stream(npm.words("run check --workspaces --if-present").stdin(Stdio::null()))
    });
    Ok(counts)
}
