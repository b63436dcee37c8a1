//! What is on its way to the application, and the text that it comes from.

use super::state::{ConnectionState, Freshness};
use super::topic::Topic;
use crate::protocol::decode::DecodeError;
use crate::protocol::decode::tape::Tape;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;
use crate::protocol::named::named;

/// A frame's text as its driver holds it: a browser keeps the string that it was given.
pub trait Payload: Clone {
    /// Hands the text over. Where it is kept as something else, it is made for this call alone.
    fn read<T: Default>(&self, read: impl FnOnce(&str) -> T) -> T;
    /// A payload of the client's own making.
    fn from_text(text: String) -> Self;
    /// What was found in the text. Whoever builds objects from it takes the slots of the tape.
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
    /// Why a room has to be loaded again.
    pub enum ResyncReason as as_str {
        /// More messages came about during a gap than are caught up with.
        TooFarBehind = "too-far-behind",
        /// The connection broke before the client had learned what the application knows.
        NothingKnown = "nothing-known",
        /// The server cannot be read now. The client goes on trying, and tells then what differs.
        Unreadable = "unreadable",
    }
}

/// The error code of a binary frame. The Events API consists of text frames.
pub const BINARY_FRAME: &str = "binary-frame";

/// One call of the application, to be made in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery<P> {
    /// One of the six events.
    Event {
        /// Which one.
        event_type: EventType,
        /// The frame's text.
        payload: P,
        /// Whether it was caught up with after a gap instead of arriving on the stream.
        recovered: bool,
    },
    /// An event of a type that this version does not know.
    Unknown {
        /// Its type.
        event_type: String,
        /// The frame's text.
        payload: P,
    },
    /// A frame, or an answer of the REST API, that could not be decoded.
    Malformed(DecodeError),
    /// A frame that is not text.
    Binary,
    /// What was missed cannot be told: the application has to load it again.
    ResyncRequired {
        /// The room; `None` for all of them.
        room_id: Option<RoomId>,
        /// Why.
        reason: ResyncReason,
    },
    /// How fresh a unit is has changed.
    Freshness {
        /// The room; `None`: the list of rooms.
        room_id: Option<RoomId>,
        /// How fresh it is.
        freshness: Freshness,
        /// Why it is stale.
        cause: Option<String>,
    },
    /// The connection changed its state.
    State(ConnectionState),
}

impl<P> Delivery<P> {
    /// The topic whose callbacks it goes to.
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

/// The frames that hold these objects: built from the text that came, so that what is unknown in it stays.
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

    /// Up to the brace of `data`.
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
