//! `cargo xtask bench server`: the benchmark is a bench target of the crate; this builds it, its server and its peers.

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
