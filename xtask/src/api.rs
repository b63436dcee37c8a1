//! The phase `api`: Schemathesis generates requests from the server's OpenAPI document and checks the responses against
//! it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;
use which::which;

use crate::run::{Words, native, present, step};
use crate::server::{self, Server};
use crate::totals::Counts;
use crate::{files, paths};

/// The port of the server under test. Another one is used if it is taken.
const PORT: u16 = 7799;
/// The minimum number of requests for a meaningful run.
const LEAST_CASES: u64 = 2000;
/// Checks are excluded for two reasons. The hooks choose the user and the objects after a request was generated. And
/// some rules do not fit into a schema, so that valid data are rejected: a meeting needs its properties, and an id is
/// an integer, not `189.0`.
const OPTIONS: &str = "run --no-color --continue-on-failure --seed 1 --max-examples 20 --exclude-checks \
    ignored_auth,object_level_authorization,negative_data_rejection,positive_data_acceptance \
    --generation-database none --warnings off";

/// Runs it against a new server. Each operation is a test, and so is the number of requests.
pub(crate) fn run() -> Result<Counts> {
    let program = server::build()?;
    let schemathesis = install()?;
    let report = paths::target().join("api-report.json");
    files::remove(&report)?;
    // Most generated logins fail.
    let server = Server::start(&program, server::loopback(PORT)?, &["--log", "warn", "--unlimited-logins"])?;
    let mut command = native(schemathesis);
    command
        .words(OPTIONS)
        .arg(format!("{}/api/v1/openapi.json", server.origin()))
        // It writes its files into the working directory.
        .current_dir(paths::target())
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", paths::root().join("tests/api"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("ROOM_EVENTS_SERVER", server.origin())
        .env("ROOM_EVENTS_API_REPORT", &report)
        .stdin(Stdio::null());
    let status = command.status().context("cannot start schemathesis")?;
    server.stop()?;
    let report = files::read(&report).context("the hooks have left no report")?;
    Ok(count(&report)?.confirmed(status.success()))
}

/// Counts the operations of the report. An operation that never succeeded counts as failed.
fn count(report: &str) -> Result<Counts> {
    let report: Value = serde_json::from_str(report).context("the report is not JSON")?;
    let cases = report["cases"].as_u64().context("the report counts no cases")?;
    let mut counts = Counts::default();
    for (operation, answers) in report["operations"].as_object().context("the report has no operations")? {
        // Without the headers of a WebSocket, the response is 426.
        let good = |status: &String| status.starts_with('2') || operation == "GET /events" && status == "426";
        let succeeded = answers.as_object().is_some_and(|answers| answers.keys().any(good));
        let outcome = succeeded.then_some(()).with_context(|| format!("it never succeeded: {answers}"));
        counts.add(operation, &outcome);
    }
    let enough =
        (cases >= LEAST_CASES).then_some(()).with_context(|| format!("{cases} are fewer than {LEAST_CASES}"));
    counts.add("the number of requests", &enough);
    Ok(counts)
}

/// Installs Schemathesis into the per-user cache, if it is missing.
fn install() -> Result<PathBuf> {
    let requirements = paths::root().join("tests/api/requirements.txt");
    let wanted = files::read(&requirements)?;
    let version = wanted.lines().find_map(|line| line.strip_prefix("schemathesis=="));
    let version = version.context("the requirements name no version of schemathesis")?;
    let folder = paths::cache().join("tools").join(format!("schemathesis-{version}"));
    let bin = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let installed = folder.join("requirements.txt");
    if files::read(&installed).is_ok_and(|found| found == wanted) {
        present("Schemathesis", folder.display());
        return Ok(bin.join("schemathesis"));
    }
    let advice =
        "the phase `api` needs Python 3.10 or newer with venv: on Debian, `apt-get install python3-venv`";
    let python = which("python3").or_else(|_| which("python")).context(advice)?;
    let mut venv = Command::new(python);
    step("Python environment", venv.words("-m venv --clear").arg(&folder)).context(advice)?;
    let mut pip = Command::new(bin.join("python"));
    pip.words("-m pip install --disable-pip-version-check --requirement").arg(&requirements);
    step("Schemathesis", &mut pip).context(advice)?;
    // Written last, so that an interrupted installation starts over.
    files::write(&installed, &wanted)?;
    Ok(bin.join("schemathesis"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_counts_once_it_has_succeeded_and_too_few_requests_fail() {
        let operations =
            r#"{"GET /rooms": {"200": 10, "400": 3}, "GET /events": {"426": 2}, "POST /login": {"401": 5}}"#;
        for (cases, expected) in [(2000, (3, 1)), (1999, (2, 2))] {
            let counts = count(&format!(r#"{{"cases": {cases}, "operations": {operations}}}"#)).unwrap();
            assert_eq!((counts.passed, counts.failed), expected);
        }
        assert!(count("{}").is_err());
    }
}
