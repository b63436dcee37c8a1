//! The files of a release: the npm tarball, the crate, the bill of materials and checksums.

use anyhow::{Context, Result};

use crate::package::FEATURES;
use crate::run::{Words, capture, cargo, heading, native, stream};
use crate::setup::Toolbox;
use crate::toolchain::{WASM_TARGET, dependencies};
use crate::tools::CARGO_CYCLONEDX;
use crate::{files, paths};

/// Writes the files and prints their folder.
pub(super) fn write(toolbox: &Toolbox, version: &str) -> Result<()> {
    heading("release");
    let out = paths::target().join("release-files").join(version);
    files::empty_folder(&out)?;
    let mut npm = toolbox.tool("npm")?;
    npm.words("pack --pack-destination").arg(&out).current_dir(paths::root().join("pkg"));
    stream(&mut npm)?;

    // Packs the working directory, without a registry.
    stream(&mut cargo("package --package room-events --no-verify --offline --allow-dirty --quiet"))?;
    let name = format!("room-events-{version}.crate");
    files::copy([paths::target().join("package").join(&name)], &out)?;

    let mut cyclonedx = native(CARGO_CYCLONEDX.ensure()?.join("cargo-cyclonedx"));
    cyclonedx
        .words("cyclonedx --format json --spec-version 1.5 --no-build-deps --override-filename release.cdx")
        .args(["--target", WASM_TARGET, "--features", FEATURES]);
    // The time of the commit, for reproducible files.
    let time = capture(native("git").words("show --no-patch --format=%ct HEAD"))?;
    capture(cyclonedx.env("SOURCE_DATE_EPOCH", time))?;
    let bills = ["release.cdx.json", "xtask/release.cdx.json"].map(|name| paths::root().join(name));
    let rustc = capture(toolbox.wasm("rustc")?.arg("-vV"))?;
    let rust = rustc.lines().find_map(|line| line.strip_prefix("release: "));
    let mut write = toolbox.tool("node")?;
    write.arg("pkg/release.mjs").arg(&out).arg(version).arg(&bills[0]).arg(paths::root());
    let written = stream(write.arg(rust.context("rustc prints no version")?).arg(dependencies(FEATURES)?));
    bills.iter().try_for_each(|bill| files::remove(bill))?;
    written?;
    println!("The files are in {}\n", out.display());
    Ok(())
}
