//! Modification times: the latest in a database, and those of messages.

use rusqlite::Connection;

use crate::protocol::ids::{MessageId, UnixMillis};

/// The columns with times of the server's clock.
const COLUMNS: [(&str, &str); 7] = [
    ("users", "last_modified_utc"),
    ("sessions", "created_utc"),
    ("tokens", "created_utc"),
    ("rooms", "last_modified_utc"),
    ("messages", "last_modified_utc"),
    ("read_receipts", "read_utc"),
    ("attachments", "created_utc"),
];

/// The latest time in a database; 0 in a new one.
pub(crate) fn latest(connection: &Connection) -> rusqlite::Result<UnixMillis> {
    let mut latest = UnixMillis::ZERO;
    for (table, column) in COLUMNS {
        let time = connection.query_row(
            &format!("SELECT ifnull(max({column}), 0) FROM {table}"),
            (),
            |row| row.get(0),
        )?;
        latest = latest.max(time);
    }
    Ok(latest)
}

/// Records a change of a message. The time increases with every change, even within a millisecond, so that comparing
/// times detects each change.
pub(super) fn touch_message(
    connection: &Connection,
    message_id: MessageId,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE messages SET last_modified_utc = max(last_modified_utc + 1, ?2) WHERE message_id = ?1",
        )?
        .execute((message_id, now))?;
    Ok(())
}
