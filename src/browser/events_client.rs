//! What JavaScript sees: `connect()` and `EventsClient`. Their types are in `types.d.ts`.

use std::rc::Rc;

use js_sys::{Function, Math};
use wasm_bindgen::prelude::*;

use super::deliver::plain;
use super::error::UsageError;
use super::options::Options;
use super::payload;
use super::shell::Shell;
use crate::client::topic::Topic;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// Opens a connection to the Events API. It comes back at once, while the socket is still opening.
///
/// # Errors
/// `invalid-option`, `invalid-url`, `no-url`.
#[wasm_bindgen(skip_typescript)]
pub fn connect(options: &JsValue) -> Result<EventsClient, JsValue> {
    let options = Options::read(options)?;
    payload::prepare();
    // Two draws of 32 bits: a double cannot carry 64.
    let half = || (Math::random() * f64::from(u32::MAX)) as u64;
    let seed = (half() << 32) | half();
    Ok(EventsClient {
        shell: Shell::start(options, seed),
    })
}

/// A connection to the Events API that keeps itself alive.
#[wasm_bindgen(skip_typescript)]
pub struct EventsClient {
    shell: Rc<Shell>,
}

#[wasm_bindgen]
impl EventsClient {
    /// Registers a callback and returns the function that takes it back.
    ///
    /// # Errors
    /// `unknown-topic`, `invalid-callback`.
    #[wasm_bindgen(skip_typescript)]
    pub fn on(&self, topic: &JsValue, callback: &JsValue) -> Result<JsValue, JsValue> {
        let name = topic.as_string().unwrap_or_default();
        let topic = Topic::from_name(&name).ok_or(UsageError::UnknownTopic { name })?;
        let function = callback
            .dyn_ref::<Function>()
            .ok_or(UsageError::InvalidCallback)?;
        let callback = self.shell.subscribe(topic, function.clone());
        let shell = Rc::downgrade(&self.shell);
        // JavaScript owns this closure and frees it with the function. It holds the client weakly.
        let unsubscribe = Closure::<dyn Fn()>::new(move || {
            if let Some(shell) = shell.upgrade() {
                shell.unsubscribe(&callback);
            }
        });
        Ok(unsubscribe.into_js_value())
    }

    /// The state of the connection now.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn state(&self) -> JsValue {
        plain(&self.shell.state())
    }

    /// What happened so far, in numbers.
    #[wasm_bindgen(skip_typescript)]
    pub fn stats(&self) -> JsValue {
        self.shell.stats()
    }

    /// The address that the client connects to.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn url(&self) -> String {
        self.shell.url().to_owned()
    }

    /// Tries again at once, instead of after the delay, or after a new login.
    #[wasm_bindgen(js_name = reconnectNow, skip_typescript)]
    pub fn reconnect_now(&self) {
        self.shell.reconnect_now();
    }

    /// Closes the connection for good. Nothing is delivered after the last `state`.
    #[wasm_bindgen(skip_typescript)]
    pub fn close(&self) {
        self.shell.close();
    }
}

impl Drop for EventsClient {
    fn drop(&mut self) {
        self.shell.handle_dropped();
    }
}
