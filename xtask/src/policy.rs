//! The phase `policy`: the browser tests in a page with a strict Content-Security-Policy, served by the reference
//! server. The page of wasm-bindgen's runner has inline scripts and no policy.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::run::{Words, capture};
use crate::server::{BROWSER_TESTS, Server};
use crate::setup::Toolbox;
use crate::toolchain::WASM_TARGET;
use crate::totals::Counts;
use crate::{files, paths, playwright};

/// Builds the page and runs its tests.
pub(crate) fn tests(toolbox: &Toolbox) -> Result<Counts> {
    let page = paths::target().join("policy").join(BROWSER_TESTS);
    files::empty_folder(&page)?;
    let source = paths::root().join("tests/e2e/policy/page");
    files::copy(["index.html", "main.js"].map(|name| source.join(name)), &page)?;
    let server = Server::for_browsers(&["--www".to_owned(), page.display().to_string()])?;

    let mut cargo = toolbox.wasm("cargo")?;
    cargo.words("test --no-run --message-format=json").args([
        "--target",
        WASM_TARGET,
        "--test",
        BROWSER_TESTS,
    ]);
    let messages = capture(cargo.env("ROOM_EVENTS_TEST_SERVER", server.origin()))?;
    let wasm = executable(&messages).context("cargo does not say which file the browser tests are in")?;
    let mut bindgen = toolbox.wasm("wasm-bindgen")?;
    bindgen.words("--target web --no-typescript --out-name suite --out-dir").arg(page).arg(wasm);
    capture(&mut bindgen)?;
    playwright::run(toolbox, Some("policy"), vec![("ROOM_EVENTS_POLICY_PAGE", server.origin().into())])
}

/// The file of the browser tests, from cargo's messages.
fn executable(messages: &str) -> Option<String> {
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let tests = messages.find(|message| message["target"]["name"] == BROWSER_TESTS)?;
    tests["executable"].as_str().map(str::to_owned)
}
