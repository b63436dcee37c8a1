//! The text of a frame: a JavaScript string, read in Rust.

use std::cell::{Cell, RefCell};

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
    /// Sets the module's memory and the position of the scratch buffer in it.
    fn attach(memory: &JsValue, scratch: *mut u8, capacity: usize);

    /// Copies a text into the scratch buffer as UTF-8. Returns the number of bytes, or -1 if it does not fit.
    #[wasm_bindgen(js_name = encodeInScratch)]
    fn encode_in_scratch(text: &JsString) -> i32;

    /// Copies the beginning of a text into the scratch buffer as UTF-8. Returns the number of bytes.
    #[wasm_bindgen(js_name = encodeHead)]
    fn encode_head(text: &JsString) -> i32;

    /// Copies as much of a text as fits into the memory. Returns the number of bytes, or its bitwise complement if
    /// the text was truncated.
    fn encode(text: &JsString, at: *mut u8, capacity: usize) -> i32;
}

/// The text of a frame and its tape.
#[derive(Clone, Debug)]
pub(super) struct FrameText {
    text: Text,
    /// The slots of the tape; empty until the frame is decoded.
    tape: Tape,
}

#[derive(Clone, Debug)]
enum Text {
    /// As received from the browser, and the number of the frame.
    Original(JsString, u64),
    /// A frame made by the client.
    Made(String),
}

/// The most bytes to copy of a frame: longer frames are refused because of their length. May cut the last character.
const ENOUGH: usize = MAX_FRAME_BYTES + 4;

/// The size of the scratch buffer. Frames that fit into it are decoded without an allocation.
const SCRATCH_BYTES: usize = 32 << 10;

struct Scratch {
    bytes: Vec<u8>,
    /// The number of the frame whose text it holds, as frames are usually read twice in a row; 0 for none.
    holds: u64,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = const { RefCell::new(Scratch { bytes: Vec::new(), holds: 0 }) };
    /// The number of frames received.
    static RECEIVED: Cell<u64> = const { Cell::new(0) };
}

/// Allocates the scratch buffer. Must be called before the first frame; further calls are harmless.
pub(super) fn prepare() {
    SCRATCH.with_borrow_mut(|Scratch { bytes, .. }| {
        if bytes.capacity() < SCRATCH_BYTES {
            bytes.reserve_exact(SCRATCH_BYTES);
        }
        attach(&wasm_bindgen::memory(), bytes.as_mut_ptr(), bytes.capacity());
    });
}

impl FrameText {
    pub(super) fn new(frame: JsString) -> Self {
        let number = RECEIVED.get() + 1;
        RECEIVED.set(number);
        Self {
            text: Text::Original(frame, number),
            tape: Tape::new(),
        }
    }

    /// The length in UTF-16 code units.
    pub(super) fn length(&self) -> usize {
        match &self.text {
            Text::Original(text, _) => text.length() as usize,
            Text::Made(text) => text.len(),
        }
    }

    /// Calls `read` with the beginning of the text, which is enough to identify the event type. Returns its result.
    pub(super) fn read_head(&self, read: impl FnOnce(&str) -> bool) -> bool {
        match &self.text {
            Text::Original(text, _) => {
                let mut read = Some(read);
                let mut is_enough = false;
                read_in_scratch(text, 0, encode_head, &mut |head| {
                    is_enough = read.take().is_some_and(|read| read(head));
                });
                is_enough
            }
            Text::Made(text) => read(text),
        }
    }

    /// The slots of the tape; empty until the frame is decoded.
    pub(super) fn slots(&self) -> &[u64] {
        self.tape.slots()
    }

    /// The rooms of the event, possibly repeated.
    pub(super) fn rooms(&self, event_type: EventType) -> Vec<RoomId> {
        match digest(event_type, &self.tape) {
            EventDigest::Messages(messages) => messages.iter().map(|item| item.digest.room_id).collect(),
            EventDigest::Room(room) => vec![room.digest.room_id],
            EventDigest::MessageDeleted { room_id, .. } | EventDigest::RoomDeleted(room_id) => vec![room_id],
        }
    }

    /// Decodes a frame made by the client; received frames are decoded already. Returns whether the frame has a tape.
    pub(super) fn is_decoded(&mut self) -> bool {
        if self.tape.slots().is_empty() {
            let mut tape = Tape::new();
            self.read(|text| decode_onto(text, &mut tape).event_type());
            self.tape = tape;
        }
        !self.tape.slots().is_empty()
    }

    /// Calls `read` once with the text. Not generic, so that it is compiled only once.
    fn visit(&self, read: &mut dyn FnMut(&str)) {
        match &self.text {
            Text::Made(text) => read(text),
            Text::Original(text, number) => {
                if !read_in_scratch(text, *number, encode_in_scratch, read) {
                    read(&copy_in(text));
                }
            }
        }
    }

    /// The text as a JavaScript string.
    pub(super) fn to_js(&self) -> JsString {
        match &self.text {
            Text::Original(text, _) => text.clone(),
            Text::Made(text) => text.as_str().into(),
        }
    }
}

/// Encodes the text in the scratch buffer as UTF-8, unless it holds the frame with that number already, and calls
/// `read` with it. Lone surrogates become U+FFFD. Returns whether the text fits. Number 0 is that of a part of a frame.
fn read_in_scratch(
    text: &JsString,
    number: u64,
    encode: fn(&JsString) -> i32,
    read: &mut dyn FnMut(&str),
) -> bool {
    SCRATCH.with(|scratch| {
        // Never borrowed here: no reader of a frame calls JavaScript or reads another frame.
        let Ok(mut scratch) = scratch.try_borrow_mut() else {
            return false;
        };
        let Scratch { bytes, holds } = &mut *scratch;
        if number == 0 || *holds != number {
            *holds = 0;
            let written = usize::try_from(encode(text)).unwrap_or(usize::MAX);
            if written > bytes.capacity() {
                return false;
            }
            // SAFETY: `attach` received the address and the capacity of the vector, whose buffer has not moved since,
            // as it never grows. `encodeInto`, or a loop that copies only ASCII, has written that many bytes from its
            // beginning.
            unsafe { bytes.set_len(written) };
            *holds = number;
        }
        // SAFETY: the bytes are complete UTF-8 characters (Encoding standard, "encodeInto": lone surrogates become
        // U+FFFD), or ASCII, and nothing has changed them since.
        read(unsafe { str::from_utf8_unchecked(bytes) });
        true
    })
}

/// Copies a text that does not fit in the scratch buffer, up to [`ENOUGH`] bytes.
fn copy_in(text: &JsString) -> String {
    let units = text.length() as usize;
    let mut copied = String::new();
    // Long texts are usually ASCII; others are copied again.
    for capacity in [units, units.saturating_mul(3)] {
        let capacity = capacity.min(ENOUGH);
        let mut bytes = Vec::with_capacity(capacity);
        let written = encode(text, bytes.as_mut_ptr(), capacity);
        let is_whole = written >= 0;
        let written = if is_whole { written } else { !written } as usize;
        // SAFETY: as above, with the vector's own memory and capacity.
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
