//! Fuzzes the client with sequences of inputs.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/sequence.rs"]
mod sequence;

fuzz_target!(|history: &[u8]| {
    let _done = sequence::run(history);
});
