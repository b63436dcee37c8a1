//! The files that would be published: the npm tarball, the crate, the bill of materials and checksums.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::package::FEATURES;
use crate::run::{Words, capture, cargo, heading, native, stream};
use crate::setup::Toolbox;
use crate::toolchain::{WASM_TARGET, dependencies};
use crate::tools::CARGO_CYCLONEDX;
use crate::{files, paths};

/// Writes the files and prints their names.
pub(super) fn write(toolbox: &Toolbox, version: &str) -> Result<()> {
    heading("release");
    let out = paths::target().join("release-files").join(version);
    files::empty_folder(&out)?;
    let mut npm = toolbox.tool("npm")?;
    npm.words("pack --pack-destination")
        .arg(&out)
        .current_dir(paths::root().join("pkg"));
    stream(&mut npm)?;
    let tarball = out.join(format!("room-events-{version}.tgz"));

    // Cargo packs what is there, and asks no registry.
    stream(&mut cargo(
        "package --package room-events --no-verify --offline --allow-dirty --quiet",
    ))?;
    let name = format!("room-events-{version}.crate");
    files::copy([paths::target().join("package").join(&name)], &out)?;

    let bill = bill_of_materials(toolbox, version, &sha256(&tarball)?)?;
    files::write(&out.join(format!("room-events-{version}.cdx.json")), &bill)?;

    let mut sums = String::new();
    for file in files::entries(&out)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        writeln!(sums, "{}  {name}", sha256(&file)?).context("out of memory")?;
    }
    files::write(&out.join("SHA256SUMS"), &sums)?;
    println!("\n{sums}\nThe files are in {}\n", out.display());
    Ok(())
}

/// What is in the npm package, in CycloneDX's format: the crates that are compiled into the WebAssembly module, and Rust's
/// standard library.
fn bill_of_materials(toolbox: &Toolbox, version: &str, tarball: &str) -> Result<String> {
    let mut cyclonedx = native(CARGO_CYCLONEDX.ensure()?.join("cargo-cyclonedx"));
    cyclonedx
        .words("cyclonedx --format json --spec-version 1.5 --no-build-deps --override-filename release.cdx")
        .args(["--target", WASM_TARGET, "--features", FEATURES]);
    // The time of the commit, so that the same sources make the same file.
    let time = capture(native("git").words("show --no-patch --format=%ct HEAD"))?;
    capture(cyclonedx.env("SOURCE_DATE_EPOCH", time))?;
    let [made, other] = ["release.cdx.json", "xtask/release.cdx.json"].map(|name| paths::root().join(name));
    let bill = files::read(&made)?;
    files::remove(&made)?;
    files::remove(&other)?;
    // It refers to the crate by its path on this machine.
    let bill = bill.replace(&format!("path+file://{}#", paths::root().display()), "pkg:cargo/");
    let bill = serde_json::from_str(&bill).context("the bill of materials is not JSON")?;

    let rustc = capture(toolbox.wasm("rustc")?.arg("-vV"))?;
    let rust = rustc.lines().find_map(|line| line.strip_prefix("release: "));
    let rust = rust.context("rustc prints no version")?;
    let shipped = dependencies(FEATURES)?;
    Ok(format!(
        "{:#}\n",
        of_package(bill, &shipped, version, rust, tarball)?
    ))
}

/// The crate's bill of materials as that of the npm package. `shipped` is what `cargo tree` prints: procedural macros, which
/// run in the compiler, are not in it.
fn of_package(mut bill: Value, shipped: &str, version: &str, rust: &str, tarball: &str) -> Result<Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let shipped: HashSet<&str> = shipped.lines().collect();
    let is_shipped = |component: &Value| {
        let line = format!("{} v{}", text(&component["name"]), text(&component["version"]));
        shipped.contains(line.as_str())
    };
    let components = bill["components"].as_array_mut().context("no components")?;
    components.retain(is_shipped);
    ensure!(!components.is_empty(), "the bill of materials has no crates");
    let mut refs: HashSet<String> = components
        .iter()
        .map(|component| text(&component["bom-ref"]))
        .collect();
    let std = format!("pkg:generic/rust-std@{rust}");
    let licenses = json!([{"expression": "MIT OR Apache-2.0"}]);
    components.push(
        json!({"type": "library", "bom-ref": std, "name": "rust-std", "version": rust, "purl": std, "licenses": licenses}),
    );
    let package = &mut bill["metadata"]["component"];
    package["purl"] = json!(format!("pkg:npm/room-events@{version}"));
    package["hashes"] = json!([{"alg": "SHA-256", "content": tarball}]);
    refs.insert(text(&package["bom-ref"]));
    // Parts of the crate that are not of the package, and what would differ from run to run.
    package
        .as_object_mut()
        .and_then(|package| package.remove("components"));
    bill.as_object_mut().and_then(|bill| bill.remove("serialNumber"));
    let dependencies = bill["dependencies"].as_array_mut().context("no dependencies")?;
    dependencies.retain(|dependency| refs.contains(&text(&dependency["ref"])));
    for list in dependencies
        .iter_mut()
        .filter_map(|dependency| dependency["dependsOn"].as_array_mut())
    {
        list.retain(|name| refs.contains(&text(name)));
    }
    Ok(bill)
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
    fn the_bill_lists_what_is_shipped_and_refers_to_nothing_else() {
        let crates = ["serde", "serde_derive"]
            .map(|name| json!({"name": name, "version": "1.0.0", "bom-ref": format!("registry#{name}")}));
        let bill = json!({
            "serialNumber": "urn:1",
            "metadata": {"component": {"bom-ref": "pkg:cargo/room-events@1.2.3", "components": []}},
            "components": crates,
            "dependencies": [
                {"ref": "pkg:cargo/room-events@1.2.3", "dependsOn": ["registry#serde"]},
                {"ref": "registry#serde", "dependsOn": ["registry#serde_derive"]},
                {"ref": "registry#serde_derive"},
            ],
        });
        let shipped = "room-events v1.2.3 (/repo)\nserde v1.0.0\n";
        let bill = of_package(bill, shipped, "1.2.3", "1.96.0", "cd34").unwrap();
        let names: Vec<&Value> = bill["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|component| &component["name"])
            .collect();
        assert_eq!(names, ["serde", "rust-std"]);
        assert!(!bill.to_string().contains("serde_derive"), "{bill}");
        assert_eq!(bill["metadata"]["component"]["hashes"][0]["content"], "cd34");
    }
}
