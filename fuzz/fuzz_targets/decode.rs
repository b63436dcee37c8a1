//! Fuzzes the decoder with frames and REST responses.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/decode.rs"]
mod decode;

fuzz_target!(|text: &[u8]| decode::check(text));
