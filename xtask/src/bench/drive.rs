//! Running the Node.js program of a benchmark.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::project::Project;
use crate::setup::Toolbox;

/// Runs `drive.mjs` of a benchmark on what is to be measured, with the options that the command was given. The figures
/// are also written below the target directory.
pub(super) fn drive(
    project: &Project,
    toolbox: &Toolbox,
    name: &str,
    measured: &[&Path],
    args: &[String],
) -> Result<()> {
    let mut node = toolbox.tool("node")?;
    node.current_dir(project.root.join("benches").join(name))
        .arg("drive.mjs")
        .args(measured)
        .arg("--out")
        .arg(figures(project).join(format!("{name}.json")))
        .args(args.strip_prefix(&["--".to_owned()]).unwrap_or(args));
    let status = node.status().context("cannot start node")?;
    if !status.success() {
        bail!("the benchmark has not succeeded ({status})");
    }
    Ok(())
}

/// Where the figures of the last runs are.
pub(super) fn figures(project: &Project) -> PathBuf {
    project.target.join("bench")
}
