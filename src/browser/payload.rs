//! A frame's text, in Rust for the checks and in JavaScript for the objects.

use std::borrow::Cow;

use js_sys::JsString;
use wasm_bindgen::{JsCast, JsValue};

use crate::client::delivery::Payload;
use crate::protocol::decode::MAX_FRAME_BYTES;

/// The text of a frame.
#[derive(Clone, Debug)]
pub(super) struct FrameText {
    text: String,
    /// The string that the browser gave; none for a frame of the client's own making.
    original: Option<JsValue>,
}

impl FrameText {
    /// `None` for a frame that is not text.
    pub(super) fn new(frame: JsValue) -> Option<Self> {
        let frame_text = frame.dyn_ref::<JsString>()?;
        // Of a frame that is too large anyway, no more is copied than shows that it is.
        let limit = MAX_FRAME_BYTES as u32 + 1;
        let text = if frame_text.length() > limit {
            String::from(frame_text.substring(0, limit))
        } else {
            String::from(frame_text)
        };
        Some(Self {
            text,
            original: Some(frame),
        })
    }

    /// The string for JavaScript.
    pub(super) fn to_js(&self) -> JsValue {
        self.original
            .clone()
            .unwrap_or_else(|| JsValue::from_str(&self.text))
    }
}

impl Payload for FrameText {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.text)
    }

    fn from_text(text: String) -> Self {
        Self { text, original: None }
    }
}
