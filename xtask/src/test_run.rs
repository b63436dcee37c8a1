//! `cargo xtask test`: all phases of tests, and one line of totals.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::demo::build_www;
use crate::nudge::Nudge;
use crate::process::{capture, native};
use crate::progress::Progress;
use crate::project::Project;
use crate::server::{self, Server};
use crate::setup::{self, Toolbox};
use crate::totals::{Counts, Outcome, Runner, sum, summary};
use crate::{api, bench, chaos, coverage, example, firefox, lint, npm, package, playwright, policy, webkit};

/// The port of the server that the browser tests talk to. It is compiled into them, so it should not change from run
/// to run.
const BROWSER_TEST_PORT: u16 = 7788;
/// How long all browser tests together may take, in seconds.
const BROWSER_TEST_LIMIT: &str = "300";

/// The features that native tests are built with, and the server with them, so that neither is built twice.
pub(crate) const NATIVE_FEATURES: &str = "server,mutants,store";

/// A part of the tests that can be run by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Lint,
    Native,
    Api,
    Browser,
    Firefox,
    Webkit,
    Policy,
    Package,
    E2e,
    Chaos,
    Bench,
    Setups,
}

impl Phase {
    const ALL: [Self; 12] = [
        Self::Lint,
        Self::Native,
        Self::Api,
        Self::Browser,
        Self::Firefox,
        Self::Webkit,
        Self::Policy,
        Self::Package,
        Self::E2e,
        Self::Chaos,
        Self::Bench,
        Self::Setups,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Native => "native",
            Self::Api => "api",
            Self::Browser => "browser",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
            Self::Policy => "policy",
            Self::Package => "package",
            Self::E2e => "e2e",
            Self::Chaos => "chaos",
            Self::Bench => "bench",
            Self::Setups => "setups",
        }
    }

    /// Whether it runs if no phase is named: the frameworks of the last one take gigabytes and many minutes.
    fn is_usual(self) -> bool {
        self != Self::Setups
    }

    /// Reads the names of phases; no name means all usual ones. They run in a fixed order.
    fn parse(args: &[String]) -> Result<Vec<Self>> {
        let names = Self::ALL.map(Self::name);
        if let Some(unknown) = args.iter().find(|arg| !names.contains(&arg.as_str())) {
            bail!(
                "there is no phase `{unknown}`; the phases are {}",
                names.join(", ")
            );
        }
        let chosen = |phase: &Self| match args {
            [] => phase.is_usual(),
            _ => args.iter().any(|arg| arg == phase.name()),
        };
        Ok(Self::ALL.into_iter().filter(chosen).collect())
    }

    /// Whether it needs what is set up for wasm, browsers and npm.
    fn needs_setup(self) -> bool {
        !matches!(self, Self::Native | Self::Api)
    }

    /// Whether it uses the built package.
    fn needs_package(self) -> bool {
        !matches!(
            self,
            Self::Native | Self::Api | Self::Browser | Self::Policy | Self::Bench
        )
    }
}

/// Runs the phases, all of them even if one fails, and prints the totals. Returns whether all tests have passed.
pub(crate) fn test(project: &Project, progress: &Progress, args: &[String]) -> Result<bool> {
    let phases = Phase::parse(args)?;
    let mut run = Run { outcomes: Vec::new() };
    if !phases.iter().any(|phase| phase.needs_setup()) {
        for phase in phases {
            run.phase(phase.name(), || match phase {
                Phase::Api => api_tests(project, progress),
                _ => native_tests(project),
            });
        }
    } else {
        let started = Instant::now();
        match setup::setup(project, progress) {
            Ok(toolbox) => run.all(project, &toolbox, progress, &phases),
            Err(error) => run.outcomes.push(Outcome {
                phase: "setup",
                counts: Counts::failure("setup", format_args!("{error:#}")),
                time: started.elapsed(),
            }),
        }
    }
    let mut out = std::io::stdout().lock();
    write!(out, "\n{}", summary(&run.outcomes))
        .and_then(|()| out.flush())
        .context("cannot print the totals")?;
    Ok(sum(&run.outcomes).failed == 0)
}

/// Sets a phase or check apart in the output.
pub(crate) fn heading(text: &str) {
    println!("\n── {text}");
}

struct Run {
    outcomes: Vec<Outcome>,
}

impl Run {
    fn all(&mut self, project: &Project, toolbox: &Toolbox, progress: &Progress, phases: &[Phase]) {
        if phases.iter().any(|phase| phase.needs_package()) {
            self.phase("build", || {
                let mut counts = Counts::default();
                counts.add("the package", &package::build(project, toolbox, progress));
                if phases.contains(&Phase::E2e) {
                    counts.add("the demo", &build_www(project, toolbox, progress).map(drop));
                    let examples = example::build_all(project, toolbox, progress);
                    counts.add("the examples", &examples.map(drop));
                }
                Ok(counts)
            });
        }
        for phase in phases {
            self.phase(phase.name(), || match phase {
                Phase::Lint => Ok(lint::run(project, toolbox)),
                Phase::Native => native_tests(project),
                Phase::Api => api_tests(project, progress),
                Phase::Browser => browser_tests(project, toolbox),
                Phase::Firefox => firefox_tests(project, toolbox, progress),
                Phase::Webkit => webkit_tests(project, toolbox, progress),
                Phase::Policy => policy::tests(project, toolbox),
                Phase::Package => package_tests(project, toolbox, progress),
                Phase::E2e => e2e_tests(project, toolbox),
                Phase::Chaos => chaos::tests(project, toolbox),
                Phase::Bench => bench_tests(project, progress),
                Phase::Setups => setups_tests(project, toolbox, progress),
            });
        }
    }

    /// Runs one phase and notes its outcome; an error in it is a failed test.
    fn phase(&mut self, name: &'static str, run: impl FnOnce() -> Result<Counts>) {
        let started = Instant::now();
        heading(name);
        let counts = run().unwrap_or_else(|error| Counts::failure(name, format_args!("{error:#}")));
        self.outcomes.push(Outcome {
            phase: name,
            counts,
            time: started.elapsed(),
        });
    }
}

fn native_tests(project: &Project) -> Result<Counts> {
    let notes = coverage::begin(project)?;
    let mut cargo = native(project, "cargo");
    cargo.args([
        "test",
        "--workspace",
        "--features",
        NATIVE_FEATURES,
        "--no-fail-fast",
    ]);
    cargo.env(coverage::VARIABLE, &notes);
    // With one thread, tests run where they have no name.
    if available_parallelism().is_ok_and(|threads| threads.get() == 1) {
        cargo.env("RUST_TEST_THREADS", "2");
    }
    let mut counts = run_counted(&mut cargo, Runner::Rust)?;
    counts.add("coverage of the REST API", &coverage::check(project, &notes));
    Ok(counts)
}

/// The benchmarks with next to nothing to do: whether they work, not how fast anything is.
fn bench_tests(project: &Project, progress: &Progress) -> Result<Counts> {
    let mut counts = run_counted(&mut bench::smoke(project), Runner::Rust)?;
    counts.add(
        "what the documentation shows",
        &bench::smoke_docs(project, progress),
    );
    Ok(counts)
}

/// Requests that are made up from the description of the REST API.
fn api_tests(project: &Project, progress: &Progress) -> Result<Counts> {
    api::run(project, progress, &build_server(project)?)
}

/// The tests that wasm-bindgen's runner runs in Chrome, against a reference server.
fn browser_tests(project: &Project, toolbox: &Toolbox) -> Result<Counts> {
    let mut wasm_pack = toolbox.wasm("wasm-pack")?;
    wasm_pack.args(["test", "--headless", "--chrome"]);
    // Without a driver on this machine, wasm-pack fetches the one that fits the browser.
    if let Some(driver) = &toolbox.chrome().driver {
        wasm_pack
            .args(["--mode", "no-install", "--chromedriver"])
            .arg(driver);
    }
    run_browser_tests(project, wasm_pack)
}

/// The same in Firefox, where this machine has it or can have it without installing it.
fn firefox_tests(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<Counts> {
    let Some(firefox) = firefox::find_or_get(project, progress)? else {
        return Ok(Counts::default());
    };
    let mut wasm_pack = toolbox.wasm("wasm-pack")?;
    let path = wasm_pack
        .get_envs()
        .find_map(|(name, value)| (name == "PATH").then_some(value))
        .flatten()
        .unwrap_or_default();
    let dirs = std::iter::once(firefox.dir.clone()).chain(std::env::split_paths(path));
    let path = std::env::join_paths(dirs).context("a directory has a character that PATH cannot hold")?;
    wasm_pack
        .env("PATH", path)
        .args([
            "test",
            "--headless",
            "--firefox",
            "--mode",
            "no-install",
            "--geckodriver",
        ])
        .arg(&firefox.driver);
    let mut counts = run_browser_tests(project, wasm_pack)?;
    let mut node = engine_tests(project, toolbox, "firefox", &firefox.driver)?;
    node.env("FIREFOX", firefox.dir.join("firefox"));
    counts.merge(run_counted(&mut node, Runner::Node)?);
    Ok(counts)
}

/// The same in WebKit, if this machine has it or may install it. To the runner its driver is Safari's.
fn webkit_tests(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<Counts> {
    let Some(webkit) = webkit::start(project, progress)? else {
        return Ok(Counts::default());
    };
    let mut wasm_pack = toolbox.wasm("wasm-pack")?;
    wasm_pack
        .args([
            "test",
            "--headless",
            "--safari",
            "--mode",
            "no-install",
            "--safaridriver",
        ])
        .arg(&webkit.driver);
    webkit.prepare(&mut wasm_pack);
    let mut counts = run_browser_tests(project, wasm_pack)?;
    let mut node = engine_tests(project, toolbox, "webkit", &webkit.driver)?;
    webkit.prepare(&mut node);
    counts.merge(run_counted(&mut node, Runner::Node)?);
    Ok(counts)
}

/// The tests of the package's engine in its places, in a browser with that driver.
fn engine_tests(project: &Project, toolbox: &Toolbox, browser: &str, driver: &Path) -> Result<Command> {
    let mut node = toolbox.tool("node")?;
    node.args(["--test", "--test-reporter=spec", "--test-timeout=600000"])
        .args(node_tests(&project.root.join("tests").join("engines"))?)
        .env("BROWSER", browser)
        .env("DRIVER", driver);
    Ok(node)
}

fn run_browser_tests(project: &Project, mut wasm_pack: Command) -> Result<Counts> {
    let server = browser_test_server(project, &build_server(project)?, &[])?;
    wasm_pack.arg("--");
    for target in browser_targets(project)? {
        wasm_pack.args(["--test", &target]);
    }
    wasm_pack.env("ROOM_EVENTS_TEST_SERVER", server.origin());
    wasm_pack.env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_TEST_LIMIT);
    let nudge = Nudge::start()?;
    wasm_pack.env("WASM_BINDGEN_TEST_ADDRESS", nudge.address().to_string());
    run_counted(&mut wasm_pack, Runner::Rust)
}

/// The server that the browser tests talk to, with more options than all of them need.
pub(crate) fn browser_test_server(project: &Project, program: &Path, more: &[String]) -> Result<Server> {
    let arguments = [
        "--faults",
        "--allow-origin",
        "http://127.0.0.1:*",
        "--log",
        "warn",
    ]
    .map(str::to_owned);
    let arguments = [&arguments[..], more].concat();
    Server::start(project, program, server::loopback(BROWSER_TEST_PORT)?, &arguments)
}

/// Cargo's test targets that are meant for the browser: those whose names begin with `browser`.
pub(crate) fn browser_targets(project: &Project) -> Result<Vec<String>> {
    browser_targets_in(&capture(native(project, "cargo").args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?)
}

fn browser_targets_in(metadata: &str) -> Result<Vec<String>> {
    let metadata: serde_json::Value =
        serde_json::from_str(metadata).context("cargo's metadata is not JSON")?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo's metadata has no packages")?;
    let targets: Vec<String> = packages
        .iter()
        .filter(|package| package["name"] == "room-events")
        .filter_map(|package| package["targets"].as_array())
        .flatten()
        .filter(|target| {
            target["kind"]
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|kind| kind == "test"))
        })
        .filter_map(|target| target["name"].as_str())
        .filter(|name| name.starts_with("browser"))
        .map(str::to_owned)
        .collect();
    if targets.is_empty() {
        bail!("no test target of the crate has a name that begins with `browser`");
    }
    Ok(targets)
}

/// Builds the server with the features of dependencies that `cargo test` selects, so that neither builds again what the
/// other has built. What selects them is that a test is among the targets; on the host, those of the browser are empty.
pub(crate) fn build_server(project: &Project) -> Result<PathBuf> {
    let mut cargo = native(project, "cargo");
    cargo.args([
        "build",
        "--workspace",
        "--features",
        NATIVE_FEATURES,
        "--bin",
        "reference-server",
    ]);
    for target in browser_targets(project)? {
        cargo.args(["--test", &target]);
    }
    let status = cargo.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("the reference server cannot be built ({status})");
    }
    Ok(server::program(project, "debug"))
}

/// The installed package: by itself, and in the hands of bundlers and frameworks.
fn package_tests(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<Counts> {
    let bundlers = npm::install_bundlers(project, progress)?;
    let server = build_server(project)?;
    let mut counts = Counts::default();
    for dir in [project.root.join("tests").join("package"), bundlers] {
        let mut node = toolbox.tool("node")?;
        node.args(["--test", "--test-reporter=spec", "--test-timeout=600000"])
            .env("ROOM_EVENTS_SERVER", &server);
        // Versions of Node differ in what they make of a directory's name.
        node.args(node_tests(&dir)?);
        counts.merge(run_counted(&mut node, Runner::Node)?);
    }
    Ok(counts)
}

/// The installed package in every framework, test runner and runtime, and in the bundlers once more, for the table of results.
/// With `UPDATE_GENERATED` set, that goes into the documentation.
fn setups_tests(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<Counts> {
    let bundlers = npm::install_bundlers(project, progress)?;
    let setups = npm::install_setups(project, progress)?;
    let mut node = toolbox.tool("node")?;
    node.args(["--test", "--test-timeout=3600000"])
        .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
        .arg(format!("--test-reporter={}", setups.join("table.mjs").display()))
        .arg("--test-reporter-destination=stderr")
        .env("ROOM_EVENTS_SERVER", build_server(project)?)
        .args(node_tests(&bundlers)?)
        .args(node_tests(&setups)?);
    run_counted(&mut node, Runner::Node)
}

fn node_tests(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = dir
        .read_dir()
        .with_context(|| format!("cannot read {}", dir.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        [".test.js", ".test.mjs"].iter().any(|end| name.ends_with(end))
    });
    files.sort();
    if files.is_empty() {
        bail!("{} holds no *.test.mjs", dir.display());
    }
    Ok(files)
}

fn e2e_tests(project: &Project, toolbox: &Toolbox) -> Result<Counts> {
    let variables = vec![
        ("ROOM_EVENTS_SERVER", build_server(project)?.into_os_string()),
        ("ROOM_EVENTS_WWW", project.root.join("www/dist").into_os_string()),
        ("ROOM_EVENTS_EXAMPLES", example::folder(project).into_os_string()),
    ];
    playwright::run(project, toolbox, None, variables)
}

/// Runs a runner, passes its output on and counts its results.
fn run_counted(command: &mut Command, runner: Runner) -> Result<Counts> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the runner")?;
    let mut counts = Counts::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.context("cannot read the runner's output")?;
            let text = String::from_utf8_lossy(&line);
            println!("{text}");
            counts.merge(runner.count(&text));
        }
    }
    let status = child.wait()?;
    if !status.success() {
        println!("the runner has ended with {status}");
    }
    Ok(counts.confirmed(status.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Vec<Phase>> {
        Phase::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn phases_are_chosen_by_name_and_run_in_their_order() {
        assert_eq!(parse(&[]).unwrap(), Phase::ALL[..11]);
        assert_eq!(parse(&["setups"]).unwrap(), [Phase::Setups]);
        assert_eq!(parse(&["e2e", "lint"]).unwrap(), [Phase::Lint, Phase::E2e]);
        let error = parse(&["lint", "unit"]).unwrap_err().to_string();
        assert!(error.contains("`unit`") && error.contains("native"), "{error}");
    }

    #[test]
    fn browser_targets_are_the_crates_tests_of_that_name() {
        let metadata = r#"{"packages": [
            {"name": "xtask", "targets": [{"name": "browser_tools", "kind": ["test"]}]},
            {"name": "room-events", "targets": [
                {"name": "room_events", "kind": ["cdylib", "rlib"]},
                {"name": "browser", "kind": ["test"]},
                {"name": "browser_load", "kind": ["bench"]},
                {"name": "protocol", "kind": ["test"]}
            ]}
        ]}"#;
        assert_eq!(browser_targets_in(metadata).unwrap(), ["browser"]);
        assert!(browser_targets_in(r#"{"packages": []}"#).is_err());
    }

    #[test]
    fn a_runner_is_counted_and_its_death_is_a_failure() {
        let run = |script: &str| run_counted(Command::new("sh").args(["-c", script]), Runner::Rust).unwrap();
        let line = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out'";
        let counts = run(line);
        assert_eq!((counts.passed, counts.failed), (2, 0));
        let counts = run(&format!("{line}; exit 101"));
        assert_eq!((counts.passed, counts.failed), (2, 1));
        assert_eq!(
            run("exit 0").failed,
            1,
            "a runner that ran nothing has not shown anything"
        );
    }
}
