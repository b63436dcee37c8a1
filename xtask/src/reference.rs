//! `cargo xtask reference`: the API reference, of the npm package by TypeDoc and of the crate by rustdoc.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::package;
use crate::process::native;
use crate::progress::Progress;
use crate::project::Project;
use crate::setup::{self, Toolbox};

/// Makes both and says where they are.
pub(crate) fn reference(project: &Project, progress: &Progress) -> Result<()> {
    let toolbox = setup::setup(project, progress)?;
    package::build(project, &toolbox, progress)?;
    progress.run("reference of the package", &mut typedoc(project, &toolbox)?)?;
    let mut rustdoc = native(project, "cargo");
    rustdoc.args([
        "doc",
        "--no-deps",
        "--package",
        "room-events",
        "--features",
        "server",
    ]);
    progress.run("reference of the crate", &mut rustdoc)?;
    for (name, page) in [
        ("npm package", folder(project)),
        ("Rust crate", project.target.join("doc").join("room_events")),
    ] {
        let page = page.join("index.html");
        ensure!(page.is_file(), "{} was not made", page.display());
        println!("{name}: {}", page.display());
    }
    Ok(())
}

fn folder(project: &Project) -> PathBuf {
    project.target.join("reference")
}

/// What makes the reference of the built package; it fails for types that are named and not exported, and for links that
/// lead nowhere.
pub(crate) fn typedoc(project: &Project, toolbox: &Toolbox) -> Result<Command> {
    let mut typedoc = toolbox.tool("npm")?;
    typedoc
        .args([
            "exec",
            "--workspace",
            "docs/reference",
            "--offline",
            "--",
            "typedoc",
            "--out",
        ])
        .arg(folder(project));
    Ok(typedoc)
}
