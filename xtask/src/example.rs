//! `cargo xtask example`: one of the examples, with the reference server beside it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::demo::{self, ServeOptions};
use crate::package;
use crate::process::native;
use crate::progress::Progress;
use crate::project::Project;
use crate::setup::{self, Toolbox};

/// The examples, as their folders are called.
const EXAMPLES: [&str; 4] = ["vanilla", "react", "svelte", "node"];
/// The one that has no page.
const SCRIPT: &str = "node";
/// The one that needs no build.
const PLAIN: &str = "vanilla";

/// Builds the example, and runs it with a server until Ctrl-C.
pub(crate) fn example(project: &Project, progress: &Progress, args: &[String]) -> Result<()> {
    let Some((name, args)) = args
        .split_first()
        .filter(|(name, _)| EXAMPLES.contains(&name.as_str()))
    else {
        bail!("`example` takes the name of one: {}", EXAMPLES.join(", "));
    };
    let options = ServeOptions::parse("example", args)?;
    demo::check_free("example", options.listen)?;
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    if name == SCRIPT {
        return demo::serve(project, progress, &options, None, |server| {
            println!(
                "\nThe script listens as bob at {}; write something there, and it prints it.",
                server.origin()
            );
            println!("Ctrl-C stops it.\n");
            let mut node = native(project, "node");
            node.arg(project.root.join("examples/node/main.js"))
                .arg(server.origin());
            node.spawn().map(Some).context("cannot start node")
        });
    }
    let page = build(project, &toolbox, progress, name)?;
    demo::serve(project, progress, &options, Some(&page), |server| {
        println!("\nThe example is at {}/", server.origin());
        println!("Log in as bob/bob, alice/alice or admin/admin. Ctrl-C stops it.\n");
        Ok(None)
    })
}

/// Builds the pages of all examples and returns the folder that they are in.
pub(crate) fn build_all(project: &Project, toolbox: &Toolbox, progress: &Progress) -> Result<PathBuf> {
    for name in EXAMPLES.iter().filter(|name| **name != SCRIPT) {
        build(project, toolbox, progress, name)?;
    }
    Ok(folder(project))
}

/// Where the pages of the examples are built.
pub(crate) fn folder(project: &Project) -> PathBuf {
    project.target.join("examples")
}

/// Builds the page of an example and returns its folder.
fn build(project: &Project, toolbox: &Toolbox, progress: &Progress, name: &str) -> Result<PathBuf> {
    let page = folder(project).join(name);
    if page.exists() {
        fs::remove_dir_all(&page).with_context(|| format!("cannot remove {}", page.display()))?;
    }
    fs::create_dir_all(&page).with_context(|| format!("cannot make {}", page.display()))?;
    let source = project.root.join("examples").join(name);
    if name == PLAIN {
        // As one would do it by hand: the page, and the package's files beside it.
        for file in ["index.html", "main.js", "../style.css"] {
            copy(&source.join(file), &page)?;
        }
        let package = page.join("room-events");
        fs::create_dir(&package).with_context(|| format!("cannot make {}", package.display()))?;
        let dist = project.root.join("pkg").join("dist");
        for entry in dist
            .read_dir()
            .with_context(|| format!("cannot read {}", dist.display()))?
        {
            let path = entry?.path();
            // The folder has types, which no page loads.
            if path.is_file() {
                copy(&path, &package)?;
            }
        }
    } else {
        let mut npm = toolbox.tool("npm")?;
        npm.args(["run", "build", "--workspace", &format!("examples/{name}"), "--"])
            .args(["--emptyOutDir", "--outDir"])
            .arg(&page);
        progress.run(&format!("example {name}"), &mut npm)?;
    }
    Ok(page)
}

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().context("a file has a name")?;
    fs::copy(file, folder.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_of_examples_can_be_started() {
        let project = Project::locate().unwrap();
        let mut found: Vec<String> = project
            .root
            .join("examples")
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        found.sort();
        let mut known = EXAMPLES.map(str::to_owned);
        known.sort();
        assert_eq!(found, known);
    }

    #[test]
    fn an_unknown_example_is_answered_with_those_that_there_are() {
        let project = Project::locate().unwrap();
        for args in [&[][..], &["angular".to_owned()]] {
            let error = example(&project, &Progress::new(), args).unwrap_err().to_string();
            assert!(error.contains("vanilla, react, svelte, node"), "{error}");
        }
    }
}
