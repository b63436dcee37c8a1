//! Counts the tests in the reports of their runners, and prints the totals.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::FormattedDuration;
use roxmltree::Document;
use serde::{Deserialize, Serialize};

use crate::files;

/// The numbers of tests by result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) ignored: usize,
    /// The names of the failed tests, if known.
    pub(crate) failures: Vec<String>,
}

impl Counts {
    /// Adds a test. Prints its failure.
    pub(crate) fn add(&mut self, name: &str, outcome: &Result<()>) {
        if let Err(error) = outcome {
            println!("FAILED: {name}: {error:#}");
            self.failed += 1;
            self.failures.push(name.to_owned());
        } else {
            self.passed += 1;
        }
    }

    /// The counts of a single test.
    pub(crate) fn of(name: &str, outcome: &Result<()>) -> Self {
        let mut counts = Self::default();
        counts.add(name, outcome);
        counts
    }

    /// Adds the counts of another run.
    pub(crate) fn merge(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.failures.extend(other.failures);
    }

    /// Adds a failure if the counts are implausible: the runner failed without a failed test, or ran none.
    pub(crate) fn confirmed(mut self, succeeded: bool) -> Self {
        if self.failed == 0 && (!succeeded || self.passed == 0) {
            let how = if succeeded { "it ran no test" } else { "it ended as if a test had failed" };
            self.add("the runner", &Err(anyhow::anyhow!(how)));
        }
        self
    }
}

/// Counts a line of the output of libtest or wasm-bindgen's runner: `test NAME ... ok` for each test, and
/// `test result: ok. 3 passed; 0 failed; ...` for each program.
pub(crate) fn rust(line: &str) -> Counts {
    let mut counts = Counts::default();
    let Some(rest) = line.trim().strip_prefix("test ") else {
        return counts;
    };
    if let Some((name, _)) = rest.split_once(" ... ").filter(|(_, outcome)| outcome.starts_with("FAIL")) {
        counts.failures.push(name.to_owned());
    }
    if let Some((_, results)) = rest.strip_prefix("result: ").and_then(|results| results.split_once(". ")) {
        for (number, what) in results.split("; ").filter_map(|result| result.split_once(' ')) {
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => counts.passed = number,
                "failed" => counts.failed = number,
                "ignored" => counts.ignored = number,
                _ => {}
            }
        }
    }
    counts
}

/// Counts the tests in a JUnit report, which Node.js and Playwright write.
pub(crate) fn junit(file: &Path) -> Result<Counts> {
    let report = files::read(file).context("the runner has left no report")?;
    junit_text(&report).with_context(|| format!("{} is no report", file.display()))
}

fn junit_text(report: &str) -> Result<Counts> {
    // Messages may contain characters that are invalid in XML.
    let report: String = report.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    let document = Document::parse(&report)?;
    let mut counts = Counts::default();
    for test in document.descendants().filter(|node| node.has_tag_name("testcase")) {
        let has = |names: &[&str]| test.children().find(|child| names.contains(&child.tag_name().name()));
        if let Some(failure) = has(&["failure", "error"]) {
            let attribute = |name| test.attribute(name).unwrap_or_default();
            let message = failure.attribute("message").unwrap_or_default().lines().next().unwrap_or_default();
            counts.failed += 1;
            counts.failures.push(format!("{}: {}: {message}", attribute("classname"), attribute("name")));
        } else if has(&["skipped"]).is_some() {
            counts.ignored += 1;
        } else {
            counts.passed += 1;
        }
    }
    Ok(counts)
}

/// The outcome of a phase.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) phase: String,
    pub(crate) counts: Counts,
    pub(crate) time: Duration,
}

/// The table of phases, the failures, and the totals as the last line. Also returns the number of failed tests.
pub(crate) fn summary(outcomes: &[Outcome]) -> (String, usize) {
    let mut text =
        format!("{:<8}  {:>6}  {:>6}  {:>7}  {:>12}\n", "phase", "passed", "failed", "ignored", "time");
    let (mut sum, mut failures) = (Counts::default(), String::new());
    for Outcome { phase, counts, time } in outcomes {
        let (Counts { passed, failed, ignored, .. }, time) = (counts, FormattedDuration(*time).to_string());
        let _ = writeln!(text, "{phase:<8}  {passed:>6}  {failed:>6}  {ignored:>7}  {time:>12}");
        failures.extend(counts.failures.iter().map(|name| format!("FAILED: {phase}: {name}\n")));
        sum.merge(counts.clone());
    }
    (format!("{text}\n{failures}\n{} passed, {} failed\n", sum.passed, sum.failed), sum.failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize, ignored: usize, failures: &[&str]) -> Counts {
        let failures = failures.iter().map(|name| (*name).to_owned()).collect();
        Counts { passed, failed, ignored, failures }
    }

    #[test]
    fn every_program_of_cargo_test_counts() {
        let output = "test protocol::one ... ok
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s
test client::first ... FAILED
test browser::closes ... FAIL
test client::third ... ignored, it prints ... FAILED
test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; finished in 0.5s";
        let mut sum = Counts::default();
        output.lines().for_each(|line| sum.merge(rust(line)));
        assert_eq!(sum, counts(16, 2, 1, &["client::first", "browser::closes"]));
    }

    #[test]
    fn a_junit_report_counts_nested_suites_and_names_failures() {
        let report = r#"<?xml version="1.0"?><testsuites><testcase name="opens" classname="test"/>
            <testsuite name="inner"><testcase name="closes" classname="a.spec.ts">
            <failure type="x" message="the door&#10;Call log">&#27;</failure></testcase>
            <testcase name="later"><skipped type="todo"/></testcase></testsuite></testsuites>"#;
        let report = report.replace("&#27;", "\u{1b}[2m");
        assert_eq!(junit_text(&report).unwrap(), counts(1, 1, 1, &["a.spec.ts: closes: the door"]));
        assert!(junit_text("no report").is_err());
    }

    #[test]
    fn a_runner_that_died_or_ran_nothing_has_failed() {
        assert_eq!(counts(2, 0, 0, &[]).confirmed(true).failed, 0);
        assert_eq!(counts(2, 0, 0, &[]).confirmed(false).failed, 1);
        assert_eq!(counts(0, 0, 1, &[]).confirmed(true).failed, 1);
        assert_eq!(counts(0, 3, 0, &[]).confirmed(false).failed, 3, "its failures are counted already");
    }

    #[test]
    fn the_totals_are_the_last_line_after_the_failures() {
        let outcome =
            |phase: &str, counts| Outcome { phase: phase.into(), counts, time: Duration::from_secs(41) };
        let (text, failed) = summary(&[
            outcome("lint", counts(17, 0, 0, &[])),
            outcome("native", counts(203, 1, 2, &["a::b"])),
        ]);
        assert!(text.ends_with("\nFAILED: native: a::b\n\n220 passed, 1 failed\n"), "{text}");
        assert_eq!(failed, 1);
    }
}
