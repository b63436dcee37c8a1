//! The protocol and its decoder from the outside: the payloads of the specification, the rules for fields, and
//! properties of generated and damaged frames.
#![cfg(not(target_arch = "wasm32"))]

mod differential;
mod digests;
mod fixtures;
mod generate;
mod memory;
mod prefilter;
mod properties;
mod rules;
mod tape;
mod tolerance;
