//! `cargo xtask release`: prepares and checks a release. Nothing is published.

mod artifacts;
mod supply;
mod versions;

use anyhow::Result;
use clap::Args;

use crate::run::{Words, capture, native};
use crate::{package, setup, test_run};

/// The checks to skip.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Do not run the tests
    #[arg(long)]
    skip_tests: bool,
    /// Accept uncommitted changes
    #[arg(long)]
    allow_dirty: bool,
}

/// The result of a check, from good to bad.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    Good(String),
    /// It cannot be checked here, but has to be checked elsewhere.
    Unchecked(String),
    ToDo(String),
    /// It prevents publishing.
    Bad(String),
}

/// Runs all checks, writes the files and prints the findings. Returns whether nothing prevents publishing.
pub(crate) fn release(options: &Options) -> Result<bool> {
    let version = versions::version()?;
    let mut findings = versions::check(&version)?;
    findings.push(committed(options.allow_dirty)?);
    let toolbox = setup::setup()?;
    // Fails if the sizes exceed the budget.
    package::build(&toolbox)?;
    findings.push(Finding::Good("the package is within its budget of bytes".into()));
    findings.push(if options.skip_tests {
        Finding::Unchecked("tests: skipped with --skip-tests".into())
    } else if test_run::test(test_run::Options::default())? {
        Finding::Good("all tests pass".into())
    } else {
        Finding::Bad("tests fail".into())
    });
    findings.extend(supply::check()?);
    artifacts::write(&toolbox, &version)?;

    findings.sort();
    for finding in &findings {
        match finding {
            Finding::Good(text) => println!("  ✓ {text}"),
            Finding::Unchecked(text) => println!("  ? not checked: {text}"),
            Finding::ToDo(text) => println!("  … before publishing: {text}"),
            Finding::Bad(text) => println!("  ✗ {text}"),
        }
    }
    let bad = findings.iter().filter(|finding| matches!(finding, Finding::Bad(_))).count();
    println!("\n{bad} findings stand against it. Nothing was published: this is a dry run.");
    Ok(bad == 0)
}

/// Checks that everything is committed, so that the published sources are identifiable.
fn committed(allow_dirty: bool) -> Result<Finding> {
    let changed = capture(native("git").words("status --porcelain"))?.lines().count();
    Ok(match (changed, allow_dirty) {
        (0, _) => Finding::Good(format!(
            "everything is committed: {}",
            capture(native("git").words("rev-parse HEAD"))?
        )),
        (changed, true) => Finding::ToDo(format!("commit {changed} changed files")),
        (changed, false) => Finding::Bad(format!("{changed} files are not committed (see --allow-dirty)")),
    })
}
