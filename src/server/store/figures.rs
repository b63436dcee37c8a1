//! The numbers of stored objects.

use rusqlite::Connection;

use crate::protocol::ids::SafeInt;

/// The numbers of stored objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) users: SafeInt,
    pub(crate) rooms: SafeInt,
    /// Messages and comments.
    pub(crate) messages: SafeInt,
    pub(crate) attachments: SafeInt,
    /// The total size of all attachments, in bytes.
    pub(crate) attachment_bytes: SafeInt,
}

/// Counts the stored objects.
pub(crate) fn count(connection: &Connection) -> rusqlite::Result<Figures> {
    connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM rooms), \
             (SELECT ifnull(sum(message_count), 0) FROM rooms), \
             (SELECT count(*) FROM attachments), (SELECT ifnull(sum(file_size), 0) FROM attachments)",
        )?
        .query_row((), |row| {
            Ok(Figures {
                users: row.get(0)?,
                rooms: row.get(1)?,
                messages: row.get(2)?,
                attachments: row.get(3)?,
                attachment_bytes: row.get(4)?,
            })
        })
}
