//! Rooms.

use super::{Chat, ChatError, access};
use crate::protocol::ids::{RoomId, UserId};
use crate::protocol::room::{Room, RoomType};
use crate::server::session::Identity;
use crate::server::store::{rooms, users};

/// The maximum length of a room name, in characters.
const NAME_LENGTH: usize = 200;

/// A room to create.
pub(crate) struct NewRoom {
    pub(crate) name: String,
    pub(crate) room_type: RoomType,
    /// In addition to the caller, who becomes the moderator.
    pub(crate) members: Vec<UserId>,
}

/// The maximum number of initial members. More are added one by one.
const MEMBERS: usize = 1000;

/// Changes of a room; `None` leaves a property unchanged.
#[derive(Default)]
pub(crate) struct RoomChanges {
    pub(crate) name: Option<String>,
    pub(crate) room_type: Option<RoomType>,
    pub(crate) is_archived: Option<bool>,
    /// Personal to the caller; the others are for moderators.
    pub(crate) is_pinned: Option<bool>,
}

impl Chat {
    /// The rooms that the caller may see.
    pub(crate) async fn rooms(&self, identity: Identity) -> Result<Vec<Room>, ChatError> {
        let quirks = self.quirks;
        self.read_lagging(identity, move |connection| {
            Ok(rooms::visible_to(connection, identity.user_id, quirks)?)
        })
        .await
    }

    /// Creates a room with the caller as moderator. Event: RoomCreated.
    pub(crate) async fn create_room(&self, identity: Identity, room: NewRoom) -> Result<Room, ChatError> {
        let name = valid_name(&room.name)?;
        let room_type = valid_type(room.room_type)?;
        if room.members.len() > MEMBERS {
            return Err(ChatError::Invalid(format!(
                "A room is made with at most {MEMBERS} members."
            )));
        }
        self.change(move |change| {
            let room_id = rooms::insert(change.connection, &name, &room_type, change.now)?;
            change.watch_new(room_id);
            for user_id in room.members {
                if !users::exists(change.connection, user_id)? {
                    return Err(ChatError::UserNotFound);
                }
                rooms::set_member(change.connection, room_id, user_id, false)?;
            }
            rooms::set_member(change.connection, room_id, identity.user_id, true)?;
            let room = access::room(change.connection, &identity, room_id)?;
            Ok(room.facts.render(room.facts.view(room.part), change.quirks))
        })
        .await
    }

    /// Changes a room. Events: RoomUpdated; RoomCreated or RoomDeleted for users whose access changed.
    pub(crate) async fn change_room(
        &self,
        identity: Identity,
        room_id: RoomId,
        changes: RoomChanges,
    ) -> Result<(), ChatError> {
        let name = changes.name.as_deref().map(valid_name).transpose()?;
        let room_type = changes.room_type.map(valid_type).transpose()?;
        self.change(move |change| {
            let room = access::room(change.connection, &identity, room_id)?;
            change.watch(room_id)?;
            let mut facts = room.facts.clone();
            facts.name = name.unwrap_or(facts.name);
            facts.room_type = room_type.unwrap_or(facts.room_type);
            facts.is_archived = changes.is_archived.unwrap_or(facts.is_archived);
            if facts != room.facts {
                access::require_moderator(&identity, &room)?;
                facts.last_modified_utc = change.now;
                rooms::update(change.connection, &facts)?;
            }
            if let Some(is_pinned) = changes.is_pinned {
                rooms::set_pinned(change.connection, room_id, identity.user_id, is_pinned)?;
            }
            Ok(())
        })
        .await
    }

    /// Deletes a room and its content. Event: RoomDeleted.
    pub(crate) async fn delete_room(&self, identity: Identity, room_id: RoomId) -> Result<(), ChatError> {
        self.remove(move |change| {
            let room = access::room(change.connection, &identity, room_id)?;
            access::require_moderator(&identity, &room)?;
            change.watch(room_id)?;
            Ok(rooms::delete(change.connection, room_id)?)
        })
        .await?;
        self.remove_orphans().await
    }
}

fn valid_name(name: &str) -> Result<String, ChatError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(ChatError::Invalid(
            "A room needs a name that is not empty.".to_owned(),
        ));
    }
    if name.chars().count() > NAME_LENGTH {
        return Err(ChatError::Invalid(format!(
            "The name of a room has at most {NAME_LENGTH} characters."
        )));
    }
    Ok(name.to_owned())
}

fn valid_type(room_type: RoomType) -> Result<RoomType, ChatError> {
    match room_type {
        RoomType::Public | RoomType::Private => Ok(room_type),
        RoomType::Other(other) => Err(ChatError::Invalid(format!(
            "`{other}` is no roomType: it is Public or Private."
        ))),
    }
}
