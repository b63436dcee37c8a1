//! The fan-out of the reference server, compared with ws and socket.io on Node, and Bun.
//!
//! Each server runs as a process of its own with one room that all connections are in. A message of the room is edited
//! over HTTP again and again, and each edit is one event of the same bytes to every connection. This program opens the
//! connections, sends the edits, and checks that each of them has arrived everywhere once.

mod contestant;
mod fleet;
mod report;
mod stall;
mod tally;
mod traffic;
mod wire;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use contestant::{Contestant, Kind};
use fleet::Fleet;
use report::{Entry, Machine, Report, Round};
use traffic::{Pace, Traffic, Until};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// Measure the fan-out of the reference server, compared with ws and socket.io on Node, and Bun
#[derive(Clone, Debug, Parser)]
#[command(name = "server")]
struct Options {
    /// Connections to each server
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    connections: u32,

    /// How often each server is measured; the table shows medians
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: u32,

    /// Seconds of sending as fast as messages are delivered
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    seconds: f64,

    /// Messages that are on their way at a time while it goes as fast as it can
    #[arg(long, value_name = "N", default_value_t = 16)]
    window: u32,

    /// Seconds of sending at a rate
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    paced_seconds: f64,

    /// That rate, in messages per second
    #[arg(long, value_name = "N", default_value_t = 2.0)]
    rate: f64,

    /// Bytes of a message's text
    #[arg(long, value_name = "BYTES", default_value_t = 120)]
    text: usize,

    /// How often to measure with a stalled connection among the others, and as often without; 0 for never
    #[arg(long, value_name = "N", default_value_t = 8)]
    stall_pairs: u32,

    /// Seconds of each such measurement
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    stall_seconds: f64,

    /// The servers to measure; may be repeated. Without it: all
    #[arg(long, value_enum, value_name = "SERVER")]
    only: Vec<Kind>,

    /// Where the result goes as JSON. Without it: bench-server.json in Cargo's target directory
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Measure nothing: send little to few connections, and see whether everything arrives
    #[arg(long)]
    smoke: bool,

    /// What Cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.smoke {
        true => smoke().await,
        false => measure(&options).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(options: &Options) -> Result<(), BoxError> {
    // The servers inherit it.
    let files = rlimit::increase_nofile_limit(u64::MAX)?;
    if files < u64::from(options.connections) + 500 {
        return Err(format!(
            "{} connections need more than the {files} open files that are allowed: raise the hard limit (ulimit -Hn)",
            options.connections
        )
        .into());
    }
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| options.only.is_empty() || options.only.contains(kind))
        .collect();
    let mut entries: Vec<Entry> = kinds
        .into_iter()
        .map(|server| Entry {
            server,
            rounds: Vec::new(),
            stall: None,
        })
        .collect();
    for number in 1..=options.rounds {
        for entry in &mut entries {
            eprintln!("round {number} of {}: {}", options.rounds, entry.server.name());
            let is_last = number == options.rounds;
            round(options, entry, is_last).await?;
        }
    }
    let report = Report {
        machine: Machine::here(),
        command: format!(
            "{} connections, {} messages on their way at a time or {} per second, texts of {} bytes, {} rounds",
            options.connections, options.window, options.rate, options.text, options.rounds
        ),
        entries,
    };
    println!("{}", report.table());
    let file = match &options.json {
        Some(file) => file.clone(),
        None => PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench-server.json"),
    };
    fs::write(&file, serde_json::to_string_pretty(&report)?)
        .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    println!("{}", file.display());
    Ok(())
}

/// Starts a server, opens the connections and measures each kind of traffic once.
async fn round(options: &Options, entry: &mut Entry, is_last: bool) -> Result<(), BoxError> {
    let mut server = Contestant::start(entry.server).await?;
    let mut traffic = Traffic {
        fleet: Fleet::open(&server, options.connections).await?,
        sent: 0,
        text: options.text,
    };
    let idle = server.usage()?;
    // Node compiles what runs often, and everybody's memory grows to what it needs.
    let window = Pace::Window(options.window);
    traffic
        .phase(&mut server, window, Until::Sent(options.window * 2))
        .await?;
    let seconds = Until::Elapsed(Duration::try_from_secs_f64(options.seconds)?);
    let (saturated, _) = traffic.phase(&mut server, window, seconds).await?;
    let seconds = Until::Elapsed(Duration::try_from_secs_f64(options.paced_seconds)?);
    let (paced, _) = traffic
        .phase(&mut server, Pace::Rate(options.rate), seconds)
        .await?;
    let usage = server.usage()?;
    entry.rounds.push(Round {
        connections: options.connections,
        rss: idle.rss,
        peak_rss: usage.peak_rss,
        saturated,
        paced,
    });
    if is_last && entry.server == Kind::ReferenceServer && options.stall_pairs > 0 {
        let each = Duration::try_from_secs_f64(options.stall_seconds)?;
        entry.stall =
            Some(stall::stall(&mut server, &mut traffic, options.stall_pairs, options.rate, each).await?);
    }
    Ok(())
}

/// A test of this program and of what it measures: the same with little. Prints what libtest would.
async fn smoke() -> Result<(), BoxError> {
    let mut failed = 0;
    for kind in Kind::ALL {
        match everything_arrives(kind).await {
            Ok(()) => println!("test everything arrives: {} ... ok", kind.name()),
            Err(error) => {
                failed += 1;
                println!("test everything arrives: {} ... FAILED: {error}", kind.name());
            }
        }
    }
    let passed = Kind::ALL.len() - failed;
    let result = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {result}. {passed} passed; {failed} failed; 0 ignored");
    match failed {
        0 => Ok(()),
        _ => Err("deliveries are missing".into()),
    }
}

async fn everything_arrives(kind: Kind) -> Result<(), BoxError> {
    const CONNECTIONS: u32 = 50;
    const MESSAGES: u32 = 100;
    let mut server = Contestant::start(kind).await?;
    let mut traffic = Traffic {
        fleet: Fleet::open(&server, CONNECTIONS).await?,
        sent: 0,
        text: 120,
    };
    for (pace, messages) in [
        (Pace::Window(8), MESSAGES),
        (Pace::Rate(f64::from(MESSAGES)), MESSAGES / 4),
    ] {
        let (measured, latencies) = traffic.phase(&mut server, pace, Until::Sent(messages)).await?;
        let expected = u64::from(messages) * u64::from(CONNECTIONS);
        if measured.deliveries != expected || latencies.len() != expected {
            return Err(format!("{} of {expected} deliveries", measured.deliveries).into());
        }
    }
    if kind == Kind::ReferenceServer {
        stall::stall(&mut server, &mut traffic, 1, 50.0, Duration::from_millis(200)).await?;
    }
    Ok(())
}
