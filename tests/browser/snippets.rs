//! Declares the files that `harness.js` imports: wasm-bindgen copies only files named in Rust. Nothing here is called.

use wasm_bindgen::prelude::*;

macro_rules! copied {
    ($($name:ident: $file:literal;)+) => {
        $(#[wasm_bindgen(module = $file)]
        extern "C" {
            #[wasm_bindgen(js_name = default)]
            fn $name();
        })+
    };
}

copied! {
    _address: "/pkg/src/address.js";
    _builder: "/pkg/src/generated/builder.js";
    _endpoint: "/pkg/src/endpoint.js";
    _error: "/pkg/src/error.js";
    _guard: "/pkg/src/guard.js";
    _host: "/pkg/src/host.js";
    _link: "/pkg/src/link.js";
    _listenable: "/pkg/src/listenable.js";
    _names: "/pkg/src/names.js";
    _options: "/pkg/src/options.js";
    _page: "/pkg/src/page.js";
    _pair: "/pkg/src/pair.js";
    _read: "/src/browser/read.js";
    _spec: "/pkg/src/spec.js";
    _topics: "/pkg/src/topics.js";
}
