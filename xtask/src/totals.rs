//! Counting tests in what the runners print, and the table of totals.

use std::fmt::Display;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::progress::elapsed;

/// How many tests went how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
    /// The names of those that failed, as far as they are known, each once.
    pub(crate) failures: Vec<String>,
}

impl Counts {
    /// One test that failed. It is printed.
    pub(crate) fn failure(name: &str, reason: impl Display) -> Self {
        println!("FAILED: {name}: {reason}");
        Self {
            failed: 1,
            ..Self::named(name.to_owned())
        }
    }

    /// The name of a test that failed and that is counted elsewhere.
    fn named(name: String) -> Self {
        Self {
            failures: vec![name],
            ..Self::default()
        }
    }

    /// Adds one test. If it failed, that is printed.
    pub(crate) fn add(&mut self, name: &str, outcome: &Result<()>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(error) => self.merge(Self::failure(name, format_args!("{error:#}"))),
        }
    }

    /// Adds the counts of another run.
    pub(crate) fn merge(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        for name in other.failures {
            if !self.failures.contains(&name) {
                self.failures.push(name);
            }
        }
    }

    /// What a runner has counted, if it is to be believed: one that died, or that ran nothing, has failed.
    pub(crate) fn confirmed(mut self, succeeded: bool) -> Self {
        if self.failed == 0 && !succeeded {
            self.merge(Self::failure("the runner", "it ended as if a test had failed"));
        } else if self.failed == 0 && self.passed == 0 {
            self.merge(Self::failure("the runner", "it ran no test"));
        }
        self
    }
}

/// Whose result lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// libtest and wasm-bindgen's runner: a line `test result: ok. 3 passed; 0 failed; ...` a program, and before it
    /// `test <name> ... ok` a test.
    Rust,
    /// Node's reporter `spec`: `✖ <name> (5.1ms)` for each test that failed, and lines `ℹ pass 3`, `ℹ fail 0` at the end.
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
    if let Some((name, outcome)) = line
        .trim()
        .strip_prefix("test ")
        .and_then(|test| test.split_once(" ... "))
    {
        return outcome
            .starts_with("FAIL")
            .then(|| Counts::named(name.to_owned()));
    }
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
        ..Counts::default()
    })
}

fn node(line: &str) -> Option<Counts> {
    if let Some((name, _)) = line
        .trim()
        .strip_prefix("✖ ")
        .and_then(|test| test.rsplit_once(" ("))
    {
        return Some(Counts::named(name.to_owned()));
    }
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
    let mut counts = Counts {
        passed: number("expected")?,
        failed: number("unexpected")? + number("flaky")?,
        ignored: number("skipped")?,
        ..Counts::default()
    };
    name_failures(&report, &mut counts);
    Ok(counts)
}

/// Adds the tests in a suite of Playwright's report, and in those inside of it, that did not just pass: file, title, and
/// what was wrong first.
fn name_failures(suite: &Value, counts: &mut Counts) {
    let list = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
    for spec in list(suite, "specs") {
        let failed = |test: &Value| matches!(test["status"].as_str(), Some("unexpected" | "flaky"));
        let text = |name: &str| spec[name].as_str().unwrap_or_default();
        for test in list(&spec, "tests").iter().filter(|test| failed(test)) {
            let mut name = format!("{}: {}", text("file"), text("title"));
            let results = list(test, "results");
            let message = results
                .iter()
                .find_map(|result| result["error"]["message"].as_str());
            if let Some(first) = message.and_then(|message| message.lines().next()) {
                name += &format!(": {}", without_colours(first));
            }
            counts.merge(Counts::named(name));
        }
    }
    for inner in list(suite, "suites") {
        name_failures(&inner, counts);
    }
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
        sum.merge(outcome.counts.clone());
    }
    sum
}

/// The table of the phases, what has failed, and the line of totals as its last line.
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
    for (number, (phase, name)) in outcomes
        .iter()
        .flat_map(|outcome| outcome.counts.failures.iter().map(|name| (outcome.phase, name)))
        .enumerate()
    {
        text += &format!("{}FAILED: {phase}: {name}\n", if number == 0 { "\n" } else { "" });
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
            failures: Vec::new(),
        }
    }

    fn failed(counts: Counts, names: &[&str]) -> Counts {
        Counts {
            failures: names.iter().map(|name| (*name).to_owned()).collect(),
            ..counts
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
test protocol::two ... ok
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s

test client::first ... \u{1b}[31mFAILED\u{1b}[0m
test client::second - should panic ... FAILED
test client::third ... ignored, it prints ... FAILED
test result: \u{1b}[31mFAILED\u{1b}[0m. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.5s
   Doc-tests room_events
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s";
        let names = ["client::first", "client::second - should panic"];
        assert_eq!(count(Runner::Rust, output), failed(counts(17, 2, 1), &names));
    }

    #[test]
    fn the_browser_runner_counts() {
        let output = "test browser::connects ... ok\n\n\
            test result: ok. 9 passed; 0 failed; 0 ignored; 0 filtered out; finished in 1.24s\n";
        assert_eq!(count(Runner::Rust, output), counts(9, 0, 0));
        let output = "test browser::closes ... FAIL\n\n\
            test result: FAILED. 8 passed; 1 failed; 0 ignored; 0 filtered out; finished in 1.24s\n";
        let expected = failed(counts(8, 1, 0), &["browser::closes"]);
        assert_eq!(count(Runner::Rust, output), expected);
    }

    #[test]
    fn nodes_summary_counts_in_both_of_its_forms() {
        let spec = "✔ imports in Node (12.3ms)\n✖ closes (twice) (5.1ms)\nℹ tests 6\nℹ suites 0\nℹ pass 4\nℹ fail 1\nℹ cancelled 0\n\
            ℹ skipped 1\nℹ todo 0\nℹ duration_ms 101.5\n\
            ✖ failing tests:\n\ntest at package.test.mjs:1:1\n✖ closes (twice) (5.1ms)\n";
        let expected = failed(counts(4, 1, 1), &["closes (twice)"]);
        assert_eq!(count(Runner::Node, spec), expected);
        assert_eq!(count(Runner::Node, &spec.replace('ℹ', "#")), expected);
        assert_eq!(count(Runner::Node, "# pass the salt"), counts(0, 0, 0));
    }

    #[test]
    fn playwrights_report_counts_and_flaky_is_failed() {
        let report = r#"{"config": {}, "stats": {"duration": 8.5, "expected": 5, "skipped": 1, "unexpected": 1, "flaky": 1}, "suites": [
            {"title": "a.spec.ts", "specs": [{"title": "sends", "file": "a.spec.ts", "tests": [{"status": "expected"}]}], "suites": [
                {"title": "inside", "specs": [{"title": "closes", "file": "a.spec.ts", "tests": [
                    {"status": "unexpected", "results": [{"error": {"message": "Error: \u001b[2mthe\u001b[22m door\nCall log:"}}]}]}]}
            ]},
            {"title": "b.spec.ts", "specs": [{"title": "opens", "file": "b.spec.ts", "tests": [{"status": "flaky"}]}]}
        ]}"#;
        let names = ["a.spec.ts: closes: Error: the door", "b.spec.ts: opens"];
        assert_eq!(playwright(report).unwrap(), failed(counts(5, 2, 1), &names));
        assert!(playwright(r#"{"errors": []}"#).is_err());
    }

    #[test]
    fn a_runner_that_died_or_ran_nothing_has_failed() {
        assert_eq!(counts(3, 0, 0).confirmed(true), counts(3, 0, 0));
        let runner = ["the runner"];
        assert_eq!(counts(3, 0, 0).confirmed(false), failed(counts(3, 1, 0), &runner));
        assert_eq!(counts(3, 2, 0).confirmed(false), counts(3, 2, 0));
        assert_eq!(counts(0, 0, 0).confirmed(true), failed(counts(0, 1, 0), &runner));
    }

    #[test]
    fn the_totals_are_the_last_line_alone_below_what_has_failed() {
        let time = Duration::from_secs(3);
        let outcomes = [
            Outcome {
                phase: "lint",
                counts: failed(counts(9, 1, 0), &["rustfmt"]),
                time,
            },
            Outcome {
                phase: "native",
                counts: counts(90, 0, 2),
                time,
            },
        ];
        let end = "\n\nFAILED: lint: rustfmt\n\n99 passed, 1 failed\n";
        assert!(summary(&outcomes).ends_with(end), "{}", summary(&outcomes));
        assert!(!summary(&outcomes[1..]).contains("FAILED"));
    }
}
