//! A room, as one user sees it.

use serde::{Deserialize, Serialize};

use super::Extra;
use super::ids::{MessageId, RoomId, SafeInt, UnixMillis, UserId};
use super::open_enum::open_enum;

open_enum! {
    /// Who can find a room.
    RoomType {
        /// Only its members.
        Private,
        /// Every user.
        Public,
    }
}

/// A summary of the newest message in a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase")]
pub struct LastMessage {
    /// Its id.
    pub message_id: MessageId,
    /// Its author, if the server sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// When it was sent.
    #[serde(default)]
    pub created_utc: UnixMillis,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// A room, as in RoomCreated and RoomUpdated of the Events API.
///
/// The Events specification calls the name `name`; the REST API calls it `displayName`. On the wire, a room has one of
/// the two, both or neither. Here it always has both: each defaults to the other, and to the empty string if both are
/// absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    all(feature = "server", not(target_arch = "wasm32")),
    derive(utoipa::ToSchema)
)]
#[serde(rename_all = "camelCase", from = "WireRoom")]
pub struct Room {
    /// Its id.
    pub room_id: RoomId,
    /// The name, as the Events specification calls it.
    pub name: String,
    /// The name, as the REST API calls it.
    pub display_name: String,
    /// Who can find it. Defaults to `Private`, the cautious choice.
    pub room_type: RoomType,
    /// When it was created.
    pub created_utc: UnixMillis,
    /// When it last changed.
    pub last_modified_utc: UnixMillis,
    /// The number of messages that the recipient has not read.
    pub unread_message_count: SafeInt,
    /// Whether the recipient is a moderator.
    pub is_moderator: bool,
    /// Whether it is archived.
    pub is_archived: bool,
    /// Whether the recipient has pinned it.
    pub is_pinned: bool,
    /// Its newest message; `None` if it has none.
    pub last_message: Option<LastMessage>,
    /// Fields unknown to this version.
    #[serde(flatten)]
    #[cfg_attr(all(feature = "server", not(target_arch = "wasm32")), schema(ignore))]
    pub extra: Extra,
}

/// A room with the optional fields of the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRoom {
    room_id: RoomId,
    name: Option<String>,
    display_name: Option<String>,
    #[serde(default = "RoomType::assumed")]
    room_type: RoomType,
    #[serde(default)]
    created_utc: UnixMillis,
    #[serde(default)]
    last_modified_utc: UnixMillis,
    #[serde(default)]
    unread_message_count: SafeInt,
    #[serde(default)]
    is_moderator: bool,
    #[serde(default)]
    is_archived: bool,
    #[serde(default)]
    is_pinned: bool,
    #[serde(default)]
    last_message: Option<LastMessage>,
    #[serde(flatten)]
    extra: Extra,
}

impl From<WireRoom> for Room {
    fn from(wire: WireRoom) -> Self {
        let (name, display_name) = match (wire.name, wire.display_name) {
            (Some(name), Some(display_name)) => (name, display_name),
            (Some(name), None) | (None, Some(name)) => (name.clone(), name),
            (None, None) => (String::new(), String::new()),
        };
        Self {
            room_id: wire.room_id,
            name,
            display_name,
            room_type: wire.room_type,
            created_utc: wire.created_utc,
            last_modified_utc: wire.last_modified_utc,
            unread_message_count: wire.unread_message_count,
            is_moderator: wire.is_moderator,
            is_archived: wire.is_archived,
            is_pinned: wire.is_pinned,
            last_message: wire.last_message,
            extra: wire.extra,
        }
    }
}

impl RoomType {
    /// The type of a room without one.
    pub(crate) fn assumed() -> Self {
        Self::Private
    }
}
