//! The decoder by itself, for the benchmarks alone (feature `bench`): from a frame's text to the event.

use wasm_bindgen::prelude::*;

use super::payload::{self, FrameText};
use crate::client::delivery::Payload;
use crate::protocol::decode::tape::Tape;
use crate::protocol::decode::{Outcome, decode_onto};

/// To be called once before the first frame.
#[wasm_bindgen(js_name = prepareDecoder, skip_typescript)]
pub fn prepare_decoder() {
    payload::prepare();
}

/// The event that a frame is, as callbacks get it; undefined where it is none.
#[wasm_bindgen(js_name = decodeFrame, skip_typescript)]
#[must_use]
pub fn decode_frame(frame: JsValue) -> JsValue {
    let mut tape = Tape::new();
    let Some(mut payload) = FrameText::new(frame) else {
        return JsValue::UNDEFINED;
    };
    let Outcome::Event { event_type, .. } = decode_onto(&payload.text(), &mut tape) else {
        return JsValue::UNDEFINED;
    };
    payload.keep(tape);
    payload
        .build_event(event_type, false)
        .unwrap_or(JsValue::UNDEFINED)
}

/// Whether a frame is an event: the same without the objects.
#[wasm_bindgen(js_name = checkFrame, skip_typescript)]
#[must_use]
pub fn check_frame(frame: JsValue) -> bool {
    let payload = FrameText::new(frame);
    payload.is_some_and(|payload| {
        matches!(
            decode_onto(&payload.text(), &mut Tape::new()),
            Outcome::Event { .. }
        )
    })
}
