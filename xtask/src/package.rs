//! `cargo xtask build`: the npm package.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::fingerprint::Fingerprint;
use crate::process::capture;
use crate::progress::Progress;
use crate::project::Project;
use crate::remap;
use crate::setup::Toolbox;
use crate::sizes;
use crate::standard_library::StandardLibrary;

/// What is called, also by hand, to compile the package.
const WASM_PACK: [&str; 14] = [
    "build",
    "--release",
    "--target",
    "bundler",
    "--out-dir",
    "pkg/wasm",
    "--no-pack",
    "--no-typescript",
    "--mode",
    "no-install",
    "--quiet",
    "--",
    "--features",
    FEATURES,
];
/// The features of the crate that the package is built with.
pub(crate) const FEATURES: &str = "small-allocator,store";
/// Directories of `src` that are never compiled for wasm32.
const NATIVE_ONLY: [&str; 2] = ["server", "bin"];

/// Builds the package unless nothing has changed since it was built, then shows and checks its size.
pub(crate) fn build(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<()> {
    let library = StandardLibrary::find(project, toolbox, progress)?;
    compile(project, toolbox, library, progress)?;
    let sizes = sizes::measure(project, library)?;
    print!("{}", sizes::table(&sizes));
    sizes::check(&sizes)
}

/// The files of the built package.
pub(crate) fn dist(project: &Project) -> PathBuf {
    project.root.join("pkg").join("dist")
}

fn compile(
    project: &Project,
    toolbox: &Toolbox,
    library: StandardLibrary,
    progress: &Progress,
) -> Result<()> {
    let package = project.root.join("pkg");
    let (wasm, dist) = (package.join("wasm"), dist(project));
    let stamp = project.wasm_target().join("package.stamp");
    let inputs = inputs(project, toolbox, library)?;
    let current = |inputs: &str| -> Result<String> { Ok(format!("{inputs} {}", outputs(&dist)?)) };
    if fs::read_to_string(&stamp).is_ok_and(|built| current(&inputs).is_ok_and(|now| now == built)) {
        progress.present("package", "built from these sources already");
        return Ok(());
    }
    // wasm-pack leaves the files of earlier builds, such as snippets in a directory of another name.
    if wasm.exists() {
        fs::remove_dir_all(&wasm).with_context(|| format!("cannot remove {}", wasm.display()))?;
    }
    let mut wasm_pack = toolbox.wasm("wasm-pack")?;
    library.apply(toolbox, wasm_pack.args(WASM_PACK))?;
    progress.run("module", &mut wasm_pack)?;
    progress.run("package", toolbox.tool("node")?.arg("pkg/build.mjs"))?;
    check_paths(project, &dist)?;
    fs::write(&stamp, current(&inputs)?).with_context(|| format!("cannot write {}", stamp.display()))
}

/// All that decides what is built.
fn inputs(project: &Project, toolbox: &Toolbox, library: StandardLibrary) -> Result<String> {
    let mut inputs = Fingerprint::new();
    for entry in project.root.join("src").read_dir().context("cannot read src")? {
        let path = entry?.path();
        let native_only = path
            .file_name()
            .is_some_and(|name| NATIVE_ONLY.iter().any(|dir| name == *dir));
        match (native_only, path.is_dir()) {
            (true, _) => {}
            (false, true) => inputs.dir(&path)?,
            (false, false) => inputs.file(&path)?,
        }
    }
    inputs.dir(&project.root.join("pkg").join("src"))?;
    for name in [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        "package-lock.json",
        "pkg/build.mjs",
    ] {
        inputs.file(&project.root.join(name))?;
    }
    inputs.text(&capture(toolbox.wasm("rustc")?.arg("-vV"))?);
    inputs.text(&toolbox.export_lines()?);
    inputs.text(&WASM_PACK.join(" "));
    inputs.text(&library.fingerprint());
    Ok(inputs.finish())
}

fn outputs(out: &Path) -> Result<String> {
    let mut outputs = Fingerprint::new();
    outputs.dir(out)?;
    Ok(outputs.finish())
}

/// Panic messages carry the path of the source: that must not be one of this machine.
fn check_paths(project: &Project, out: &Path) -> Result<()> {
    let private = [project.root.clone(), remap::cargo_home()?];
    for entry in out
        .read_dir()
        .with_context(|| format!("cannot read {}", out.display()))?
    {
        let file = entry?.path();
        if file.is_file() {
            let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            if let Some(found) = private.iter().find(|path| holds(&bytes, path)) {
                bail!(
                    "{} names the directory {} of this machine",
                    file.display(),
                    found.display()
                );
            }
        }
    }
    Ok(())
}

fn holds(bytes: &[u8], path: &Path) -> bool {
    let path = path.to_string_lossy();
    bytes.windows(path.len()).any(|window| window == path.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_in_the_middle_of_a_binary() {
        let path = Path::new("/home/ada/room-events");
        assert!(holds(b"\0asm\x01/home/ada/room-events/src/lib.rs\0", path));
        assert!(!holds(b"\0asm\x01/room-events/src/lib.rs\0", path));
        assert!(!holds(b"/ho", path));
    }
}
