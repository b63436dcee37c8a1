//! The files that would be published, and their checksums.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::made;
use crate::process::{capture, native};
use crate::project::Project;
use crate::setup::Toolbox;

/// The npm package as it would be uploaded.
pub(super) struct Tarball {
    pub(super) file: PathBuf,
    /// The files in it, with their sizes in bytes.
    pub(super) contents: Vec<(String, u64)>,
}

/// The crate as it would be uploaded.
pub(super) struct Archive {
    pub(super) file: PathBuf,
    /// How many files are in it.
    pub(super) contents: usize,
}

pub(super) fn pack_npm(project: &Project, toolbox: &Toolbox, out: &Path) -> Result<Tarball> {
    let mut npm = toolbox.tool("npm")?;
    npm.args(["pack", "--json", "--pack-destination"])
        .arg(out)
        .current_dir(project.root.join("pkg"));
    let printed = capture(&mut npm)?;
    let (name, contents) = report(&printed)?;
    let file = out.join(name);
    made(&file)?;
    Ok(Tarball { file, contents })
}

/// What npm says that it has packed. Scripts may have printed before.
fn report(printed: &str) -> Result<(String, Vec<(String, u64)>)> {
    let start = printed
        .match_indices(['[', '{'])
        .map(|(at, _)| at)
        .find(|at| *at == 0 || printed[..*at].ends_with('\n'))
        .context("npm pack has printed no report")?;
    let report: Value =
        serde_json::from_str(&printed[start..]).context("the report of npm pack is not JSON")?;
    let package = match &report {
        Value::Array(packages) => packages.first(),
        // Newer versions name the packages.
        Value::Object(packages) => packages.values().next(),
        _ => None,
    };
    let package = package.context("npm pack has packed nothing")?;
    let name = package["filename"].as_str().context("npm pack names no file")?;
    let files = package["files"].as_array().context("npm pack lists no files")?;
    let contents = files
        .iter()
        .filter_map(|file| Some((file["path"].as_str()?.to_owned(), file["size"].as_u64()?)))
        .collect();
    Ok((name.to_owned(), contents))
}

/// Cargo packs what is there, and asks no registry.
pub(super) fn pack_crate(project: &Project, version: &str, out: &Path) -> Result<Archive> {
    let cargo = |more: &[&str]| {
        let mut cargo = native(project, "cargo");
        cargo.args([
            "package",
            "--package",
            "room-events",
            "--no-verify",
            "--offline",
            "--allow-dirty",
            "--quiet",
        ]);
        cargo.args(more);
        cargo
    };
    let list = capture(&mut cargo(&["--list"]))?;
    capture(&mut cargo(&[]))?;
    let name = format!("room-events-{version}.crate");
    let packed = project.target.join("package").join(&name);
    made(&packed)?;
    let file = out.join(name);
    fs::copy(&packed, &file).with_context(|| format!("cannot copy {}", packed.display()))?;
    Ok(Archive {
        file,
        contents: list.lines().count(),
    })
}

pub(super) fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").context("out of memory")?;
    }
    Ok(text)
}

/// Writes `SHA256SUMS` over all files of the folder, as `sha256sum --check` reads it, and returns its text.
pub(super) fn write_checksums(out: &Path) -> Result<String> {
    let entries = out
        .read_dir()
        .with_context(|| format!("cannot read {}", out.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut text = String::new();
    for file in files.iter().filter(|file| file.is_file()) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        writeln!(text, "{}  {name}", sha256(file)?).context("out of memory")?;
    }
    fs::write(out.join("SHA256SUMS"), &text).context("cannot write SHA256SUMS")?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_npms_report_are_read_behind_what_scripts_print() {
        let package = r#"{"filename": "a-1.0.0.tgz", "files": [{"path": "index.js", "size": 7}]}"#;
        for printed in [
            format!("[{package}]"),
            format!("> prepack [1]\n> node x {{}}\n\n[{package}]"),
            format!("{{\"a\": {package}}}"),
        ] {
            let (name, contents) = report(&printed).unwrap();
            assert_eq!(
                (name.as_str(), contents),
                ("a-1.0.0.tgz", vec![("index.js".to_owned(), 7)])
            );
        }
        assert!(report("nothing").is_err());
        assert!(report("[]").is_err());
    }

    #[test]
    fn checksums_are_those_of_the_standard_and_leave_themselves_out() {
        let dir = std::env::temp_dir().join(format!("checksums-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("abc"), "abc").unwrap();
        let text = write_checksums(&dir).unwrap();
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  abc\n";
        let written = fs::read_to_string(dir.join("SHA256SUMS")).unwrap();
        fs::remove_dir_all(&dir).unwrap();
        assert_eq!(text, expected);
        assert_eq!(written, expected);
    }
}
