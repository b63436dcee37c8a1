//! The six events of the specification.

use serde::{Deserialize, Serialize};

use super::Extra;
use super::ids::{MessageId, RoomId};
use super::message::Message;
use super::room::Room;

/// The `data` of TextMessagesCreated and TextMessagesUpdated: one or more messages, of one room or of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
pub struct TextMessages {
    /// The complete messages.
    pub messages: Vec<Message>,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// The `data` of TextMessageDeleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct TextMessageDeleted {
    /// The parent if the message was a comment; 0 if it was none, or if the server omits the field.
    #[serde(default)]
    pub parent_message_id: MessageId,
    /// The room of the message.
    pub room_id: RoomId,
    /// The deleted message.
    pub message_id: MessageId,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// The `data` of RoomCreated and RoomUpdated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
pub struct RoomData {
    /// The room as the recipient sees it.
    pub room: Room,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// The `data` of RoomDeleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct RoomDeleted {
    /// The room that was deleted or is no longer visible to the recipient.
    pub room_id: RoomId,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// The name of one of the six events, as in `type` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum EventType {
    /// New messages.
    TextMessagesCreated,
    /// Changed messages.
    TextMessagesUpdated,
    /// A deleted message.
    TextMessageDeleted,
    /// A new room, or one that has become visible to the recipient.
    RoomCreated,
    /// A changed room.
    RoomUpdated,
    /// A room that was deleted or is no longer visible to the recipient.
    RoomDeleted,
}

impl EventType {
    /// All six, in the order of the specification.
    pub const ALL: [Self; 6] = [
        Self::TextMessagesCreated,
        Self::TextMessagesUpdated,
        Self::TextMessageDeleted,
        Self::RoomCreated,
        Self::RoomUpdated,
        Self::RoomDeleted,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TextMessagesCreated => "TextMessagesCreated",
            Self::TextMessagesUpdated => "TextMessagesUpdated",
            Self::TextMessageDeleted => "TextMessageDeleted",
            Self::RoomCreated => "RoomCreated",
            Self::RoomUpdated => "RoomUpdated",
            Self::RoomDeleted => "RoomDeleted",
        }
    }

    /// Whether the event is about messages rather than about a room.
    #[must_use]
    pub const fn is_of_message(self) -> bool {
        matches!(
            self,
            Self::TextMessagesCreated | Self::TextMessagesUpdated | Self::TextMessageDeleted
        )
    }

    /// The event type with that name, if it is one of the six.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|event_type| event_type.as_str() == name)
    }

    /// The event type with that name in UTF-8, if it is one of the six.
    pub(super) fn from_bytes(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|event_type| event_type.as_str().as_bytes() == name)
    }
}

/// A known event. It serialises to the frame: `{"type": …, "data": …}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// New messages.
    TextMessagesCreated(TextMessages),
    /// Changed messages, complete.
    TextMessagesUpdated(TextMessages),
    /// A deleted message.
    TextMessageDeleted(TextMessageDeleted),
    /// A new room, or one that has become visible to the recipient.
    RoomCreated(RoomData),
    /// A changed room.
    RoomUpdated(RoomData),
    /// A room that was deleted or is no longer visible to the recipient.
    RoomDeleted(RoomDeleted),
}

impl Event {
    /// Parses the `data` of an event of the given type.
    ///
    /// # Errors
    /// Fails if the text is not JSON or does not match the type. [`decode`](super::decode::decode) reports where and
    /// why.
    pub fn from_data(event_type: EventType, data: &str) -> serde_json::Result<Self> {
        Ok(match event_type {
            EventType::TextMessagesCreated => Self::TextMessagesCreated(serde_json::from_str(data)?),
            EventType::TextMessagesUpdated => Self::TextMessagesUpdated(serde_json::from_str(data)?),
            EventType::TextMessageDeleted => Self::TextMessageDeleted(serde_json::from_str(data)?),
            EventType::RoomCreated => Self::RoomCreated(serde_json::from_str(data)?),
            EventType::RoomUpdated => Self::RoomUpdated(serde_json::from_str(data)?),
            EventType::RoomDeleted => Self::RoomDeleted(serde_json::from_str(data)?),
        })
    }

    /// The type of the event.
    #[must_use]
    pub const fn event_type(&self) -> EventType {
        match self {
            Self::TextMessagesCreated(_) => EventType::TextMessagesCreated,
            Self::TextMessagesUpdated(_) => EventType::TextMessagesUpdated,
            Self::TextMessageDeleted(_) => EventType::TextMessageDeleted,
            Self::RoomCreated(_) => EventType::RoomCreated,
            Self::RoomUpdated(_) => EventType::RoomUpdated,
            Self::RoomDeleted(_) => EventType::RoomDeleted,
        }
    }
}
