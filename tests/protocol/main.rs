//! What is on the wire and its decoder, from the outside: the specification's payloads, the rules around them, and
//! properties over generated and damaged frames.
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
