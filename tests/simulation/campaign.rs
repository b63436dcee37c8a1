//! Runs many histories on all cores.
//!
//! `SIMULATION_SEED`, `SIMULATION_HISTORIES` and `SIMULATION_SECONDS` set the first seed, the number of histories and
//! the duration; `SIMULATION_TRACE` prints everything that happens in a history. `cargo xtask simulate` sets them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::world::Totals;

/// The number of histories between two progress messages.
const PROGRESS: u64 = 10_000;

/// The number of histories from which one must require a resync, as one in ten does.
const RESYNCS_FROM: u64 = 200;

/// Reads a number from an environment variable.
pub(crate) fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
    )
}

/// The number of violations that end a timed run early. `SIMULATION_VIOLATIONS` overrides it for any run.
const VIOLATIONS: usize = 10;

/// Runs `plain` histories, or as many as the environment sets. Panics with each violation and the command to replay it:
/// `cargo xtask simulate` with `option`. The first violation ends the run unless it is timed. Also panics if a run of
/// at least `plain` histories has exercised nothing.
pub(crate) fn run(plain: u64, option: &str, history: impl Fn(u64) -> Result<Totals, String> + Sync) {
    let first = number("SIMULATION_SEED").unwrap_or(1);
    let end = number("SIMULATION_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let default = if end.is_some() { u64::MAX } else { plain };
    let histories = number("SIMULATION_HISTORIES").unwrap_or(default);
    let threads = number("SIMULATION_THREADS")
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, |cores| cores.get() as u64));
    let enough = number("SIMULATION_VIOLATIONS").map(|violations| violations as usize);
    let enough = enough.unwrap_or(if end.is_some() { VIOLATIONS } else { 1 });
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let totals = Mutex::new((0, Totals::default()));
    let violations = Mutex::new(Vec::new());
    let begun = Instant::now();
    let work = || {
        while !failed.load(Ordering::Relaxed) && end.is_none_or(|end| Instant::now() < end) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= histories {
                break;
            }
            let seed = first.wrapping_add(number);
            match history(seed) {
                Ok(counts) => {
                    let mut totals = totals.lock().expect("no history panics here");
                    totals.0 += 1;
                    totals.1.add(&counts);
                    if totals.0 % PROGRESS == 0 {
                        println!("{} histories, {:.0} s", totals.0, begun.elapsed().as_secs_f64());
                    }
                }
                Err(violation) => {
                    let violation = format!(
                        "{violation}\nreplay: cargo xtask simulate{option} --seed {seed} --histories 1"
                    );
                    println!("{violation}");
                    let mut violations = violations.lock().expect("no history panics here");
                    violations.push(violation);
                    if violations.len() >= enough {
                        failed.store(true, Ordering::Relaxed);
                    }
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let (run, totals) = totals.into_inner().expect("no history panics here");
    println!(
        "{run} histories from seed {first} in {:.1} s: {totals}",
        begun.elapsed().as_secs_f64()
    );
    let violations = violations.into_inner().expect("no history panics here");
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    assert!(
        run < plain
            || (totals.recovered > 0 && totals.faults > 0 && (totals.resyncs > 0 || plain < RESYNCS_FROM)),
        "nothing was tried: {totals}"
    );
}
