//! The options of `connect()`: checked by `options.js`, which knows no defaults but those that it needs itself.

use std::time::Duration;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::client::backoff::BackoffConfig;
use crate::client::connection::ConnectionConfig;
use crate::client::delivery_queue::{DeliveryQueueConfig, Pace};
use crate::client::machine::ClientConfig;
use crate::client::sync::CatchUpConfig;
use crate::client::watchdog::WatchdogConfig;

#[wasm_bindgen(module = "/src/browser/options.js")]
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

    /// A number that is within its limits; NaN where it was not given.
    #[wasm_bindgen(method)]
    fn number(this: &Options, path: &str) -> f64;

    #[wasm_bindgen(method)]
    fn flag(this: &Options, path: &str) -> Option<bool>;
}

impl Options {
    fn given(&self, path: &str) -> Option<f64> {
        Some(self.number(path)).filter(|number| !number.is_nan())
    }

    fn count(&self, path: &str) -> Option<u32> {
        self.given(path).map(|count| count as u32)
    }

    fn size(&self, path: &str, standard: usize) -> usize {
        self.count(path).map_or(standard, |count| count as usize)
    }

    fn millis(&self, path: &str, standard: Duration) -> Duration {
        self.given(path)
            .map_or(standard, |millis| Duration::from_micros((millis * 1000.0) as u64))
    }

    /// How the client is to behave.
    pub(super) fn client(&self) -> ClientConfig {
        let ClientConfig {
            connection,
            watchdog,
            catch_up,
            queue,
        } = ClientConfig::default();
        let ceiling = self.millis("reconnect.maxMs", connection.backoff.ceiling);
        let backoff = BackoffConfig {
            initial: self.millis("reconnect.initialMs", connection.backoff.initial.min(ceiling)),
            ceiling,
        };
        ClientConfig {
            connection: ConnectionConfig {
                backoff,
                connect_timeout: self.millis("reconnect.timeoutMs", connection.connect_timeout),
                stable_after: self.millis("reconnect.stableAfterMs", connection.stable_after),
                max_attempts: self.count("reconnect.attempts"),
            },
            watchdog: WatchdogConfig {
                silence: self.millis("watchdog.silenceMs", watchdog.silence),
                answer_timeout: self.millis("rest.timeoutMs", watchdog.answer_timeout),
                compare_after: self.millis("watchdog.compareAfterMs", watchdog.compare_after),
            },
            catch_up: CatchUpConfig {
                enabled: self.flag("catchUp").unwrap_or(catch_up.enabled),
                history: self.flag("catchUp.history").unwrap_or(catch_up.history),
                window: self.size("catchUp.window", catch_up.window),
                rooms: self.size("catchUp.rooms", catch_up.rooms),
                max_messages: self.size("catchUp.maxMessages", catch_up.max_messages),
                backoff,
                ..catch_up
            },
            queue: DeliveryQueueConfig {
                max_frames: self.size("queue.maxFrames", queue.max_frames),
                max_bytes: self.size("queue.maxBytes", queue.max_bytes),
                turn: self.millis("queue.turnMs", queue.turn),
                pace: if self.flag("delivery.frame") == Some(true) {
                    Pace::Frame
                } else {
                    queue.pace
                },
            },
        }
    }
}
