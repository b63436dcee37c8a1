//! `cargo xtask chaos`: two pages and a server that injects faults of all kinds. The test phase `chaos` does the same
//! for a minute with a fixed seed.

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};

use anyhow::Result;
use clap::Args;

use crate::setup::{self, Toolbox};
use crate::totals::Counts;
use crate::{package, paths, playwright, server};

/// The duration and the seed of the faults.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The duration in minutes
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// The seed of the faults [default: random]
    #[arg(long)]
    seed: Option<u32>,
}

/// Runs it and writes its table into the documentation. Returns whether all tests passed.
pub(crate) fn chaos(&Options { minutes, seed }: &Options) -> Result<bool> {
    let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0) as u32);
    let toolbox = setup::setup()?;
    package::build(&toolbox)?;
    package::build_www(&toolbox)?;
    println!("to run the same again: cargo xtask chaos --minutes {minutes} --seed {seed}");
    let report = paths::root().join("docs/reliability.md");
    let counts = run(&toolbox, minutes, seed, vec![("ROOM_EVENTS_CHAOS_REPORT", report.into())])?;
    Ok(counts.failed == 0)
}

/// Runs the test phase.
pub(crate) fn tests(toolbox: &Toolbox) -> Result<Counts> {
    run(toolbox, 1, 1, Vec::new())
}

fn run(toolbox: &Toolbox, minutes: u32, seed: u32, mut variables: Vec<(&str, OsString)>) -> Result<Counts> {
    variables.extend([
        ("ROOM_EVENTS_SERVER", server::build()?.into_os_string()),
        ("ROOM_EVENTS_CHAOS_MINUTES", minutes.to_string().into()),
        ("ROOM_EVENTS_CHAOS_SEED", seed.to_string().into()),
    ]);
    playwright::run(toolbox, Some("chaos"), variables)
}
