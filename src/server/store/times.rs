//! The latest time that a database knows.

use rusqlite::Connection;

use crate::protocol::ids::UnixMillis;

/// What has times of the server's clock.
const COLUMNS: [(&str, &str); 7] = [
    ("users", "last_modified_utc"),
    ("sessions", "created_utc"),
    ("tokens", "created_utc"),
    ("rooms", "last_modified_utc"),
    ("messages", "last_modified_utc"),
    ("read_receipts", "read_utc"),
    ("attachments", "created_utc"),
];

/// The latest time at which something was written; 0 in a new database.
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
