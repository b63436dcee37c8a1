//! From a frame's text to one of three outcomes: a known event, an unknown event, or an error.
//!
//! Two steps: the envelope's `type` is read first, then `data` is checked against what that type promises. A known
//! event that is malformed is therefore an error and never passes as unknown. The check is one pass over the text that
//! notes on a [`tape`] where everything is: from it JavaScript builds its objects ([`decode_onto`]). Native code uses
//! serde ([`Outcome::into_event`]).
//!
//! Forward compatible: fields that no table knows are stepped over (only their syntax is checked), and enumerations
//! are open.

mod cursor;
pub mod digest;
mod envelope;
mod error;
mod escape;
mod fingerprint;
pub mod glance;
mod place;
mod scan;
pub mod schema;
pub mod tape;

use std::borrow::Cow;

pub use envelope::{decode, decode_onto, event_type};
pub use error::{DecodeError, DecodeErrorKind};

use super::event::{Event, EventType};

/// How deep arrays and objects may be nested in a frame, the envelope counted.
pub const MAX_DEPTH: usize = 128;

/// How long a frame may be, in bytes of UTF-8: 16 MiB. A longer one is not looked at.
pub const MAX_FRAME_BYTES: usize = 16 << 20;

/// How many items an array may have, in a frame and in an answer of the REST API.
pub const MAX_ARRAY_ITEMS: usize = 100_000;

/// What became of a frame. All three are ordinary values: none of them ends a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'a> {
    /// One of the six events, and its `data` is as it should be.
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
    /// The frame is no JSON, no event, or not what its type promises.
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

    /// The event as a Rust value; `None` for the two other outcomes.
    #[must_use]
    pub fn into_event(self) -> Option<Event> {
        match self {
            Self::Event { event_type, data } => Event::from_data(event_type, data).ok(),
            Self::Unknown { .. } | Self::Invalid(_) => None,
        }
    }
}
