//! `cargo xtask fuzz`: runs one of the fuzz targets under `fuzz/`.

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::run::{Words, capture, native, stream};
use crate::tools::CARGO_FUZZ;
use crate::{files, paths};

/// The target and the duration.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The target: a file in fuzz/fuzz_targets
    target: String,
    /// The duration in seconds
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

/// Runs a target until the time is over or a failure is found, which fails the command.
///
/// Reads the committed inputs under `fuzz/corpus`. New inputs that reach new code are saved under the target directory
/// for later runs.
pub(crate) fn fuzz(Options { target, seconds }: &Options) -> Result<()> {
    let (dir, output) = (paths::root().join("fuzz"), paths::target().join("fuzz"));
    let targets = targets()?;
    ensure!(
        targets.contains(target),
        "there is no target `{target}`; the targets are {}",
        targets.join(", ")
    );
    let bin = CARGO_FUZZ.ensure()?;
    let found = output.join("corpus").join(target);
    let artifacts = output.join("artifacts").join(target);
    for folder in [&found, &artifacts] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut run = native("rustup");
    if capture(native("rustup").words("run nightly rustc --version")).is_ok() {
        run.words("run nightly");
    } else {
        // The stable compiler has the required features, but they need to be unlocked.
        run.words("run stable").env("RUSTC_BOOTSTRAP", "1");
    }
    run.arg(bin.join("cargo-fuzz")).words("fuzz run --fuzz-dir").arg(&dir);
    run.words(&format!("--features {target} {target}")).arg(&found).arg(dir.join("corpus").join(target));
    run.words(&format!("-- -max_total_time={seconds} -print_final_stats=1"));
    run.arg(format!("-artifact_prefix={}/", artifacts.display())).env("CARGO_TARGET_DIR", &output);
    let dictionary = dir.join("dictionaries").join(format!("{target}.dict"));
    if dictionary.is_file() {
        run.arg(format!("-dict={}", dictionary.display()));
    }
    stream(&mut run).with_context(|| format!("what it found is in {}", artifacts.display()))
}

/// The names of the targets.
fn targets() -> Result<Vec<String>> {
    let files = files::entries(&paths::root().join("fuzz/fuzz_targets"))?;
    let files = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    Ok(files.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_corpus() {
        let targets = targets().unwrap();
        assert!(!targets.is_empty());
        for target in targets {
            let corpus = files::entries(&paths::root().join("fuzz/corpus").join(&target)).unwrap();
            assert!(!corpus.is_empty(), "{target} has no corpus");
        }
    }
}
