//! `cargo xtask codegen`: what JavaScript and TypeScript have to know of Rust, in `pkg/src/generated`.

use anyhow::{Result, bail};

use crate::process::native;
use crate::project::Project;
use crate::test_run::NATIVE_FEATURES;

/// Writes the files. The test that compares them with the sources does it, with the features of the other tests, so that
/// nothing is built twice.
pub(crate) fn codegen(project: &Project) -> Result<()> {
    let mut cargo = native(project, "cargo");
    cargo
        .args([
            "test",
            "--quiet",
            "--features",
            NATIVE_FEATURES,
            "--test",
            "generated",
        ])
        .env("UPDATE_GENERATED", "1");
    let status = cargo.status()?;
    if !status.success() {
        bail!("the files cannot be written ({status})");
    }
    Ok(())
}
