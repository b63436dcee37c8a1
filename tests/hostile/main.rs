//! Runs the checks of the fuzz targets `decode` and `sequence` on their seed inputs. Inputs that a fuzzer finds are
//! added there as regression tests.
#![cfg(not(target_arch = "wasm32"))]

mod decode;
mod sequence;

use std::fs;
use std::path::Path;

fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut inputs: Vec<_> = dir
        .read_dir()
        .expect("there is a corpus")
        .map(|entry| entry.expect("a file").path())
        .map(|file| {
            (
                file.display().to_string(),
                fs::read(file).expect("it can be read"),
            )
        })
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    inputs
}

#[test]
fn the_decoder_accepts_any_input() {
    for (file, input) in inputs("decode") {
        println!("{file}");
        decode::check(&input);
    }
}

#[test]
fn the_client_accepts_any_sequence() {
    let mut done = sequence::Done::default();
    for (file, input) in inputs("sequence") {
        println!("{file}");
        done.add(&sequence::run(&input));
    }
    // The inputs reach the intended states.
    println!("{done:?}");
    assert!(done.opened > 0 && done.live > 0 && done.recovered > 0 && done.requests > 0 && done.errors > 0);
}
