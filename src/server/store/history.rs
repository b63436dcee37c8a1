//! Earlier states of the database, for lagging reads.

use std::collections::VecDeque;
use std::ffi::c_int;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::protocol::ids::{SafeInt, UnixMillis};
use crate::server::faults::{Lag, Lagging};

/// The number of copies that cover the longest lag.
const COPIES: u64 = 16;

/// The minimum interval between copies, in milliseconds.
const SHORTEST: u64 = 10;

/// The delay if another process holds the database's lock.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// The size of a copy's cache of prepared statements.
const STATEMENTS: usize = 16;

/// Copies of the database in memory, each taken just before a change.
///
/// The history sees every change while reads lag. It skips short-lived states, so reads may be older than requested by
/// up to the interval between copies.
#[derive(Default)]
pub(crate) struct History {
    /// The period of lagging reads that it covers.
    run: u64,
    /// The copies, oldest first.
    copies: VecDeque<Copy>,
    /// When the database last changed.
    changed: UnixMillis,
}

/// The state of the database from a given time on.
struct Copy {
    from: UnixMillis,
    taken: UnixMillis,
    connection: Connection,
}

impl History {
    /// Copies the current state if needed. Call this before each change, outside of its transaction.
    pub(crate) fn before_change(
        &mut self,
        connection: &Connection,
        lagging: Option<Lagging>,
        now: UnixMillis,
    ) -> rusqlite::Result<()> {
        let Some(Lagging { longest_ms, run }) = lagging else {
            self.copies.clear();
            return Ok(());
        };
        self.begin(run);
        let pause = (longest_ms / COPIES).max(SHORTEST);
        let is_due = |last: &Copy| now.get().saturating_sub(last.taken.get()) >= pause;
        if self.copies.back().is_none_or(is_due) {
            self.copies.push_back(Copy {
                from: self.changed,
                taken: now,
                connection: copy(connection)?,
            });
        }
        // Keeps only the newest of the copies that are old enough.
        let horizon = now.get().saturating_sub(longest_ms);
        while self.copies.get(1).is_some_and(|copy| copy.from.get() <= horizon) {
            self.copies.pop_front();
        }
        Ok(())
    }

    /// Records a change of the database.
    pub(crate) const fn changed(&mut self, now: UnixMillis) {
        self.changed = now;
    }

    /// The database as of `lag` ago, but not from before the lag began.
    pub(crate) fn at<'a>(
        &'a mut self,
        connection: &'a Connection,
        lag: Lag,
        now: UnixMillis,
    ) -> &'a Connection {
        self.begin(lag.run);
        let wanted = now.get().saturating_sub(lag.ms);
        if self.changed.get() <= wanted {
            return connection;
        }
        self.copies
            .iter()
            .rfind(|copy| copy.from.get() <= wanted)
            .or(self.copies.front())
            .map_or(connection, |copy| &copy.connection)
    }

    /// Drops the copies of an earlier period, as the state never goes back to before the current one.
    fn begin(&mut self, run: u64) {
        if self.run != run {
            self.run = run;
            self.changed = SafeInt::ZERO;
            self.copies.clear();
        }
    }
}

fn copy(connection: &Connection) -> rusqlite::Result<Connection> {
    let mut copy = Connection::open_in_memory()?;
    copy.set_prepared_statement_cache_capacity(STATEMENTS);
    Backup::new(connection, &mut copy)?.run_to_completion(c_int::MAX, BUSY_PAUSE, None)?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: u64 = 160;

    fn millis(ms: u64) -> UnixMillis {
        SafeInt::new(ms).expect("in range")
    }

    fn lagging(run: u64) -> Lagging {
        Lagging { longest_ms: LAG, run }
    }

    struct Database {
        connection: Connection,
        history: History,
    }

    impl Database {
        fn new() -> Self {
            let connection = Connection::open_in_memory().expect("opens");
            connection
                .execute_batch("CREATE TABLE latest (number INTEGER); INSERT INTO latest VALUES (0)")
                .expect("a table");
            Self {
                connection,
                history: History::default(),
            }
        }

        fn set(&mut self, number: u32, lagging: Option<Lagging>, now: u64) {
            self.history
                .before_change(&self.connection, lagging, millis(now))
                .expect("a copy");
            self.connection
                .execute("UPDATE latest SET number = ?1", (number,))
                .expect("an update");
            self.history.changed(millis(now));
        }

        fn read(&mut self, run: u64, now: u64) -> u32 {
            let lag = Lag { ms: LAG, run };
            self.history
                .at(&self.connection, lag, millis(now))
                .query_row("SELECT number FROM latest", (), |row| row.get(0))
                .expect("a number")
        }
    }

    #[test]
    fn reads_lag_by_the_time_asked_for_and_at_most_a_pause_more() {
        let mut database = Database::new();
        // State n begins at 1000 + n and lasts 1 ms.
        for number in 1..=2000 {
            let now = 1000 + u64::from(number);
            database.set(number, Some(lagging(1)), now);
            let read = u64::from(database.read(1, now));
            let exact = u64::from(number).saturating_sub(LAG);
            assert!(
                read <= exact && read + LAG / COPIES >= exact,
                "{read} after {number} changes"
            );
            assert!(database.history.copies.len() as u64 <= COPIES + 2);
        }
        assert_eq!(database.read(1, 3000 + LAG), 2000, "nothing has changed since");
    }

    #[test]
    fn the_state_stands_still_until_the_lag_is_reached() {
        let mut database = Database::new();
        database.set(1, None, 1000);
        assert_eq!(database.read(1, 1001), 1, "the state at the beginning");
        database.set(2, Some(lagging(1)), 1002);
        assert_eq!(database.read(1, 1002), 1);
        assert_eq!(database.read(1, 1002 + LAG - 1), 1);
        assert_eq!(database.read(1, 1002 + LAG), 2);
    }

    #[test]
    fn a_later_lag_does_not_go_back_to_before_it() {
        let mut database = Database::new();
        database.set(1, Some(lagging(1)), 1000);
        database.set(2, Some(lagging(1)), 1050);
        assert_eq!(database.read(2, 1051), 2);
        database.set(3, Some(lagging(2)), 1052);
        assert_eq!(database.read(2, 1053), 2);
        database.set(4, None, 1054);
        assert_eq!(database.history.copies.len(), 0);
        assert_eq!(database.read(3, 1055), 4);
    }

    #[test]
    fn a_database_in_a_file_is_copied() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let connection = Connection::open(folder.path().join("a.db")).expect("opens");
        connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
            .expect("has a log");
        connection
            .execute_batch("CREATE TABLE latest (number INTEGER); INSERT INTO latest VALUES (7)")
            .expect("a table");
        let number: u32 = copy(&connection)
            .expect("copies")
            .query_row("SELECT number FROM latest", (), |row| row.get(0))
            .expect("a number");
        assert_eq!(number, 7);
    }
}
