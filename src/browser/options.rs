//! The options of `connect()`, which the page has checked and `pkg/src/spec.js` reads.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::client::shared::{FLAG_CATCH_UP, FLAG_FRAME, FLAG_HISTORY};
use crate::client::{ClientConfig, NumberOption, Pace};

#[wasm_bindgen]
extern "C" {
    /// What `connect()` was asked for, checked.
    #[derive(Clone, Debug)]
    #[wasm_bindgen(typescript_type = "object")]
    pub type Options;

    /// Asks the application to log in again; resolves to what became of it (`LOGIN_…`).
    #[wasm_bindgen(method, getter)]
    pub(super) fn login(this: &Options) -> Option<Function>;

    /// Has another engine take the place of this one, for all pages.
    #[wasm_bindgen(method, js_name = startOver)]
    pub(super) fn start_over(this: &Options);

    /// The value of an option by its place in [`NumberOption::ALL`]; NaN if it was not given.
    #[wasm_bindgen(method)]
    fn number(this: &Options, index: usize) -> f64;

    #[wasm_bindgen(method)]
    fn flag(this: &Options, index: u8) -> Option<bool>;
}

impl Options {
    /// How the client is to behave.
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
