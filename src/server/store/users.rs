//! Users.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::protocol::ids::{UnixMillis, UserId};

/// A user, as in `GET /users`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    pub(crate) user_id: UserId,
    pub(crate) user_name: String,
    pub(crate) display_name: String,
    pub(crate) is_admin: bool,
    pub(crate) status: UserStatus,
    pub(crate) created_utc: UnixMillis,
    pub(crate) last_modified_utc: UnixMillis,
}

/// The status of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) enum UserStatus {
    /// May use the server.
    Active,
    /// Locked out until reactivated.
    Suspended,
    /// Locked out while being deleted.
    DeletionInProgress,
}

impl UserStatus {
    const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::DeletionInProgress];

    /// The text in the database and on the wire.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::DeletionInProgress => "DeletionInProgress",
        }
    }
}

impl ToSql for UserStatus {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_str()))
    }
}

impl FromSql for UserStatus {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(FromSqlError::InvalidType)
    }
}

/// A user to insert.
pub(crate) struct NewUser<'a> {
    pub(crate) user_name: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) is_admin: bool,
    pub(crate) password_hash: &'a str,
}

const COLUMNS: &str = "user_id, user_name, display_name, is_admin, status, created_utc, last_modified_utc";

fn from_row(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        user_id: row.get(0)?,
        user_name: row.get(1)?,
        display_name: row.get(2)?,
        is_admin: row.get(3)?,
        status: row.get(4)?,
        created_utc: row.get(5)?,
        last_modified_utc: row.get(6)?,
    })
}

/// All users, by id.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<User>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM users ORDER BY user_id"))?
        .query_map((), from_row)?
        .collect()
}

/// A user, if it exists.
pub(crate) fn find(connection: &Connection, user_id: UserId) -> rusqlite::Result<Option<User>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM users WHERE user_id = ?1"))?
        .query_row((user_id,), from_row)
        .optional()
}

/// Records a change of a user.
pub(crate) fn touch(connection: &Connection, user_id: UserId, now: UnixMillis) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE users SET last_modified_utc = max(last_modified_utc + 1, ?2) WHERE user_id = ?1",
        )?
        .execute((user_id, now))?;
    Ok(())
}

/// Whether a user exists.
pub(crate) fn exists(connection: &Connection, user_id: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM users WHERE user_id = ?1")?
        .exists((user_id,))
}

/// The id and the password hash of an active user. Names are compared without regard to ASCII case.
pub(crate) fn password_of(
    connection: &Connection,
    user_name: &str,
) -> rusqlite::Result<Option<(UserId, String)>> {
    connection
        .prepare_cached("SELECT user_id, password_hash FROM users WHERE user_name = ?1 AND status = ?2")?
        .query_row((user_name, UserStatus::Active), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
}

/// Changes the status of a user. Returns whether the user exists.
pub(crate) fn set_status(
    connection: &Connection,
    user_id: UserId,
    status: UserStatus,
    now: UnixMillis,
) -> rusqlite::Result<bool> {
    let changed = connection
        .prepare_cached("UPDATE users SET status = ?2, last_modified_utc = ?3 WHERE user_id = ?1")?
        .execute((user_id, status, now))?;
    Ok(changed == 1)
}

/// Inserts an active user.
pub(crate) fn insert(
    connection: &Connection,
    user: &NewUser<'_>,
    now: UnixMillis,
) -> rusqlite::Result<UserId> {
    connection
        .prepare_cached(
            "INSERT INTO users (user_name, display_name, is_admin, status, password_hash, created_utc, \
             last_modified_utc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) RETURNING user_id",
        )?
        .query_row(
            (
                user.user_name,
                user.display_name,
                user.is_admin,
                UserStatus::Active,
                user.password_hash,
                now,
            ),
            |row| row.get(0),
        )
}
