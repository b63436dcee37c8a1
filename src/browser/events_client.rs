//! The class that JavaScript builds its client on. The package's types are in `pkg/src/types.d.ts`.

use std::rc::Rc;

use js_sys::{Function, Math};
use wasm_bindgen::prelude::*;

use super::options::{Options, read_options};
use super::payload;
use super::shell::Shell;
use super::socket::Link;
use crate::client::interest::{Followed, Rooms};
use crate::client::topic::Topic;
use crate::protocol::ids::RoomId;

#[wasm_bindgen(module = "/pkg/src/topics.js")]
extern "C" {
    #[wasm_bindgen(js_name = topicIndex, catch)]
    fn topic_index(topic: &JsValue, callback: &JsValue) -> Result<usize, JsValue>;

    /// The room that a callback's options name.
    #[wasm_bindgen(js_name = roomOf, catch)]
    fn room_of(options: &JsValue) -> Result<Option<f64>, JsValue>;

    /// The room that `freshness()` is asked about.
    #[wasm_bindgen(js_name = roomOrList, catch)]
    fn room_or_list(given: &JsValue) -> Result<Option<f64>, JsValue>;

    /// Checked ids of rooms.
    #[wasm_bindgen(js_name = roomIds, catch)]
    fn room_ids(given: &JsValue) -> Result<Option<Vec<f64>>, JsValue>;
}

/// Opens a connection to the Events API. It comes back at once, while the socket is still opening.
///
/// # Errors
/// `invalid-option`, `invalid-url`, `no-url`, `no-web-socket`.
pub fn connect(options: &JsValue) -> Result<EventsClient, JsValue> {
    Ok(EventsClient::new(&read_options(options)?, None))
}

/// A connection to the Events API that keeps itself alive.
#[wasm_bindgen(skip_typescript)]
pub struct EventsClient {
    shell: Rc<Shell>,
}

#[wasm_bindgen]
impl EventsClient {
    /// Begins to live on a socket that was opened before with the same options, or opens one.
    #[must_use]
    #[wasm_bindgen(constructor, skip_typescript)]
    pub fn new(options: &Options, link: Option<Link>) -> Self {
        payload::prepare();
        // Two draws of 32 bits: a double cannot carry 64.
        let half = || (Math::random() * f64::from(u32::MAX)) as u64;
        let seed = (half() << 32) | half();
        Self {
            shell: Shell::start(options, link, seed),
        }
    }

    /// Registers a callback, for one room alone if `roomId` of the options says so, and returns the function that takes
    /// it back.
    ///
    /// # Errors
    /// `unknown-topic`, `invalid-callback`, `invalid-option`.
    #[wasm_bindgen(skip_typescript)]
    pub fn on(&self, topic: &JsValue, callback: &JsValue, options: &JsValue) -> Result<JsValue, JsValue> {
        let topic = Topic::from_index(topic_index(topic, callback)?);
        let function: &Function = callback.unchecked_ref();
        let room = room_of(options)?.and_then(room);
        let callback = self.shell.subscribe(topic, room, function.clone());
        let shell = Rc::downgrade(&self.shell);
        // JavaScript owns this closure and frees it with the function. It holds the client weakly.
        let unsubscribe = Closure::<dyn Fn()>::new(move || {
            if let Some(shell) = shell.upgrade() {
                shell.unsubscribe(&callback);
            }
        });
        Ok(unsubscribe.into_js_value())
    }

    /// Restricts the client to messages of these rooms and watches them; `"all"` watches every room, and `undefined` or
    /// null watches those that callbacks name.
    ///
    /// # Errors
    /// `invalid-option`.
    #[wasm_bindgen(skip_typescript)]
    pub fn follow(&self, room_ids: &JsValue) -> Result<(), JsValue> {
        self.shell.follow(match self::room_ids(room_ids)? {
            Some(ids) => Followed::Only(Rooms::only(ids.into_iter().filter_map(room))),
            // The only text that was not refused is "all".
            None if room_ids.is_string() => Followed::All,
            None => Followed::Unrestricted,
        });
        Ok(())
    }

    /// How current the client's knowledge of that room is, or, without one, of the list of rooms; `undefined` where that
    /// is not watched.
    ///
    /// # Errors
    /// `invalid-option`.
    #[wasm_bindgen(skip_typescript)]
    pub fn freshness(&self, room_id: &JsValue) -> Result<JsValue, JsValue> {
        let room = room_or_list(room_id)?.and_then(room);
        let freshness = self.shell.freshness(room);
        Ok(freshness.map_or(JsValue::UNDEFINED, |freshness| freshness.as_str().into()))
    }

    /// What the connection does now.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn status(&self) -> String {
        self.shell.state().phase.as_str().into()
    }

    /// The attempt, the next one and the cause that go with the status.
    #[wasm_bindgen(getter, skip_typescript)]
    pub fn connection(&self) -> JsValue {
        self.shell.connection()
    }

    /// What happened so far, in numbers.
    #[wasm_bindgen(skip_typescript)]
    pub fn stats(&self) -> JsValue {
        self.shell.stats()
    }

    /// Tries again at once, instead of after the delay, or after a new login.
    #[wasm_bindgen(js_name = reconnectNow, skip_typescript)]
    pub fn reconnect_now(&self) {
        self.shell.reconnect_now();
    }

    /// Closes the connection for good. Nothing is delivered after the last `statechange`.
    #[wasm_bindgen(skip_typescript)]
    pub fn close(&self) {
        self.shell.close();
    }
}

/// A room's id, of a number that was found to be one.
fn room(id: f64) -> Option<RoomId> {
    RoomId::new(id as u64)
}
