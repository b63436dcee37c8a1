//! Files that the bound ones import: wasm-bindgen copies only files that Rust names. Nothing here is called.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/pkg/src/generated/builder.js")]
extern "C" {
    #[wasm_bindgen(js_name = builders)]
    fn _builder();
}
#[wasm_bindgen(module = "/pkg/src/generated/tables.js")]
extern "C" {
    #[wasm_bindgen(js_name = TOPICS)]
    fn _tables();
}
#[wasm_bindgen(module = "/pkg/src/endpoint.js")]
extern "C" {
    #[wasm_bindgen(js_name = text)]
    fn _endpoint();
}
#[wasm_bindgen(module = "/pkg/src/error.js")]
extern "C" {
    #[wasm_bindgen(js_name = makeError)]
    fn _error();
}
#[wasm_bindgen(module = "/pkg/src/names.js")]
extern "C" {
    #[wasm_bindgen(js_name = checkNames)]
    fn _names();
}
#[wasm_bindgen(module = "/src/browser/read.js")]
extern "C" {
    #[wasm_bindgen(js_name = others)]
    fn _read();
}
