//! Checks that the page about test coverage is true and complete.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::description::openapi;

const PAGE: &str = "docs/reference-server-coverage.md";

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of all tables as cells, without the heads.
fn rows(page: &str) -> Vec<Vec<&str>> {
    let lines: Vec<_> = page.lines().collect();
    lines
        .iter()
        .enumerate()
        .filter(|(index, line)| {
            let is_head = lines.get(index + 1).is_some_and(|next| next.starts_with("| ---"));
            line.starts_with("| ") && !line.starts_with("| ---") && !is_head
        })
        .map(|(_, line)| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

/// The texts between backquotes.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Whether a test `module::name` or `module::part::name` exists.
fn exists(test: &str) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else {
        return false;
    };
    let module = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/server")
        .join(module.replace("::", "/"));
    let files = [module.with_extension("rs"), module.join("mod.rs")];
    let Some(source) = files.iter().find_map(|file| fs::read_to_string(file).ok()) else {
        return false;
    };
    let lines: Vec<_> = source.lines().collect();
    lines.windows(2).any(|pair| {
        let declared = pair[1].trim_start_matches("async ");
        pair[0].contains("test") && pair[0].starts_with("#[") && declared.starts_with(&format!("fn {name}("))
    })
}

#[tokio::test]
async fn the_coverage_page_is_true_and_complete() {
    let page = read(PAGE);
    let rows = rows(&page);
    let mut listed = BTreeSet::new();
    let mut statements = Vec::new();
    for row in &rows {
        let tests = row.last().map(|cell| quoted(cell)).unwrap_or_default();
        assert!(!tests.is_empty(), "{row:?} names no test");
        for test in tests {
            assert!(exists(test), "{row:?}: there is no test {test}");
        }
        match row[..] {
            [operation, status, _] => {
                let operation = quoted(operation).concat();
                assert!(
                    listed.insert(format!("{operation} {status}")),
                    "{row:?} is there twice"
                );
            }
            [statement, _] => statements.push(statement),
            _ => panic!("{row:?} is no row of these tables"),
        }
    }
    assert!(!exists("account::nothing_of_this_name") && !exists("nothing::users_are_listed"));

    let described: BTreeSet<_> = openapi()
        .await
        .operations()
        .flat_map(|(path, method, operation)| {
            let responses = operation["responses"].as_object().expect("responses");
            responses
                .keys()
                .map(move |status| format!("{} {path} {status}", method.to_ascii_uppercase()))
        })
        .collect();
    let missing: Vec<_> = described.difference(&listed).collect();
    assert!(missing.is_empty(), "described and not listed: {missing:?}");
    let extra: Vec<_> = listed.difference(&described).collect();
    assert!(extra.is_empty(), "listed and not described: {extra:?}");

    // The specification puts operations and texts of errors between backquotes.
    let statements = statements.join("\n");
    let specification = read("docs/spec/web-api.md");
    let mut operations = 0;
    for written in specification.split("\n\n").flat_map(quoted) {
        let written = written.split_whitespace().collect::<Vec<_>>().join(" ");
        let path = written.split_once(' ').and_then(|(method, path)| {
            let is_method = ["GET", "POST", "PUT", "DELETE"].contains(&method);
            (is_method && path.starts_with('/')).then(|| path.split('?').next().unwrap_or(path))
        });
        if let Some(path) = path {
            let method = written.split(' ').next().unwrap_or_default();
            let operation = format!("{method} {path} 200");
            assert!(listed.contains(&operation), "{operation} is not listed");
            operations += 1;
        } else if written.chars().next().is_some_and(char::is_uppercase)
            && written.contains(' ')
            && !written.contains(':')
        {
            assert!(
                statements.contains(&written),
                "the text `{written}` is not listed"
            );
        }
    }
    assert!(operations >= 20, "{operations}");
}
