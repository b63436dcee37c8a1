//! The tables, and the migrations between their versions.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// The migrations from each version to the next. A new database runs all of them. Released entries never change: a
/// change of the tables is a new entry.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1-core.sql"),
    include_str!("schema/2-permissions.sql"),
    include_str!("schema/3-attachments.sql"),
    include_str!("schema/4-avatars.sql"),
];

/// The application id of this program's databases: `RmEv`.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"RmEv");

/// The last version whose databases may lack that id, and tables that they all have.
const UNMARKED: i32 = 4;
const TABLES: &str = "'users', 'sessions', 'rooms', 'room_users', 'messages', 'read_receipts'";
const TABLE_COUNT: i32 = 6;

/// Rejects databases of other programs and of newer versions. An empty database is accepted.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let number = |query: &str| connection.query_row(query, (), |row| row.get::<_, i32>(0));
    let application_id = number("PRAGMA application_id")?;
    let found = number("PRAGMA user_version")?;
    let is_ours = match application_id {
        APPLICATION_ID => true,
        0 if number("SELECT count(*) FROM sqlite_schema")? == 0 => return Ok(()),
        0 => {
            let tables =
                format!("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ({TABLES})");
            (1..=UNMARKED).contains(&found) && number(&tables)? == TABLE_COUNT
        }
        _ => false,
    };
    if !is_ours {
        return Err(StoreError::Foreign);
    }
    match u32::try_from(found) {
        Ok(found) if found as usize > MIGRATIONS.len() => Err(StoreError::TooNew {
            found,
            known: u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX),
        }),
        _ => Ok(()),
    }
}

/// Runs the missing migrations in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    let application_id: i32 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    // A start on a full disk avoids unnecessary writes.
    if found == known && application_id == APPLICATION_ID {
        return Ok(());
    }
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection).expect("the first time");
        migrate(&mut connection).expect("the second time");
        let version: u32 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .expect("has a version");
        assert_eq!(version as usize, MIGRATIONS.len());
    }

    #[test]
    fn a_database_of_each_earlier_version_is_brought_up_to_date_with_what_is_in_it() {
        for version in 1..MIGRATIONS.len() {
            let mut connection = Connection::open_in_memory().expect("opens");
            for migration in &MIGRATIONS[..version] {
                connection.execute_batch(migration).expect("an earlier version");
            }
            let number = u32::try_from(version).expect("few");
            connection
                .pragma_update(None, "user_version", number)
                .expect("sets the version");
            connection
                .execute(
                    "INSERT INTO users (user_name, display_name, is_admin, status, password_hash, created_utc, \
                     last_modified_utc) VALUES ('bob', 'Bob', 0, 'Active', '', 1, 2)",
                    (),
                )
                .expect("a user");
            migrate(&mut connection).expect("brings it up to date");
            let name: String = connection
                .query_row(
                    "SELECT display_name FROM users WHERE user_name = 'bob'",
                    (),
                    |row| row.get(0),
                )
                .expect("the user is still there");
            assert_eq!(name, "Bob");
            let tables = |connection: &Connection| -> Vec<String> {
                let mut statement = connection
                    .prepare("SELECT name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name")
                    .expect("a query");
                let rows = statement.query_map((), |row| row.get(0)).expect("rows");
                rows.collect::<Result<_, _>>().expect("texts")
            };
            let mut new = Connection::open_in_memory().expect("opens");
            migrate(&mut new).expect("a new one");
            assert_eq!(tables(&connection), tables(&new), "from version {version}");
        }
    }

    #[test]
    fn a_database_of_a_later_version_is_left_alone() {
        let mut connection = Connection::open_in_memory().expect("opens");
        connection
            .pragma_update(None, "user_version", 1000)
            .expect("sets the version");
        assert!(matches!(
            migrate(&mut connection),
            Err(StoreError::TooNew { found: 1000, .. })
        ));
        let tables: u32 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))
            .expect("counts");
        assert_eq!(tables, 0);
    }
}
