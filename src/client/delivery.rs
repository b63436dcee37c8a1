//! Deliveries to the application, and the text of frames.

use super::state::{ConnectionState, Freshness};
use super::topic::Topic;
use crate::protocol::decode::DecodeError;
use crate::protocol::decode::tape::Tape;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;
use crate::protocol::named::named;

/// A frame's text as its driver holds it. A browser keeps the JavaScript string.
pub trait Payload: Clone {
    /// Calls `read` with the text. If it is stored in another form, it is converted for this call only.
    fn read<T: Default>(&self, read: impl FnOnce(&str) -> T) -> T;
    /// Creates a payload from text that the client made.
    fn from_text(text: String) -> Self;
    /// Receives the decoded contents of the text. Payloads that build objects take the slots of the tape.
    fn keep(&mut self, _tape: &mut Tape) {}
}

impl Payload for String {
    fn read<T: Default>(&self, read: impl FnOnce(&str) -> T) -> T {
        read(self)
    }

    fn from_text(text: String) -> Self {
        text
    }
}

named! {
    /// Why the client could not recover missed events.
    pub enum ResyncReason as as_str {
        /// More new messages arrived than the client recovers, or more deliveries than may wait for a page.
        TooFarBehind = "too-far-behind",
        /// The connection broke before the baseline was loaded, or it is unknown which comments existed before.
        NothingKnown = "nothing-known",
        /// The server cannot be read, and events are no longer held. The client keeps trying to deliver what differs.
        Unreadable = "unreadable",
    }
}

/// The error code of a binary frame. The Events API consists of text frames.
pub const BINARY_FRAME: &str = "binary-frame";

/// A delivery to the application.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery<P> {
    /// One of the six events.
    Event {
        /// Which one.
        event_type: EventType,
        /// The frame's text.
        payload: P,
        /// Whether it was recovered after a gap, rather than received on the stream.
        recovered: bool,
    },
    /// An event of a type that this version does not know.
    Unknown {
        /// Its type.
        event_type: String,
        /// The frame's text.
        payload: P,
    },
    /// A frame or a response of the REST API that could not be decoded, in whole or in part.
    Malformed(DecodeError),
    /// A frame that is not text.
    Binary,
    /// The client could not recover missed events.
    ResyncRequired {
        /// The room; `None` for all.
        room_id: Option<RoomId>,
        /// Why.
        reason: ResyncReason,
    },
    /// A change of a unit's freshness.
    Freshness {
        /// The room; `None` for the list of rooms.
        room_id: Option<RoomId>,
        /// The new freshness.
        freshness: Freshness,
        /// Why it is stale.
        cause: Option<String>,
    },
    /// A change of the connection's state.
    State(ConnectionState),
}

impl<P> Delivery<P> {
    /// The topic whose callbacks receive it.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Event { event_type, .. } => Topic::Event(*event_type),
            Self::Unknown { .. } => Topic::Unknown,
            Self::Malformed(_) | Self::Binary => Topic::Malformed,
            Self::ResyncRequired { .. } => Topic::Resync,
            Self::Freshness { .. } => Topic::Freshness,
            Self::State(_) => Topic::StateChange,
        }
    }
}

/// Builds frames. Objects are copied from received JSON, so their unknown fields are preserved.
pub(super) mod frame {
    use crate::protocol::event::EventType;
    use crate::protocol::ids::{MessageId, RoomId};
    use crate::protocol::number::push_number;

    pub(crate) fn messages(event_type: EventType, messages: &[&str]) -> String {
        let mut text = open(event_type);
        text.push_str("\"messages\":[");
        for (index, message) in messages.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(message);
        }
        text.push_str("]}}");
        text
    }

    /// The text up to the brace of `data`.
    fn open(event_type: EventType) -> String {
        let mut text = String::from("{\"type\":\"");
        text.push_str(event_type.as_str());
        text.push_str("\",\"data\":{");
        text
    }

    pub(crate) fn message_deleted(room_id: RoomId, parent: MessageId, message_id: MessageId) -> String {
        let mut text = open(EventType::TextMessageDeleted);
        text.push_str("\"parentMessageId\":");
        push_number(&mut text, parent.get());
        text.push_str(",\"roomId\":");
        push_number(&mut text, room_id.get());
        text.push_str(",\"messageId\":");
        push_number(&mut text, message_id.get());
        text.push_str("}}");
        text
    }

    pub(crate) fn room(event_type: EventType, room: &str) -> String {
        let mut text = open(event_type);
        text.push_str("\"room\":");
        text.push_str(room);
        text.push_str("}}");
        text
    }

    pub(crate) fn room_deleted(room_id: RoomId) -> String {
        let mut text = open(EventType::RoomDeleted);
        text.push_str("\"roomId\":");
        push_number(&mut text, room_id.get());
        text.push_str("}}");
        text
    }
}
