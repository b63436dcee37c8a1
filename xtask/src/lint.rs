//! The phase `lint`: formatting, clippy, documentation, types, and what the package must not depend on. Each check counts
//! as a test.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::package;
use crate::process::{capture, native};
use crate::project::Project;
use crate::reference;
use crate::setup::Toolbox;
use crate::test_run::heading;
use crate::toolchain::WASM_TARGET;
use crate::totals::Counts;

/// What would make the package large or would not work in a browser at all.
const NOT_IN_THE_PACKAGE: [&str; 5] = ["tokio", "axum", "hyper", "mio", "getrandom"];
/// A part of the sentence with which the crate refuses the server's feature on wasm32.
const REFUSAL: &str = "cannot be built for wasm32";

/// Runs all checks, also after one has failed.
pub(crate) fn run(project: &Project, toolbox: &Toolbox) -> Counts {
    let mut counts = Counts::default();
    let mut check = |name: &str, outcome: &dyn Fn() -> Result<()>| {
        heading(&format!("lint: {name}"));
        let outcome = outcome();
        if outcome.is_ok() {
            println!("ok: {name}");
        }
        counts.add(name, &outcome);
    };
    let cargo = |args: &[&str]| {
        let mut cargo = native(project, "cargo");
        cargo.args(args);
        cargo
    };
    let wasm_cargo = |args: &[&str]| -> Result<Command> {
        let mut cargo = toolbox.wasm("cargo")?;
        cargo.args(args).args(["--target", WASM_TARGET]);
        Ok(cargo)
    };

    check("rustfmt", &|| stream(&mut cargo(&["fmt", "--all", "--check"])));
    check("rustfmt, fuzz targets", &|| {
        stream(&mut cargo(&[
            "fmt",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--check",
        ]))
    });
    check("clippy, native", &|| {
        let mut clippy = cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            "server,mutants,store",
        ]);
        stream(clippy.args(["--", "-D", "warnings"]))
    });
    check("clippy, wasm32", &|| {
        stream(
            wasm_cargo(&["clippy", "--lib", "--tests", "--features", package::FEATURES])?
                .args(["--", "-D", "warnings"]),
        )
    });
    check("documentation, native", &|| {
        let mut doc = cargo(&["doc", "--no-deps", "--workspace", "--features", "server"]);
        stream(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
    check("documentation, wasm32", &|| {
        stream(wasm_cargo(&["doc", "--no-deps", "--lib"])?.env("RUSTDOCFLAGS", "-D warnings"))
    });
    check("documentation of the package", &|| {
        capture(&mut reference::typedoc(project, toolbox)?).map(drop)
    });
    check("the package's dependencies", &|| {
        let args = [
            "tree",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
            "room-events",
            "--features",
            package::FEATURES,
        ];
        let tree = capture(&mut wasm_cargo(&args)?)?;
        match unwanted(&tree).as_slice() {
            [] => Ok(()),
            found => bail!("the package depends on {}", found.join(", ")),
        }
    });
    check("the server is refused on wasm32", &|| {
        let output = wasm_cargo(&["build", "--lib", "--features", "server"])?.output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        match (output.status.success(), errors.contains(REFUSAL)) {
            (true, _) => bail!("it was built"),
            (false, false) => bail!("the errors do not say that it {REFUSAL}:\n{errors}"),
            (false, true) => Ok(()),
        }
    });
    for lock in [
        "package-lock.json",
        "tests/bundlers/package-lock.json",
        "tests/setups/package-lock.json",
    ] {
        check(&format!("{lock} names no registry"), &|| {
            let text = fs::read_to_string(project.root.join(lock)).context("cannot read the file")?;
            match registries(&text)?.as_slice() {
                [] => Ok(()),
                found => bail!(
                    "`resolved` of {}: run `npm install` with the .npmrc of this project",
                    found.join(", ")
                ),
            }
        });
    }
    let workspaces = workspaces_with_check(project);
    check("npm's workspaces", &|| {
        workspaces
            .as_ref()
            .map(drop)
            .map_err(|error| anyhow!("{error:#}"))
    });
    for workspace in workspaces.iter().flatten() {
        check(&format!("types of {workspace}"), &|| {
            stream(
                toolbox
                    .tool("npm")?
                    .args(["run", "check", "--workspace", workspace]),
            )
        });
    }
    counts
}

fn stream(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status()?;
    if status.success() {
        Ok(())
    } else {
        bail!("{status}")
    }
}

/// The crates of a `cargo tree` that must not be in the package.
fn unwanted(tree: &str) -> Vec<&str> {
    let mut found: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| NOT_IN_THE_PACKAGE.contains(name))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The packages whose source the lock file fixes to a host: then no one could install from another registry.
fn registries(lock: &str) -> Result<Vec<String>> {
    let lock: Value = serde_json::from_str(lock).context("the file is not JSON")?;
    let packages = lock["packages"]
        .as_object()
        .context("the file has no `packages`")?;
    let named = |package: &Value| {
        package["resolved"]
            .as_str()
            .is_some_and(|source| source.contains("://"))
    };
    Ok(packages
        .iter()
        .filter(|(_, package)| named(package))
        .map(|(name, _)| name.clone())
        .collect())
}

/// The npm workspaces that have a script `check`.
fn workspaces_with_check(project: &Project) -> Result<Vec<String>> {
    let read = |path: &str| -> Result<Value> {
        let file = project.root.join(path).join("package.json");
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))
    };
    let root = read("")?;
    let workspaces = root["workspaces"]
        .as_array()
        .context("package.json names no `workspaces`")?;
    let mut checked = Vec::new();
    for workspace in workspaces.iter().filter_map(Value::as_str) {
        if read(workspace)?["scripts"]["check"].is_string() {
            checked.push(workspace.to_owned());
        }
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_of_the_server_is_found_wherever_it_stands() {
        let clean = "room-events v0.1.0 (/repo)\nserde v1.0.229\ntokio-lookalike v1.0.0\nweb-sys v0.3.107\n";
        assert!(unwanted(clean).is_empty());
        let tree = format!("{clean}getrandom v0.3.1\ntokio v1.54.1\ngetrandom v0.3.1 (*)\n");
        assert_eq!(unwanted(&tree), ["getrandom", "tokio"]);
    }

    #[test]
    fn a_host_in_the_lock_file_is_found() {
        let lock = r#"{"packages": {
            "": {"name": "root"},
            "node_modules/room-events": {"resolved": "pkg", "link": true},
            "node_modules/typescript": {"version": "7.0.2"},
            "node_modules/vite": {"version": "8.0.0", "resolved": "https://registry.example/vite/-/vite-8.0.0.tgz"}
        }}"#;
        assert_eq!(registries(lock).unwrap(), ["node_modules/vite"]);
    }
}
