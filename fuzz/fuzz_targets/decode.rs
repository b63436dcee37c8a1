//! Frames, and answers of the REST API.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/decode.rs"]
mod decode;

fuzz_target!(|text: &[u8]| decode::check(text));
