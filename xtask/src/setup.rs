//! `cargo xtask setup` and `env`: the tools for building and testing, and their environment.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use indicatif::FormattedDuration;

use crate::browsers::{self, Chrome};
use crate::run::{native, present, quoted};
use crate::toolchain::{self, Toolchain, WASM_TARGET, rustflags};
use crate::{files, npm, paths, tools};

/// The tools that were found or installed.
#[derive(Debug, Clone)]
pub(crate) struct Toolbox {
    pub(crate) toolchain: Toolchain,
    pub(crate) chrome: Chrome,
    /// The folders of programs to put first in `PATH`.
    bins: Vec<PathBuf>,
}

/// Installs what is missing.
pub(crate) fn setup() -> Result<Toolbox> {
    let started = Instant::now();
    eprintln!("Setting up");
    let _lock = lock()?;
    let toolchain = toolchain::ensure()?;
    present(WASM_TARGET, toolchain.describe()?);
    let chrome = browsers::ensure_chrome()?;
    npm::ensure()?;
    let mut bins = Vec::new();
    for tool in tools::BUILD {
        bins.push(tool.ensure()?);
    }
    bins.push(paths::root().join("node_modules/.bin"));
    eprintln!("Everything is there ({})", FormattedDuration(started.elapsed()));
    Ok(Toolbox { toolchain, chrome, bins })
}

/// Installs only the npm packages, for commands that build nothing for wasm32.
pub(crate) fn npm_packages() -> Result<()> {
    let _lock = lock()?;
    npm::ensure()
}

/// Locks the tools, as concurrent setups would install into the same folders. Dropping the file releases the lock.
fn lock() -> Result<File> {
    let path = paths::cache().join("setup.lock");
    files::write(&path, "")?;
    let file = File::open(&path)?;
    if file.try_lock().is_err() {
        eprintln!("    waiting for another setup to end");
        file.lock()?;
    }
    Ok(file)
}

impl Toolbox {
    /// A native command with the tools and the browser in its environment.
    pub(crate) fn tool(&self, program: impl AsRef<OsStr>) -> Result<Command> {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let mut command = native(program);
        command.env("PATH", joined(self.bins.iter().cloned().chain(env::split_paths(&inherited)))?);
        command.envs(self.chrome_variables());
        Ok(command)
    }

    /// A command that builds for wasm32 or uses the result, in the environment of `cargo xtask env`.
    pub(crate) fn wasm(&self, program: impl AsRef<OsStr>) -> Result<Command> {
        let mut command = self.tool(program)?;
        command.envs(self.wasm_variables()?);
        Ok(command)
    }

    fn chrome_variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("CHROME", self.chrome.binary.display().to_string())];
        variables
            .extend(self.chrome.driver.iter().map(|driver| ("CHROMEDRIVER", driver.display().to_string())));
        variables
    }

    fn wasm_variables(&self) -> Result<Vec<(&'static str, String)>> {
        let mut variables =
            vec![("CARGO_TARGET_DIR", paths::wasm_target().display().to_string()), rustflags()?];
        variables.extend(self.toolchain.variables().iter().map(|(name, value)| (*name, (*value).to_owned())));
        Ok(variables)
    }

    /// The lines for `eval "$(cargo xtask env)"`.
    pub(crate) fn export_lines(&self) -> Result<String> {
        let bins = joined(self.bins.iter().cloned())?;
        let mut lines = format!("export PATH={}:\"$PATH\"\n", quoted(&bins.to_string_lossy()));
        for (name, value) in self.wasm_variables()?.into_iter().chain(self.chrome_variables()) {
            lines += &format!("export {name}={}\n", quoted(&value));
        }
        Ok(lines)
    }
}

fn joined(folders: impl Iterator<Item = PathBuf>) -> Result<OsString> {
    env::join_paths(folders).context("a folder has a character that PATH cannot hold")
}
