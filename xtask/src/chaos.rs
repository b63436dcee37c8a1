//! `cargo xtask chaos`: two pages and a server that fails them in every way, for as long as is asked; what it came to goes
//! into the documentation. The phase `chaos` of the tests is the same for a minute, and always with the same seed.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use crate::package;
use crate::playwright;
use crate::progress::Progress;
use crate::project::Project;
use crate::setup::{self, Toolbox};
use crate::test_run::build_server;
use crate::totals::Counts;

/// How long the command runs where nothing else is asked for, in minutes.
const MINUTES: u32 = 15;
/// The document with the table, below the root of the repository.
const REPORT: &str = "docs/reliability.md";

/// What is to be run.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    minutes: u32,
    /// What decides the faults; `None` for any.
    seed: Option<u32>,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self {
            minutes: MINUTES,
            seed: None,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let number = || args.clone().next().and_then(|number| number.parse::<u32>().ok());
            let wrong =
                || format!("`chaos` takes --minutes N, at least 1, and --seed N, below 2^32; not `{arg}`");
            match arg.as_str() {
                "--minutes" => {
                    options.minutes = number().filter(|minutes| *minutes > 0).with_context(wrong)?;
                }
                "--seed" => options.seed = Some(number().with_context(wrong)?),
                _ => return Err(anyhow::anyhow!(wrong())),
            }
            args.next();
        }
        Ok(options)
    }
}

/// Runs it for a time and puts its table into the documentation. Returns whether nothing was lost.
pub(crate) fn chaos(project: &Project, progress: &Progress, args: &[String]) -> Result<bool> {
    let Options { minutes, seed } = Options::parse(args)?;
    // Any seed will do: the lower bits of the time change most.
    let seed = seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.subsec_nanos() ^ now.as_secs() as u32
    });
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    println!("to run the same again: cargo xtask chaos --minutes {minutes} --seed {seed}");
    let report = project.root.join(REPORT);
    let counts = run(project, &toolbox, minutes, seed, Some(report))?;
    Ok(counts.failed == 0)
}

/// The phase of the tests.
pub(crate) fn tests(project: &Project, toolbox: &Toolbox) -> Result<Counts> {
    run(project, toolbox, 1, 1, None)
}

fn run(
    project: &Project,
    toolbox: &Toolbox,
    minutes: u32,
    seed: u32,
    report: Option<PathBuf>,
) -> Result<Counts> {
    let mut variables = vec![
        ("ROOM_EVENTS_SERVER", build_server(project)?.into_os_string()),
        ("ROOM_EVENTS_CHAOS_MINUTES", minutes.to_string().into()),
        ("ROOM_EVENTS_CHAOS_SEED", seed.to_string().into()),
    ];
    if let Some(report) = report {
        variables.push(("ROOM_EVENTS_CHAOS_REPORT", report.into_os_string()));
    }
    playwright::run(project, toolbox, Some("chaos"), variables)
}

#[cfg(test)]
mod options {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options> {
        Options::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn it_runs_a_quarter_of_an_hour_or_as_asked() {
        let options = |minutes, seed| Options { minutes, seed };
        assert_eq!(parse(&[]).unwrap(), options(MINUTES, None));
        assert_eq!(
            parse(&["--seed", "7", "--minutes", "2"]).unwrap(),
            options(2, Some(7))
        );
    }

    #[test]
    fn a_wrong_argument_is_named() {
        for args in [
            &["--minutes"] as &[&str],
            &["--minutes", "0"],
            &["--seed", "-1"],
            &["--hours", "1"],
        ] {
            let error = parse(args).unwrap_err().to_string();
            assert!(error.contains(args[0]), "{error}");
        }
    }
}
