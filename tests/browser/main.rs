//! Tests of the browser bindings in a real browser, with a fake socket and with the reference server.
#![cfg(target_arch = "wasm32")]

mod delivery;
mod harness;
mod life;
mod options;
mod prefilter;
mod server;
mod signals;
mod snippets;
mod stats;
mod text;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
