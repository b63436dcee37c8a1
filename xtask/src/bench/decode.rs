//! `cargo xtask bench decode`: the decoder beside its peers, in one page of headless Chromium.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::progress::Progress;
use crate::project::Project;
use crate::setup::{self, Toolbox};

/// Builds the package with the decoder by itself, and measures.
pub(super) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let toolbox = setup::setup(project, progress)?;
    let package = package(project, &toolbox, progress)?;
    let mut node = toolbox.tool("node")?;
    node.current_dir(project.root.join("benches").join("decode"))
        .arg("drive.mjs")
        .arg(package)
        .args(args.strip_prefix(&["--".to_owned()]).unwrap_or(args));
    let status = node.status().context("cannot start node")?;
    if !status.success() {
        bail!("the benchmark has not succeeded ({status})");
    }
    Ok(())
}

/// The package as it is shipped, and the decoder's own exports beside it.
fn package(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<PathBuf> {
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
        .args(["--", "--features", "bench"]);
    progress.run("package for the benchmark", &mut wasm_pack)?;
    Ok(out)
}
