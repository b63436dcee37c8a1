//! Tests that Playwright runs in the browser.

use std::ffi::OsString;
use std::fs;
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::project::Project;
use crate::setup::Toolbox;
use crate::totals::{Counts, playwright};

/// Runs the tests of one directory under `tests/e2e` that has a configuration of its own, or those of the demo, with
/// these variables in their environment.
pub(crate) fn run(
    project: &Project,
    toolbox: &Toolbox,
    directory: Option<&str>,
    variables: Vec<(&str, OsString)>,
) -> Result<Counts> {
    let report = project.target.join("playwright-report.json");
    if report.exists() {
        fs::remove_file(&report).with_context(|| format!("cannot remove {}", report.display()))?;
    }
    let mut npx = toolbox.tool("npx")?;
    npx.args(["playwright", "test", "--reporter=list,json"])
        .current_dir(project.root.join("tests").join("e2e"))
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report)
        .envs(variables)
        .stdin(Stdio::null());
    if let Some(directory) = directory {
        npx.arg("--config")
            .arg(format!("{directory}/playwright.config.ts"));
    }
    let status = npx.status().context("cannot start npx")?;
    let report = fs::read_to_string(&report).context("Playwright has left no report")?;
    Ok(playwright(&report)?.confirmed(status.success()))
}
