//! Bindings to `glue.js` and to the few globals that windows and workers share.

use std::time::Duration;

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser/glue.js")]
extern "C" {
    /// Builds the event from a frame that was found valid.
    #[wasm_bindgen(js_name = buildEvent, catch)]
    pub(super) fn build_event(
        kind: u8,
        name: &str,
        frame: &JsValue,
        recovered: bool,
    ) -> Result<JsValue, JsValue>;

    /// Builds what the topic `unknown` delivers.
    #[wasm_bindgen(js_name = buildUnknown, catch)]
    pub(super) fn build_unknown(name: &str, frame: &JsValue) -> Result<JsValue, JsValue>;

    /// Tells the page that a callback threw.
    pub(super) fn report(error: &JsValue);

    /// Sends a GET request and calls back, unless it is given up before.
    #[wasm_bindgen(js_name = fetchText)]
    pub(super) fn fetch_text(url: &str, done: &JsValue) -> JsValue;

    /// Gives a request up.
    pub(super) fn abort(controller: &JsValue);

    /// Asks the application to log in again.
    pub(super) fn authorize(hook: &js_sys::Function, done: &JsValue);

    /// Calls back once the event loop has had its turn.
    pub(super) fn soon(task: &JsValue);

    /// Whether the page is seen.
    #[wasm_bindgen(js_name = isVisible)]
    pub(super) fn is_visible() -> bool;

    #[wasm_bindgen(js_name = monotonicMs)]
    fn monotonic_ms() -> f64;

    #[wasm_bindgen(js_name = wallMs)]
    fn wall_ms() -> f64;

    /// An `Error` with a stable code.
    #[wasm_bindgen(js_name = makeError)]
    pub(super) fn make_error(code: &str, message: &str, cause: &JsValue) -> JsValue;
}

#[wasm_bindgen]
extern "C" {
    /// `location` of a window or a worker; both have these two properties.
    #[wasm_bindgen(js_name = Location)]
    pub(super) type AnyLocation;

    #[wasm_bindgen(thread_local_v2, js_name = location)]
    pub(super) static LOCATION: Option<AnyLocation>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn protocol(this: &AnyLocation) -> String;

    #[wasm_bindgen(method, getter)]
    pub(super) fn host(this: &AnyLocation) -> String;

    #[wasm_bindgen(method, getter)]
    pub(super) fn href(this: &AnyLocation) -> String;
}

/// The time since the page began. It may stand still while the machine sleeps.
pub(super) fn monotonic() -> Duration {
    Duration::try_from_secs_f64(monotonic_ms() / 1000.0).unwrap_or_default()
}

/// The time since 1970, as the machine has it.
pub(super) fn wall() -> Duration {
    Duration::try_from_secs_f64(wall_ms() / 1000.0).unwrap_or_default()
}
