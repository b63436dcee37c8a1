//! The version, which has to be the same in the crate, the npm package and the change log.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::run::{capture, cargo};
use crate::{files, paths};

/// The version of the crate.
pub(super) fn version() -> Result<String> {
    let id = capture(&mut cargo("pkgid --package room-events"))?;
    Ok(id.rsplit(['#', '@']).next().context("cargo names no version")?.to_owned())
}

/// Compares the version with the npm package and the change log.
pub(super) fn check(version: &str) -> Result<Vec<Finding>> {
    let read = |name: &str| files::read(&paths::root().join(name));
    let npm: Value =
        serde_json::from_str(&read("pkg/package.json")?).context("pkg/package.json is not JSON")?;
    let npm = match npm["version"].as_str().unwrap_or("none") {
        npm if npm == version => Finding::Good(format!("crate and npm package have version {version}")),
        npm => Finding::Bad(format!("the crate has version {version}, the npm package {npm}")),
    };
    Ok(vec![npm, change_log(&read("CHANGELOG.md")?, version)])
}

/// Whether the newest section of the change log, apart from an empty section Unreleased, is that of the version.
fn change_log(text: &str, version: &str) -> Finding {
    let sections = text.split("\n## ").skip(1).map(|section| {
        let name = section.split([' ', ']', '\n']).next().unwrap_or_default();
        (name.trim_start_matches('['), section.contains("\n- "))
    });
    let mut sections = sections.filter(|section| *section != ("Unreleased", false));
    match sections.next() {
        Some((name, _)) if name == version => Finding::Good(format!("CHANGELOG.md describes {version}")),
        Some(("Unreleased", _)) if sections.any(|(name, _)| name == version) => {
            Finding::Bad(format!("CHANGELOG.md has changes after {version}: raise the version"))
        }
        Some(("Unreleased", _)) => {
            Finding::ToDo(format!("rename Unreleased in CHANGELOG.md to {version}, with a date"))
        }
        _ => Finding::Bad(format!("the newest version in CHANGELOG.md is not {version}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_section_of_the_change_log_has_to_be_the_versions() {
        let log = |sections: &str| change_log(&format!("# Changelog\n{sections}"), "1.2.0");
        assert!(matches!(log("\n## Unreleased\n\n- A\n\n## 1.1.0\n- B\n"), Finding::ToDo(_)));
        assert!(matches!(log("\n## 1.2.0 (2026-11-25)\n\n- A\n\n## 1.1.0\n- B\n"), Finding::Good(_)));
        assert!(matches!(log("\n## Unreleased\n\n## [1.2.0] - 2026-11-25\n\n- A\n"), Finding::Good(_)));
        for bad in [
            "\n## Unreleased\n\n- A\n\n## 1.2.0\n- B\n",
            "\n## 1.4.0\n- A\n\n## 1.2.0\n- B\n",
            "\n## 1.1.0\n- B\n",
            "",
        ] {
            assert!(matches!(log(bad), Finding::Bad(_)), "{bad}");
        }
    }
}
