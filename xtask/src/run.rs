//! Runs other programs in a clean environment and reports their results.

use std::env;
use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{FormattedDuration, ProgressBar, ProgressStyle};

use crate::paths;

/// The number of output lines shown for a failed step.
const LINES_SHOWN: usize = 60;

/// Arguments as one text. None of them may contain white space.
pub(crate) trait Words {
    fn words(&mut self, words: &str) -> &mut Self;
}

impl Words for Command {
    fn words(&mut self, words: &str) -> &mut Self {
        self.args(words.split_whitespace())
    }
}

/// A command in the root of the repository with the native toolchain, without the variables that Cargo sets for this
/// program: build scripts that watch them would run again, and programs of other toolchains would load wrong libraries.
pub(crate) fn native(program: impl AsRef<OsStr>) -> Command {
    let set_by_cargo = |name: &str| {
        let others = ["CARGO", "OUT_DIR", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];
        let prefixes = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
        others.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
    };
    let mut command = Command::new(program);
    command.current_dir(paths::root()).env("CARGO_TARGET_DIR", paths::target());
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(set_by_cargo) {
            command.env_remove(name);
        }
    }
    command
}

/// `cargo` with these arguments for native builds.
pub(crate) fn cargo(words: &str) -> Command {
    let mut cargo = native("cargo");
    cargo.words(words);
    cargo
}

/// Runs a command and returns its trimmed standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", shown(command), output.status, errors.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a command with visible output. Fails if the command fails.
pub(crate) fn stream(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a command as a named step. Its output is shown only if it fails.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<()> {
    let started = Instant::now();
    let line = shown(command);
    let spinner = ProgressBar::new_spinner().with_prefix(name.to_owned()).with_message(line.clone());
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {prefix} ({elapsed}) {wide_msg:.dim}") {
        spinner.set_style(style);
    }
    if spinner.is_hidden() {
        eprintln!("  … {name}: {line}");
    }
    spinner.enable_steady_tick(Duration::from_millis(120));
    let output = command.stdin(Stdio::null()).output();
    spinner.finish_and_clear();
    let output = output.with_context(|| format!("{name}: cannot start `{line}`"))?;
    let time = FormattedDuration(started.elapsed());
    if output.status.success() {
        eprintln!("  ✓ {name}: done in {time}");
        return Ok(());
    }
    eprintln!("  ✗ {name}: failed after {time}");
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(LINES_SHOWN)..).unwrap_or_default().join("\n");
    bail!("{name}: `{line}` failed ({})\n{last}", output.status)
}

/// Prints what was found, on standard error: standard output is for results.
pub(crate) fn present(name: &str, found: impl std::fmt::Display) {
    eprintln!("  ✓ {name}: {found}");
}

/// Prints a heading of the output.
pub(crate) fn heading(text: &str) {
    println!("\n── {text}");
}

/// A command as typed in a shell.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    words.join(" ")
}

/// A word quoted for a shell.
pub(crate) fn quoted(word: &str) -> String {
    // A word with a null byte cannot be an argument anyway.
    shlex::try_quote(word).unwrap_or_default().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_shows_the_end_of_its_output() {
        let script = "for i in $(seq 200); do echo line $i; done; echo the reason >&2; exit 1";
        let error = step("step", Command::new("sh").args(["-c", script])).unwrap_err().to_string();
        assert!(error.contains("the reason") && error.contains("line 200"), "{error}");
        assert!(!error.contains("line 100\n"), "only the end is of interest: {error}");
    }
}
