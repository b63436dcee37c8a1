//! Counting tests in what the runners print, and the table of totals.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::progress::elapsed;

/// How many tests went how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Counts {
    /// Adds one test.
    pub(crate) fn add(&mut self, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Adds the counts of another run.
    pub(crate) fn merge(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }

    /// What a runner has counted, if it is to be believed: one that died, or that ran nothing, has failed.
    pub(crate) fn confirmed(mut self, succeeded: bool) -> Self {
        if self.failed == 0 && (!succeeded || self.passed == 0) {
            self.failed = 1;
        }
        self
    }
}

/// Whose result lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// libtest and wasm-bindgen's runner: a line `test result: ok. 3 passed; 0 failed; ...` a program.
    Rust,
    /// Node's reporter `spec`: lines `ℹ pass 3`, `ℹ fail 0` at the end.
    Node,
}

impl Runner {
    /// What this line of output adds to the counts.
    pub(crate) fn count(self, line: &str) -> Counts {
        let line = without_colours(line);
        match self {
            Self::Rust => rust(&line),
            Self::Node => node(&line),
        }
        .unwrap_or_default()
    }
}

fn rust(line: &str) -> Option<Counts> {
    let (_, results) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let number = |name: &str| {
        results
            .split(';')
            .find_map(|part| part.trim().strip_suffix(name)?.trim().parse().ok())
            .unwrap_or(0)
    };
    Some(Counts {
        passed: number("passed"),
        failed: number("failed"),
        ignored: number("ignored"),
    })
}

fn node(line: &str) -> Option<Counts> {
    let mut words = line
        .strip_prefix("ℹ ")
        .or_else(|| line.strip_prefix("# "))?
        .split(' ');
    let (name, number) = (words.next()?, words.next()?.parse().ok()?);
    let mut counts = Counts::default();
    match name {
        "pass" => counts.passed = number,
        "fail" | "cancelled" => counts.failed = number,
        "skipped" | "todo" => counts.ignored = number,
        _ => return None,
    }
    words.next().is_none().then_some(counts)
}

/// Counts the tests of Playwright's JSON report. A test that passed only when it was tried again has not passed.
pub(crate) fn playwright(report: &str) -> Result<Counts> {
    let report: Value = serde_json::from_str(report).context("Playwright's report is not JSON")?;
    let number = |name: &str| {
        report["stats"][name]
            .as_u64()
            .with_context(|| format!("Playwright's report does not count `{name}` tests"))
    };
    Ok(Counts {
        passed: number("expected")?,
        failed: number("unexpected")? + number("flaky")?,
        ignored: number("skipped")?,
    })
}

fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut parts = line.split("\x1b[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, text)| text));
    }
    plain
}

/// What one phase has come to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) phase: &'static str,
    pub(crate) counts: Counts,
    pub(crate) time: Duration,
}

/// The sum of all phases.
pub(crate) fn sum(outcomes: &[Outcome]) -> Counts {
    let mut sum = Counts::default();
    for outcome in outcomes {
        sum.merge(outcome.counts);
    }
    sum
}

/// The table of the phases, and the line of totals as its last line.
pub(crate) fn summary(outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{:<8}  {:>6}  {:>6}  {:>7}  {:>12}\n",
        "phase", "passed", "failed", "ignored", "time"
    );
    for Outcome { phase, counts, time } in outcomes {
        text += &format!(
            "{phase:<8}  {:>6}  {:>6}  {:>7}  {:>12}\n",
            counts.passed,
            counts.failed,
            counts.ignored,
            elapsed(*time)
        );
    }
    let sum = sum(outcomes);
    text + &format!("\n{} passed, {} failed\n", sum.passed, sum.failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, ignored: u64) -> Counts {
        Counts {
            passed,
            failed,
            ignored,
        }
    }

    fn count(runner: Runner, output: &str) -> Counts {
        let mut sum = Counts::default();
        for line in output.lines() {
            sum.merge(runner.count(line));
        }
        sum
    }

    #[test]
    fn every_program_of_cargo_test_counts() {
        let output = "
running 2 tests
test protocol::one ... ok
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s

test result: \u{1b}[31mFAILED\u{1b}[0m. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.5s
   Doc-tests room_events
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s";
        assert_eq!(count(Runner::Rust, output), counts(17, 2, 1));
    }

    #[test]
    fn the_browser_runner_counts() {
        let output = "test browser::connects ... ok\n\n\
            test result: ok. 9 passed; 0 failed; 0 ignored; 0 filtered out; finished in 1.24s\n";
        assert_eq!(count(Runner::Rust, output), counts(9, 0, 0));
    }

    #[test]
    fn nodes_summary_counts_in_both_of_its_forms() {
        let spec = "✔ imports in Node (12.3ms)\nℹ tests 6\nℹ suites 0\nℹ pass 4\nℹ fail 1\nℹ cancelled 0\n\
            ℹ skipped 1\nℹ todo 0\nℹ duration_ms 101.5";
        assert_eq!(count(Runner::Node, spec), counts(4, 1, 1));
        assert_eq!(count(Runner::Node, &spec.replace('ℹ', "#")), counts(4, 1, 1));
        assert_eq!(count(Runner::Node, "# pass the salt"), counts(0, 0, 0));
    }

    #[test]
    fn playwrights_report_counts_and_flaky_is_failed() {
        let report = r#"{"config": {}, "suites": [], "stats": {"duration": 8.5, "expected": 5, "skipped": 1, "unexpected": 2, "flaky": 1}}"#;
        assert_eq!(playwright(report).unwrap(), counts(5, 3, 1));
        assert!(playwright(r#"{"errors": []}"#).is_err());
    }

    #[test]
    fn a_runner_that_died_or_ran_nothing_has_failed() {
        assert_eq!(counts(3, 0, 0).confirmed(true), counts(3, 0, 0));
        assert_eq!(counts(3, 0, 0).confirmed(false), counts(3, 1, 0));
        assert_eq!(counts(3, 2, 0).confirmed(false), counts(3, 2, 0));
        assert_eq!(counts(0, 0, 0).confirmed(true), counts(0, 1, 0));
    }

    #[test]
    fn the_totals_are_the_last_line_alone() {
        let time = Duration::from_secs(3);
        let outcomes = [
            Outcome {
                phase: "lint",
                counts: counts(9, 1, 0),
                time,
            },
            Outcome {
                phase: "native",
                counts: counts(90, 0, 2),
                time,
            },
        ];
        assert_eq!(summary(&outcomes).lines().last(), Some("99 passed, 1 failed"));
        assert!(summary(&outcomes).ends_with("failed\n"));
    }
}
