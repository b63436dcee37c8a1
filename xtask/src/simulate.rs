//! `cargo xtask simulate`: long simulations of clients, network and server, and the herd.

use std::hash::{BuildHasher, RandomState};

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::paths;
use crate::run::{Words, cargo, stream};

/// The number of histories, and their seeds.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    herd: Option<Herd>,
    /// The number of histories [default: 100000, or 2000 with --server, unless --seconds is given]
    #[arg(long)]
    histories: Option<u64>,
    /// The duration in seconds. Starts with a new seed unless --seed is given
    #[arg(long)]
    seconds: Option<u64>,
    /// The first seed [default: 1]
    #[arg(long)]
    seed: Option<u64>,
    /// The number of threads [default: one per core]
    #[arg(long)]
    threads: Option<u64>,
    /// Use the reference server's own hub, rules and database instead of a model
    #[arg(long)]
    server: bool,
}

#[derive(Debug, Subcommand)]
enum Herd {
    /// A million clients lose one server: rewrites docs/herd.svg and the table in docs/reliability.md
    Herd {
        /// The number of clients
        #[arg(long, default_value_t = 1_000_000)]
        clients: u64,
    },
}

/// Runs the simulation.
pub(crate) fn simulate(options: &Options) -> Result<()> {
    let mut run = cargo("test --profile simulation --test simulation --features");
    run.words(if options.server { "store,server" } else { "store" }).words("-- --exact --nocapture");
    if let Some(Herd::Herd { clients }) = options.herd {
        run.arg("herd::simulates_a_herd_of_the_requested_size");
        run.env("SIMULATION_CLIENTS", clients.to_string()).env("SIMULATION_DOCS", paths::root().join("docs"));
        return stream(&mut run);
    }
    let (test, histories) = match options.server {
        true => ("reference::after_any_history_with_the_reference_server_the_view_equals_the_truth", 2_000),
        false => ("after_any_history_every_view_equals_the_truth", 100_000),
    };
    let fresh = options.seconds.map(|_| RandomState::new().hash_one(0) >> 1);
    for (name, value) in [
        ("SIMULATION_HISTORIES", options.histories.or(options.seconds.is_none().then_some(histories))),
        ("SIMULATION_SECONDS", options.seconds),
        ("SIMULATION_SEED", options.seed.or(fresh)),
        ("SIMULATION_THREADS", options.threads),
    ] {
        run.envs(value.map(|value| (name, value.to_string())));
    }
    stream(run.arg(test))
}
