//! `cargo xtask bench size`: what a page loads, beside other clients and validators.

use anyhow::Result;

use super::drive::drive;
use crate::package;
use crate::progress::Progress;
use crate::project::Project;
use crate::setup;

/// Builds the package and weighs it as it is shipped.
pub(super) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    drive(project, &toolbox, "size", &[&package::dist(project)], args)
}
