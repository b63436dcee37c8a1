//! The six events of the specification.

use serde::{Deserialize, Serialize};

use super::Extra;
use super::ids::{MessageId, RoomId};
use super::message::Message;
use super::room::Room;

/// `data` of TextMessagesCreated and of TextMessagesUpdated: one or more messages, of one room or of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
pub struct TextMessages {
    /// The messages, each whole.
    pub messages: Vec<Message>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// `data` of TextMessageDeleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct TextMessageDeleted {
    /// The message that the deleted one commented on; 0 if it was no comment, or if the server left it out.
    #[serde(default)]
    pub parent_message_id: MessageId,
    /// The room that it was in.
    pub room_id: RoomId,
    /// The message that is gone.
    pub message_id: MessageId,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// `data` of RoomCreated and of RoomUpdated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
pub struct RoomData {
    /// The room as this recipient sees it.
    pub room: Room,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// `data` of RoomDeleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct RoomDeleted {
    /// The room that is gone, or that this recipient may no longer see.
    pub room_id: RoomId,
    /// Fields that this version does not know.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// The name of one of the six events, as `type` has it on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum EventType {
    /// New messages.
    TextMessagesCreated,
    /// Messages that changed.
    TextMessagesUpdated,
    /// A message that is gone.
    TextMessageDeleted,
    /// A new room, or one that this recipient was added to.
    RoomCreated,
    /// A room that changed.
    RoomUpdated,
    /// A room that is gone, or that this recipient was removed from.
    RoomDeleted,
}

impl EventType {
    /// All of them, in the specification's order.
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

    /// Whether it is about messages, not about a room itself.
    #[must_use]
    pub const fn is_of_message(self) -> bool {
        matches!(
            self,
            Self::TextMessagesCreated | Self::TextMessagesUpdated | Self::TextMessageDeleted
        )
    }

    /// The event of that name, if it is one of the six.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|event_type| event_type.as_str() == name)
    }

    /// The event type of that name, in UTF-8.
    pub(super) fn from_bytes(name: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|event_type| event_type.as_str().as_bytes() == name)
    }
}

/// A known event. Serialised, it is the frame: `{"type": …, "data": …}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// New messages.
    TextMessagesCreated(TextMessages),
    /// Messages that changed, each whole.
    TextMessagesUpdated(TextMessages),
    /// A message that is gone.
    TextMessageDeleted(TextMessageDeleted),
    /// A new room, or one that this recipient was added to.
    RoomCreated(RoomData),
    /// A room that changed.
    RoomUpdated(RoomData),
    /// A room that is gone, or that this recipient was removed from.
    RoomDeleted(RoomDeleted),
}

impl Event {
    /// Reads the `data` of an event of that type.
    ///
    /// # Errors
    /// Where the text is not JSON or not what the type promises. [`decode`](super::decode::decode) says where and
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

    /// Which of the six it is.
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
