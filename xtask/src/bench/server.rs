//! `cargo xtask bench server`: a bench target of the crate, with its server and its peers.

use std::process::Command;

use anyhow::Result;

use crate::run::{cargo, stream};
use crate::setup;

/// Measures, with the programs built for speed.
pub(super) fn bench(options: &[String]) -> Result<()> {
    setup::npm_packages()?;
    stream(cargo("bench --profile server --features server --bench server --").args(options))
}

/// The same with few connections, a few messages and the programs of the tests: it measures nothing, and fails if a delivery
/// is missing.
pub(crate) fn smoke() -> Command {
    cargo("test --workspace --features server --bench server -- --smoke")
}
