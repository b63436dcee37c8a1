//! The phase `policy`: the browser tests once more, in a page under a strict Content-Security-Policy. The page that
//! wasm-bindgen's runner serves has scripts inside of it and no policy; this one is served by the reference server.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::playwright;
use crate::process::capture;
use crate::project::Project;
use crate::server::Server;
use crate::setup::Toolbox;
use crate::test_run::{browser_targets, browser_test_server, build_server};
use crate::toolchain::WASM_TARGET;
use crate::totals::Counts;

/// Builds a page for each target of browser tests and runs them.
pub(crate) fn tests(project: &Project, toolbox: &Toolbox) -> Result<Counts> {
    let server = build_server(project)?;
    let mut counts = Counts::default();
    for target in browser_targets(project)? {
        counts.merge(run(project, toolbox, &server, &target)?);
    }
    Ok(counts)
}

fn run(project: &Project, toolbox: &Toolbox, server: &Path, target: &str) -> Result<Counts> {
    let page = project.target.join("policy").join(target);
    if page.exists() {
        fs::remove_dir_all(&page).with_context(|| format!("cannot remove {}", page.display()))?;
    }
    fs::create_dir_all(&page).with_context(|| format!("cannot make {}", page.display()))?;
    let source = project.root.join("tests/e2e/policy/page");
    for name in ["index.html", "main.js"] {
        fs::copy(source.join(name), page.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    let server = browser_test_server(project, server, &["--www".to_owned(), page.display().to_string()])?;
    bundle(toolbox, &server, target, &page)?;
    let variables = vec![("ROOM_EVENTS_POLICY_PAGE", server.origin().into())];
    playwright::run(project, toolbox, Some("policy"), variables)
}

/// Compiles the tests, as wasm-pack has done already, and makes their bindings.
fn bundle(toolbox: &Toolbox, server: &Server, target: &str, page: &Path) -> Result<()> {
    let mut cargo = toolbox.wasm("cargo")?;
    cargo
        .args(["test", "--no-run", "--target", WASM_TARGET, "--test", target])
        .arg("--message-format=json")
        .env("ROOM_EVENTS_TEST_SERVER", server.origin());
    let wasm = executable(&capture(&mut cargo)?, target)?;
    let mut bindgen = toolbox.wasm("wasm-bindgen")?;
    bindgen
        .args([
            "--target",
            "web",
            "--no-typescript",
            "--out-name",
            "suite",
            "--out-dir",
        ])
        .arg(page)
        .arg(&wasm);
    capture(&mut bindgen).map(drop)
}

/// The file of a test target in cargo's messages.
fn executable(messages: &str, target: &str) -> Result<PathBuf> {
    let file = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == target)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    match file {
        Some(file) => Ok(file),
        None => bail!("cargo does not say which file the tests `{target}` are in"),
    }
}

#[cfg(test)]
mod messages {
    use super::*;

    #[test]
    fn the_file_of_the_tests_is_found_among_cargos_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"room_events"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"browser"},"executable":"/t/browser-1.wasm"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(
            executable(messages, "browser").unwrap(),
            Path::new("/t/browser-1.wasm")
        );
        assert!(executable(messages, "protocol").is_err());
    }
}
