//! `cargo xtask simulate`: long simulations of clients, network and server, and the herd.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::process::native;
use crate::project::Project;

const USAGE: &str = "\
Usage: cargo xtask simulate [--histories N] [--seconds N] [--seed S] [--threads N] [--server]
       cargo xtask simulate herd [--clients N]

  --histories N   how many histories; 100000 where neither this nor --seconds is given
  --seconds N     how long; begins with a seed that was never tried, unless --seed says where
  --seed S        the first seed; 1 where it is left out
  --threads N     on how many cores; all where it is left out
  --server        with the reference server's own hub, rules and database in place of the model of them
  herd            a million clients lose one server: rewrites docs/herd.svg and the table in docs/reliability.md
";

/// How many histories a run tries that is not told.
const HISTORIES: u64 = 100_000;
/// The same with the reference server, which is slower.
const SERVER_HISTORIES: u64 = 2_000;
/// How many clients a herd has.
const CLIENTS: u64 = 1_000_000;

/// What was asked for, as a test and its environment.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    test: &'static str,
    server: bool,
    environment: Vec<(&'static str, String)>,
}

/// Runs what the arguments ask for. Returns whether it succeeded.
pub(crate) fn simulate(project: &Project, args: &[String]) -> Result<bool> {
    let run = parse(args, &project.root, fresh_seed())?;
    let mut cargo = native(project, "cargo");
    cargo.args([
        "test",
        "--profile",
        "simulation",
        "--test",
        "simulation",
        "--features",
        "store",
    ]);
    if run.server {
        cargo.args(["--features", "server"]);
    }
    cargo.args(["--", "--exact", "--nocapture", run.test]);
    cargo.envs(run.environment);
    let status = cargo.status().context("cannot start cargo")?;
    Ok(status.success())
}

fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(1, |now| now.as_secs().wrapping_mul(1_000_000_000))
}

fn parse(args: &[String], root: &Path, fresh: u64) -> Result<Run> {
    let herd = args.first().is_some_and(|arg| arg == "herd");
    let mut args = args.iter().skip(usize::from(herd));
    let (mut server, mut environment) = (false, Vec::new());
    while let Some(arg) = args.next() {
        let variable = match (arg.as_str(), herd) {
            ("--server", false) => {
                server = true;
                continue;
            }
            ("--histories", false) => "SIMULATION_HISTORIES",
            ("--seconds", false) => "SIMULATION_SECONDS",
            ("--seed", false) => "SIMULATION_SEED",
            ("--threads", false) => "SIMULATION_THREADS",
            ("--clients", true) => "SIMULATION_CLIENTS",
            _ => bail!("`simulate` does not know `{arg}`\n\n{USAGE}"),
        };
        let value = args
            .next()
            .with_context(|| format!("`{arg}` needs a number\n\n{USAGE}"))?;
        let number: u64 = value
            .parse()
            .with_context(|| format!("`{value}` is no number\n\n{USAGE}"))?;
        environment.push((variable, number.to_string()));
    }
    let has =
        |environment: &[(&str, String)], name| environment.iter().any(|(variable, _)| *variable == name);
    if herd {
        if !has(&environment, "SIMULATION_CLIENTS") {
            environment.push(("SIMULATION_CLIENTS", CLIENTS.to_string()));
        }
        environment.push(("SIMULATION_DOCS", root.join("docs").display().to_string()));
        return Ok(Run {
            test: "herd::a_herd_as_large_as_asked_for",
            server,
            environment,
        });
    }
    let is_timed = has(&environment, "SIMULATION_SECONDS");
    if !is_timed && !has(&environment, "SIMULATION_HISTORIES") {
        let histories = if server { SERVER_HISTORIES } else { HISTORIES };
        environment.push(("SIMULATION_HISTORIES", histories.to_string()));
    }
    if is_timed && !has(&environment, "SIMULATION_SEED") {
        environment.push(("SIMULATION_SEED", fresh.to_string()));
    }
    let test = if server {
        "reference::after_any_history_with_the_reference_server_the_view_equals_the_truth"
    } else {
        "after_any_history_every_view_equals_the_truth"
    };
    Ok(Run {
        test,
        server,
        environment,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<Run> {
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        parse(&args, Path::new("/project"), 77)
    }

    fn variable(run: &Run, name: &str) -> Option<String> {
        let found = run.environment.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value.clone())
    }

    #[test]
    fn a_plain_run_tries_many_and_a_timed_one_what_was_never_tried() {
        let plain = parsed(&[]).unwrap();
        assert_eq!(
            variable(&plain, "SIMULATION_HISTORIES").as_deref(),
            Some("100000")
        );
        assert_eq!(variable(&plain, "SIMULATION_SEED"), None);
        let timed = parsed(&["--seconds", "60"]).unwrap();
        assert_eq!(variable(&timed, "SIMULATION_HISTORIES"), None);
        assert_eq!(variable(&timed, "SIMULATION_SEED").as_deref(), Some("77"));
        let replay = parsed(&["--seed", "5", "--histories", "1", "--server"]).unwrap();
        assert!(replay.server && replay.test.starts_with("reference::"));
        assert_eq!(variable(&replay, "SIMULATION_SEED").as_deref(), Some("5"));
    }

    #[test]
    fn the_herd_is_a_million_and_writes_into_the_documentation() {
        let herd = parsed(&["herd"]).unwrap();
        assert_eq!(variable(&herd, "SIMULATION_CLIENTS").as_deref(), Some("1000000"));
        assert_eq!(
            variable(&herd, "SIMULATION_DOCS").as_deref(),
            Some("/project/docs")
        );
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for wrong in [
            &["--fast"][..],
            &["--seed"],
            &["--seed", "x"],
            &["herd", "--seed", "1"],
        ] {
            assert!(
                parsed(wrong).unwrap_err().to_string().contains("Usage"),
                "{wrong:?}"
            );
        }
    }
}
