//! What is in the npm package, as a CycloneDX bill of materials: the crates that are compiled into the WebAssembly
//! module, and Rust's standard library.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::files::{Tarball, sha256};
use crate::package;
use crate::process::{capture, native};
use crate::project::Project;
use crate::setup::Toolbox;
use crate::toolchain::WASM_TARGET;

/// The version of the CycloneDX specification that is written.
const SPECIFICATION: &str = "1.6";
/// The crate that all others hang on.
const ROOT: &str = "room-events";

/// One crate.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Crate {
    name: String,
    version: String,
    license: String,
    /// Names and versions of the crates that it depends on.
    depends_on: BTreeSet<(String, String)>,
}

/// Writes the bill of materials and returns how many components are in it.
pub(super) fn write(
    project: &Project,
    toolbox: &Toolbox,
    version: &str,
    tarball: &Tarball,
    file: &Path,
) -> Result<usize> {
    let tree = capture(
        // Macros run in the compiler: nothing of them is shipped.
        native(project, "cargo")
            .args([
                "tree",
                "--package",
                ROOT,
                "--features",
                package::FEATURES,
                "--edges",
                "normal,no-proc-macro",
                "--target",
                WASM_TARGET,
            ])
            .args(["--no-dedupe", "--prefix", "depth", "--format", "|{p}|{l}"]),
    )?;
    let crates = crates_of(&tree)?;
    let lock = fs::read_to_string(project.root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    let rustc = capture(toolbox.wasm("rustc")?.arg("-vV"))?;
    let rust = rustc
        .lines()
        .find_map(|line| line.strip_prefix("release: "))
        .context("rustc does not say its version")?;
    // The time of the commit, so that the same sources make the same file.
    let time = capture(native(project, "git").args(["show", "--no-patch", "--format=%cI", "HEAD"]))?;
    let bill = bill(
        &crates,
        &checksums(&lock),
        version,
        &sha256(&tarball.file)?,
        rust,
        &time,
    );
    let text = serde_json::to_string_pretty(&bill).context("the bill of materials is no JSON")?;
    fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    Ok(bill["components"].as_array().map_or(0, Vec::len))
}

/// Reads `cargo tree`: the depth, name and version, and the license, divided by `|`.
fn crates_of(tree: &str) -> Result<Vec<Crate>> {
    let mut crates: BTreeMap<(String, String), Crate> = BTreeMap::new();
    let mut above: Vec<(String, String)> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let mut parts = line.split('|');
        let (Some(depth), Some(package), Some(license)) = (parts.next(), parts.next(), parts.next()) else {
            bail!("cargo tree has printed `{line}`");
        };
        let depth: usize = depth
            .parse()
            .with_context(|| format!("cargo tree has printed `{line}`"))?;
        let mut words = package.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            bail!("cargo tree names no package in `{line}`");
        };
        let id = (name.to_owned(), version.trim_start_matches('v').to_owned());
        above.truncate(depth);
        if let Some(parent) = above.last().and_then(|parent| crates.get_mut(parent)) {
            parent.depends_on.insert(id.clone());
        }
        crates.entry(id.clone()).or_insert_with(|| Crate {
            name: id.0.clone(),
            version: id.1.clone(),
            // As manifests once said "or".
            license: license.replace('/', " OR "),
            depends_on: BTreeSet::new(),
        });
        above.push(id);
    }
    Ok(crates.into_values().collect())
}

/// The SHA-256 checksums of the crates in Cargo's lock file.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|package| {
            Some((
                (value(package, "name")?, value(package, "version")?),
                value(package, "checksum")?,
            ))
        })
        .collect()
}

fn bill(
    crates: &[Crate],
    checksums: &BTreeMap<(String, String), String>,
    version: &str,
    tarball_sum: &str,
    rust: &str,
    time: &str,
) -> Value {
    let cargo_ref = |name: &str, version: &str| format!("pkg:cargo/{name}@{version}");
    let npm_ref = format!("pkg:npm/{ROOT}@{version}");
    let std_ref = format!("pkg:generic/rust-std@{rust}");
    let mut components = Vec::new();
    let mut dependencies = vec![
        json!({"ref": npm_ref, "dependsOn": [cargo_ref(ROOT, version), &std_ref]}),
        json!({"ref": std_ref, "dependsOn": []}),
    ];
    for Crate {
        name,
        version,
        license,
        depends_on,
    } in crates
    {
        let id = cargo_ref(name, version);
        let mut component = json!({
            "type": "library",
            "bom-ref": id,
            "name": name,
            "version": version,
            "purl": id,
            "licenses": [{"expression": license}],
        });
        if let Some(sum) = checksums.get(&(name.clone(), version.clone())) {
            component["hashes"] = json!([{"alg": "SHA-256", "content": sum}]);
        }
        components.push(component);
        let depends_on: Vec<String> = depends_on
            .iter()
            .map(|(name, version)| cargo_ref(name, version))
            .collect();
        dependencies.push(json!({"ref": id, "dependsOn": depends_on}));
    }
    components.push(json!({
        "type": "library",
        "bom-ref": std_ref,
        "name": "rust-std",
        "version": rust,
        "purl": std_ref,
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
    }));
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "version": 1,
        "metadata": {
            "timestamp": time,
            "component": {
                "type": "library",
                "bom-ref": npm_ref,
                "name": ROOT,
                "version": version,
                "purl": npm_ref,
                "licenses": [{"expression": "MIT OR Apache-2.0"}],
                "hashes": [{"alg": "SHA-256", "content": tarball_sum}],
            },
        },
        "components": components,
        "dependencies": dependencies,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "\
0|room-events v1.2.3 (/somewhere)|MIT OR Apache-2.0
1|rlsf v0.2.3|MIT/Apache-2.0
2|cfg-if v1.0.5|MIT OR Apache-2.0
1|serde v1.0.229|MIT OR Apache-2.0
2|serde_core v1.0.229|MIT OR Apache-2.0
1|js-sys v0.3.107|MIT OR Apache-2.0
2|cfg-if v1.0.5|MIT OR Apache-2.0
";

    #[test]
    fn every_crate_is_listed_once_with_what_it_depends_on() {
        let crates = crates_of(TREE).unwrap();
        let names: Vec<&str> = crates.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(
            names,
            ["cfg-if", "js-sys", "rlsf", "room-events", "serde", "serde_core"]
        );
        let of = |name: &str| -> Vec<&str> {
            let found = crates.iter().find(|found| found.name == name).unwrap();
            found.depends_on.iter().map(|(name, _)| name.as_str()).collect()
        };
        assert_eq!(of("room-events"), ["js-sys", "rlsf", "serde"]);
        assert_eq!(of("js-sys"), ["cfg-if"]);
        assert_eq!(of("cfg-if"), [""; 0]);
        assert_eq!(crates[2].license, "MIT OR Apache-2.0");
        assert!(crates_of("room-events v1.2.3").is_err());
    }

    #[test]
    fn whatever_is_depended_on_is_a_component_and_every_reference_is_unique() {
        let lock = "[[package]]\nname = \"cfg-if\"\nversion = \"1.0.5\"\nsource = \"registry\"\nchecksum = \"ab12\"\n\n[[package]]\nname = \"room-events\"\nversion = \"1.2.3\"\n";
        let bill = bill(
            &crates_of(TREE).unwrap(),
            &checksums(lock),
            "1.2.3",
            "cd34",
            "1.96.0",
            "2026-11-25T00:00:00+00:00",
        );
        let refs: Vec<&str> = bill["components"]
            .as_array()
            .unwrap()
            .iter()
            .chain([&bill["metadata"]["component"]])
            .map(|component| component["bom-ref"].as_str().unwrap())
            .collect();
        assert_eq!(refs.iter().collect::<BTreeSet<_>>().len(), refs.len());
        for dependency in bill["dependencies"].as_array().unwrap() {
            for id in dependency["dependsOn"]
                .as_array()
                .unwrap()
                .iter()
                .chain([&dependency["ref"]])
            {
                assert!(refs.contains(&id.as_str().unwrap()), "{id} is no component");
            }
        }
        assert_eq!(bill["components"][0]["hashes"][0]["content"], "ab12");
        assert_eq!(
            bill["components"][3]["hashes"],
            Value::Null,
            "what is not from a registry has no checksum"
        );
    }
}
