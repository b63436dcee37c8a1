//! The options of `connect()`, checked by the page and read by `pkg/src/spec.js`.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::client::shared::{FLAG_CATCH_UP, FLAG_FRAME, FLAG_HISTORY};
use crate::client::{ClientConfig, NumberOption, Pace};

#[wasm_bindgen]
extern "C" {
    /// The checked options of `connect()`.
    #[derive(Clone, Debug)]
    #[wasm_bindgen(typescript_type = "object")]
    pub type Options;

    /// Asks the application to log in again; resolves to the outcome (`LOGIN_…`).
    #[wasm_bindgen(method, getter)]
    pub(super) fn login(this: &Options) -> Option<Function>;

    /// Replaces this engine by a new one, for all pages.
    #[wasm_bindgen(method, js_name = startOver)]
    pub(super) fn start_over(this: &Options);

    /// The option at that position of [`NumberOption::ALL`]; NaN if not given.
    #[wasm_bindgen(method)]
    fn number(this: &Options, index: usize) -> f64;

    #[wasm_bindgen(method)]
    fn flag(this: &Options, index: u8) -> Option<bool>;
}

impl Options {
    /// The configuration of the client.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::default();
        for (index, option) in NumberOption::ALL.iter().enumerate() {
            let value = self.number(index);
            if !value.is_nan() {
                option.set(&mut config, value);
            }
        }
        if let Some(enabled) = self.flag(FLAG_CATCH_UP) {
            config.catch_up.enabled = enabled;
        }
        if let Some(history) = self.flag(FLAG_HISTORY) {
            config.catch_up.history = history;
        }
        if self.flag(FLAG_FRAME) == Some(true) {
            config.queue.pace = Pace::Frame;
        }
        config
    }
}
