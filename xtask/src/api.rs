//! The phase `api`: requests that Schemathesis makes up from the server's OpenAPI document, and whether the answers are
//! those that it describes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::lockfile::version_in;
use crate::process::{capture, native, which};
use crate::progress::Progress;
use crate::project::Project;
use crate::server::{self, Server};
use crate::totals::Counts;

/// The port of the server under test, or any other one if it is taken.
const PORT: u16 = 7799;

/// The fewest requests that show something.
const LEAST_CASES: u64 = 2000;

/// How many requests are made up for each operation, beside those that follow from the document.
const EXAMPLES: &str = "20";

/// The checks that are not made. Who asks, and for what, the hooks decide after a request was made up. And some rules no
/// schema expresses, so that good data are refused: a meeting needs its properties, an id is an integer and not `189.0`.
const LEFT_OUT: &str =
    "ignored_auth,object_level_authorization,negative_data_rejection,positive_data_acceptance";

/// The oldest Python that Schemathesis runs on: major, minor.
const PYTHON: (u32, u32) = (3, 10);

/// Runs it against a new server, started from this program. Each operation is a test, and one more is that there were
/// enough requests.
pub(crate) fn run(project: &Project, progress: &Progress, program: &Path) -> Result<Counts> {
    let folder = project.root.join("tests").join("api");
    let schemathesis = install(project, progress, &folder.join("requirements.txt"))?;
    let report = project.target.join("api-report.json");
    if report.exists() {
        fs::remove_file(&report).with_context(|| format!("cannot remove {}", report.display()))?;
    }
    // Most of the logins that are made up fail.
    let arguments = ["--log", "warn", "--unlimited-logins"].map(str::to_owned);
    let server = Server::start(project, program, server::loopback(PORT)?, &arguments)?;
    let mut command = native(project, schemathesis);
    command
        .args(["run", "--no-color", "--continue-on-failure", "--seed", "1"])
        .args(["--max-examples", EXAMPLES, "--exclude-checks", LEFT_OUT])
        .args(["--generation-database", "none", "--warnings", "off"])
        .arg(format!("{}/api/v1/openapi.json", server.origin()))
        // What it wants to remember for the next run, it leaves where it is started.
        .current_dir(&project.target)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", &folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("ROOM_EVENTS_SERVER", server.origin())
        .env("ROOM_EVENTS_API_REPORT", &report)
        .stdin(Stdio::null());
    let status = command.status().context("cannot start schemathesis")?;
    server.stop()?;
    let report = fs::read_to_string(&report).context("the hooks have left no report")?;
    Ok(count(&report)?.confirmed(status.success()))
}

/// What the report says: an operation that never succeeded has not been tested.
fn count(report: &str) -> Result<Counts> {
    let report: Value = serde_json::from_str(report).context("the report is not JSON")?;
    let cases = report["cases"].as_u64().context("the report counts no cases")?;
    let operations = report["operations"]
        .as_object()
        .context("the report has no operations")?;
    let mut counts = Counts::default();
    for (operation, answers) in operations {
        let answers = answers
            .as_object()
            .context("the report has no answers of an operation")?;
        let succeeded = answers.keys().any(|status| {
            // Without the headers of a WebSocket the answer is that they are wanted.
            status.starts_with('2') || operation == "GET /events" && status == "426"
        });
        let outcome = succeeded
            .then_some(())
            .with_context(|| format!("it never succeeded: {answers:?}"));
        counts.add(operation, &outcome);
    }
    println!("{cases} requests of {} operations", operations.len());
    let enough = (cases >= LEAST_CASES)
        .then_some(())
        .with_context(|| format!("fewer than {LEAST_CASES}"));
    counts.add("the number of requests", &enough);
    Ok(counts)
}

/// Installs Schemathesis into the per-user cache, unless it is there.
fn install(project: &Project, progress: &Progress, requirements: &Path) -> Result<PathBuf> {
    let wanted = fs::read_to_string(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let dir = project.tool_dir("schemathesis", version(&wanted)?);
    let bin = dir.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let installed = dir.join("requirements.txt");
    if fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        progress.present("Schemathesis", &dir.display().to_string());
        return Ok(bin.join("schemathesis"));
    }
    let python = python()?;
    let mut venv = Command::new(python);
    venv.args(["-m", "venv", "--clear"]).arg(&dir);
    progress
        .run("Python environment", &mut venv)
        .context("the module venv is needed: on Debian, `apt-get install python3-venv`")?;
    let mut pip = Command::new(bin.join("python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--requirement",
    ])
    .arg(requirements);
    progress.run("Schemathesis", &mut pip)?;
    // Last: what breaks off before is installed again.
    fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))?;
    Ok(bin.join("schemathesis"))
}

/// The version of Schemathesis among the requirements.
fn version(requirements: &str) -> Result<&str> {
    requirements
        .lines()
        .find_map(|line| line.strip_prefix("schemathesis=="))
        .context("the requirements name no version of schemathesis")
}

fn python() -> Result<PathBuf> {
    let Some(python) = which("python3").or_else(|| which("python")) else {
        bail!("Python is needed for the phase `api`: on Debian, `apt-get install python3 python3-venv`");
    };
    let printed = capture(Command::new(&python).arg("--version"))?;
    let found = version_in(&printed).context("Python does not say its version")?;
    ensure!(
        is_new_enough(found),
        "Python {found} is too old for the phase `api`: {}.{} or newer is needed",
        PYTHON.0,
        PYTHON.1
    );
    Ok(python)
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let found: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    found >= PYTHON
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_counts_when_it_has_succeeded() {
        let report = r#"{"cases": 2000, "operations": {
            "GET /rooms": {"200": 10, "400": 3}, "GET /events": {"426": 2}, "POST /login": {"401": 5}, "GET /users": {}
        }}"#;
        let counts = count(report).unwrap();
        assert_eq!((counts.passed, counts.failed), (3, 2));
    }

    #[test]
    fn too_few_requests_are_a_failure() {
        let counts = count(r#"{"cases": 1999, "operations": {"GET /rooms": {"200": 1}}}"#).unwrap();
        assert_eq!((counts.passed, counts.failed), (1, 1));
        assert!(count("{}").is_err());
    }

    #[test]
    fn the_version_is_that_of_the_requirements() {
        assert_eq!(version("click==8.5.1\nschemathesis==4.32.5\n").unwrap(), "4.32.5");
        assert!(version("click==8.5.1").is_err());
    }

    #[test]
    fn versions_of_python_are_compared_by_their_numbers() {
        assert!(is_new_enough("3.10.0") && is_new_enough("3.13.1") && is_new_enough("4.0"));
        assert!(!is_new_enough("3.9.18") && !is_new_enough("2.7.18"));
    }
}
