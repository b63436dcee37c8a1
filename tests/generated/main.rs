//! The files in `pkg/src/generated`: facts of the Rust sources for JavaScript and TypeScript.
//!
//! The tests compare the committed files with freshly generated ones. With `UPDATE_GENERATED=1` they write them, as
//! `cargo xtask codegen` does.
#![cfg(not(target_arch = "wasm32"))]

mod builder;
mod names;
mod tables;
mod types;

use std::path::Path;
use std::{env, fs};

fn is_up_to_date(name: &str, made: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("pkg/src/generated")
        .join(name);
    if env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&file, made).expect("the file can be written");
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == made,
        "{} is out of date: run `cargo xtask codegen` and commit it",
        file.display()
    );
}

#[test]
fn builder_is_up_to_date() {
    is_up_to_date("builder.js", &builder::file());
}

#[test]
fn names_are_up_to_date() {
    is_up_to_date("names.d.ts", &names::file());
}

#[test]
fn tables_are_up_to_date() {
    is_up_to_date("tables.js", &tables::file());
}
