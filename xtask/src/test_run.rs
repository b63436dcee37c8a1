//! `cargo xtask test`: runs the test phases and prints totals.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::browsers::{self, Browser};
use crate::nudge::Nudge;
use crate::run::{Words, cargo, heading};
use crate::server::{self, BROWSER_TESTS, NATIVE_FEATURES, Server};
use crate::setup::{self, Toolbox};
use crate::totals::{Counts, Outcome, junit, rust, summary};
use crate::{api, bench, chaos, coverage, demo, files, lint, npm, package, paths, playwright, policy};

/// The timeout of all browser tests together, in seconds.
const BROWSER_TEST_LIMIT: &str = "300";

/// The selected tests.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// The phases [default: all but setups]
    phases: Vec<Phase>,
    /// Run those of pages and of the API in a second process at the same time: for four processors or more
    #[arg(long)]
    at_once: bool,
    /// Build nothing and write the outcomes to this file, as the second of two processes
    #[arg(long, hide = true)]
    outcomes: Option<PathBuf>,
}

/// A part of the tests that can run separately. The phases run in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Phase {
    /// Formatting, clippy, documentation, types, prose
    Lint,
    /// `cargo test` over the workspace
    Native,
    /// Schemathesis against the reference server
    Api,
    /// wasm-bindgen's tests in Chromium
    Browser,
    /// The same in Firefox
    Firefox,
    /// The same in WebKitGTK
    Webkit,
    /// The same in Chromium under a Content-Security-Policy
    Policy,
    /// The packed npm package, and bundlers
    Package,
    /// The demo, the examples and the documentation's pages in Chromium
    E2e,
    /// Two pages under faults, for a minute
    Chaos,
    /// Smoke tests of the benchmarks
    Bench,
    /// The package in every framework, test runner and runtime: gigabytes, and many minutes
    Setups,
}

impl Phase {
    /// Whether it needs the tools for wasm, browsers and npm.
    fn needs_setup(self) -> bool {
        !matches!(self, Self::Native | Self::Api)
    }

    /// Whether it needs the built package.
    fn needs_package(self) -> bool {
        !matches!(self, Self::Native | Self::Api | Self::Browser | Self::Policy | Self::Bench)
    }

    /// Whether a second process runs it at the same time: it leaves a processor idle.
    fn is_aside(self) -> bool {
        !matches!(self, Self::Lint | Self::Native | Self::Package | Self::Bench | Self::Setups)
    }

    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Runs the phases, even if some fail, and prints the totals. Returns whether all tests passed.
pub(crate) fn test(Options { phases, at_once, outcomes: file }: Options) -> Result<bool> {
    let wants = |phase: &Phase| phases.contains(phase) || phases.is_empty() && *phase != Phase::Setups;
    let mut phases: Vec<_> = Phase::value_variants().iter().copied().filter(wants).collect();
    let mut outcomes = Vec::new();
    // Runs a phase and records its outcome. An error counts as a failed test.
    let mut note = |name: &str, run: &mut dyn FnMut() -> Result<Counts>| {
        let started = Instant::now();
        heading(name);
        let counts = run().unwrap_or_else(|error| Counts::of(name, &Err(error)));
        outcomes.push(Outcome { phase: name.to_owned(), counts, time: started.elapsed() });
    };
    let mut toolbox = None;
    if phases.iter().any(|phase| phase.needs_setup()) {
        note("setup", &mut || {
            toolbox = Some(setup::setup()?);
            Ok(Counts::default())
        });
    }
    let needs_package = file.is_none() && phases.iter().any(|phase| phase.needs_package());
    if let Some(toolbox) = toolbox.as_ref().filter(|_| needs_package) {
        note("build", &mut || {
            let mut counts = Counts::of("the package", &package::build(toolbox));
            if phases.iter().any(|phase| matches!(phase, Phase::E2e | Phase::Chaos)) {
                counts.add("the demo", &package::build_www(toolbox).map(drop));
            }
            if phases.contains(&Phase::E2e) {
                counts.add("the examples", &demo::build_examples(toolbox));
            }
            Ok(counts)
        });
    }
    let (aside, here): (Vec<_>, Vec<_>) = phases.iter().copied().partition(|phase| phase.is_aside());
    let mut second = None;
    if at_once && !aside.is_empty() && !here.is_empty() {
        second = Some(start_aside(&aside)?);
        phases = here;
    }
    for phase in phases {
        note(&phase.name(), &mut || run_phase(phase, toolbox.as_ref()));
    }
    if let Some(finish) = second {
        outcomes.extend(finish()?.into_iter().filter(|outcome| outcome.phase != "setup"));
    }
    if let Some(file) = file {
        files::write(&file, &serde_json::to_string(&outcomes)?)?;
        return Ok(true);
    }
    let (text, failed) = summary(&outcomes);
    print!("\n{text}");
    Ok(failed == 0)
}

/// Runs phases in a second process. The returned function waits for it, prints its output and returns the outcomes.
fn start_aside(phases: &[Phase]) -> Result<impl FnOnce() -> Result<Vec<Outcome>>> {
    let [log, outcomes] = ["aside.log", "aside.json"].map(|name| paths::target().join(name));
    files::remove(&outcomes)?;
    let output = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = Command::new(env::current_exe()?);
    command.arg("test").args(phases.iter().map(|phase| phase.name())).arg("--outcomes").arg(&outcomes);
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let mut child = command.spawn().context("cannot start the second process")?;
    println!("\nThe other phases run at the same time: {}", log.display());
    Ok(move || {
        child.wait()?;
        print!("{}", String::from_utf8_lossy(&fs::read(log)?));
        Ok(serde_json::from_str(&files::read(&outcomes)?)?)
    })
}

fn run_phase(phase: Phase, toolbox: Option<&Toolbox>) -> Result<Counts> {
    let toolbox = || toolbox.context("the setup has failed");
    match phase {
        Phase::Native => native_tests(),
        Phase::Api => api::run(),
        Phase::Lint => lint::run(toolbox()?),
        Phase::Browser => {
            let toolbox = toolbox()?;
            let flags = ["--chrome", "--chromedriver"];
            browser_tests(toolbox, flags, toolbox.chrome.driver.as_deref(), &[])
        }
        Phase::Firefox => other_browser_tests(toolbox()?, "firefox", browsers::firefox()?),
        Phase::Webkit => other_browser_tests(toolbox()?, "webkit", browsers::webkit()?),
        Phase::Policy => policy::tests(toolbox()?),
        Phase::Package => package_tests(toolbox()?),
        Phase::E2e => e2e_tests(toolbox()?),
        Phase::Chaos => chaos::tests(toolbox()?),
        Phase::Bench => bench_tests(),
        Phase::Setups => setups_tests(toolbox()?),
    }
}

fn native_tests() -> Result<Counts> {
    let notes = coverage::begin()?;
    let mut cargo = cargo("test --workspace --no-fail-fast --features");
    cargo.arg(NATIVE_FEATURES).env(coverage::VARIABLE, &notes);
    // With a single thread, libtest runs tests on the main thread, which lacks their names.
    if available_parallelism().is_ok_and(|threads| threads.get() == 1) {
        cargo.env("RUST_TEST_THREADS", "2");
    }
    let mut counts = run_counted(&mut cargo)?;
    counts.add("coverage of the REST API", &coverage::check(&notes));
    Ok(counts)
}

/// Runs the benchmarks with minimal load, only to check that they work.
fn bench_tests() -> Result<Counts> {
    let mut counts = run_counted(&mut bench::smoke())?;
    counts.add("what the documentation shows", &bench::smoke_docs());
    Ok(counts)
}

/// Runs the browser tests and the package's engine tests in Firefox or WebKit, if available.
fn other_browser_tests(toolbox: &Toolbox, name: &str, browser: Option<Browser>) -> Result<Counts> {
    let Some(browser) = browser else {
        return Ok(Counts::default());
    };
    let mut counts = browser_tests(toolbox, browser.flags, Some(&browser.driver), &browser.variables)?;
    let variables = browser.variables.iter().map(|(name, value)| (*name, OsString::from(value)));
    let more = [("BROWSER", name.into()), ("DRIVER", browser.driver.clone().into_os_string())];
    let variables: Vec<_> = variables.chain(more).collect();
    counts.merge(run_node(toolbox, &[paths::root().join("tests/engines")], None, &variables)?);
    Ok(counts)
}

/// Runs the browser tests with wasm-bindgen's runner, against a reference server.
fn browser_tests(
    toolbox: &Toolbox,
    [browser, driver_flag]: [&str; 2],
    driver: Option<&Path>,
    variables: &[(&str, String)],
) -> Result<Counts> {
    let server = Server::for_browsers(&[])?;
    let nudge = Nudge::start()?;
    let mut wasm_pack = toolbox.wasm("wasm-pack")?;
    wasm_pack.words("test --headless").arg(browser);
    // Without a local driver, wasm-pack downloads a matching one.
    if let Some(driver) = driver {
        wasm_pack.words("--mode no-install").arg(driver_flag).arg(driver);
    }
    wasm_pack
        .args(["--", "--test", BROWSER_TESTS])
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env("ROOM_EVENTS_TEST_SERVER", server.origin())
        .env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_TEST_LIMIT)
        .env("WASM_BINDGEN_TEST_ADDRESS", nudge.address.to_string());
    run_counted(&mut wasm_pack)
}

/// Tests the installed package, by itself and with bundlers.
fn package_tests(toolbox: &Toolbox) -> Result<Counts> {
    let bundlers = npm::folder("tests/bundlers")?;
    let variables = [("ROOM_EVENTS_SERVER", server::build()?.into_os_string())];
    run_node(toolbox, &[paths::root().join("tests/package"), bundlers], None, &variables)
}

/// Tests the installed package in every framework, test runner and runtime, and with the bundlers again for the table
/// of results. With `UPDATE_GENERATED` set, writes the table into the documentation.
fn setups_tests(toolbox: &Toolbox) -> Result<Counts> {
    let folders = [npm::folder("tests/bundlers")?, npm::folder("tests/setups")?];
    let table = folders[1].join("table.mjs");
    let variables = [("ROOM_EVENTS_SERVER", server::build()?.into_os_string())];
    run_node(toolbox, &folders, Some(&table), &variables)
}

fn e2e_tests(toolbox: &Toolbox) -> Result<Counts> {
    let variables = vec![
        ("ROOM_EVENTS_SERVER", server::build()?.into_os_string()),
        ("ROOM_EVENTS_WWW", paths::root().join("www/dist").into_os_string()),
        ("ROOM_EVENTS_EXAMPLES", demo::examples().into_os_string()),
    ];
    playwright::run(toolbox, None, variables)
}

/// Runs the tests of some folders with Node.js, with an optional additional reporter that prints to standard error.
fn run_node(
    toolbox: &Toolbox,
    folders: &[PathBuf],
    reporter: Option<&Path>,
    variables: &[(&str, OsString)],
) -> Result<Counts> {
    let is_test = |file: &PathBuf| file.to_string_lossy().ends_with(".test.mjs");
    // Versions of Node.js treat folder names differently.
    let mut tests = Vec::new();
    for folder in folders {
        let before = tests.len();
        tests.extend(files::entries(folder)?.into_iter().filter(is_test));
        ensure!(tests.len() > before, "{} holds no *.test.mjs", folder.display());
    }
    let report = paths::target().join(format!("node-report-{}.xml", std::process::id()));
    let mut node = toolbox.tool("node")?;
    // In a new setup, the installation alone takes minutes.
    let minutes = if reporter.is_some() { 60 } else { 10 };
    node.arg(format!("--test-timeout={}", minutes * 60_000));
    node.words("--test --test-reporter=spec --test-reporter-destination=stdout");
    node.arg("--test-reporter=junit").arg(format!("--test-reporter-destination={}", report.display()));
    if let Some(reporter) = reporter {
        node.arg(format!("--test-reporter={}", reporter.display()));
        node.arg("--test-reporter-destination=stderr");
    }
    node.args(tests).envs(variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    let status = node.status().context("cannot start node")?;
    let counts = junit(&report)?;
    files::remove(&report)?;
    Ok(counts.confirmed(status.success()))
}

/// Runs a runner with libtest's output format, passes its output on and counts the results.
fn run_counted(command: &mut Command) -> Result<Counts> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.context("cannot start the runner")?;
    let mut counts = Counts::default();
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).split(b'\n')) {
        let line = line.context("cannot read the runner's output")?;
        let text = String::from_utf8_lossy(&line);
        println!("{text}");
        counts.merge(rust(&text));
    }
    Ok(counts.confirmed(child.wait()?.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_is_counted_and_its_death_is_a_failure() {
        let run = |script: &str| run_counted(Command::new("sh").args(["-c", script])).unwrap();
        let line = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out'";
        for (script, expected) in [(line.to_owned(), (2, 0)), (format!("{line}; exit 101"), (2, 1))] {
            let counts = run(&script);
            assert_eq!((counts.passed, counts.failed), expected);
        }
    }
}
