//! Rooms, and the personal state of users in them.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::protocol::Extra;
use crate::protocol::ids::{RoomId, SafeInt, UnixMillis, UserId};
use crate::protocol::room::{LastMessage, Room, RoomType};
use crate::server::quirk::{Quirk, Quirks};

/// The properties of a room that are the same for all users.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RoomFacts {
    pub(crate) room_id: RoomId,
    pub(crate) name: String,
    pub(crate) room_type: RoomType,
    pub(crate) is_archived: bool,
    pub(crate) created_utc: UnixMillis,
    pub(crate) last_modified_utc: UnixMillis,
    pub(crate) last_message: Option<LastMessage>,
    /// The number of messages and comments.
    message_count: u64,
}

/// The properties of a room that are personal to a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RoomView {
    pub(crate) unread: SafeInt,
    pub(crate) is_moderator: bool,
    pub(crate) is_pinned: bool,
}

/// The role of a user in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) is_member: bool,
    pub(crate) is_moderator: bool,
    is_pinned: bool,
    seen_count: u64,
}

impl RoomFacts {
    /// Whether a user with this role may see the room: all users if it is public, otherwise its members.
    pub(crate) fn is_visible_to(&self, part: Part) -> bool {
        self.room_type == RoomType::Public || part.is_member
    }

    /// Whether both look the same to all users, apart from personal properties.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        Self {
            message_count: other.message_count,
            ..self.clone()
        } == *other
    }

    /// The personal properties for a user with this role.
    pub(crate) fn view(&self, part: Part) -> RoomView {
        RoomView {
            unread: SafeInt::new(self.message_count.saturating_sub(part.seen_count)).unwrap_or_default(),
            is_moderator: part.is_moderator,
            is_pinned: part.is_pinned,
        }
    }

    /// The room as sent to a user.
    pub(crate) fn render(&self, view: RoomView, quirks: Quirks) -> Room {
        let user_id = |message: &LastMessage| {
            message
                .user_id
                .filter(|_| quirks.contains(Quirk::LastMessageUserId))
        };
        Room {
            room_id: self.room_id,
            name: self.name.clone(),
            display_name: self.name.clone(),
            room_type: self.room_type.clone(),
            created_utc: self.created_utc,
            last_modified_utc: self.last_modified_utc,
            unread_message_count: view.unread,
            is_moderator: view.is_moderator,
            is_archived: self.is_archived,
            is_pinned: view.is_pinned,
            last_message: self.last_message.as_ref().map(|message| LastMessage {
                user_id: user_id(message),
                ..message.clone()
            }),
            extra: Extra::new(),
        }
    }
}

const FACTS: &str = "r.room_id, r.name, r.room_type, r.is_archived, r.created_utc, r.last_modified_utc, \
     r.message_count, m.message_id, m.user_id, m.created_utc";

const LAST_MESSAGE: &str = "LEFT JOIN messages m ON m.message_id = \
     (SELECT max(message_id) FROM messages WHERE messages.room_id = r.room_id)";

fn facts_from_row(row: &Row<'_>) -> rusqlite::Result<RoomFacts> {
    let last_message = match row.get(7)? {
        Some(message_id) => Some(LastMessage {
            message_id,
            user_id: row.get(8)?,
            created_utc: row.get(9)?,
            extra: Extra::new(),
        }),
        None => None,
    };
    Ok(RoomFacts {
        room_id: row.get(0)?,
        name: row.get(1)?,
        room_type: row.get(2)?,
        is_archived: row.get(3)?,
        created_utc: row.get(4)?,
        last_modified_utc: row.get(5)?,
        message_count: row.get::<_, SafeInt>(6)?.get(),
        last_message,
    })
}

const PART: &str = "is_member, is_moderator, is_pinned, seen_count";

fn part_from_row(row: &Row<'_>, first: usize) -> rusqlite::Result<Part> {
    Ok(Part {
        is_member: row.get(first)?,
        is_moderator: row.get(first + 1)?,
        is_pinned: row.get(first + 2)?,
        seen_count: row.get::<_, SafeInt>(first + 3)?.get(),
    })
}

/// A room, if it exists.
pub(crate) fn find(connection: &Connection, room_id: RoomId) -> rusqlite::Result<Option<RoomFacts>> {
    connection
        .prepare_cached(&format!(
            "SELECT {FACTS} FROM rooms r {LAST_MESSAGE} WHERE r.room_id = ?1"
        ))?
        .query_row((room_id,), facts_from_row)
        .optional()
}

/// The rooms that a user may see, by id.
pub(crate) fn visible_to(
    connection: &Connection,
    user_id: UserId,
    quirks: Quirks,
) -> rusqlite::Result<Vec<Room>> {
    connection
        .prepare_cached(&format!(
            "SELECT {FACTS}, ifnull(u.is_member, 0), ifnull(u.is_moderator, 0), ifnull(u.is_pinned, 0), \
             ifnull(u.seen_count, 0) \
             FROM rooms r {LAST_MESSAGE} LEFT JOIN room_users u ON u.room_id = r.room_id AND u.user_id = ?1 \
             WHERE r.room_type = ?2 OR u.is_member ORDER BY r.room_id"
        ))?
        .query_map((user_id, RoomType::Public), |row| {
            let facts = facts_from_row(row)?;
            Ok(facts.render(facts.view(part_from_row(row, 10)?), quirks))
        })?
        .collect()
}

/// The role of a user in a room.
pub(crate) fn part(connection: &Connection, room_id: RoomId, user_id: UserId) -> rusqlite::Result<Part> {
    connection
        .prepare_cached(&format!(
            "SELECT {PART} FROM room_users WHERE room_id = ?1 AND user_id = ?2"
        ))?
        .query_row((room_id, user_id), |row| part_from_row(row, 0))
        .optional()
        .map(Option::unwrap_or_default)
}

/// The roles of all users who have one.
pub(crate) fn parts(connection: &Connection, room_id: RoomId) -> rusqlite::Result<HashMap<UserId, Part>> {
    connection
        .prepare_cached(&format!(
            "SELECT user_id, {PART} FROM room_users WHERE room_id = ?1"
        ))?
        .query_map((room_id,), |row| Ok((row.get(0)?, part_from_row(row, 1)?)))?
        .collect()
}

/// The members by id, and whether they are moderators.
pub(crate) fn members(connection: &Connection, room_id: RoomId) -> rusqlite::Result<Vec<(UserId, bool)>> {
    connection
        .prepare_cached(
            "SELECT user_id, is_moderator FROM room_users WHERE room_id = ?1 AND is_member ORDER BY user_id",
        )?
        .query_map((room_id,), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Inserts a room without members.
pub(crate) fn insert(
    connection: &Connection,
    name: &str,
    room_type: &RoomType,
    now: UnixMillis,
) -> rusqlite::Result<RoomId> {
    connection
        .prepare_cached(
            "INSERT INTO rooms (name, room_type, created_utc, last_modified_utc) VALUES (?1, ?2, ?3, ?3) \
             RETURNING room_id",
        )?
        .query_row((name, room_type, now), |row| row.get(0))
}

/// Updates the name, the type, the archived state and the time of modification.
pub(crate) fn update(connection: &Connection, facts: &RoomFacts) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE rooms SET name = ?2, room_type = ?3, is_archived = ?4, last_modified_utc = ?5 \
             WHERE room_id = ?1",
        )?
        .execute((
            facts.room_id,
            &facts.name,
            &facts.room_type,
            facts.is_archived,
            facts.last_modified_utc,
        ))?;
    Ok(())
}

/// Records a change of a room that its events do not contain. `last_modified_utc` always increases, so that clients
/// notice.
pub(crate) fn touch(connection: &Connection, room_id: RoomId, now: UnixMillis) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE rooms SET last_modified_utc = max(last_modified_utc + 1, ?2) WHERE room_id = ?1",
        )?
        .execute((room_id, now))?;
    Ok(())
}

/// Deletes a room and its content.
pub(crate) fn delete(connection: &Connection, room_id: RoomId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM rooms WHERE room_id = ?1")?
        .execute((room_id,))?;
    Ok(())
}

/// Adds a member or changes whether a member is a moderator.
pub(crate) fn set_member(
    connection: &Connection,
    room_id: RoomId,
    user_id: UserId,
    is_moderator: bool,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO room_users (room_id, user_id, is_member, is_moderator) VALUES (?1, ?2, 1, ?3) \
             ON CONFLICT DO UPDATE SET is_member = 1, is_moderator = excluded.is_moderator",
        )?
        .execute((room_id, user_id, is_moderator))?;
    Ok(())
}

/// Removes a member. The read messages stay counted.
pub(crate) fn remove_member(
    connection: &Connection,
    room_id: RoomId,
    user_id: UserId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE room_users SET is_member = 0, is_moderator = 0, is_pinned = 0 \
             WHERE room_id = ?1 AND user_id = ?2",
        )?
        .execute((room_id, user_id))?;
    Ok(())
}

/// Pins or unpins a room for a user.
pub(crate) fn set_pinned(
    connection: &Connection,
    room_id: RoomId,
    user_id: UserId,
    is_pinned: bool,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO room_users (room_id, user_id, is_pinned) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO UPDATE SET is_pinned = excluded.is_pinned",
        )?
        .execute((room_id, user_id, is_pinned))?;
    Ok(())
}

/// Changes the number of messages in a room.
pub(super) fn count_message(connection: &Connection, room_id: RoomId, change: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE rooms SET message_count = message_count + ?2 WHERE room_id = ?1")?
        .execute((room_id, change))?;
    Ok(())
}

/// Changes the number of messages that a user has seen.
pub(super) fn count_seen(
    connection: &Connection,
    room_id: RoomId,
    user_id: UserId,
    change: i64,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO room_users (room_id, user_id, seen_count) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO UPDATE SET seen_count = seen_count + excluded.seen_count",
        )?
        .execute((room_id, user_id, change))?;
    Ok(())
}
