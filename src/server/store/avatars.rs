//! Uploaded pictures of users and rooms.

use rusqlite::{Connection, OptionalExtension};

use crate::protocol::ids::{RoomId, SafeInt, UserId};

/// The owner of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A user's.
    User(UserId),
    /// A room's.
    Room(RoomId),
}

impl Subject {
    /// The table, its key column and the key.
    const fn place(self) -> (&'static str, &'static str, SafeInt) {
        match self {
            Self::User(user_id) => ("user_avatars", "user_id", user_id.cast()),
            Self::Room(room_id) => ("room_avatars", "room_id", room_id.cast()),
        }
    }
}

/// The uploaded picture, if there is one.
pub(crate) fn find(connection: &Connection, subject: Subject) -> rusqlite::Result<Option<Vec<u8>>> {
    let (table, key, id) = subject.place();
    connection
        .prepare_cached(&format!("SELECT jpeg FROM {table} WHERE {key} = ?1"))?
        .query_row((id,), |row| row.get(0))
        .optional()
}

/// Replaces or removes a picture. Returns whether anything changed.
pub(crate) fn set(connection: &Connection, subject: Subject, jpeg: Option<&[u8]>) -> rusqlite::Result<bool> {
    let (table, key, id) = subject.place();
    let changed = match jpeg {
        Some(jpeg) => connection
            .prepare_cached(&format!(
                "INSERT INTO {table} ({key}, jpeg) VALUES (?1, ?2) \
                 ON CONFLICT DO UPDATE SET jpeg = excluded.jpeg WHERE jpeg <> excluded.jpeg"
            ))?
            .execute((id, jpeg))?,
        None => connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE {key} = ?1"))?
            .execute((id,))?,
    };
    Ok(changed > 0)
}
