//! `cargo xtask simulate`: long simulations of clients, network and server, and the herd.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::paths;
use crate::run::{Words, cargo, stream};

/// How many histories are tried, and which.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    herd: Option<Herd>,
    /// How many histories [default: 100000, or 2000 with --server, unless --seconds is given]
    #[arg(long)]
    histories: Option<u64>,
    /// How long, in seconds. Begins with a seed that was never tried, unless --seed is given
    #[arg(long)]
    seconds: Option<u64>,
    /// The first seed [default: 1]
    #[arg(long)]
    seed: Option<u64>,
    /// On how many cores [default: all]
    #[arg(long)]
    threads: Option<u64>,
    /// Use the reference server's own hub, rules and database instead of the model of them
    #[arg(long)]
    server: bool,
}

#[derive(Debug, Subcommand)]
enum Herd {
    /// A million clients lose one server: rewrites docs/herd.svg and the table in docs/reliability.md
    Herd {
        /// How many clients
        #[arg(long, default_value_t = 1_000_000)]
        clients: u64,
    },
}

/// A test, and its environment.
type Run = (&'static str, Vec<(&'static str, String)>);

/// Runs what the options ask for.
pub(crate) fn simulate(options: &Options) -> Result<()> {
    let (test, environment) = plan(options);
    let mut run = cargo("test --profile simulation --test simulation --features store");
    if options.server {
        run.words("--features server");
    }
    stream(run.words("-- --exact --nocapture").arg(test).envs(environment))
}

fn plan(options: &Options) -> Run {
    if let Some(Herd::Herd { clients }) = options.herd {
        let docs = paths::root().join("docs").display().to_string();
        let environment = vec![
            ("SIMULATION_CLIENTS", clients.to_string()),
            ("SIMULATION_DOCS", docs),
        ];
        return ("herd::a_herd_as_large_as_asked_for", environment);
    }
    let (test, histories) = match options.server {
        true => (
            "reference::after_any_history_with_the_reference_server_the_view_equals_the_truth",
            2_000,
        ),
        false => ("after_any_history_every_view_equals_the_truth", 100_000),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fresh = options.seconds.map(|_| now.as_secs().wrapping_mul(1_000_000_000));
    let variables = [
        (
            "SIMULATION_HISTORIES",
            options
                .histories
                .or(options.seconds.is_none().then_some(histories)),
        ),
        ("SIMULATION_SECONDS", options.seconds),
        ("SIMULATION_SEED", options.seed.or(fresh)),
        ("SIMULATION_THREADS", options.threads),
    ];
    let given = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?.to_string())));
    (test, given.collect())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn planned(words: &str) -> (String, Vec<String>) {
        let line = Line::parse_from(words.split(' '));
        let (test, variables) = plan(&line.options);
        (
            test.to_owned(),
            variables
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
        )
    }

    #[test]
    fn a_plain_run_tries_many_and_a_timed_one_seeds_that_were_never_tried() {
        assert_eq!(planned("simulate").1, ["SIMULATION_HISTORIES=100000"]);
        let (_, timed) = planned("simulate --seconds 60");
        assert_eq!(timed[0], "SIMULATION_SECONDS=60");
        assert!(
            timed[1].starts_with("SIMULATION_SEED=") && timed.len() == 2,
            "{timed:?}"
        );
        let (test, replay) = planned("simulate --seed 5 --histories 1 --server");
        assert!(test.starts_with("reference::"));
        assert_eq!(replay, ["SIMULATION_HISTORIES=1", "SIMULATION_SEED=5"]);
        let (_, herd) = planned("simulate herd");
        assert_eq!(herd[0], "SIMULATION_CLIENTS=1000000");
        assert!(herd[1].ends_with("/docs"), "{herd:?}");
    }
}
