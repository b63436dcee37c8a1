//! `cargo xtask bench start`: from the import to an open socket, beside socket.io-client and SignalR.

use anyhow::Result;

use super::drive::drive;
use crate::package;
use crate::progress::Progress;
use crate::project::Project;
use crate::setup;

/// Builds the package and measures it as it is shipped.
pub(super) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    drive(project, &toolbox, "start", &[&package::dist(project)], args)
}
