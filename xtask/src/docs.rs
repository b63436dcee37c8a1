//! `cargo xtask reference` and `docs`: the API references of the npm package (TypeDoc) and of the crate (rustdoc), and
//! the documentation site with both.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::run::{Words, cargo, native, step, stream};
use crate::setup::{self, Toolbox};
use crate::{files, npm, package, paths};

/// The options of the site.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The path under which the site is published, such as /room-events/
    #[arg(long, default_value = "/")]
    base: String,
}

/// Builds both references and prints their paths.
pub(crate) fn reference() -> Result<()> {
    let [package, rust] = references(&setup::setup()?)?;
    println!("npm package: {}/index.html", package.display());
    println!("Rust crate: {}/room_events/index.html", rust.display());
    Ok(())
}

/// Builds the site. Fails if there are dead links.
pub(crate) fn docs(Options { base }: &Options) -> Result<()> {
    let [package, rust] = references(&setup::setup()?)?;
    let (generator, site) = (npm::folder("docs/site")?, paths::target().join("site"));
    let mut build = native("npm");
    build.words("run build").current_dir(generator).env("DOCS_BASE", base);
    step("documentation site", &mut build)?;
    files::copy_folder(&package, &site.join("reference"))?;
    files::copy_folder(&rust, &site.join("crate"))?;
    files::copy([paths::root().join("docs/spec/events-api.txt")], &site.join("docs/spec"))?;
    stream(native("node").arg("docs/site/check.mjs").arg(&site).arg(base))?;
    println!("The site is in {}; any web server can publish it", site.display());
    Ok(())
}

/// Builds the package and both references. Returns the folders of the references.
fn references(toolbox: &Toolbox) -> Result<[PathBuf; 2]> {
    package::build(toolbox)?;
    step("reference of the package", &mut typedoc(toolbox)?)?;
    let mut rustdoc = cargo("doc --no-deps --package room-events --features server");
    step("reference of the crate", &mut rustdoc)?;
    Ok([reference_folder(), paths::target().join("doc")])
}

fn reference_folder() -> PathBuf {
    paths::target().join("reference")
}

/// Builds the reference of the built package. Fails if there are unexported types or dead links.
pub(crate) fn typedoc(toolbox: &Toolbox) -> Result<Command> {
    let mut npm = toolbox.tool("npm")?;
    npm.words("exec --workspace docs/reference --offline -- typedoc --out").arg(reference_folder());
    Ok(npm)
}
