//! `cargo xtask bench server`: the benchmark is a bench target of the crate; this builds it, its server and its peers.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::native;
use crate::progress::Progress;
use crate::project::Project;
use crate::setup;

/// Measures, with the programs built for speed.
pub(super) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    setup::npm_packages(project, progress)?;
    let args = match args.split_first() {
        Some((first, rest)) if first == "--" => rest,
        _ => args,
    };
    let mut cargo = native(project, "cargo");
    cargo.args([
        "bench",
        "--profile",
        "server",
        "--features",
        "server",
        "--bench",
        "server",
        "--",
    ]);
    let status = cargo.args(args).status().context("cannot start cargo")?;
    if !status.success() {
        bail!("the benchmark has not succeeded ({status})");
    }
    Ok(())
}

/// The same with few connections, a few messages and the programs of the tests: it measures nothing, and fails where a
/// delivery is missing.
pub(crate) fn smoke(project: &Project) -> Command {
    let mut cargo = native(project, "cargo");
    cargo.args([
        "test",
        "--workspace",
        "--features",
        "server",
        "--bench",
        "server",
        "--",
        "--smoke",
    ]);
    cargo
}
