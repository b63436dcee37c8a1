//! The permissions of users in a room: reading, changing and enforcing them.

use rusqlite::Connection;

use super::access::{self, VisibleRoom};
use super::{Chat, ChatError};
use crate::protocol::ids::{MessageId, RoomId, UserId};
use crate::protocol::message::Message;
use crate::server::session::Identity;
use crate::server::store::permissions::{self, Flag, Permissions};
use crate::server::store::users;

impl Chat {
    /// The caller's flags in a room. Moderators and administrators have all.
    pub(crate) async fn permissions(
        &self,
        identity: Identity,
        room_id: RoomId,
    ) -> Result<Permissions, ChatError> {
        self.read(move |connection| {
            let room = access::room(connection, &identity, room_id)?;
            if access::may_moderate(&identity, &room) {
                return Ok(Flag::ALL.iter().map(|flag| (*flag, true)).collect());
            }
            Ok(permissions::of_user(connection, room_id, identity.user_id)?)
        })
        .await
    }

    /// Grants and revokes flags of one user or of everyone. There is no event for it.
    pub(crate) async fn set_permissions(
        &self,
        identity: Identity,
        room_id: RoomId,
        user_id: Option<UserId>,
        flags: Permissions,
    ) -> Result<(), ChatError> {
        self.change(move |change| {
            let room = access::room(change.connection, &identity, room_id)?;
            access::require_moderator(&identity, &room)?;
            if let Some(user_id) = user_id
                && !users::exists(change.connection, user_id)?
            {
                return Err(ChatError::UserNotFound);
            }
            for (flag, is_allowed) in flags {
                permissions::set(change.connection, room_id, user_id, flag, is_allowed)?;
            }
            Ok(())
        })
        .await
    }
}

/// Rejects callers without the flag.
pub(super) fn require(
    connection: &Connection,
    identity: &Identity,
    room: &VisibleRoom,
    flag: Flag,
) -> Result<(), ChatError> {
    if access::may_moderate(identity, room)
        || permissions::is_allowed(connection, room.facts.room_id, identity.user_id, flag)?
    {
        Ok(())
    } else {
        Err(ChatError::NotPermitted(flag.name()))
    }
}

/// The flag that applies to a message: in the main thread, or as a comment.
pub(super) fn at(message: &Message, in_main_thread: Flag, in_discussion: Flag) -> Flag {
    if message.parent_message_id == MessageId::ZERO {
        in_main_thread
    } else {
        in_discussion
    }
}
