//! `cargo xtask bench start`: from the import to an open socket, beside socket.io-client and SignalR.

use anyhow::{Context, Result, bail};

use crate::package;
use crate::progress::Progress;
use crate::project::Project;
use crate::setup;

/// Builds the package and measures it as it is shipped.
pub(super) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    let mut node = toolbox.tool("node")?;
    node.current_dir(project.root.join("benches").join("start"))
        .arg("drive.mjs")
        .arg(project.root.join("pkg").join("dist"))
        .arg("--out")
        .arg(project.target.join("bench").join("start.json"))
        .args(args.strip_prefix(&["--".to_owned()]).unwrap_or(args));
    let status = node.status().context("cannot start node")?;
    if !status.success() {
        bail!("the benchmark has not succeeded ({status})");
    }
    Ok(())
}
