//! Decodes the text of a frame: into a known event, an unknown event, or an error.
//!
//! The envelope's `type` selects the [tables](schema) that `data` is checked against, so a malformed known event never
//! passes as an unknown one. The check is a single pass that records the position of each value on a [`tape`].
//! JavaScript builds its objects from the tape ([`decode_onto`]); native code uses serde ([`Outcome::into_event`]).
//!
//! # Validation
//! Only the ids of an object are required: `messageId` and `roomId` of a message and of a TextMessageDeleted, `roomId`
//! of a room and of a RoomDeleted. Also required are the array `messages` and the object `room`.
//!
//! - `null` is equivalent to an absent field.
//! - An absent optional field gets its neutral value ([`Absent`](schema::Absent)).
//! - An optional field of the wrong type also gets its neutral value, and an error is recorded
//!   ([`Tape::take_errors`](tape::Tape::take_errors)). The same applies to an array of more than [`MAX_ARRAY_ITEMS`]
//!   items.
//! - A list entry (message, attachment, read receipt, assignee) without a readable id is dropped with an error; the
//!   others stay. If none of a frame's messages is readable, the outcome is an error.
//! - If a field occurs twice, the first non-null value counts. Each later value is an error.
//! - Text that is not JSON, is truncated or is nested too deeply is rejected as a whole.
//!
//! Unknown fields are passed on after a syntax check, and enumerations are open.

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

/// The maximum nesting of arrays and objects in a frame, including the envelope.
pub const MAX_DEPTH: usize = 128;

/// The maximum size of a frame, in bytes of UTF-8: 16 MiB. A larger one is not parsed.
pub const MAX_FRAME_BYTES: usize = 16 << 20;

/// The maximum number of items in an array of a known field, in a frame or a REST response.
pub const MAX_ARRAY_ITEMS: usize = 100_000;

/// The maximum size of a [tape](tape::Tape): 32 MiB. The tape of an ordinary frame is smaller than the frame.
///
/// A message that no longer fits is dropped with an error of kind [`TooLarge`](DecodeErrorKind::TooLarge). A frame that
/// exceeds the limit without its messages is rejected.
pub const MAX_TAPE_BYTES: usize = 32 << 20;

/// The maximum number of errors kept per text. The last one has the number of further errors.
pub const MAX_ERRORS: usize = 16;

/// The result of decoding a frame. All three are ordinary values: none of them closes the connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'a> {
    /// One of the six events. The tape may hold errors about parts that were dropped or got a neutral value.
    Event {
        /// The type of the event.
        event_type: EventType,
        /// The JSON text of `data`.
        data: &'a str,
    },
    /// An event of a type unknown to this version.
    Unknown {
        /// Its type.
        event_type: Cow<'a, str>,
        /// The JSON text of `data`, unchanged; `None` if the frame has none.
        data: Option<&'a str>,
    },
    /// The frame is not JSON, not an event, or has no readable content. If several messages are unreadable, this is the
    /// first error; the tape holds the others.
    Invalid(DecodeError),
}

impl Outcome<'_> {
    /// The type of a known event; `None` for the other outcomes.
    #[must_use]
    pub const fn event_type(&self) -> Option<EventType> {
        match self {
            Self::Event { event_type, .. } => Some(*event_type),
            Self::Unknown { .. } | Self::Invalid(_) => None,
        }
    }

    /// The event as a Rust value; `None` for the other outcomes, and if a field does not have its documented type.
    #[must_use]
    pub fn into_event(self) -> Option<Event> {
        match self {
            Self::Event { event_type, data } => Event::from_data(event_type, data).ok(),
            Self::Unknown { .. } | Self::Invalid(_) => None,
        }
    }
}
