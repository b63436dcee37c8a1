//! `cargo xtask reference` and `docs`: the API reference, of the npm package by TypeDoc and of the crate by rustdoc.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use crate::run::{Words, cargo, step};
use crate::setup::{self, Toolbox};
use crate::{package, paths};

/// How the site is built.
#[derive(Debug, Args)]
pub(crate) struct Options {}

/// Makes both and prints where they are.
pub(crate) fn reference() -> Result<()> {
    let toolbox = setup::setup()?;
    package::build(&toolbox)?;
    step("reference of the package", &mut typedoc(&toolbox)?)?;
    step(
        "reference of the crate",
        &mut cargo("doc --no-deps --package room-events --features server"),
    )?;
    for (name, folder) in [
        ("npm package", reference_folder()),
        ("Rust crate", paths::target().join("doc/room_events")),
    ] {
        let page = folder.join("index.html");
        ensure!(page.is_file(), "{} was not made", page.display());
        println!("{name}: {}", page.display());
    }
    Ok(())
}

fn reference_folder() -> PathBuf {
    paths::target().join("reference")
}

/// Makes the reference of the built package. Fails for types that are named and not exported, and for dead links.
pub(crate) fn typedoc(toolbox: &Toolbox) -> Result<Command> {
    let mut npm = toolbox.tool("npm")?;
    npm.words("exec --workspace docs/reference --offline -- typedoc --out")
        .arg(reference_folder());
    Ok(npm)
}

/// Builds the documentation site.
pub(crate) fn docs(_options: &Options) -> Result<()> {
    reference()
}
