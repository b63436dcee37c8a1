//! `cargo xtask bench decode`: the decoder beside its peers, in one page of headless Chromium.

use std::path::PathBuf;

use anyhow::Result;

use super::drive::drive;
use crate::package;
use crate::progress::Progress;
use crate::project::Project;
use crate::setup::{self, Toolbox};
use crate::standard_library::StandardLibrary;

/// Builds the package with the decoder by itself, and measures.
pub(super) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let toolbox = setup::setup(project, progress)?;
    let package = bench_package(project, &toolbox, progress)?;
    drive(project, &toolbox, "decode", &[&package], args)
}

/// The package as it is shipped, and the decoder's own exports beside it.
fn bench_package(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<PathBuf> {
    let out = project.target.join("bench-package");
    let mut wasm_pack = toolbox.wasm("wasm-pack")?;
    wasm_pack
        .args([
            "build",
            "--release",
            "--target",
            "web",
            "--no-pack",
            "--mode",
            "no-install",
            "--quiet",
        ])
        .arg("--out-dir")
        .arg(&out)
        .args(["--", "--features", &format!("bench,{}", package::FEATURES)]);
    StandardLibrary::find(project, toolbox, progress)?.apply(toolbox, &mut wasm_pack)?;
    progress.run("package for the benchmark", &mut wasm_pack)?;
    Ok(out)
}
