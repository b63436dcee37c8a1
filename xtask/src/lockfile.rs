//! Versions: comparing them, and reading the locked ones from Cargo's lock file.

use std::fs;

use anyhow::{Context, Result};

use crate::project::Project;

/// The numbers of a version, for comparison: `1.96.0+dfsg1` is 1, 96, 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(Vec<u64>);

impl Version {
    /// Reads the leading dotted numbers of a text; what follows them does not count.
    pub(crate) fn of(text: &str) -> Self {
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let numbers = text.get(..end).unwrap_or_default();
        Self(
            numbers
                .split('.')
                .map_while(|number| number.parse().ok())
                .collect(),
        )
    }

    /// The first number, which browsers and their drivers have to share.
    pub(crate) fn major(&self) -> Option<u64> {
        self.0.first().copied()
    }
}

/// The first dotted version in what a program prints for `--version`.
pub(crate) fn version_in(printed: &str) -> Option<&str> {
    printed.split_whitespace().find(|word| {
        word.contains('.')
            && word.starts_with(|c: char| c.is_ascii_digit())
            && Version::of(word).major().is_some()
    })
}

/// The version of a crate in the project's `Cargo.lock`.
pub(crate) fn locked_version(project: &Project, name: &str) -> Result<String> {
    let lock = fs::read_to_string(project.root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    version_of_package(&lock, name)
        .map(str::to_owned)
        .with_context(|| format!("Cargo.lock has no package `{name}`"))
}

/// Cargo writes the file itself, one key a line, `name` before `version`.
fn version_of_package<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let value = |line: &'a str, key: &str| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"');
    let mut lines = lock.lines();
    lines.find(|line| value(line, "name") == Some(name))?;
    lines
        .take_while(|line| !line.is_empty())
        .find_map(|line| value(line, "version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 4

[[package]]
name = "wasm-bindgen-macro"
version = "0.2.129"

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
dependencies = [
 "cfg-if",
]

[[package]]
name = "webdriver"
version = "0.1.0"
"#;

    #[test]
    fn the_locked_version_is_that_of_exactly_this_package() {
        assert_eq!(version_of_package(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(version_of_package(LOCK, "wasm-bindgen-macro"), Some("0.2.129"));
        assert_eq!(version_of_package(LOCK, "wasm"), None);
    }

    #[test]
    fn this_project_locks_wasm_bindgen() {
        let version = locked_version(&Project::locate().unwrap(), "wasm-bindgen").unwrap();
        assert!(Version::of(&version) >= Version::of("0.2.100"), "{version}");
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(Version::of("1.100.0") > Version::of("1.96.0+dfsg1-1~deb12u2"));
        assert!(Version::of("1.96.0+dfsg1-1~deb12u2") > Version::of("1.95"));
        assert_eq!(Version::of("156.0.8078.79").major(), Some(156));
        assert_eq!(Version::of("unknown").major(), None);
    }

    #[test]
    fn a_version_is_found_in_what_programs_print() {
        assert_eq!(version_in("wasm-pack 0.15.1"), Some("0.15.1"));
        assert_eq!(
            version_in("Chromium 156.0.8078.79 built on Debian"),
            Some("156.0.8078.79")
        );
        assert_eq!(
            version_in("ChromeDriver 156.0.1 (abc-refs/heads/1@{#1})"),
            Some("156.0.1")
        );
        assert_eq!(version_in("no version here."), None);
    }
}
