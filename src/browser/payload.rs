//! A frame's text, in Rust for the checks and in JavaScript for the objects.

use std::borrow::Cow;

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::client::delivery::Payload;
use crate::protocol::decode::tape::Tape;
use crate::protocol::decode::{Outcome, decode_onto};
use crate::protocol::event::EventType;

#[wasm_bindgen(module = "/src/browser/frame.js")]
extern "C" {
    /// Says where the module's memory is.
    fn attach(memory: &JsValue);

    /// Copies a text into the memory; -1 where it does not fit.
    fn encode(text: &JsValue, at: *mut u8, capacity: usize) -> i32;

    #[wasm_bindgen(js_name = buildEvent, catch)]
    fn build_event(kind: u8, frame: &JsValue, recovered: bool, tape: usize) -> Result<JsValue, JsValue>;

    /// An event's `data`.
    #[wasm_bindgen(js_name = dataOf)]
    pub(super) fn data_of(event: &JsValue) -> JsValue;

    #[wasm_bindgen(js_name = buildUnknown, catch)]
    fn build_unknown(name: &str, frame: &JsValue) -> Result<JsValue, JsValue>;
}

// Not used from here: named so that the files are shipped, for `frame.js` to import.
#[wasm_bindgen(module = "/src/browser/build.js")]
extern "C" {
    #[wasm_bindgen(js_name = builders)]
    fn _builders();
}
#[wasm_bindgen(module = "/src/browser/read.js")]
extern "C" {
    #[wasm_bindgen(js_name = others)]
    fn _others();
}

/// The text of a frame.
#[derive(Clone, Debug)]
pub(super) struct FrameText {
    text: String,
    /// The string that the browser gave; none for a frame of the client's own making.
    original: Option<JsValue>,
    /// What was found in it.
    tape: Option<Tape>,
}

/// To be called once before the first frame.
pub(super) fn prepare() {
    attach(&wasm_bindgen::memory());
}

impl FrameText {
    /// `None` for a frame that is not text.
    pub(super) fn new(frame: JsValue) -> Option<Self> {
        let text = copy_in(frame.dyn_ref::<JsString>()?)?;
        Some(Self {
            text,
            original: Some(frame),
            tape: None,
        })
    }

    /// The event that the frame is.
    pub(super) fn build_event(mut self, event_type: EventType, recovered: bool) -> Result<JsValue, JsValue> {
        let tape = match self.tape.take() {
            Some(tape) => tape,
            None => {
                let mut tape = Tape::new();
                // A frame of the client's own making, out of parts that were checked.
                let Outcome::Event { .. } = decode_onto(&self.text, &mut tape) else {
                    return Err(JsError::new("a recovered event is malformed").into());
                };
                tape
            }
        };
        let at = tape.slots().as_ptr() as usize / size_of::<u64>();
        build_event(event_type as u8, &self.to_js(), recovered, at)
    }

    /// The event of an unknown type that the frame is.
    pub(super) fn build_unknown(&self, name: &str) -> Result<JsValue, JsValue> {
        build_unknown(name, &self.to_js())
    }

    /// The string for JavaScript.
    fn to_js(&self) -> JsValue {
        self.original
            .clone()
            .unwrap_or_else(|| JsValue::from_str(&self.text))
    }
}

/// Up to how many UTF-16 code units the worst is provided for at once: three bytes for each.
const ROOMY_UP_TO: usize = 64 << 10;

/// The text as UTF-8. A lone surrogate, which UTF-8 has no place for, becomes U+FFFD.
fn copy_in(text: &JsString) -> Option<String> {
    let units = text.length() as usize;
    // A long text is most probably ASCII, and is copied again if it is not.
    let first = if units <= ROOMY_UP_TO { units * 3 } else { units };
    for capacity in [first, units * 3] {
        let mut bytes = Vec::with_capacity(capacity);
        if let Ok(written) = usize::try_from(encode(text, bytes.as_mut_ptr(), bytes.capacity())) {
            // SAFETY: `TextEncoder.encodeInto` was given the vector's own memory and capacity, has written so many
            // bytes from its beginning (it never writes more than it was given room for), and writes nothing but
            // whole characters in UTF-8 (Encoding standard, "encodeInto": a lone surrogate comes out as U+FFFD).
            let mut copied = unsafe {
                bytes.set_len(written);
                String::from_utf8_unchecked(bytes)
            };
            copied.shrink_to_fit();
            return Some(copied);
        }
    }
    None
}

impl Payload for FrameText {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.text)
    }

    fn from_text(text: String) -> Self {
        Self {
            text,
            original: None,
            tape: None,
        }
    }

    fn keep(&mut self, tape: Tape) {
        self.tape = Some(tape);
    }
}
