//! Checks that the server's tests have seen each response that the coverage page claims.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::{files, paths};

const PAGE: &str = "docs/reference-server-coverage.md";
/// The environment variable with the path of the notes, for the server's tests.
pub(crate) const VARIABLE: &str = "ROOM_EVENTS_COVERAGE";

/// Returns the path of the notes after removing those of an earlier run.
pub(crate) fn begin() -> Result<PathBuf> {
    let notes = paths::target().join("api-coverage.tsv");
    files::remove(&notes)?;
    Ok(notes)
}

/// Compares the page with the notes of a complete run.
pub(crate) fn check(notes: &Path) -> Result<()> {
    let notes = files::read(notes).context("the server's tests have left no notes")?;
    let unseen = unseen(&files::read(&paths::root().join(PAGE))?, &notes)?;
    ensure!(unseen.is_empty(), "{PAGE} claims what was not seen:\n{}", unseen.join("\n"));
    Ok(())
}

/// The claims of the page that the notes lack. Its rows are operation, status and tests.
fn unseen(page: &str, notes: &str) -> Result<Vec<String>> {
    let seen: HashSet<&str> = notes.lines().collect();
    let mut claims = Vec::new();
    for row in page.lines() {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        if let [operation, status, tests] = cells[..]
            && status.parse::<u16>().is_ok()
        {
            let tests = tests.split('`').skip(1).step_by(2);
            claims.extend(tests.map(|test| format!("{} {status}\t{test}", operation.trim_matches('`'))));
        }
    }
    ensure!(!claims.is_empty(), "the page has no table of operations");
    claims.retain(|claim| !seen.contains(claim.as_str()));
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "| what | test |\n| --- | --- |\n| a text | `a::b` |\n\n\
        | operation | status | test |\n| --- | --- | --- |\n\
        | `GET /rooms` | 200 | `rooms::all` `rooms::one` |\n| `GET /rooms` | 401 | `account::nobody` |\n";

    #[test]
    fn each_claim_needs_a_note() {
        let notes =
            "GET /rooms 200\trooms::one\nGET /rooms 200\trooms::all\nGET /rooms 401\taccount::nobody\n";
        assert!(unseen(PAGE, notes).unwrap().is_empty());
        let other = notes.replace("401\taccount::nobody", "401\taccount::other");
        assert_eq!(unseen(PAGE, &other).unwrap(), ["GET /rooms 401\taccount::nobody"]);
        assert!(unseen("# Page\n", "").is_err());
    }
}
