//! Sessions and bearer tokens.

use rusqlite::{Connection, OptionalExtension};

use super::users::UserStatus;
use crate::protocol::ids::{UnixMillis, UserId};

/// The digest of a session id or token.
pub(crate) type Digest = [u8; 32];

/// The user of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) user_id: UserId,
    pub(crate) is_admin: bool,
    /// When the credential expires.
    pub(crate) expires_utc: UnixMillis,
}

/// Inserts a session if its user is active, and deletes expired sessions. Returns whether it was inserted.
pub(crate) fn insert(
    connection: &Connection,
    digest: &Digest,
    user_id: UserId,
    now: UnixMillis,
    expires_utc: UnixMillis,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("DELETE FROM sessions WHERE expires_utc <= ?1")?
        .execute((now,))?;
    let begun = connection
        .prepare_cached(
            "INSERT INTO sessions (digest, user_id, created_utc, expires_utc) \
             SELECT ?1, user_id, ?3, ?4 FROM users WHERE user_id = ?2 AND status = ?5",
        )?
        .execute((digest, user_id, now, expires_utc, UserStatus::Active))?;
    Ok(begun == 1)
}

/// Deletes the sessions of a user except this one and the `kept` newest others. Returns their digests.
pub(crate) fn take_oldest(
    connection: &Connection,
    digest: &Digest,
    user_id: UserId,
    kept: u32,
) -> rusqlite::Result<Vec<Digest>> {
    connection
        .prepare_cached(
            "DELETE FROM sessions WHERE digest IN (SELECT digest FROM sessions WHERE user_id = ?1 AND digest <> ?2 \
             ORDER BY created_utc DESC LIMIT -1 OFFSET ?3) RETURNING digest",
        )?
        .query_map((user_id, digest, kept), |row| row.get(0))?
        .collect()
}

/// Deletes a session. Returns whether it existed.
pub(crate) fn delete(connection: &Connection, digest: &Digest) -> rusqlite::Result<bool> {
    let ended = connection
        .prepare_cached("DELETE FROM sessions WHERE digest = ?1")?
        .execute((digest,))?;
    Ok(ended == 1)
}

/// Deletes all sessions and tokens of a user, or of all users.
pub(crate) fn delete_all(
    connection: &Connection,
    user_id: impl Into<Option<UserId>>,
) -> rusqlite::Result<()> {
    let user_id = user_id.into();
    for table in ["sessions", "tokens"] {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE ?1 IS NULL OR user_id = ?1"))?
            .execute((user_id,))?;
    }
    Ok(())
}

/// The user of a session, if it has not expired and the user is active.
pub(crate) fn holder(
    connection: &Connection,
    digest: &Digest,
    now: UnixMillis,
) -> rusqlite::Result<Option<Holder>> {
    find(connection, "sessions", digest, now)
}

/// The user of a token, if it has not expired and the user is active.
pub(crate) fn token_holder(
    connection: &Connection,
    digest: &Digest,
    now: UnixMillis,
) -> rusqlite::Result<Option<Holder>> {
    find(connection, "tokens", digest, now)
}

fn find(
    connection: &Connection,
    table: &str,
    digest: &Digest,
    now: UnixMillis,
) -> rusqlite::Result<Option<Holder>> {
    connection
        .prepare_cached(&format!(
            "SELECT user_id, is_admin, expires_utc FROM {table} JOIN users USING (user_id) \
             WHERE digest = ?1 AND expires_utc > ?2 AND status = ?3"
        ))?
        .query_row((digest, now, UserStatus::Active), |row| {
            Ok(Holder {
                user_id: row.get(0)?,
                is_admin: row.get(1)?,
                expires_utc: row.get(2)?,
            })
        })
        .optional()
}

/// Replaces the token of a user. Returns the digest of the previous one.
pub(crate) fn replace_token(
    connection: &Connection,
    digest: &Digest,
    user_id: UserId,
    now: UnixMillis,
    expires_utc: UnixMillis,
) -> rusqlite::Result<Option<Digest>> {
    let before = connection
        .prepare_cached("SELECT digest FROM tokens WHERE user_id = ?1")?
        .query_row((user_id,), |row| row.get(0))
        .optional()?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO tokens (user_id, digest, created_utc, expires_utc) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((user_id, digest, now, expires_utc))?;
    Ok(before)
}
