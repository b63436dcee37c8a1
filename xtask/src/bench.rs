//! `cargo xtask bench`: benchmarks of this project and of comparable ones, in the same run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::package::{self, FEATURES};
use crate::run::{Words, cargo, heading, step, stream};
use crate::setup::{self, Toolbox};
use crate::toolchain::with_small_std;
use crate::{files, paths, server};

/// The page with tables and charts, and its benchmarks.
const PAGE: &str = "performance.md";
const SHOWN: [Benchmark; 5] =
    [Benchmark::Size, Benchmark::Decode, Benchmark::Start, Benchmark::MainThread, Benchmark::EndToEnd];

/// The benchmark and its options.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The benchmark
    benchmark: Benchmark,
    /// Options of the benchmark. In the browser: --rounds N, --share 0..1, and --out FILE.json, --chart FILE.svg,
    /// --table FILE.md, --page FILE.md. Results are in target/bench unless --out is given. `server -- --help` prints
    /// the options of the server benchmark
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// From a frame's text to the event, compared with JSON.parse with and without typia, ajv, zod and valibot
    Decode,
    /// All benchmarks of docs/performance.md: writes its tables and charts
    Docs,
    /// The cost of two recorded streams for the page, and the latency of an event
    EndToEnd,
    /// The cost of a stream for the page's main thread, with the engine in each place
    MainThread,
    /// The fan-out of the reference server, compared with Node servers that use ws and socket.io
    Server,
    /// The bytes that a page loads, compared with other clients and validators
    Size,
    /// From the first import to an open socket, compared with socket.io-client and SignalR
    Start,
}

impl Benchmark {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Runs a benchmark.
pub(crate) fn bench(Options { benchmark, options }: &Options) -> Result<()> {
    match benchmark {
        Benchmark::Docs => document(&paths::root().join("docs"), &[]),
        benchmark => run(*benchmark, options),
    }
}

fn run(benchmark: Benchmark, options: &[String]) -> Result<()> {
    if benchmark == Benchmark::Server {
        setup::npm_packages()?;
        return stream(cargo("bench --profile server --features server --bench server --").args(options));
    }
    let toolbox = setup::setup()?;
    let mut measured = Vec::new();
    if benchmark == Benchmark::Decode {
        measured.push(decode_package(&toolbox)?);
    } else {
        package::build(&toolbox)?;
        measured.push(package::dist());
    }
    if benchmark == Benchmark::EndToEnd {
        measured.push(server::build()?);
    }
    let name = benchmark.name();
    let mut node = toolbox.tool("node")?;
    node.current_dir(paths::root().join("benches").join(&name)).arg("drive.mjs").args(measured);
    stream(node.arg("--out").arg(figures().join(format!("{name}.json"))).args(options))
}

/// The server benchmark with few connections and messages. Measures nothing, but fails if a delivery is missing.
pub(crate) fn smoke() -> Command {
    let mut smoke = cargo("test --workspace --bench server --features");
    smoke.args([server::NATIVE_FEATURES, "--", "--smoke"]);
    smoke
}

/// The benchmarks of the page with one round and a tenth of the load, written to a copy. Measures nothing, but fails if
/// a benchmark fails.
pub(crate) fn smoke_docs() -> Result<()> {
    let copy = figures().join("smoke");
    files::empty_folder(&copy)?;
    files::copy([paths::root().join("docs").join(PAGE)], &copy)?;
    document(&copy, &["--rounds", "1", "--share", "0.1"])
}

/// Runs the benchmarks and writes all tables and charts of the page. `options` apply to benchmarks that measure times.
fn document(docs: &Path, options: &[&str]) -> Result<()> {
    for benchmark in SHOWN {
        let name = benchmark.name();
        heading(&name);
        let options = if benchmark == Benchmark::Size { &[] } else { options };
        let mut options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        for (option, file) in [("--chart", format!("{name}.svg")), ("--page", PAGE.to_owned())] {
            options.extend([option.to_owned(), docs.join(file).display().to_string()]);
        }
        run(benchmark, &options)?;
    }
    Ok(())
}

/// Builds the package as shipped, with the decoder's own exports.
fn decode_package(toolbox: &Toolbox) -> Result<PathBuf> {
    let out = paths::target().join("bench-package");
    let mut wasm_pack = toolbox.wasm("wasm-pack")?;
    wasm_pack.words("build --release --target web --no-pack --mode no-install --quiet --out-dir").arg(&out);
    wasm_pack.words(&format!("-- --features bench,{FEATURES}"));
    if toolbox.toolchain.can_compile_std() {
        with_small_std(&mut wasm_pack)?;
    }
    step("package for the benchmark", &mut wasm_pack)?;
    Ok(out)
}

/// The folder with the results of the last runs.
fn figures() -> PathBuf {
    paths::target().join("bench")
}
