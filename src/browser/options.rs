//! The options of `connect()`, which `pkg/src/options.js` has checked.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::client::bridge::{FLAG_CATCH_UP, FLAG_FRAME, FLAG_HISTORY};
use crate::client::delivery_queue::Pace;
use crate::client::machine::ClientConfig;
use crate::client::options::NumberOption;

#[wasm_bindgen(module = "/pkg/src/options.js")]
extern "C" {
    /// What `connect()` was asked for, checked.
    #[derive(Clone, Debug)]
    pub type Options;

    /// Reads what JavaScript passed; `undefined` means all defaults.
    #[wasm_bindgen(js_name = readOptions, catch)]
    pub(super) fn read_options(options: &JsValue) -> Result<Options, JsValue>;

    /// How the application logs in again.
    #[wasm_bindgen(method, getter, js_name = onUnauthorized)]
    pub(super) fn on_unauthorized(this: &Options) -> Option<Function>;

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
