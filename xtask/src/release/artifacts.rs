//! The files that would be published: the npm tarball, the crate, the bill of materials and checksums.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::package::FEATURES;
use crate::run::{Words, capture, cargo, heading, native};
use crate::setup::Toolbox;
use crate::toolchain::WASM_TARGET;
use crate::tools::CARGO_CYCLONEDX;
use crate::{files, paths};

/// Writes the files and prints their names.
pub(super) fn write(toolbox: &Toolbox, version: &str) -> Result<()> {
    heading("release");
    let out = paths::target().join("release-files").join(version);
    files::empty_folder(&out)?;
    let mut npm = toolbox.tool("npm")?;
    npm.words("pack --json --pack-destination")
        .arg(&out)
        .current_dir(paths::root().join("pkg"));
    let packed = packed(&capture(&mut npm)?)?;
    println!(
        "Version {version} would be published as\n  npm    {}",
        packed["filename"]
    );
    for file in packed["files"].as_array().context("npm pack lists no files")? {
        println!(
            "         {:>9}  {}",
            file["size"],
            file["path"].as_str().unwrap_or_default()
        );
    }

    // Cargo packs what is there, and asks no registry.
    let package = |words: &str| {
        cargo(&format!(
            "package --package room-events --no-verify --offline --allow-dirty {words}"
        ))
    };
    capture(&mut package("--quiet"))?;
    let name = format!("room-events-{version}.crate");
    files::copy([paths::target().join("package").join(&name)], &out)?;
    println!(
        "  crate  {name}: {} files",
        capture(&mut package("--quiet --list"))?.lines().count()
    );

    let tarball = out.join(packed["filename"].as_str().context("npm pack names no file")?);
    let components = write_sbom(
        toolbox,
        version,
        &tarball,
        &out.join(format!("room-events-{version}.cdx.json")),
    )?;
    println!("  SBOM   room-events-{version}.cdx.json: {components} components");

    let mut sums = String::new();
    for file in files::entries(&out)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        writeln!(sums, "{}  {name}", sha256(&file)?).context("out of memory")?;
    }
    files::write(&out.join("SHA256SUMS"), &sums)?;
    println!("\n{sums}\nThe files are in {}\n", out.display());
    Ok(())
}

/// What `npm pack` says that it has packed: of one package, in an array or by name. Scripts may have printed before.
fn packed(printed: &str) -> Result<Value> {
    let json = printed
        .find("\n[")
        .or_else(|| printed.find("\n{"))
        .map_or(printed, |at| &printed[at..]);
    let report: Value = serde_json::from_str(json).context("npm pack has printed no JSON")?;
    let first = report.as_array().and_then(|packages| packages.first());
    let first = first.or_else(|| {
        report
            .as_object()?
            .values()
            .find(|package| package["files"].is_array())
    });
    first.cloned().context("npm pack has packed nothing")
}

/// Writes what is in the npm package as a CycloneDX bill of materials: the crates that are compiled into the WebAssembly
/// module, and Rust's standard library. Returns the number of components.
fn write_sbom(toolbox: &Toolbox, version: &str, tarball: &Path, file: &Path) -> Result<usize> {
    let mut cyclonedx = native(CARGO_CYCLONEDX.ensure()?.join("cargo-cyclonedx"));
    cyclonedx.words(
        "cyclonedx --format json --spec-version 1.5 --no-build-deps --all --override-filename release.cdx",
    );
    cyclonedx.args(["--target", WASM_TARGET, "--features", FEATURES]);
    // The time of the commit, so that the same sources make the same file.
    let time = capture(native("git").words("show --no-patch --format=%ct HEAD"))?;
    capture(cyclonedx.env("SOURCE_DATE_EPOCH", time))?;
    let made: PathBuf = paths::root().join("release.cdx.json");
    let mut bill: Value =
        serde_json::from_str(&files::read(&made)?).context("the bill of materials is not JSON")?;
    for folder in [".", "xtask"] {
        files::remove(&paths::root().join(folder).join("release.cdx.json"))?;
    }
    let rustc = capture(toolbox.wasm("rustc")?.arg("-vV"))?;
    let rust = rustc
        .lines()
        .find_map(|line| line.strip_prefix("release: "))
        .context("rustc has no version")?;
    let components = bill["components"]
        .as_array_mut()
        .context("the bill of materials has no components")?;
    let purl = format!("pkg:generic/rust-std@{rust}");
    let licenses = json!([{"expression": "MIT OR Apache-2.0"}]);
    components.push(json!({
        "type": "library", "bom-ref": purl, "name": "rust-std", "version": rust, "purl": purl, "licenses": licenses,
    }));
    let count = components.len();
    ensure!(count > 1, "the bill of materials has no crates");
    bill["metadata"]["component"]["purl"] = json!(format!("pkg:npm/room-events@{version}"));
    bill["metadata"]["component"]["hashes"] = json!([{"alg": "SHA-256", "content": sha256(tarball)?}]);
    // It is derived from the sources alone.
    bill.as_object_mut().and_then(|bill| bill.remove("serialNumber"));
    files::write(file, &format!("{bill:#}\n"))?;
    Ok(count)
}

fn sha256(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_npm_is_found_after_what_scripts_print() {
        let package = r#"{"filename": "room-events-1.2.3.tgz", "files": [{"path": "a.js", "size": 3}]}"#;
        for printed in [
            format!("[{package}]"),
            format!("> prepare\nbuilt\n[\n{package}]"),
            format!("{{\"room-events\": {package}}}"),
        ] {
            assert_eq!(
                packed(&printed).unwrap()["filename"],
                "room-events-1.2.3.tgz",
                "{printed}"
            );
        }
        assert!(packed("[]").is_err());
    }
}
