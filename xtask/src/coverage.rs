//! Whether the tests that the page about coverage names have seen what it says.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::project::Project;

/// The page.
const PAGE: &str = "docs/reference-server-coverage.md";

/// The variable that names the file of notes to the server's tests.
pub(crate) const VARIABLE: &str = "ROOM_EVENTS_COVERAGE";

/// The file of notes, without those of an earlier run.
pub(crate) fn begin(project: &Project) -> Result<PathBuf> {
    let notes = project.target.join("api-coverage.tsv");
    if notes.exists() {
        fs::remove_file(&notes).with_context(|| format!("cannot remove {}", notes.display()))?;
    }
    Ok(notes)
}

/// Compares the page with the notes of a run of all tests.
pub(crate) fn check(project: &Project, notes: &PathBuf) -> Result<()> {
    let page = fs::read_to_string(project.root.join(PAGE)).with_context(|| format!("cannot read {PAGE}"))?;
    let notes = fs::read_to_string(notes).context("the server's tests have left no notes")?;
    match unseen(&page, &notes)?.as_slice() {
        [] => Ok(()),
        unseen => bail!("{PAGE} says what was not seen:\n{}", unseen.join("\n")),
    }
}

/// What the page claims of operations, and the notes do not say.
fn unseen(page: &str, notes: &str) -> Result<Vec<String>> {
    let seen: HashSet<&str> = notes.lines().collect();
    let claims: Vec<String> = page.lines().flat_map(claims).collect();
    if claims.is_empty() {
        bail!("the page has no table of operations");
    }
    Ok(claims
        .into_iter()
        .filter(|claim| !seen.contains(claim.as_str()))
        .collect())
}

/// What a row says, in the form of the notes: a row is operation, status and tests.
fn claims(row: &str) -> Vec<String> {
    let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [operation, status, tests] = cells[..] else {
        return Vec::new();
    };
    if status.parse::<u16>().is_err() {
        return Vec::new();
    }
    let operation = operation.trim_matches('`');
    quoted(tests)
        .map(|test| format!("{operation} {status}\t{test}"))
        .collect()
}

/// What stands between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Page\n\n| what | test |\n| --- | --- |\n| a text | `a::b` |\n\n\
        | operation | status | test |\n| --- | --- | --- |\n\
        | `GET /rooms` | 200 | `rooms::all` `rooms::one` |\n| `GET /rooms` | 401 | `account::nobody` |\n";

    #[test]
    fn each_claim_needs_a_note() {
        let notes =
            "GET /rooms 200\trooms::one\nGET /rooms 200\trooms::all\nGET /rooms 401\taccount::nobody\n";
        assert!(unseen(PAGE, notes).unwrap().is_empty());
        let other = notes.replace("401\taccount::nobody", "401\taccount::other");
        assert_eq!(unseen(PAGE, &other).unwrap(), ["GET /rooms 401\taccount::nobody"]);
    }

    #[test]
    fn a_page_without_claims_is_no_page() {
        assert!(unseen("# Page\n", "").is_err());
    }
}
