//! A frame's text, in Rust for the checks and in JavaScript for the objects.

use std::cell::RefCell;

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::client::Payload;
use crate::protocol::decode::digest::{EventDigest, digest};
use crate::protocol::decode::tape::Tape;
use crate::protocol::decode::{MAX_FRAME_BYTES, decode_onto};
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

#[wasm_bindgen(module = "/src/browser/frame_text.js")]
extern "C" {
    /// Says where the module's memory is, and the scratch buffer in it.
    fn attach(memory: &JsValue, scratch: *mut u8, capacity: usize);

    /// Copies a text into the scratch buffer, in UTF-8; the number of its bytes, or -1 if it does not fit.
    #[wasm_bindgen(js_name = encodeInScratch)]
    fn encode_in_scratch(text: &JsString) -> i32;

    /// The same of its first characters alone.
    #[wasm_bindgen(js_name = encodeHead)]
    fn encode_head(text: &JsString) -> i32;

    /// Copies as much of a text as fits into the memory; the number of bytes, or its bitwise complement if more is left.
    fn encode(text: &JsString, at: *mut u8, capacity: usize) -> i32;
}

/// The text of a frame, and what was found in it.
#[derive(Clone, Debug)]
pub(super) struct FrameText {
    text: Text,
    /// The slots of the tape; empty until the frame was decoded.
    tape: Tape,
}

#[derive(Clone, Debug)]
enum Text {
    /// As the browser gave it.
    Original(JsString),
    /// A frame of the client's own making.
    Made(String),
}

/// How many bytes of a frame are copied: longer ones are refused for their length alone. A character may be cut off.
const ENOUGH: usize = MAX_FRAME_BYTES + 4;

/// Where most frames are decoded: no memory is taken and given back for them.
const SCRATCH_BYTES: usize = 32 << 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// To be called before the first frame; again does no harm.
pub(super) fn prepare() {
    SCRATCH.with_borrow_mut(|scratch| {
        if scratch.capacity() < SCRATCH_BYTES {
            scratch.reserve_exact(SCRATCH_BYTES);
        }
        attach(&wasm_bindgen::memory(), scratch.as_mut_ptr(), scratch.capacity());
    });
}

impl FrameText {
    pub(super) const fn new(frame: JsString) -> Self {
        Self {
            text: Text::Original(frame),
            tape: Tape::new(),
        }
    }

    /// How long it is, in UTF-16 code units.
    pub(super) fn length(&self) -> usize {
        match &self.text {
            Text::Original(text) => text.length() as usize,
            Text::Made(text) => text.len(),
        }
    }

    /// Hands over the beginning of the text, as much as is needed to tell one event type from another.
    pub(super) fn read_head(&self, read: impl FnOnce(&str) -> bool) -> bool {
        match &self.text {
            Text::Original(text) => {
                let mut read = Some(read);
                let mut is_enough = false;
                read_in_scratch(text, encode_head, &mut |head| {
                    is_enough = read.take().is_some_and(|read| read(head));
                });
                is_enough
            }
            Text::Made(text) => read(text),
        }
    }

    /// The slots of the tape; none until the frame was decoded.
    pub(super) fn slots(&self) -> &[u64] {
        self.tape.slots()
    }

    /// The rooms that the event is about, each as often as it comes.
    pub(super) fn rooms(&self, event_type: EventType) -> Vec<RoomId> {
        match digest(event_type, &self.tape) {
            EventDigest::Messages(messages) => messages.iter().map(|item| item.digest.room_id).collect(),
            EventDigest::Room(room) => vec![room.digest.room_id],
            EventDigest::MessageDeleted { room_id, .. } | EventDigest::RoomDeleted(room_id) => vec![room_id],
        }
    }

    /// Decodes a frame of the client's own making; one that came is decoded already. Tells whether that worked.
    pub(super) fn is_decoded(&mut self) -> bool {
        if self.tape.slots().is_empty() {
            let mut tape = Tape::new();
            self.read(|text| decode_onto(text, &mut tape).event_type());
            self.tape = tape;
        }
        !self.tape.slots().is_empty()
    }

    /// Hands over the text, once. Not generic, so that it is there once and not for each that reads.
    fn visit(&self, read: &mut dyn FnMut(&str)) {
        match &self.text {
            Text::Made(text) => read(text),
            Text::Original(text) => {
                if !read_in_scratch(text, encode_in_scratch, read) {
                    read(&copy_in(text));
                }
            }
        }
    }

    /// The string for JavaScript.
    pub(super) fn to_js(&self) -> JsString {
        match &self.text {
            Text::Original(text) => text.clone(),
            Text::Made(text) => text.as_str().into(),
        }
    }
}

/// Hands over the text in the scratch buffer, in UTF-8. A lone surrogate, which UTF-8 has no place for, becomes U+FFFD. Tells whether
/// it fits.
fn read_in_scratch(text: &JsString, encode: fn(&JsString) -> i32, read: &mut dyn FnMut(&str)) -> bool {
    SCRATCH.with(|scratch| {
        // Free in any case: nothing that reads a frame calls JavaScript or reads another.
        let Ok(mut scratch) = scratch.try_borrow_mut() else {
            return false;
        };
        let written = usize::try_from(encode(text)).unwrap_or(usize::MAX);
        if written > scratch.capacity() {
            return false;
        }
        // SAFETY: `attach` was told where the vector's memory is and how much there is of it, and nothing has moved it
        // since, for it never grows; `encodeInto`, or a loop that copies ASCII alone, has written so many bytes from its
        // beginning, and nothing but whole characters in UTF-8 (Encoding standard, "encodeInto": a lone surrogate comes
        // out as U+FFFD).
        let text = unsafe {
            scratch.set_len(written);
            str::from_utf8_unchecked(&scratch)
        };
        read(text);
        true
    })
}

/// A text that does not fit in the scratch buffer, up to the length that is of interest.
fn copy_in(text: &JsString) -> String {
    let units = text.length() as usize;
    let mut copied = String::new();
    // A long text is most probably ASCII, and is copied again if it is not.
    for capacity in [units, units.saturating_mul(3)] {
        let capacity = capacity.min(ENOUGH);
        let mut bytes = Vec::with_capacity(capacity);
        let written = encode(text, bytes.as_mut_ptr(), capacity);
        let is_whole = written >= 0;
        let written = if is_whole { written } else { !written } as usize;
        // SAFETY: as above; the vector's own memory and capacity were given.
        copied = unsafe {
            bytes.set_len(written.min(capacity));
            String::from_utf8_unchecked(bytes)
        };
        if is_whole || capacity == ENOUGH {
            break;
        }
    }
    copied
}

impl Payload for FrameText {
    fn read<T: Default>(&self, read: impl FnOnce(&str) -> T) -> T {
        let mut read = Some(read);
        let mut result = T::default();
        self.visit(&mut |text| {
            if let Some(read) = read.take() {
                result = read(text);
            }
        });
        result
    }

    fn from_text(text: String) -> Self {
        Self {
            text: Text::Made(text),
            tape: Tape::new(),
        }
    }

    fn keep(&mut self, tape: &mut Tape) {
        self.tape = tape.split_off();
    }
}
