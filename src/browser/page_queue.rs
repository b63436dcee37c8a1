//! The queue of deliveries for one page: texts and their tapes.

use js_sys::{Array, JsString};
use wasm_bindgen::prelude::*;

use crate::client::Topic;

#[wasm_bindgen(module = "/src/browser/bridge.js")]
extern "C" {
    /// Appends three values to an array with a single call.
    fn push(items: &Array, topic: usize, value: &JsValue, tape: f64);
}

#[wasm_bindgen]
extern "C" {
    /// The receiver of a page's batches.
    #[derive(Debug)]
    #[wasm_bindgen(typescript_type = "Port")]
    pub type Port;

    /// Sends a batch: for each delivery the number of its topic, its text or value, and the position of its tape;
    /// then the changes of the page's views, if there are any. The tapes are a view of the memory: copy them.
    #[wasm_bindgen(method, js_name = postBatch)]
    fn post_batch(this: &Port, items: Array, tapes: &[u64], views: Option<Array>);

    /// Sends all outgoing messages; the key of the message that this responds to (NaN for none); and the last sent
    /// ones, as alternating keys and message ids. `sent` is a view of the memory: copy it.
    #[wasm_bindgen(method, js_name = postSending)]
    pub(super) fn post_sending(this: &Port, all: Array, heard: f64, sent: &[f64]);
}

/// A batch to send.
pub(super) struct Batch {
    port: Port,
    items: Array,
    tapes: Vec<u64>,
}

impl Batch {
    /// Whether it has no deliveries.
    pub(super) fn is_empty(&self) -> bool {
        self.items.length() == 0
    }

    /// Sends it with the changes of the page's views. A page in the same thread runs its callbacks during this call.
    pub(super) fn post(self, views: Option<Array>) {
        self.port.post_batch(self.items, &self.tapes, views);
    }
}

/// The deliveries that wait for one page.
#[derive(Debug)]
pub(super) struct PageQueue {
    port: Port,
    items: Array,
    tapes: Vec<u64>,
}

impl PageQueue {
    pub(super) fn new(port: Port) -> Self {
        Self {
            port,
            items: Array::new(),
            tapes: Vec::new(),
        }
    }

    /// Adds an event.
    pub(super) fn push_event(&mut self, topic: Topic, text: &JsString, tape: &[u64], recovered: bool) {
        // The position of the tape; the lowest bit says whether the event was recovered.
        let at = self.tapes.len() * 2 + usize::from(recovered);
        self.tapes.extend_from_slice(tape);
        push(&self.items, topic.index(), text, at as f64);
    }

    /// Adds a notice.
    pub(super) fn push_value(&mut self, topic: Topic, value: &JsValue) {
        push(&self.items, topic.index(), value, 0.0);
    }

    pub(super) fn port(&self) -> Port {
        self.port.clone().unchecked_into()
    }

    /// Drops all waiting deliveries.
    pub(super) fn clear(&mut self) {
        self.items = Array::new();
        self.tapes = Vec::new();
    }

    /// Takes all waiting deliveries.
    pub(super) fn take(&mut self) -> Batch {
        Batch {
            port: self.port(),
            items: std::mem::take(&mut self.items),
            tapes: std::mem::take(&mut self.tapes),
        }
    }
}
