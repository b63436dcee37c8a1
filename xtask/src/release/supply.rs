//! The supply chain: licenses and sources, by cargo-deny and `deny.toml`, and known vulnerabilities, by the databases
//! of RustSec and npm.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::run::{Words, native, stream};
use crate::tools::CARGO_DENY;

/// Runs all checks. If a database is unreachable, its check is reported as unchecked.
pub(super) fn check() -> Result<Vec<Finding>> {
    let bin = CARGO_DENY.ensure()?;
    let deny = |checks: &str| {
        let mut deny = native(bin.join("cargo-deny"));
        deny.words("--all-features check").words(checks);
        deny
    };
    let policy = match stream(&mut deny("bans licenses sources")) {
        Ok(()) => Finding::Good("licenses, sources and bans are as deny.toml wants them".into()),
        Err(error) => Finding::Bad(error.to_string()),
    };
    let (is_good, printed) = output(&mut deny("advisories"))?;
    let advisories = judge_advisories(is_good, &printed);
    let (_, report) = output(native("npm").words("audit --json"))?;
    Ok(vec![policy, advisories, judge_audit(&report)])
}

/// Whether a program succeeded, and what it printed.
fn output(command: &mut Command) -> Result<(bool, String)> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Ok((output.status.success(), text))
}

fn judge_advisories(is_good: bool, printed: &str) -> Finding {
    let database = "failed to fetch advisory database";
    match is_good {
        true => Finding::Good("no crate has a known vulnerability (RustSec)".into()),
        false if printed.contains(database) => Finding::Unchecked(format!("RustSec: {database}")),
        false => Finding::Bad(format!("cargo deny check advisories:\n{printed}")),
    }
}

/// npm prints a report, or an object with a `message` if the registry does not support audits.
fn judge_audit(printed: &str) -> Finding {
    let report: Value =
        printed.find('{').and_then(|at| serde_json::from_str(&printed[at..]).ok()).unwrap_or_default();
    let Some(found) = report["vulnerabilities"].as_object() else {
        let reason = report["message"].as_str().unwrap_or("npm audit has printed no report");
        let status = reason.split(" - ").next().unwrap_or(reason);
        return Finding::Unchecked(format!("npm's advisories: {status}"));
    };
    if found.is_empty() {
        return Finding::Good("no npm package has a known vulnerability".into());
    }
    Finding::Bad(format!("npm audit: {}", found.keys().cloned().collect::<Vec<_>>().join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_cannot_be_reached_is_no_finding_about_a_package() {
        assert!(matches!(judge_audit(r#"{"vulnerabilities": {}}"#), Finding::Good(_)));
        let found = r#"{"vulnerabilities": {"ws": {"severity": "high"}}}"#;
        assert_eq!(judge_audit(found), Finding::Bad("npm audit: ws".into()));
        let refused = judge_audit(r#"{"message": "405 Method Not Allowed - POST somewhere", "error": {}}"#);
        assert_eq!(refused, Finding::Unchecked("npm's advisories: 405 Method Not Allowed".into()));
        assert!(matches!(judge_audit("<html>"), Finding::Unchecked(_)));
        let unreachable =
            judge_advisories(false, "[ERROR] failed to fetch advisory database with cli: no host");
        assert!(matches!(unreachable, Finding::Unchecked(_)));
        assert!(matches!(judge_advisories(false, "error[vulnerability]: ws"), Finding::Bad(_)));
    }
}
