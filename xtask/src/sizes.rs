//! What a page has to load for each entry of the package: bytes, and bytes under brotli, against a budget.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::process::{capture, native};
use crate::project::Project;
use crate::standard_library::StandardLibrary;

/// Compresses as a web server would at its best; the compressor is Node's own. Prints one line a file.
const COMPRESS: &str = "
const { readFileSync } = require('node:fs');
const { brotliCompressSync, constants } = require('node:zlib');
for (const file of process.argv.slice(1)) {
  const bytes = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  console.log(bytes.length, brotliCompressSync(bytes, { params }).length);
}";

/// What is loaded for one entry, and the most that it may weigh.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Budget {
    /// Files in `pkg/dist`.
    files: Vec<String>,
    /// Bytes under brotli.
    brotli: u64,
    /// The same with the standard library of the toolchain, if that makes a difference.
    shipped_std: Option<u64>,
}

impl Budget {
    fn of(&self, library: StandardLibrary) -> u64 {
        match library {
            StandardLibrary::FromSource => self.brotli,
            StandardLibrary::Shipped => self.shipped_std.unwrap_or(self.brotli),
        }
    }
}

/// The weight of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Size {
    entry: String,
    raw: u64,
    brotli: u64,
    budget: u64,
}

/// Weighs the entries that `pkg/budget.json` names.
pub(crate) fn measure(project: &Project, library: StandardLibrary) -> Result<Vec<Size>> {
    let package = project.root.join("pkg");
    let file = package.join("budget.json");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let budgets: BTreeMap<String, Budget> =
        serde_json::from_str(&text).with_context(|| format!("{} is not a budget", file.display()))?;
    budgets
        .into_iter()
        .map(|(entry, budget)| {
            let files = budget.files.iter().map(|file| package.join("dist").join(file));
            let mut node = native(project, "node");
            node.args(["-e", COMPRESS, "--"]).args(files);
            let (raw, brotli) = sum(&capture(&mut node)?, budget.files.len())?;
            let budget = budget.of(library);
            Ok(Size {
                entry,
                raw,
                brotli,
                budget,
            })
        })
        .collect()
}

/// The sums of what the compressor has printed.
fn sum(printed: &str, files: usize) -> Result<(u64, u64)> {
    let lines: Vec<&str> = printed.lines().collect();
    ensure!(
        lines.len() == files && files > 0,
        "node has compressed {} of {files} files",
        lines.len()
    );
    let mut sums = (0, 0);
    for line in lines {
        let numbers: Option<Vec<u64>> = line.split(' ').map(|number| number.parse().ok()).collect();
        let Some([raw, brotli]) = numbers.as_deref() else {
            bail!("node printed `{line}`")
        };
        sums = (sums.0 + raw, sums.1 + brotli);
    }
    Ok(sums)
}

/// Whether all entries are within their budgets.
pub(crate) fn check(sizes: &[Size]) -> Result<()> {
    let over: Vec<String> = sizes
        .iter()
        .filter(|size| size.brotli > size.budget)
        .map(|size| {
            let Size {
                entry,
                brotli,
                budget,
                ..
            } = size;
            format!(
                "{entry} weighs {} bytes, and its budget is {}",
                grouped(*brotli),
                grouped(*budget)
            )
        })
        .collect();
    ensure!(
        over.is_empty(),
        "{}. Make it smaller, or change pkg/budget.json on purpose",
        over.join("; ")
    );
    Ok(())
}

/// The table that `cargo xtask build` prints.
pub(crate) fn table(sizes: &[Size]) -> String {
    let names = sizes.iter().map(|size| size.entry.len());
    let width = names.max().unwrap_or(0).max("entry".len());
    let row = |name: &str, cells: [&str; 3]| {
        let [raw, brotli, budget] = cells;
        format!("  {name:<width$}  {raw:>9}  {brotli:>9}  {budget:>9}\n")
    };
    let mut table = row("entry", ["bytes", "brotli", "budget"]);
    for size in sizes {
        let [raw, brotli, budget] = [size.raw, size.brotli, size.budget].map(grouped);
        table += &row(&size.entry, [&raw, &brotli, &budget]);
    }
    table
}

/// `1234567` as `1 234 567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(brotli: u64, budget: u64) -> Size {
        Size {
            entry: "room-events".into(),
            raw: 1_234_567,
            brotli,
            budget,
        }
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(60_000), "60 000");
        assert_eq!(grouped(1_234_567), "1 234 567");
    }

    #[test]
    fn what_is_over_its_budget_is_named() {
        check(&[size(19_999, 20_000), size(20_000, 20_000)]).unwrap();
        let error = check(&[size(20_001, 20_000)]).unwrap_err().to_string();
        assert!(error.contains("room-events weighs 20 001 bytes"), "{error}");
    }

    #[test]
    fn a_larger_standard_library_has_a_budget_of_its_own() {
        let module: Budget =
            serde_json::from_str(r#"{"files": ["a.wasm"], "brotli": 10, "shippedStd": 14}"#).unwrap();
        assert_eq!(module.of(StandardLibrary::FromSource), 10);
        assert_eq!(module.of(StandardLibrary::Shipped), 14);
        let script: Budget = serde_json::from_str(r#"{"files": ["a.js"], "brotli": 2}"#).unwrap();
        assert_eq!(script.of(StandardLibrary::Shipped), 2);
    }

    #[test]
    fn files_of_an_entry_are_added_up() {
        assert_eq!(sum("2400 51\n20 14\n", 2).unwrap(), (2420, 65));
        assert!(sum("2400 51\n", 2).is_err());
        assert!(sum("2400\n", 1).is_err());
        assert!(sum("", 0).is_err());
    }

    #[test]
    fn the_table_has_a_line_for_each_entry() {
        let table = table(&[size(20_001, 20_000)]);
        assert!(table.lines().nth(1).unwrap().contains("1 234 567"), "{table}");
    }
}
