//! Pictures of users and rooms.

use super::change::Change;
use super::{Chat, ChatError, access};
use crate::protocol::ids::{RoomId, UserId};
use crate::server::avatar;
use crate::server::quirk::{Quirk, Quirks};
use crate::server::session::Identity;
use crate::server::store::avatars::{self, Subject};
use crate::server::store::{rooms, users};

/// The source of a picture.
enum Picture {
    Uploaded(Vec<u8>),
    /// Drawn from a name and a number.
    Initials(String, u64),
    Missing,
}

impl Chat {
    /// The picture of a user, as a JPEG.
    pub(crate) async fn user_avatar(&self, user_id: UserId) -> Result<Vec<u8>, ChatError> {
        let quirks = self.quirks;
        let picture = self
            .read(move |connection| {
                let user = users::find(connection, user_id)?.ok_or(ChatError::UserNotFound)?;
                let uploaded = avatars::find(connection, Subject::User(user_id))?;
                Ok(Picture::of(uploaded, user.display_name, user_id.get(), quirks))
            })
            .await?;
        picture.jpeg()
    }

    /// The picture of a room that the caller may see.
    pub(crate) async fn room_avatar(
        &self,
        identity: Identity,
        room_id: RoomId,
    ) -> Result<Vec<u8>, ChatError> {
        let quirks = self.quirks;
        let picture = self
            .read(move |connection| {
                let room = access::room(connection, &identity, room_id)?;
                let uploaded = avatars::find(connection, Subject::Room(room_id))?;
                Ok(Picture::of(uploaded, room.facts.name, room_id.get(), quirks))
            })
            .await?;
        picture.jpeg()
    }

    /// Changes or removes the picture of a user. There is no event for it.
    pub(crate) async fn set_user_avatar(
        &self,
        identity: Identity,
        user_id: UserId,
        jpeg: Option<Vec<u8>>,
    ) -> Result<(), ChatError> {
        let deletes = jpeg.is_none();
        let job = move |change: &mut Change<'_>| {
            users::find(change.connection, user_id)?.ok_or(ChatError::UserNotFound)?;
            if user_id != identity.user_id && !identity.is_admin {
                return Err(ChatError::Forbidden(
                    "Only users themselves and administrators may change the picture of a user.",
                ));
            }
            if avatars::set(change.connection, Subject::User(user_id), jpeg.as_deref())? {
                users::touch(change.connection, user_id, change.now)?;
            }
            Ok(())
        };
        if deletes {
            self.remove(job).await
        } else {
            self.change(job).await
        }
    }

    /// Changes or removes the picture of a room. Event: RoomUpdated with a later `lastModifiedUtc`.
    pub(crate) async fn set_room_avatar(
        &self,
        identity: Identity,
        room_id: RoomId,
        jpeg: Option<Vec<u8>>,
    ) -> Result<(), ChatError> {
        let deletes = jpeg.is_none();
        let job = move |change: &mut Change<'_>| {
            let room = access::room(change.connection, &identity, room_id)?;
            access::require_moderator(&identity, &room)?;
            change.watch(room_id)?;
            if avatars::set(change.connection, Subject::Room(room_id), jpeg.as_deref())? {
                rooms::touch(change.connection, room_id, change.now)?;
            }
            Ok(())
        };
        if deletes {
            self.remove(job).await
        } else {
            self.change(job).await
        }
    }
}

impl Picture {
    fn of(uploaded: Option<Vec<u8>>, name: String, number: u64, quirks: Quirks) -> Self {
        match uploaded {
            Some(jpeg) => Self::Uploaded(jpeg),
            None if quirks.contains(Quirk::InitialsAvatars) => Self::Initials(name, number),
            None => Self::Missing,
        }
    }

    fn jpeg(self) -> Result<Vec<u8>, ChatError> {
        match self {
            Self::Uploaded(jpeg) => Ok(jpeg),
            Self::Initials(name, number) => Ok(avatar::draw(&name, number)?),
            Self::Missing => Err(ChatError::AvatarNotFound),
        }
    }
}
