//! The project's own commands: `cargo xtask --help`.

mod api;
mod bench;
mod browsers;
mod chaos;
mod coverage;
mod debian;
mod demo;
mod docs;
mod files;
mod fuzz;
mod lint;
mod npm;
mod nudge;
mod package;
mod paths;
mod playwright;
mod policy;
mod release;
mod run;
mod server;
mod setup;
mod simulate;
mod test_run;
mod toolchain;
mod tools;
mod totals;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

/// The commands of this project. Missing tools are installed first.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Install the tools for building and testing
    Setup,
    /// Print the environment for calling wasm-pack by hand: eval "$(cargo xtask env)"
    Env,
    /// Write pkg/src/generated: the names and numbers shared by Rust and JavaScript
    Codegen,
    /// Build the npm package in pkg/, and check the size of what a page loads
    Build,
    /// Run the reference server with the demo page
    Demo(demo::Options),
    /// Run an example with the reference server
    Example(demo::Example),
    /// Build the API reference of the npm package and of the crate, under target/
    Reference,
    /// Build the documentation site, under target/site
    Docs(docs::Options),
    /// Run the tests
    Test(test_run::Options),
    /// Run two pages through all faults, and write the result to docs/reliability.md
    Chaos(chaos::Options),
    /// Compare the performance of the project with others
    Bench(bench::Options),
    /// Simulate clients, network and server in virtual time
    Simulate(simulate::Options),
    /// Prepare a release and check it, without publishing
    Release(release::Options),
    /// Run a fuzz target with cargo-fuzz, on the nightly toolchain if it is installed
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command. Returns whether its checks passed.
fn run(command: Command) -> Result<bool> {
    let done = |()| true;
    match command {
        Command::Setup => setup::setup().map(|_| true),
        Command::Env => setup::setup()?.export_lines().map(|lines| print!("{lines}")).map(done),
        Command::Codegen => {
            // The test that compares these files with the sources also writes them.
            let mut cargo = run::cargo("test --quiet --test generated --features");
            run::stream(cargo.arg(server::NATIVE_FEATURES).env("UPDATE_GENERATED", "1")).map(done)
        }
        Command::Build => package::build(&setup::setup()?).map(done),
        Command::Demo(options) => demo::demo(&options).map(done),
        Command::Example(example) => demo::example(&example).map(done),
        Command::Reference => docs::reference().map(done),
        Command::Docs(options) => docs::docs(&options).map(done),
        Command::Test(options) => test_run::test(options),
        Command::Chaos(options) => chaos::chaos(&options),
        Command::Bench(options) => bench::bench(&options).map(done),
        Command::Simulate(options) => simulate::simulate(&options).map(done),
        Command::Release(options) => release::release(&options),
        Command::Fuzz(options) => fuzz::fuzz(&options).map(done),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Command::command().debug_assert();
    }

    #[test]
    fn a_wrong_argument_is_named() {
        let wrong = "demo --listen 8080; example angular; test unit; chaos --minutes 0; simulate --seed x; \
            simulate herd --seed; fuzz decode --seconds 0; release --fast";
        for args in wrong.split("; ") {
            let words = format!("cargo-xtask {args}");
            let error = Command::try_parse_from(words.split(' ')).unwrap_err().to_string();
            assert!(words.split(' ').next_back().is_some_and(|last| error.contains(last)), "{error}");
        }
    }
}
