//! Decodes a frame's text into one of three outcomes: a known event, an unknown event, or an error.
//!
//! The envelope's `type` is read first, then `data` is checked against the [tables](schema) of that type, so a
//! malformed known event never passes as unknown. The check is one pass over the text that notes on a [`tape`] where
//! everything is. JavaScript builds its objects from the tape ([`decode_onto`]); native code uses serde
//! ([`Outcome::into_event`]).
//!
//! # What is required
//! Only the ids that name an object: `messageId` and `roomId` of a message, `roomId` of a room, both of a
//! TextMessageDeleted, `roomId` of a RoomDeleted; and `messages` has to be an array, `room` an object.
//!
//! - `null` is the same as absent, everywhere.
//! - An absent optional field gets its neutral value ([`Absent`](schema::Absent)).
//! - An optional field of the wrong kind gets its neutral value too, and an error next to the event
//!   ([`Tape::take_errors`](tape::Tape::take_errors)). So does an array of more than [`MAX_ARRAY_ITEMS`] items.
//! - An entry of a list (a message, an attachment, a read receipt, an assignee) without a readable id is left out, with
//!   an error; the other entries stay. If no message of a frame is readable, the outcome is an error.
//! - If a field is there twice, the first value that is not null counts, with an error.
//! - A text that is not JSON, is truncated or is nested too deeply is refused as a whole.
//!
//! Unknown fields are passed on after a check of their syntax, and enumerations are open.

mod bytes;
mod cursor;
mod decimal;
pub mod digest;
mod envelope;
mod error;
mod escape;
mod fast_path;
pub(crate) mod fingerprint;
mod object;
pub mod prefilter;
mod scalar;
pub mod schema;
pub mod summary;
pub mod tape;

use std::borrow::Cow;

pub use envelope::{decode, decode_onto, event_type};
pub use error::{DecodeError, DecodeErrorKind};

use super::event::{Event, EventType};

/// How deep arrays and objects may be nested in a frame, the envelope counted.
pub const MAX_DEPTH: usize = 128;

/// How long a frame may be, in bytes of UTF-8: 16 MiB. A longer one is not looked at.
pub const MAX_FRAME_BYTES: usize = 16 << 20;

/// The maximum number of items in an array of a known field, in a frame and in an answer of the REST API.
pub const MAX_ARRAY_ITEMS: usize = 100_000;

/// The maximum size of a [tape](tape::Tape): 32 MiB. Ordinary frames take less than their own length.
///
/// A message that does not fit any more is left out with an error of kind [`TooLarge`](DecodeErrorKind::TooLarge). A
/// frame that takes more without its messages is refused.
pub const MAX_TAPE_BYTES: usize = 32 << 20;

/// The maximum number of errors that are kept of one text. The last one says how many more there were.
pub const MAX_ERRORS: usize = 16;

/// What became of a frame. All three are ordinary values: none of them ends a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'a> {
    /// One of the six events. The tape may hold errors about parts that were left out or got a neutral value.
    Event {
        /// Which of the six.
        event_type: EventType,
        /// The JSON text of `data`.
        data: &'a str,
    },
    /// An event of a type that this version does not know.
    Unknown {
        /// Its type.
        event_type: Cow<'a, str>,
        /// The JSON text of `data`, untouched; `None` where the frame has none.
        data: Option<&'a str>,
    },
    /// The frame is not JSON, not an event, or nothing of the event is readable. For several unreadable messages this is
    /// the first error; the tape holds the others.
    Invalid(DecodeError),
}

impl Outcome<'_> {
    /// Which of the six events it is; `None` for the two other outcomes.
    #[must_use]
    pub const fn event_type(&self) -> Option<EventType> {
        match self {
            Self::Event { event_type, .. } => Some(*event_type),
            Self::Unknown { .. } | Self::Invalid(_) => None,
        }
    }

    /// The event as a Rust value; `None` for the two other outcomes, and for an event whose fields are not all of the
    /// documented kinds.
    #[must_use]
    pub fn into_event(self) -> Option<Event> {
        match self {
            Self::Event { event_type, data } => Event::from_data(event_type, data).ok(),
            Self::Unknown { .. } | Self::Invalid(_) => None,
        }
    }
}
