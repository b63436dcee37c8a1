//! Names a file that the bound ones import, as wasm-bindgen copies only files that Rust names. Nothing here is
//! called.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/pkg/src/generated/tables.js")]
extern "C" {
    #[wasm_bindgen(js_name = TOPICS)]
    fn _tables();
}
