//! `cargo xtask bench docs`: the tables and charts of `docs/performance.md`, made from one run of each benchmark.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::drive::figures;
use super::run;
use crate::progress::Progress;
use crate::project::Project;

/// The benchmarks with a table and a chart in the document.
const SHOWN: [&str; 5] = ["size", "decode", "start", "main-thread", "end-to-end"];
/// The document.
const PAGE: &str = "performance.md";

/// Measures and puts all tables and charts into the documentation.
pub(super) fn bench(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "`bench docs` takes no argument");
    make(
        project,
        progress,
        &project.root.join("docs"),
        &figures(project),
        &[],
    )
}

/// The same with one round each and into a copy of the document: it measures nothing, and fails where a benchmark, its
/// chart or its table does not work.
pub(crate) fn smoke_docs(project: &Project, progress: &Progress) -> Result<()> {
    let copy = figures(project).join("smoke");
    fs::create_dir_all(&copy).with_context(|| format!("cannot make {}", copy.display()))?;
    let page = project.root.join("docs").join(PAGE);
    fs::copy(&page, copy.join(PAGE)).with_context(|| format!("cannot copy {}", page.display()))?;
    make(project, progress, &copy, &copy, &["--rounds", "1"])
}

/// Runs the benchmarks one after the other; `options` are for those that measure times.
fn make(project: &Project, progress: &Progress, docs: &Path, figures: &Path, options: &[&str]) -> Result<()> {
    let page = docs.join(PAGE);
    let read =
        |file: &Path| fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()));
    let with = |name: &str, table: &str| {
        spliced(&read(&page)?, name, table).with_context(|| format!("cannot change {}", page.display()))
    };
    // A marker that is missing is better known before the measuring.
    for name in SHOWN {
        with(name, "")?;
    }
    for name in SHOWN {
        let table = figures.join(format!("{name}.md"));
        let mut args: Vec<String> = Vec::new();
        if name != "size" {
            args.extend(options.iter().map(|&option| option.to_owned()));
        }
        for (option, file) in [
            ("--out", &figures.join(format!("{name}.json"))),
            ("--chart", &docs.join(format!("{name}.svg"))),
            ("--table", &table),
        ] {
            args.extend([option.to_owned(), file.display().to_string()]);
        }
        println!("\n── {name}");
        run(project, progress, name, &args)?;
        // At once: should a later one fail, this one need not run again.
        let text = with(name, &read(&table)?)?;
        fs::write(&page, text).with_context(|| format!("cannot write {}", page.display()))?;
    }
    Ok(())
}

/// The document with another table between the markers `<!-- table: name -->` and the next `<!-- /table -->`.
fn spliced(page: &str, name: &str, table: &str) -> Result<String> {
    let begin = format!("<!-- table: {name} -->");
    let end = "<!-- /table -->";
    let (before, rest) = page
        .split_once(&begin)
        .with_context(|| format!("there is no `{begin}`"))?;
    ensure!(!rest.contains(&begin), "there is more than one `{begin}`");
    let (old, after) = rest
        .split_once(end)
        .with_context(|| format!("there is no `{end}` behind `{begin}`"))?;
    ensure!(
        !old.contains("<!-- table:"),
        "another table begins between `{begin}` and `{end}`"
    );
    // Markdown needs the empty lines to see a table behind HTML.
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", table.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A\n\n<!-- table: start -->\nold\n<!-- /table -->\n\nbetween\n\n<!-- table: size -->\n\n<!-- /table -->\nend\n";

    #[test]
    fn a_table_takes_the_place_of_what_is_between_its_markers() {
        let once = spliced(PAGE, "start", "| new |\n").unwrap();
        assert_eq!(once, PAGE.replace("\nold\n", "\n\n| new |\n\n"));
        assert_eq!(spliced(&once, "start", "| new |\n").unwrap(), once);
        let other = spliced(PAGE, "size", "| 1 |").unwrap();
        assert_eq!(
            other,
            PAGE.replace("size -->\n\n<!--", "size -->\n\n| 1 |\n\n<!--")
        );
    }

    #[test]
    fn a_missing_or_doubled_marker_is_named() {
        let error = |page: &str, name| spliced(page, name, "| new |").unwrap_err().to_string();
        assert!(error(PAGE, "decode").contains("no `<!-- table: decode -->`"));
        let unended = PAGE.replacen("<!-- /table -->", "", 1);
        assert!(error(&unended, "start").contains("another table begins"));
        let unended = unended.replace("<!-- /table -->", "");
        assert!(error(&unended, "size").contains("no `<!-- /table -->` behind"));
        assert!(error(&PAGE.repeat(2), "size").contains("more than one"));
    }

    #[test]
    fn the_document_has_a_place_for_each_table() {
        let root = Project::locate().unwrap().root;
        let mut page = fs::read_to_string(root.join("docs").join(super::PAGE)).unwrap();
        for name in SHOWN {
            page = spliced(&page, name, "| new |").unwrap();
        }
        assert_eq!(page.matches("<!-- table:").count(), SHOWN.len());
    }
}
