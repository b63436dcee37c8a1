//! What a page has to load: the shipped files, their bytes and their bytes under brotli.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::process::{capture, native};
use crate::project::Project;

/// The most that all files together may weigh under brotli, in bytes.
pub(crate) const BUDGET: u64 = 60_000;

/// What lies in this folder is loaded only where it is asked for: the inspector, and what prints to the console.
const ASIDE: &str = "src";

/// Compresses as a web server would at its best; the compressor is Node's own. Prints one line a file.
const COMPRESS: &str = "
const { readFileSync } = require('node:fs');
const { brotliCompressSync, constants } = require('node:zlib');
for (const file of process.argv.slice(1)) {
  const bytes = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  console.log(bytes.length, brotliCompressSync(bytes, { params }).length);
}";

/// One shipped file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Size {
    /// The path within the package.
    name: String,
    raw: u64,
    brotli: u64,
}

/// Weighs the JavaScript and WebAssembly files that the manifest of the package ships.
pub(crate) fn measure(project: &Project, package: &Path) -> Result<Vec<Size>> {
    let files = shipped(package)?;
    ensure!(
        !files.is_empty(),
        "{} ships no JavaScript or WebAssembly",
        package.display()
    );
    let mut node = native(project, "node");
    let printed = capture(
        node.args(["-e", COMPRESS, "--"])
            .args(files.iter().map(|file| package.join(file))),
    )?;
    let lines: Vec<&str> = printed.lines().collect();
    ensure!(
        lines.len() == files.len(),
        "node has compressed {} of {} files",
        lines.len(),
        files.len()
    );
    files
        .iter()
        .zip(lines)
        .map(|(file, line)| size_of(&file.display().to_string(), line))
        .collect()
}

fn size_of(name: &str, line: &str) -> Result<Size> {
    let numbers: Option<Vec<u64>> = line.split(' ').map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        Some([raw, brotli]) => Ok(Size {
            name: name.to_owned(),
            raw: *raw,
            brotli: *brotli,
        }),
        _ => bail!("node printed `{line}` for {name}"),
    }
}

/// The paths, within the package, of all that `files` in its manifest names and that a page can load.
fn shipped(package: &Path) -> Result<Vec<PathBuf>> {
    let manifest = package.join("package.json");
    let text =
        fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let manifest: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", manifest.display()))?;
    let entries = manifest["files"]
        .as_array()
        .context("package.json of the package names no `files`")?;
    let mut found = Vec::new();
    for entry in entries.iter().filter_map(|entry| entry.as_str()) {
        collect(package, Path::new(entry), &mut found)?;
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn collect(package: &Path, relative: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let path = package.join(relative);
    if path.is_dir() {
        for entry in path
            .read_dir()
            .with_context(|| format!("cannot read {}", path.display()))?
        {
            collect(package, &relative.join(entry?.file_name()), found)?;
        }
    } else if path.is_file() && is_loaded(relative) {
        found.push(relative.to_path_buf());
    }
    Ok(())
}

fn is_loaded(file: &Path) -> bool {
    !file.starts_with(ASIDE)
        && file
            .extension()
            .is_some_and(|extension| ["js", "mjs", "wasm"].iter().any(|loaded| extension == *loaded))
}

/// The sum of the files under brotli.
pub(crate) fn total(sizes: &[Size]) -> u64 {
    sizes.iter().map(|size| size.brotli).sum()
}

/// The table that `cargo xtask build` prints.
pub(crate) fn table(sizes: &[Size]) -> String {
    let width = sizes
        .iter()
        .map(|size| size.name.len())
        .max()
        .unwrap_or(0)
        .max("file".len());
    let row = |name: &str, raw: &str, brotli: &str| format!("  {name:<width$}  {raw:>9}  {brotli:>9}\n");
    let mut table = row("file", "bytes", "brotli");
    for size in sizes {
        table += &row(&size.name, &grouped(size.raw), &grouped(size.brotli));
    }
    let raw = sizes.iter().map(|size| size.raw).sum();
    table += &row("total", &grouped(raw), &grouped(total(sizes)));
    table
}

/// `1234567` as `1 234 567`.
pub(crate) fn grouped(number: u64) -> String {
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

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(60_000), "60 000");
        assert_eq!(grouped(1_234_567), "1 234 567");
    }

    #[test]
    fn only_what_is_shipped_and_loaded_is_weighed() {
        let dir = std::env::temp_dir().join(format!("sizes-{}", std::process::id()));
        fs::create_dir_all(dir.join("wasm").join("snippets")).unwrap();
        fs::create_dir(dir.join("src")).unwrap();
        fs::write(
            dir.join("package.json"),
            r#"{"files": ["index.js", "index.d.ts", "src", "wasm/a.wasm", "wasm/snippets"]}"#,
        )
        .unwrap();
        fs::write(dir.join("index.js"), "export const words = [];".repeat(100)).unwrap();
        for file in [
            "index.d.ts",
            "left-out.js",
            "src/inspector.js",
            "wasm/a.wasm",
            "wasm/snippets/b.js",
            "wasm/snippets/b.d.ts",
        ] {
            fs::write(dir.join(file), "0123456789").unwrap();
        }
        let sizes = measure(&Project::locate().unwrap(), &dir).unwrap();
        fs::remove_dir_all(&dir).unwrap();
        let names: Vec<&str> = sizes.iter().map(|size| size.name.as_str()).collect();
        assert_eq!(names, ["index.js", "wasm/a.wasm", "wasm/snippets/b.js"]);
        assert_eq!(sizes[0].raw, 2400);
        assert!(
            sizes[0].brotli < 100,
            "repetition compresses: {}",
            sizes[0].brotli
        );
        assert!(
            table(&sizes).lines().last().unwrap().contains("2 420"),
            "{}",
            table(&sizes)
        );
    }
}
