//! `cargo xtask bench main-thread`: what a stream costs the page's main thread, with the engine in each place.

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
    drive(project, &toolbox, "main-thread", &[&package::dist(project)], args)
}
