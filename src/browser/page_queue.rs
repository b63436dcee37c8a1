//! What waits for a page: texts, and what was found in them.

use js_sys::{Array, JsString};
use wasm_bindgen::prelude::*;

use crate::client::Topic;

#[wasm_bindgen(module = "/src/browser/bridge.js")]
extern "C" {
    /// Adds three values to an array, at the price of one call.
    fn push(items: &Array, topic: usize, value: &JsValue, tape: f64);
}

#[wasm_bindgen]
extern "C" {
    /// Where batches for a page go.
    #[derive(Debug)]
    #[wasm_bindgen(typescript_type = "Port")]
    pub type Port;

    /// Sends a batch: for each delivery the number of its topic, its text or value, and where its tape begins; then what has
    /// changed in the page's views. The tapes are a view of the memory, to be copied.
    #[wasm_bindgen(method, js_name = postBatch)]
    fn post_batch(this: &Port, items: Array, tapes: &[u64], views: Array);

    /// Sends all messages that are being sent, the key of the one that this is the answer to (not a number for none), and
    /// what was sent last: keys and ids of messages in turn, in the memory, to be copied.
    #[wasm_bindgen(method, js_name = postSending)]
    pub(super) fn post_sending(this: &Port, all: Array, heard: f64, sent: &[f64]);
}

/// A batch that is ready to be sent.
pub(super) struct Batch {
    port: Port,
    items: Array,
    tapes: Vec<u64>,
}

impl Batch {
    /// Whether there is no delivery in it.
    pub(super) fn is_empty(&self) -> bool {
        self.items.length() == 0
    }

    /// Sends it, with what has changed in the page's views. A page in the same thread calls its callbacks from within this
    /// call.
    pub(super) fn post(self, views: Array) {
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

    /// Adds an event: its text and its tape.
    pub(super) fn push_event(&mut self, topic: Topic, text: &JsString, tape: &[u64], recovered: bool) {
        // Where the tape begins, and in the lowest bit whether the event was recovered.
        let at = self.tapes.len() * 2 + usize::from(recovered);
        self.tapes.extend_from_slice(tape);
        push(&self.items, topic.index(), text, at as f64);
    }

    /// Adds what is no event.
    pub(super) fn push_value(&mut self, topic: Topic, value: &JsValue) {
        push(&self.items, topic.index(), value, 0.0);
    }

    pub(super) fn port(&self) -> Port {
        self.port.clone().unchecked_into()
    }

    /// Throws away what waits.
    pub(super) fn clear(&mut self) {
        self.items = Array::new();
        self.tapes = Vec::new();
    }

    /// Takes what waits.
    pub(super) fn take(&mut self) -> Batch {
        Batch {
            port: self.port(),
            items: std::mem::take(&mut self.items),
            tapes: std::mem::take(&mut self.tapes),
        }
    }
}
