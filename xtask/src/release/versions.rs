//! The version, which the crate, the npm package and the change log have to agree on.

use std::fs;

use anyhow::{Context, Result};

use super::Finding;
use crate::project::Project;

/// Returns the crate's version, and adds what there is to say of the others.
pub(super) fn check(project: &Project, findings: &mut Vec<Finding>) -> Result<String> {
    let read = |name: &str| {
        fs::read_to_string(project.root.join(name)).with_context(|| format!("cannot read {name}"))
    };
    let version = crate_version(&read("Cargo.toml")?)
        .context("Cargo.toml has no `version` in its `[package]`")?
        .to_owned();
    let npm: serde_json::Value =
        serde_json::from_str(&read("pkg/package.json")?).context("pkg/package.json is not JSON")?;
    findings.push(match npm["version"].as_str() {
        Some(npm) if npm == version => {
            Finding::Good(format!("Cargo.toml and pkg/package.json have version {version}"))
        }
        npm => Finding::Bad(format!(
            "Cargo.toml has version {version} and pkg/package.json {}",
            npm.unwrap_or("none")
        )),
    });
    findings.push(change_log(&read("CHANGELOG.md")?, &version));
    Ok(version)
}

/// The `version` of the section `[package]`.
fn crate_version(manifest: &str) -> Option<&str> {
    let package = manifest.lines().skip_while(|line| *line != "[package]").skip(1);
    package
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
}

/// Whether the change log tells of that version, at its top.
fn change_log(text: &str, version: &str) -> Finding {
    let sections: Vec<(&str, bool)> = text
        .split("\n## ")
        .skip(1)
        .map(|section| {
            let (head, body) = section.split_once('\n').unwrap_or((section, ""));
            let name = head.split([' ', ']']).next().unwrap_or_default();
            (
                name.trim_start_matches('['),
                body.lines().any(|line| line.starts_with("- ")),
            )
        })
        .collect();
    let told = sections.iter().position(|(name, _)| *name == version);
    let unreleased = sections
        .first()
        .is_some_and(|(name, has_entries)| *name == "Unreleased" && *has_entries);
    match (told, unreleased) {
        (Some(_), true) => Finding::Bad(format!(
            "CHANGELOG.md has entries under Unreleased, and tells of {version} as released already: raise the version"
        )),
        (Some(0 | 1), false) => Finding::Good(format!("CHANGELOG.md tells of {version}")),
        (Some(_), false) => Finding::Bad(format!("CHANGELOG.md tells of a newer version than {version}")),
        (None, true) => Finding::ToDo(format!(
            "name the section Unreleased of CHANGELOG.md {version}, with the date"
        )),
        (None, false) => Finding::Bad(format!("CHANGELOG.md does not tell of {version}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_packages_own() {
        let manifest = "[workspace.package]\nversion = \"9.9.9\"\n\n[package]\nname = \"a\"\nversion = \"1.2.3\"\n\n[dependencies]\nversion = \"0.0.1\"\n";
        assert_eq!(crate_version(manifest), Some("1.2.3"));
        assert_eq!(
            crate_version("[package]\nname = \"a\"\n[lib]\nversion = \"1\"\n"),
            None
        );
    }

    #[test]
    fn the_change_log_has_to_tell_of_the_version_at_its_top() {
        let log = |sections: &str| change_log(&format!("# Changelog\n{sections}"), "1.2.0");
        assert!(matches!(
            log("\n## Unreleased\n\n- A\n\n## 1.1.0\n- B\n"),
            Finding::ToDo(_)
        ));
        assert!(matches!(
            log("\n## 1.2.0 (2026-11-25)\n\n- A\n\n## 1.1.0\n- B\n"),
            Finding::Good(_)
        ));
        assert!(matches!(
            log("\n## Unreleased\n\n## [1.2.0] - 2026-11-25\n\n- A\n"),
            Finding::Good(_)
        ));
        assert!(matches!(
            log("\n## Unreleased\n\n- A\n\n## 1.2.0\n- B\n"),
            Finding::Bad(_)
        ));
        assert!(matches!(
            log("\n## 1.4.0\n- A\n\n## 1.3.0\n- A\n\n## 1.2.0\n- B\n"),
            Finding::Bad(_)
        ));
        assert!(matches!(log("\n## 1.1.0\n- B\n"), Finding::Bad(_)));
        assert!(matches!(log(""), Finding::Bad(_)));
    }
}
