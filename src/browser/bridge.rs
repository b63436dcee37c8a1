//! Bindings to `bridge.js`.

use std::time::Duration;

use wasm_bindgen::prelude::*;

use super::options::Options;

#[wasm_bindgen(module = "/src/browser/bridge.js")]
extern "C" {
    /// Sends a request and reports its progress and outcome, unless it is aborted before.
    #[wasm_bindgen(js_name = fetchText)]
    pub(super) fn fetch_text(
        options: &Options,
        method: &str,
        path: &str,
        body: Option<String>,
        redirects: bool,
        report: &JsValue,
    ) -> JsValue;

    /// Aborts a request.
    pub(super) fn abort(controller: &JsValue);

    /// Asks the application to log in again.
    pub(super) fn authorize(login: &js_sys::Function, done: &JsValue);

    /// Calls back in a new task of the event loop.
    pub(super) fn soon(task: &JsValue);

    /// Calls back in the page's next animation frame, or after a while if none is drawn.
    #[wasm_bindgen(js_name = nextFrame)]
    pub(super) fn next_frame(task: &JsValue);

    /// Builds the result of `stats()`.
    #[wasm_bindgen(js_name = buildStats)]
    pub(super) fn build_stats(totals: &[f64], delivered: &[f64], last_close: &JsValue) -> JsValue;

    /// Builds the value of `connection`. The time is in milliseconds since 1970, or NaN if no attempt is planned.
    #[wasm_bindgen(js_name = buildConnection)]
    pub(super) fn build_connection(attempt: u32, retry_at: f64, cause: &JsValue) -> JsValue;

    /// Builds the notice `statechange`.
    #[wasm_bindgen(js_name = buildStateChange)]
    pub(super) fn build_state_change(status: &str, attempt: u32, retry_at: f64, cause: &JsValue) -> JsValue;

    #[wasm_bindgen(js_name = monotonicMs)]
    fn monotonic_ms() -> f64;

    #[wasm_bindgen(js_name = wallMs)]
    pub(super) fn wall_ms() -> f64;
}

/// The time since the page was opened. The clock may stop while the machine sleeps.
pub(super) fn monotonic() -> Duration {
    Duration::from_micros((monotonic_ms() * 1000.0) as u64)
}

/// The time since 1970 according to the machine.
pub(super) fn wall() -> Duration {
    Duration::from_micros((wall_ms() * 1000.0) as u64)
}
