//! `cargo xtask bench docs`: the tables and charts of `docs/performance.md`, made from one run of each benchmark.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{Benchmark, figures, run};
use crate::run::heading;
use crate::{files, paths};

/// The benchmarks with a table and a chart in the document.
const SHOWN: [Benchmark; 5] = [
    Benchmark::Size,
    Benchmark::Decode,
    Benchmark::Start,
    Benchmark::MainThread,
    Benchmark::EndToEnd,
];
const PAGE: &str = "performance.md";

/// Measures, and puts all tables and charts into the documentation.
pub(super) fn bench() -> Result<()> {
    make(&paths::root().join("docs"), &figures(), &[])
}

/// The same with one round each and into a copy of the document: it measures nothing, and fails if a benchmark, its chart
/// or its table does not work.
pub(crate) fn smoke_docs() -> Result<()> {
    let copy = figures().join("smoke");
    files::empty_folder(&copy)?;
    files::copy([paths::root().join("docs").join(PAGE)], &copy)?;
    make(&copy, &copy, &["--rounds", "1"])
}

/// Runs the benchmarks one after the other; `options` are for those that measure times.
fn make(docs: &Path, figures: &Path, options: &[&str]) -> Result<()> {
    let page = docs.join(PAGE);
    // A missing marker is better known before measuring.
    let text = files::read(&page)?;
    SHOWN
        .iter()
        .try_for_each(|shown| spliced(&text, &shown.name(), "").map(drop))?;
    for shown in SHOWN {
        let name = shown.name();
        let table = figures.join(format!("{name}.md"));
        let options = if shown == Benchmark::Size { &[] } else { options };
        let mut options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        for (option, file) in [
            ("--out", &figures.join(format!("{name}.json"))),
            ("--chart", &docs.join(format!("{name}.svg"))),
            ("--table", &table),
        ] {
            options.extend([option.to_owned(), file.display().to_string()]);
        }
        heading(&name);
        run(shown, &options)?;
        // At once: should a later one fail, this one need not run again.
        files::write(
            &page,
            &spliced(&files::read(&page)?, &name, &files::read(&table)?)?,
        )?;
    }
    Ok(())
}

/// The document with another table between the markers `<!-- table: name -->` and the next `<!-- /table -->`.
fn spliced(page: &str, name: &str, table: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- table: {name} -->"), "<!-- /table -->");
    let (before, rest) = page
        .split_once(&begin)
        .with_context(|| format!("there is no `{begin}`"))?;
    ensure!(!rest.contains(&begin), "there is more than one `{begin}`");
    let (old, after) = rest
        .split_once(end)
        .with_context(|| format!("there is no `{end}` after `{begin}`"))?;
    ensure!(
        !old.contains("<!-- table:"),
        "another table begins between `{begin}` and `{end}`"
    );
    // Markdown needs the empty lines to see a table after HTML.
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", table.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "<!-- table: start -->\nold\n<!-- /table -->\n\n<!-- table: size -->\n\n<!-- /table -->\nend\n";

    #[test]
    fn a_table_replaces_what_is_between_its_markers() {
        let once = spliced(PAGE, "start", "| new |\n").unwrap();
        assert_eq!(once, PAGE.replace("\nold\n", "\n\n| new |\n\n"));
        assert_eq!(spliced(&once, "start", "| new |\n").unwrap(), once);
    }

    #[test]
    fn a_missing_or_doubled_marker_is_named() {
        let error = |page: &str, name| spliced(page, name, "| new |").unwrap_err().to_string();
        assert!(error(PAGE, "decode").contains("no `<!-- table: decode -->`"));
        assert!(error(&PAGE.replacen("<!-- /table -->", "", 1), "start").contains("another table begins"));
        assert!(error(&PAGE.replace("<!-- /table -->", ""), "size").contains("no `<!-- /table -->` after"));
        assert!(error(&PAGE.repeat(2), "size").contains("more than one"));
    }

    #[test]
    fn the_document_has_a_place_for_each_table() {
        let page = files::read(&paths::root().join("docs").join(super::PAGE)).unwrap();
        for shown in SHOWN {
            spliced(&page, &shown.name(), "| new |").unwrap();
        }
        assert_eq!(page.matches("<!-- table:").count(), SHOWN.len());
    }
}
