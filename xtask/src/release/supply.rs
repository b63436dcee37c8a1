//! What others have made: its licenses and where it comes from, by cargo-deny and `deny.toml`, and known weaknesses, by
//! the databases of RustSec and npm.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::process::native;
use crate::progress::Progress;
use crate::project::Project;
use crate::tools;

/// Runs all of it. A database that cannot be reached leaves its part unchecked.
pub(super) fn check(project: &Project, progress: &Progress) -> Result<Vec<Finding>> {
    let tool = tools::cargo_deny();
    let bin = match tool.find(project) {
        Some(bin) => bin,
        None => tool.install(project, progress)?,
    };
    let deny = |checks: &[&str]| {
        let mut deny = native(project, bin.join("cargo-deny"));
        deny.args(["--format", "json", "--all-features", "check"])
            .args(checks);
        deny
    };
    let mut npm = native(project, "npm");
    npm.args(["audit", "--json"]);
    Ok(vec![
        policy(&mut deny(&["bans", "licenses", "sources"]))?,
        advisories(&mut deny(&["advisories"]))?,
        audit(&mut npm)?,
    ])
}

/// What a program has printed, and whether it was content.
struct Said {
    content: bool,
    out: String,
    err: String,
}

fn say(command: &mut Command) -> Result<Said> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
    Ok(Said {
        content: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn policy(deny: &mut Command) -> Result<Finding> {
    let said = say(deny)?;
    if said.content {
        return Ok(Finding::Good(
            "licenses, sources and bans are as deny.toml wants them".into(),
        ));
    }
    let errors = errors_of(&said.err);
    Ok(Finding::Bad(match errors.as_slice() {
        [] => format!("cargo deny has failed: {}", last_line(&said.err)),
        errors => format!("cargo deny: {}", errors.join("; ")),
    }))
}

fn advisories(deny: &mut Command) -> Result<Finding> {
    let said = say(deny)?;
    if said.content {
        return Ok(Finding::Good("no crate has a known weakness (RustSec)".into()));
    }
    let errors = errors_of(&said.err);
    Ok(match errors.as_slice() {
        // It has not come as far as looking at the crates.
        [] => Finding::Unchecked(format!(
            "crates against RustSec's database, which cannot be fetched from here: {}",
            last_line(&said.err)
        )),
        errors => Finding::Bad(format!("cargo deny: {}", errors.join("; "))),
    })
}

/// The errors among cargo-deny's lines of JSON: those that have a code are about a crate.
fn errors_of(lines: &str) -> Vec<String> {
    lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["type"] == "diagnostic" && line["fields"]["severity"] == "error")
        .filter(|line| line["fields"]["code"].is_string())
        .filter_map(|line| {
            let fields = &line["fields"];
            let package = &fields["graphs"][0]["Krate"];
            let about = package["name"].as_str().unwrap_or_default();
            Some(
                format!("{about} {}", fields["message"].as_str()?)
                    .trim()
                    .to_owned(),
            )
        })
        .collect()
}

/// What a program said last, of what a person can read: the first line of it, without the command behind it.
fn last_line(printed: &str) -> String {
    let line = printed
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("it has said nothing");
    let said = serde_json::from_str::<Value>(line).unwrap_or_default();
    let text = said["fields"]["message"].as_str().unwrap_or(line);
    let first = text.lines().next().unwrap_or(text);
    first.split(" with cli").next().unwrap_or(first).trim().to_owned()
}

fn audit(npm: &mut Command) -> Result<Finding> {
    Ok(judge_audit(&say(npm)?.out))
}

/// npm answers with a report, or with an object that has a `message` where the registry has no such service.
fn judge_audit(printed: &str) -> Finding {
    let report: Value = serde_json::from_str(printed).unwrap_or_default();
    let Some(found) = report["vulnerabilities"].as_object() else {
        let reason = report["message"]
            .as_str()
            .unwrap_or("npm audit has printed no report");
        let status = reason.split(" - ").next().unwrap_or(reason);
        return Finding::Unchecked(format!(
            "npm packages against npm's database, which does not answer: {status}"
        ));
    };
    if found.is_empty() {
        return Finding::Good("no npm package has a known weakness".into());
    }
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    Finding::Bad(format!("npm audit: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npms_answer_is_told_from_its_silence() {
        let clean = r#"{"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {}}"#;
        assert!(matches!(judge_audit(clean), Finding::Good(_)));
        let found = r#"{"auditReportVersion": 2, "vulnerabilities": {"ws": {"severity": "high"}}}"#;
        assert_eq!(judge_audit(found), Finding::Bad("npm audit: ws".into()));
        let refused = r#"{"message": "405 Method Not Allowed - POST somewhere", "error": {}}"#;
        let Finding::Unchecked(text) = judge_audit(refused) else {
            panic!("nothing was checked");
        };
        assert!(text.ends_with("405 Method Not Allowed"), "{text}");
        assert!(matches!(judge_audit("<html>"), Finding::Unchecked(_)));
    }

    #[test]
    fn an_error_about_a_crate_is_told_from_a_database_that_does_not_come() {
        let about = r#"{"type":"diagnostic","fields":{"code":"rejected","severity":"error","message":"failed to satisfy license requirements","graphs":[{"Krate":{"name":"left-pad","version":"1.0.0"}}]}}"#;
        let log = r#"{"type":"log","fields":{"level":"ERROR","message":"failed to fetch advisory database with cli: failed to clone\nfatal: no host"}}"#;
        let warning = about.replace("\"error\"", "\"warning\"");
        assert_eq!(
            errors_of(&format!("{log}\n{about}\n{warning}\n")),
            ["left-pad failed to satisfy license requirements"]
        );
        assert!(errors_of(log).is_empty());
        assert_eq!(
            last_line(&format!("{about}\n{log}\n\n")),
            "failed to fetch advisory database"
        );
        assert_eq!(last_line(""), "it has said nothing");
    }
}
