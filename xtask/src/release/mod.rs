//! `cargo xtask release`: all that comes before publishing, and what would be published. Nothing leaves this machine.

mod files;
mod sbom;
mod supply;
mod versions;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::package;
use crate::process::{capture, native};
use crate::progress::Progress;
use crate::project::Project;
use crate::setup;
use crate::test_run::{self, heading};

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    skip_tests: bool,
    allow_dirty: bool,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self {
            skip_tests: false,
            allow_dirty: false,
        };
        for arg in args {
            match arg.as_str() {
                // It is always one; whoever says so may.
                "--dry-run" => {}
                "--skip-tests" => options.skip_tests = true,
                "--allow-dirty" => options.allow_dirty = true,
                _ => bail!("`release` takes --skip-tests and --allow-dirty, not `{arg}`"),
            }
        }
        Ok(options)
    }
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// All is well; what was looked at.
    Good(String),
    /// It could not be looked at from here, and why: whoever publishes does it elsewhere.
    Unchecked(String),
    /// It has to be done before publishing.
    ToDo(String),
    /// It must not be published like this.
    Bad(String),
}

/// Runs everything, writes the files and says what would be published. Returns whether nothing stands against it.
pub(crate) fn release(project: &Project, progress: &Progress, args: &[String]) -> Result<bool> {
    let options = Options::parse(args)?;
    let mut findings = Vec::new();
    let version = versions::check(project, &mut findings)?;
    findings.push(tree(project, options.allow_dirty)?);

    let toolbox = setup::setup(project, progress)?;
    // It fails where the sizes are beyond the budget.
    package::build(project, &toolbox, progress)?;
    findings.push(Finding::Good("the package is within its budget of bytes".into()));
    findings.push(if options.skip_tests {
        Finding::Unchecked("tests: skipped with --skip-tests".into())
    } else if test_run::test(project, progress, &[])? {
        Finding::Good("all tests pass".into())
    } else {
        Finding::Bad("tests fail".into())
    });
    findings.extend(supply::check(project, progress)?);

    heading("release");
    let out = project.target.join("release-files").join(&version);
    if out.exists() {
        fs::remove_dir_all(&out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let tarball = files::pack_npm(project, &toolbox, &out)?;
    let archive = files::pack_crate(project, &version, &out)?;
    let sbom = out.join(format!("room-events-{version}.cdx.json"));
    let components = sbom::write(project, &toolbox, &version, &tarball, &sbom)?;
    let sums = files::write_checksums(&out)?;

    println!("\nVersion {version} would be published as");
    println!(
        "  npm    {}: {} files",
        name_of(&tarball.file),
        tarball.contents.len()
    );
    for (name, size) in &tarball.contents {
        println!("         {size:>9}  {name}");
    }
    println!("  crate  {}: {} files", name_of(&archive.file), archive.contents);
    println!("  SBOM   {}: {components} components", name_of(&sbom));
    println!("\n{sums}");
    println!("The files are in {}\n", out.display());
    Ok(tell(&findings))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What is not committed would be published without anybody being able to tell what it was.
fn tree(project: &Project, allow_dirty: bool) -> Result<Finding> {
    let changes = capture(native(project, "git").args(["status", "--porcelain"]))?;
    Ok(match (changes.lines().count(), allow_dirty) {
        (0, _) => {
            let commit = capture(native(project, "git").args(["rev-parse", "HEAD"]))?;
            Finding::Good(format!("everything is committed: {commit}"))
        }
        (changed, true) => Finding::ToDo(format!("commit {changed} changed files")),
        (changed, false) => Finding::Bad(format!(
            "{changed} files are not committed (--allow-dirty lets that pass)"
        )),
    })
}

/// Prints the findings, the bad ones last, where they are seen.
fn tell(findings: &[Finding]) -> bool {
    let rank = |finding: &&Finding| match finding {
        Finding::Good(_) => 0,
        Finding::Unchecked(_) => 1,
        Finding::ToDo(_) => 2,
        Finding::Bad(_) => 3,
    };
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(rank);
    for finding in &sorted {
        match finding {
            Finding::Good(text) => println!("  ✓ {text}"),
            Finding::Unchecked(text) => println!("  ? not checked: {text}"),
            Finding::ToDo(text) => println!("  … before publishing: {text}"),
            Finding::Bad(text) => println!("  ✗ {text}"),
        }
    }
    let bad = sorted.iter().filter(|finding| rank(finding) == 3).count();
    if bad == 0 {
        println!("\nNothing stands against it. Nothing was published: this is a dry run.");
    } else {
        println!("\n{bad} of these have to be mended first. Nothing was published: this is a dry run.");
    }
    bad == 0
}

/// A file that a command has to have made.
fn made(path: &Path) -> Result<()> {
    ensure!(path.is_file(), "{} was not made", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options> {
        Options::parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn tests_are_run_unless_they_are_skipped_by_name() {
        assert!(!parse(&[]).unwrap().skip_tests);
        let options = parse(&["--dry-run", "--skip-tests", "--allow-dirty"]).unwrap();
        assert!(options.skip_tests && options.allow_dirty);
        let error = parse(&["--publish"]).unwrap_err().to_string();
        assert!(error.contains("`--publish`"), "{error}");
    }

    #[test]
    fn one_bad_finding_is_enough() {
        let good = Finding::Good("a".into());
        let unchecked = Finding::Unchecked("b".into());
        let to_do = Finding::ToDo("c".into());
        assert!(tell(&[good.clone(), unchecked, to_do]));
        assert!(!tell(&[Finding::Bad("d".into()), good]));
    }
}
