//! `cargo xtask fuzz`: runs one of the fuzz targets under `fuzz/` for a time.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process::{native, shown};
use crate::progress::Progress;
use crate::project::Project;
use crate::tools;

/// How long a target runs where nothing else is asked for, in seconds.
const DEFAULT_SECONDS: u64 = 60;

/// What is to be run.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    target: String,
    seconds: u64,
}

impl Options {
    fn parse(args: &[String], targets: &[String]) -> Result<Self> {
        let usage = || {
            format!(
                "`fuzz` takes the name of a target ({}) and --seconds N",
                targets.join(", ")
            )
        };
        let mut target = None;
        let mut seconds = DEFAULT_SECONDS;
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if arg == "--seconds" {
                seconds = args
                    .next()
                    .and_then(|number| number.parse().ok())
                    .filter(|seconds| *seconds > 0)
                    .context("--seconds needs a number, at least 1")?;
            } else if target.is_none() && targets.contains(arg) {
                target = Some(arg.clone());
            } else {
                bail!("`{arg}` is not known here: {}", usage());
            }
        }
        Ok(Self {
            target: target.with_context(usage)?,
            seconds,
        })
    }
}

/// Runs a target until the time is over or it finds something; what it finds fails the command.
///
/// The committed inputs under `fuzz/corpus` are read, and new ones that reach new code are gathered under the target
/// directory, where the next run finds them again.
pub(crate) fn fuzz(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let dir = project.root.join("fuzz");
    let Options { target, seconds } = Options::parse(args, &targets_in(&dir.join("fuzz_targets"))?)?;
    let tool = tools::cargo_fuzz();
    let bin = match tool.find(project) {
        Some(bin) => bin,
        None => tool.install(project, progress)?,
    };
    let output = project.target.join("fuzz");
    let found = output.join("corpus").join(&target);
    let artifacts = output.join("artifacts").join(&target);
    for dir in [&found, &artifacts] {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }

    let mut run = native(project, "rustup");
    let nightly = native(project, "rustup")
        .args(["run", "nightly", "rustc", "--version"])
        .output();
    if nightly.is_ok_and(|output| output.status.success()) {
        run.args(["run", "nightly"]);
    } else {
        // What a fuzzer's flags need is in the stable compiler as well, only not let in.
        run.args(["run", "stable"]).env("RUSTC_BOOTSTRAP", "1");
    }
    run.arg(bin.join("cargo-fuzz"))
        .args(["fuzz", "run", "--fuzz-dir"])
        .arg(&dir)
        .args(["--features", &target])
        .arg(&target)
        .arg(&found)
        .arg(dir.join("corpus").join(&target))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg("-print_final_stats=1")
        .env("CARGO_TARGET_DIR", &output);
    let dictionary = dir.join("dictionaries").join(format!("{target}.dict"));
    if dictionary.is_file() {
        run.arg(format!("-dict={}", dictionary.display()));
    }
    let line = shown(&run);
    let status = run
        .status()
        .context("cannot start rustup, whose toolchains fuzzing needs")?;
    if !status.success() {
        bail!(
            "`{line}` has ended with {status}; what it found is in {}",
            artifacts.display()
        );
    }
    Ok(())
}

/// The names of the targets: each is a file.
fn targets_in(dir: &Path) -> Result<Vec<String>> {
    let entries = dir
        .read_dir()
        .with_context(|| format!("cannot read {}", dir.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let is_rust = path.extension().is_some_and(|extension| extension == "rs");
            is_rust.then(|| path.file_stem()?.to_str().map(str::to_owned))?
        })
        .collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Options::parse(&owned(args), &owned(&["login", "upgrade"]))
    }

    #[test]
    fn a_target_runs_for_a_minute_or_as_long_as_asked() {
        let options = |target: &str, seconds| Options {
            target: target.to_owned(),
            seconds,
        };
        assert_eq!(parse(&["login"]).unwrap(), options("login", DEFAULT_SECONDS));
        assert_eq!(
            parse(&["--seconds", "600", "upgrade"]).unwrap(),
            options("upgrade", 600)
        );
    }

    #[test]
    fn what_cannot_be_run_is_refused_with_the_names_of_what_can() {
        for args in [&[] as &[&str], &["logout"], &["login", "upgrade"]] {
            let error = parse(args).unwrap_err().to_string();
            assert!(error.contains("login, upgrade"), "{args:?}: {error}");
        }
        for args in [&["login", "--seconds"] as &[&str], &["login", "--seconds", "0"]] {
            let error = parse(args).unwrap_err().to_string();
            assert!(error.contains("--seconds"), "{args:?}: {error}");
        }
    }

    #[test]
    fn every_target_has_inputs_to_begin_with() {
        let fuzz = Project::locate().unwrap().root.join("fuzz");
        let targets = targets_in(&fuzz.join("fuzz_targets")).unwrap();
        assert!(!targets.is_empty());
        for target in targets {
            let mut inputs = fuzz.join("corpus").join(&target).read_dir().expect(&target);
            assert!(inputs.next().is_some(), "{target} has no corpus");
        }
    }
}
