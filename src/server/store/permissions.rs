//! The permissions of users in a room.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use crate::protocol::ids::{RoomId, UserId};

/// Declares the flags with their names on the wire.
macro_rules! flags {
    ($($(#[$meta:meta])* $flag:ident = $name:literal,)+) => {
        /// A permission in a room.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub(crate) enum Flag {
            $($(#[$meta])* #[serde(rename = $name)] $flag,)+
        }

        impl Flag {
            /// Every flag.
            pub(crate) const ALL: &[Self] = &[$(Self::$flag),+];

            /// The name on the wire.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$flag => $name,)+
                }
            }
        }
    };
}

flags! {
    SendMessagesInMainThread = "canSendMessagesInMainThread",
    SendMessagesInDiscussion = "canSendMessagesInDiscussion",
    ChangeOwnMessagesInMainThread = "canEditOrDeleteOwnMessagesInMainThread",
    ChangeOwnMessagesInDiscussion = "canEditOrDeleteOwnMessagesInDiscussion",
    ChangeOwnFilesInMainThread = "canAttachOrDeleteFilesInOwnMessagesInMainThread",
    ChangeOwnFilesInDiscussion = "canAttachOrDeleteFilesInOwnMessagesInDiscussion",
    SendFilesInMainThread = "canSendFilesIntoRoomInMainThread",
    SendFilesInDiscussion = "canSendFilesIntoRoomInDiscussion",
    ReactInMainThread = "canReactToMessagesWithEmojiInMainThread",
    ReactInDiscussion = "canReactToMessagesWithEmojiInDiscussion",
    SeeReadersInMainThread = "uiCanSeeWhoReadMessageInMainThread",
    SeeReadersInDiscussion = "uiCanSeeWhoReadMessageInDiscussion",
    ChangeUnrelatedIssues = "canChangePropertiesOfUnrelatedIssues",
    CreateIssues = "canCreateIssues",
    CreateMeetings = "canCreateMeetings",
    RecordMeetings = "canRecordMeetings",
    UseIntercom = "canUseIntercom",
    IntercomListen = "canIntercomListen",
    IntercomTalk = "canIntercomTalk",
    IntercomWatchVideo = "canIntercomWatchVideo",
    IntercomStreamVideo = "canIntercomStreamVideo",
    ShareScreen = "canShareScreen",
    SendNudge = "canSendNudge",
    SeeRoomSidebar = "uiCanSeeRoomSidebar",
}

/// Flags, and whether each is granted.
pub(crate) type Permissions = BTreeMap<Flag, bool>;

/// The user id that stands for everyone in the table.
const EVERYBODY: UserId = UserId::ZERO;

/// Whether a user has a flag: by the user's own rule, else by the rule for everyone, else yes.
pub(crate) fn is_allowed(
    connection: &Connection,
    room_id: RoomId,
    user_id: UserId,
    flag: Flag,
) -> rusqlite::Result<bool> {
    let denied: Option<bool> = connection
        .prepare_cached(
            "SELECT is_denied FROM room_denials WHERE room_id = ?1 AND user_id IN (?2, ?3) AND flag = ?4 \
             ORDER BY user_id DESC LIMIT 1",
        )?
        .query_row((room_id, user_id, EVERYBODY, flag.name()), |row| row.get(0))
        .optional()?;
    Ok(denied != Some(true))
}

/// All flags of a user.
pub(crate) fn of_user(
    connection: &Connection,
    room_id: RoomId,
    user_id: UserId,
) -> rusqlite::Result<Permissions> {
    Flag::ALL
        .iter()
        .map(|flag| Ok((*flag, is_allowed(connection, room_id, user_id, *flag)?)))
        .collect()
}

/// Sets a flag for a user, or with `None` for everyone without an individual rule.
pub(crate) fn set(
    connection: &Connection,
    room_id: RoomId,
    user_id: Option<UserId>,
    flag: Flag,
    is_allowed: bool,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO room_denials (room_id, user_id, flag, is_denied) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET is_denied = excluded.is_denied",
        )?
        .execute((room_id, user_id.unwrap_or(EVERYBODY), flag.name(), !is_allowed))?;
    Ok(())
}
