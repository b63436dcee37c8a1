//! `cargo xtask setup` and `env`: everything that building and testing needs, and the environment it works in.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::chrome::{self, Chrome};
use crate::npm;
use crate::process::native;
use crate::progress::{Progress, elapsed};
use crate::project::Project;
use crate::remap;
use crate::toolchain::{self, WASM_TARGET, WasmToolchain};
use crate::tools;

/// What setup has found or installed.
#[derive(Debug, Clone)]
pub(crate) struct Toolbox {
    project: Project,
    wasm: WasmToolchain,
    /// Directories of programs that go in front of `PATH`.
    bins: Vec<PathBuf>,
    chrome: Chrome,
}

/// Installs what is missing and says what was already there.
pub(crate) fn setup(project: &Project, progress: &Progress) -> Result<Toolbox> {
    let started = Instant::now();
    println!("Setting up");
    let _lock = lock(project, progress)?;
    let node = npm::node_version(project)?;
    progress.present("Node.js", &node);

    let wasm = match toolchain::find(project) {
        Some(found) => found,
        None => toolchain::install(project, progress)?,
    };
    progress.present(WASM_TARGET, &wasm.describe(project)?);

    let mut chrome = match chrome::find()? {
        Some(found) => found,
        None => chrome::install(project, progress)?,
    };
    if chrome::lacks_debian_driver(&chrome) {
        chrome = chrome::install(project, progress)?;
    }
    chrome::write_webdriver_json(project, &chrome)?;
    progress.present("Chrome", &chrome.describe());

    if npm::is_installed(project)? {
        progress.present("npm packages", "as in package-lock.json");
    } else {
        npm::install(project, progress)?;
    }

    let mut bins = Vec::new();
    for tool in tools::all(project)? {
        let dir = match tool.find(project) {
            Some(dir) => {
                progress.present(&tool.describe(), &dir.display().to_string());
                dir
            }
            None => tool.install(project, progress)?,
        };
        bins.push(dir);
    }
    bins.push(project.npm_bin());
    println!("Everything is there ({})", elapsed(started.elapsed()));
    Ok(Toolbox {
        project: project.clone(),
        wasm,
        bins,
        chrome,
    })
}

/// Installs the npm packages unless they are there: all that those need who build nothing for wasm32.
pub(crate) fn npm_packages(project: &Project, progress: &Progress) -> Result<()> {
    let _lock = lock(project, progress)?;
    npm::node_version(project)?;
    if !npm::is_installed(project)? {
        npm::install(project, progress)?;
    }
    Ok(())
}

/// Two setups at once would install into the same directories. The lock is held until the file is dropped.
fn lock(project: &Project, progress: &Progress) -> Result<File> {
    fs::create_dir_all(&project.cache).with_context(|| format!("cannot make {}", project.cache.display()))?;
    let path = project.cache.join("setup.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    if file.try_lock().is_err() {
        progress.note("waiting for another setup to end");
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

/// What setup would find, without installing anything.
pub(crate) fn find(project: &Project) -> Result<Toolbox> {
    let missing = |what: &str| format!("{what} is missing: run `cargo xtask setup` first");
    let wasm = toolchain::find(project).with_context(|| missing(WASM_TARGET))?;
    let chrome = chrome::find()?.with_context(|| missing("Chrome"))?;
    if !npm::is_installed(project)? {
        bail!(missing("a package of package-lock.json"));
    }
    let mut bins = Vec::new();
    for tool in tools::all(project)? {
        bins.push(tool.find(project).with_context(|| missing(&tool.describe()))?);
    }
    bins.push(project.npm_bin());
    Ok(Toolbox {
        project: project.clone(),
        wasm,
        bins,
        chrome,
    })
}

/// The instructions that the package uses beyond the compiler's own choice.
const WASM_FEATURES: &str = "-Ctarget-feature=+simd128";

impl Toolbox {
    /// The browser of the tests.
    pub(crate) fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    /// A command that builds for wasm32 or uses what was built, in the environment that `cargo xtask env` prints.
    pub(crate) fn wasm(&self, program: impl AsRef<OsStr>) -> Result<Command> {
        let mut command = native(&self.project, program);
        command.env("PATH", self.path()?);
        for (name, value) in self.variables()? {
            command.env(name, value);
        }
        Ok(command)
    }

    /// A native command that finds the tools and the browser.
    pub(crate) fn tool(&self, program: impl AsRef<OsStr>) -> Result<Command> {
        let mut command = native(&self.project, program);
        command
            .env("PATH", self.path()?)
            .env("CHROME", &self.chrome.binary);
        if let Some(driver) = &self.chrome.driver {
            command.env("CHROMEDRIVER", driver);
        }
        Ok(command)
    }

    fn path(&self) -> Result<OsString> {
        let inherited = env::var_os("PATH").unwrap_or_default();
        env::join_paths(self.bins.iter().cloned().chain(env::split_paths(&inherited)))
            .context("a directory of PATH has a character that PATH cannot hold")
    }

    /// The variables besides `PATH`.
    fn variables(&self) -> Result<Vec<(&'static str, String)>> {
        let mut variables = vec![(
            "CARGO_TARGET_DIR",
            self.project.wasm_target().display().to_string(),
        )];
        if let Some(name) = self.wasm.rustup_name() {
            variables.push(("RUSTUP_TOOLCHAIN", name.to_owned()));
        }
        variables.push(self.wasm_flags()?);
        variables.push(("CHROME", self.chrome.binary.display().to_string()));
        if let Some(driver) = &self.chrome.driver {
            variables.push(("CHROMEDRIVER", driver.display().to_string()));
        }
        Ok(variables)
    }

    /// The variable with the compiler's flags for wasm32, and its value. It takes the place of what `.cargo/config.toml` says
    /// of this target.
    pub(crate) fn wasm_flags(&self) -> Result<(&'static str, String)> {
        let flags = [WASM_FEATURES.to_owned()]
            .into_iter()
            .chain(remap::flags(&self.project)?);
        Ok((
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            flags.collect::<Vec<_>>().join(" "),
        ))
    }

    /// The lines for `eval "$(cargo xtask env)"`.
    pub(crate) fn export_lines(&self) -> Result<String> {
        let bins =
            env::join_paths(&self.bins).context("a directory has a character that PATH cannot hold")?;
        let mut lines = format!(
            "export PATH={}:\"$PATH\"\n",
            shell_quoted(&bins.to_string_lossy())
        );
        for (name, value) in self.variables()? {
            lines += &format!("export {name}={}\n", shell_quoted(&value));
        }
        Ok(lines)
    }
}

fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        let odd = "it's $HOME \"and\" `more`";
        let echoed = crate::process::capture(
            Command::new("sh")
                .arg("-c")
                .arg(format!("printf %s {}", shell_quoted(odd))),
        );
        assert_eq!(echoed.unwrap(), odd);
    }
}
