//! The project's own commands.

mod api;
mod bench;
mod chaos;
mod chrome;
mod codegen;
mod coverage;
mod debian;
mod demo;
mod example;
mod fingerprint;
mod firefox;
mod fuzz;
mod lint;
mod lockfile;
mod npm;
mod nudge;
mod package;
mod playwright;
mod policy;
mod process;
mod progress;
mod project;
mod reference;
mod release;
mod remap;
mod server;
mod setup;
mod simulate;
mod sizes;
mod standard_library;
mod test_run;
mod toolchain;
mod tools;
mod totals;
mod webkit;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::progress::Progress;
use crate::project::Project;

const USAGE: &str = "\
Usage: cargo xtask <command>

  setup   install what building and testing needs, unless it is there
  env     print the environment for calling wasm-pack by hand: eval \"$(cargo xtask env)\"
  codegen  write pkg/src/generated: names and numbers that Rust and JavaScript both know
  build   build the npm package in pkg/ and show how much of it a page loads
  demo    run the reference server with the demo page: [--listen ADDRESS:PORT] [-- OPTIONS OF THE SERVER]
  example  run an example with the reference server: vanilla, react, svelte or node [--listen ADDRESS:PORT]
  reference  make the API reference of the npm package and of the crate, under target/
  test    run the tests: [lint] [native] [api] [browser] [firefox] [webkit] [policy] [package] [e2e] [chaos] [bench],
          all of them by default
  chaos   run two pages through all faults and put the table into docs/reliability.md: [--minutes N] [--seed N]
  bench   measure: decode, end-to-end, server, size or start, each with [-- OPTIONS OF THE BENCHMARK], or
          docs: what docs/performance.md shows
  simulate  clients, network and server in virtual time, 100,000 histories by default: [--histories N] [--seconds N]
            [--seed S] [--server], or `herd`
  release  a dry run: build, test, check versions and dependencies, pack, write an SBOM and checksums:
            [--skip-tests] [--allow-dirty]
  fuzz    run a fuzz target: TARGET [--seconds N], with cargo-fuzz, and a nightly toolchain if there is one

All but `codegen`, `env`, `fuzz` and `simulate` set up first what is missing; `fuzz` installs cargo-fuzz.
";

fn main() -> ExitCode {
    match run(env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Vec<String>) -> Result<ExitCode> {
    let Some((command, args)) = args.split_first() else {
        bail!("no command given\n\n{USAGE}");
    };
    let none = |args: &[String]| match args.first() {
        Some(arg) => bail!("`{command}` takes no argument `{arg}`\n\n{USAGE}"),
        None => Ok(()),
    };
    let project = Project::locate()?;
    let progress = Progress::new();
    match command.as_str() {
        "setup" => {
            none(args)?;
            setup::setup(&project, &progress)?;
        }
        "env" => {
            none(args)?;
            print!("{}", setup::find(&project)?.export_lines()?);
        }
        "codegen" => {
            none(args)?;
            codegen::codegen(&project)?;
        }
        "build" => {
            none(args)?;
            let toolbox = setup::setup(&project, &progress)?;
            package::build(&project, &toolbox, &progress)?;
        }
        "demo" => demo::demo(&project, &progress, args)?,
        "example" => example::example(&project, &progress, args)?,
        "reference" => {
            none(args)?;
            reference::reference(&project, &progress)?;
        }
        "test" => {
            if !test_run::test(&project, &progress, args)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        "chaos" => {
            if !chaos::chaos(&project, &progress, args)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        "bench" => bench::bench(&project, &progress, args)?,
        "release" => {
            if !release::release(&project, &progress, args)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        "fuzz" => fuzz::fuzz(&project, &progress, args)?,
        "simulate" => {
            if !simulate::simulate(&project, args)? {
                return Ok(ExitCode::FAILURE);
            }
        }
        "help" | "--help" | "-h" => print!("{USAGE}"),
        other => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}
