//! The database representation of the wire's values.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::protocol::ids::Id;
use crate::protocol::message::{IssueStatus, IssueType, MarkupType, MessageType, Priority};
use crate::protocol::room::RoomType;

impl<T> FromSql for Id<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number)
            .ok()
            .and_then(Self::new)
            .ok_or(FromSqlError::OutOfRange(number))
    }
}

impl<T> ToSql for Id<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        // Always fits, as it is below 2^53.
        Ok(ToSqlOutput::from(self.get().cast_signed()))
    }
}

/// Stores an open enumeration as its text on the wire.
macro_rules! as_text {
    ($($name:ident),+) => {
        $(
            impl FromSql for $name {
                fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                    value.as_str().map(Self::from)
                }
            }

            impl ToSql for $name {
                fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                    Ok(ToSqlOutput::from(self.as_str()))
                }
            }
        )+
    };
}

as_text!(
    MessageType,
    MarkupType,
    Priority,
    IssueType,
    IssueStatus,
    RoomType
);

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use crate::protocol::ids::SafeInt;

    #[test]
    fn integers_outside_the_wires_range_are_refused() {
        let connection = Connection::open_in_memory().expect("opens");
        let read = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, SafeInt>(0));
        assert_eq!(
            read("SELECT 9007199254740991").expect("the largest").get(),
            (1 << 53) - 1
        );
        assert!(read("SELECT 9007199254740992").is_err());
        assert!(read("SELECT -1").is_err());
    }
}
