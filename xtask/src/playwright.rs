//! Runs Playwright's tests: the demo, the policy page and chaos.

use std::ffi::OsString;
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::run::Words;
use crate::setup::Toolbox;
use crate::totals::{Counts, junit};
use crate::{files, paths};

/// Runs the tests of a folder under `tests/e2e` with its own configuration, or those of the demo. Adds the variables to
/// their environment.
pub(crate) fn run(
    toolbox: &Toolbox,
    folder: Option<&str>,
    variables: Vec<(&str, OsString)>,
) -> Result<Counts> {
    let report = paths::target().join("playwright-report.xml");
    files::remove(&report)?;
    let mut npx = toolbox.tool("npx")?;
    npx.words("playwright test --reporter=list,junit").current_dir(paths::root().join("tests/e2e"));
    npx.env("PLAYWRIGHT_JUNIT_OUTPUT_FILE", &report).envs(variables).stdin(Stdio::null());
    if let Some(folder) = folder {
        npx.arg("--config").arg(format!("{folder}/playwright.config.ts"));
    }
    let status = npx.status().context("cannot start npx")?;
    Ok(junit(&report)?.confirmed(status.success()))
}
