//! `cargo xtask bench end-to-end`: what a stream costs the page, and how long an event is under way.

use std::path::Path;

use anyhow::Result;

use super::drive::drive;
use crate::package;
use crate::progress::Progress;
use crate::project::Project;
use crate::setup;
use crate::test_run::build_server;

/// Builds the package and the reference server, and measures the package as it is shipped.
pub(super) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    let server = build_server(project)?;
    let measured: [&Path; 2] = [&package::dist(project), &server];
    drive(project, &toolbox, "end-to-end", &measured, args)
}
