//! `cargo xtask bench end-to-end`: what a stream costs the page, and how long an event is under way.

use anyhow::{Context, Result, bail};

use crate::package;
use crate::process::{capture, native};
use crate::progress::Progress;
use crate::project::Project;
use crate::setup;

/// Builds the package and the reference server, and measures the package as it is shipped.
pub(super) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    let mut cargo = native(project, "cargo");
    cargo.args([
        "build",
        "--quiet",
        "--features",
        "server",
        "--bin",
        "reference-server",
    ]);
    capture(&mut cargo)?;
    let mut node = toolbox.tool("node")?;
    node.current_dir(project.root.join("benches").join("end-to-end"))
        .arg("drive.mjs")
        .arg(project.root.join("pkg").join("dist"))
        .arg(project.target.join("debug").join("reference-server"))
        .arg("--out")
        .arg(project.target.join("bench").join("end-to-end.json"))
        .args(args.strip_prefix(&["--".to_owned()]).unwrap_or(args));
    let status = node.status().context("cannot start node")?;
    if !status.success() {
        bail!("the benchmark has not succeeded ({status})");
    }
    Ok(())
}
