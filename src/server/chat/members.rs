//! Members of rooms.

use serde::Serialize;
use utoipa::ToSchema;

use super::change::Change;
use super::{Chat, ChatError, access};
use crate::protocol::ids::{RoomId, UserId};
use crate::server::session::Identity;
use crate::server::store::{rooms, users};

/// A member of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    pub(crate) user_id: UserId,
    pub(crate) is_moderator: bool,
}

impl Chat {
    /// The members of a room that the caller may see.
    pub(crate) async fn members(
        &self,
        identity: Identity,
        room_id: RoomId,
    ) -> Result<Vec<Member>, ChatError> {
        self.read(move |connection| {
            access::room(connection, &identity, room_id)?;
            let members = rooms::members(connection, room_id)?;
            Ok(members
                .into_iter()
                .map(|(user_id, is_moderator)| Member {
                    user_id,
                    is_moderator,
                })
                .collect())
        })
        .await
    }

    /// Adds a member or changes whether a member is a moderator. Event: RoomCreated for a user who could not see the
    /// room, otherwise RoomUpdated.
    pub(crate) async fn set_member(
        &self,
        identity: Identity,
        room_id: RoomId,
        user_id: UserId,
        is_moderator: bool,
    ) -> Result<(), ChatError> {
        self.change(move |change| {
            let room = access::room(change.connection, &identity, room_id)?;
            access::require_moderator(&identity, &room)?;
            require_user(change, user_id)?;
            change.watch(room_id)?;
            change.changes_membership();
            Ok(rooms::set_member(
                change.connection,
                room_id,
                user_id,
                is_moderator,
            )?)
        })
        .await
    }

    /// Removes a member. Event: RoomDeleted for that user, unless the room is public. All members may leave.
    pub(crate) async fn remove_member(
        &self,
        identity: Identity,
        room_id: RoomId,
        user_id: UserId,
    ) -> Result<(), ChatError> {
        self.remove(move |change| {
            let room = access::room(change.connection, &identity, room_id)?;
            if user_id != identity.user_id {
                access::require_moderator(&identity, &room)?;
            }
            require_user(change, user_id)?;
            change.watch(room_id)?;
            change.changes_membership();
            Ok(rooms::remove_member(change.connection, room_id, user_id)?)
        })
        .await
    }
}

fn require_user(change: &Change<'_>, user_id: UserId) -> Result<(), ChatError> {
    if users::exists(change.connection, user_id)? {
        Ok(())
    } else {
        Err(ChatError::UserNotFound)
    }
}
