//! `cargo xtask build`: the npm package, its size and its demo page.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::run::{Words, capture, present, step, stream};
use crate::setup::Toolbox;
use crate::toolchain::{cargo_home, with_small_std};
use crate::{files, paths};

/// The features of the crate in the package.
pub(crate) const FEATURES: &str = "small-allocator,store";
/// The arguments of wasm-pack, also for calling it by hand. The features follow.
const WASM_PACK: &str = "build --release --target bundler --out-dir pkg/wasm --no-pack --no-typescript --mode no-install --quiet -- --features";

/// The folder of the built package.
pub(crate) fn dist() -> PathBuf {
    paths::root().join("pkg/dist")
}

/// Builds the package unless it is up to date. Then shows and checks its size.
pub(crate) fn build(toolbox: &Toolbox) -> Result<()> {
    let small_std = toolbox.toolchain.can_compile_std();
    let stamp = paths::wasm_target().join("package.stamp");
    let sources = sources(toolbox, small_std)?;
    let current = || Ok::<_, anyhow::Error>(format!("{sources} {}", files::fingerprint([dist()])?));
    if files::read(&stamp).is_ok_and(|built| current().is_ok_and(|now| now == built)) {
        present("package", "built from these sources already");
    } else {
        // wasm-pack keeps the files of earlier builds.
        files::remove(&paths::root().join("pkg/wasm"))?;
        let mut wasm_pack = toolbox.wasm("wasm-pack")?;
        wasm_pack.words(WASM_PACK).arg(FEATURES);
        if small_std {
            with_small_std(&mut wasm_pack)?;
        }
        step("module", &mut wasm_pack)?;
        step("package", toolbox.tool("node")?.arg("pkg/build.mjs"))?;
        check_paths(&dist())?;
        files::write(&stamp, &current()?)?;
    }
    let mut budget = toolbox.tool("node")?;
    stream(budget.arg("pkg/budget.mjs").args((!small_std).then_some("--shipped-std")))
}

/// A fingerprint of everything that determines the build.
fn sources(toolbox: &Toolbox, small_std: bool) -> Result<String> {
    let of_rust = files::entries(&paths::root().join("src"))?;
    let native = |path: &PathBuf| path.ends_with("server") || path.ends_with("bin");
    let others =
        ["pkg/src", "pkg/build.mjs", "Cargo.toml", "Cargo.lock", ".cargo/config.toml", "package-lock.json"];
    let paths =
        of_rust.into_iter().filter(|path| !native(path)).chain(others.map(|name| paths::root().join(name)));
    let rustc = capture(toolbox.wasm("rustc")?.arg("-vV"))?;
    let environment = toolbox.export_lines()?;
    Ok(format!("{} {WASM_PACK} {FEATURES} {small_std} {rustc} {environment}", files::fingerprint(paths)?))
}

/// Checks that panic messages, which contain source paths, have no path of this machine.
fn check_paths(folder: &Path) -> Result<()> {
    for file in files::entries(folder)?.iter().filter(|file| file.is_file()) {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        for private in [paths::root(), &cargo_home()?] {
            let path = private.as_os_str().as_encoded_bytes();
            let found = bytes.windows(path.len()).any(|window| window == path);
            ensure!(!found, "{} names the folder {} of this machine", file.display(), private.display());
        }
    }
    Ok(())
}

/// Builds the demo page and returns its folder.
pub(crate) fn build_www(toolbox: &Toolbox) -> Result<PathBuf> {
    step("demo page", toolbox.tool("npm")?.words("run build --workspace www"))?;
    Ok(paths::root().join("www/dist"))
}
