//! The decoder alone, for the benchmarks (feature `bench`): from a frame's text to the event.

use std::cell::RefCell;

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use super::frame_text::{self, FrameText};
use crate::client::Payload;
use crate::protocol::decode::tape::Tape;
use crate::protocol::decode::{decode_onto, event_type};

#[wasm_bindgen(module = "/benches/decode/build.js")]
extern "C" {
    #[wasm_bindgen(js_name = useMemory)]
    fn use_memory(memory: &JsValue);

    /// Builds the event of a frame, whose tape begins at that slot of the memory.
    #[wasm_bindgen(js_name = buildEvent)]
    fn build_event(kind: u8, frame: &JsString, tape: usize) -> JsValue;
}
// Imported by `build.js`: wasm-bindgen copies only files that Rust names.
#[wasm_bindgen(module = "/pkg/src/generated/builder.js")]
extern "C" {
    #[wasm_bindgen(js_name = builders)]
    fn _builder();
}
#[wasm_bindgen(module = "/src/browser/read.js")]
extern "C" {
    #[wasm_bindgen(js_name = others)]
    fn _read();
}

/// Prepares the decoder. Call it once before the first frame.
#[wasm_bindgen(js_name = prepareDecoder, skip_typescript)]
pub fn prepare_decoder() {
    frame_text::prepare();
    use_memory(&wasm_bindgen::memory());
}

thread_local! {
    static TAPE: RefCell<Tape> = const { RefCell::new(Tape::new()) };
    static FINGERPRINTS: RefCell<Tape> = const { RefCell::new(Tape::with_fingerprints()) };
}

/// Decodes a frame into the event that callbacks receive; undefined if it is not an event.
#[wasm_bindgen(js_name = decodeFrame, skip_typescript)]
#[must_use]
pub fn decode_frame(frame: JsString) -> JsValue {
    let mut payload = FrameText::new(frame);
    let event_type = TAPE.with_borrow_mut(|tape| {
        let event_type = payload.read(|text| decode_onto(text, tape).event_type());
        payload.keep(tape);
        event_type
    });
    let at = payload.slots().as_ptr() as usize / size_of::<u64>();
    let built = event_type.map(|event_type| build_event(event_type as u8, &payload.to_js(), at));
    built.unwrap_or(JsValue::UNDEFINED)
}

/// Whether a frame is an event, without building objects.
#[wasm_bindgen(js_name = checkFrame, skip_typescript)]
#[must_use]
pub fn check_frame(frame: JsString) -> bool {
    TAPE.with_borrow_mut(|tape| check(frame, tape))
}

/// Like [`check_frame`], with the fingerprints that the catch-up needs.
#[wasm_bindgen(js_name = fingerprintFrame, skip_typescript)]
#[must_use]
pub fn fingerprint_frame(frame: JsString) -> bool {
    FINGERPRINTS.with_borrow_mut(|tape| check(frame, tape))
}

/// Whether the head of a frame is that of an event: the whole cost of a frame without listeners.
#[wasm_bindgen(js_name = lookAtHead, skip_typescript)]
#[must_use]
pub fn look_at_head(frame: JsString) -> bool {
    FrameText::new(frame).read_head(|head| event_type(head).is_some())
}

/// Copies a frame into the memory. Returns the number of bytes.
#[wasm_bindgen(js_name = copyFrame, skip_typescript)]
#[must_use]
pub fn copy_frame(frame: JsString) -> usize {
    FrameText::new(frame).read(str::len)
}

fn check(frame: JsString, tape: &mut Tape) -> bool {
    FrameText::new(frame)
        .read(|text| decode_onto(text, tape).event_type())
        .is_some()
}
