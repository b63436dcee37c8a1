//! Access control.

use rusqlite::Connection;

use super::ChatError;
use crate::protocol::ids::{MessageId, RoomId};
use crate::protocol::message::Message;
use crate::server::quirk::{Quirk, Quirks};
use crate::server::session::Identity;
use crate::server::store::messages;
use crate::server::store::rooms::{self, Part, RoomFacts};

/// A room that the caller may see.
pub(super) struct VisibleRoom {
    pub(super) facts: RoomFacts,
    /// The caller's role in it.
    pub(super) part: Part,
}

/// The room, if the caller may see it.
pub(super) fn room(
    connection: &Connection,
    identity: &Identity,
    room_id: RoomId,
) -> Result<VisibleRoom, ChatError> {
    let facts = rooms::find(connection, room_id)?.ok_or(ChatError::RoomNotFound)?;
    let part = rooms::part(connection, room_id, identity.user_id)?;
    if facts.is_visible_to(part) {
        Ok(VisibleRoom { facts, part })
    } else {
        Err(ChatError::RoomNotFound)
    }
}

/// The message and its room, if the caller may see the room.
pub(super) fn message(
    connection: &Connection,
    identity: &Identity,
    message_id: MessageId,
) -> Result<(Message, VisibleRoom), ChatError> {
    let message = messages::find(connection, message_id)?.ok_or(ChatError::MessageNotFound)?;
    match room(connection, identity, message.room_id) {
        Ok(room) => Ok((message, room)),
        Err(ChatError::RoomNotFound) => Err(ChatError::MessageNotFound),
        Err(error) => Err(error),
    }
}

/// Whether the caller may change a room and the messages of others: moderators and administrators.
pub(super) fn may_moderate(identity: &Identity, room: &VisibleRoom) -> bool {
    identity.is_admin || room.part.is_moderator
}

/// Whether the caller may edit a message, and attach files to it.
pub(super) fn may_change(identity: &Identity, room: &VisibleRoom, message: &Message, quirks: Quirks) -> bool {
    message.user_id == identity.user_id
        || (may_moderate(identity, room) && !quirks.contains(Quirk::AuthorsAlone))
}

/// Rejects callers who may not change the room.
pub(super) fn require_moderator(identity: &Identity, room: &VisibleRoom) -> Result<(), ChatError> {
    if may_moderate(identity, room) {
        Ok(())
    } else {
        Err(ChatError::Forbidden(
            "Only the moderators of the room and administrators may do this.",
        ))
    }
}

/// Rejects writing to an archived room.
pub(super) fn require_writable(room: &VisibleRoom) -> Result<(), ChatError> {
    if room.facts.is_archived {
        Err(ChatError::Forbidden(
            "The room is archived: nothing can be written in it.",
        ))
    } else {
        Ok(())
    }
}
