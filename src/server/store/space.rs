//! Room on the disk: that something can still be deleted when there is no more.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{StoreError, file};

/// How much is kept back. Deleting writes, too: first the log, then the pages that changed.
const RESERVE: usize = 4 << 20;

/// How many pages are kept back of a database whose size is limited.
const RESERVED_PAGES: i64 = 64;

/// Room that only what deletes may take.
pub(super) enum Space {
    /// As much as the memory has.
    Unlimited,
    /// So many pages at most.
    Pages(i64),
    /// As much as the disk has, less a file that gives way when it is full.
    Disk {
        reserve: PathBuf,
        is_kept: bool,
        limit: Option<i64>,
    },
}

impl Space {
    /// Limits the size of a database, where that is wanted.
    pub(super) fn new(
        connection: &Connection,
        database: Option<&Path>,
        max_bytes: Option<u64>,
    ) -> Result<Self, StoreError> {
        let limit = max_bytes.map(|bytes| limit(connection, bytes)).transpose()?;
        Ok(match (database, limit) {
            (Some(database), limit) => {
                let reserve = reserve_of(database);
                Self::Disk {
                    is_kept: reserve.exists(),
                    reserve,
                    limit,
                }
            }
            (None, Some(limit)) => Self::Pages(limit),
            (None, None) => Self::Unlimited,
        })
    }

    /// Refuses what would add something while there is no more room than deleting may need.
    pub(super) fn require(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let limit = match self {
            Self::Unlimited => None,
            Self::Pages(limit) => Some(*limit),
            Self::Disk {
                reserve,
                is_kept,
                limit,
            } => {
                // What was deleted leaves room in the file, and the log has its own.
                if !*is_kept && free_bytes(connection)? < RESERVE as i64 {
                    keep(reserve).map_err(|error| {
                        tracing::warn!(%error, "there is no room on the disk of the database");
                        StoreError::Full
                    })?;
                    *is_kept = true;
                }
                *limit
            }
        };
        if let Some(limit) = limit {
            let pages = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            if limit - pages("page_count")? + pages("freelist_count")? < RESERVED_PAGES {
                return Err(StoreError::Full);
            }
        }
        Ok(())
    }

    /// Gives what is kept back to what deletes. Whether there was something.
    pub(super) fn release(&mut self, connection: &Connection) -> bool {
        let Self::Disk { reserve, is_kept, .. } = self else {
            return false;
        };
        if !std::mem::take(is_kept) || fs::remove_file(reserve).is_err() {
            return false;
        }
        // The log can be written from its beginning again once the file holds what is in it. It is only a chance.
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()));
        true
    }
}

/// How much the file has room for without growing.
fn free_bytes(connection: &Connection) -> rusqlite::Result<i64> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok(number("freelist_count")?.saturating_mul(number("page_size")?))
}

/// The file that keeps room for what deletes.
fn reserve_of(database: &Path) -> PathBuf {
    file::sibling(database, "-reserve")
}

/// Makes room for a start on a disk that is full: what is open needs some, too. Whether there was something.
pub(super) fn release_for_start(database: &Path) -> bool {
    fs::remove_file(reserve_of(database)).is_ok()
}

fn keep(reserve: &Path) -> io::Result<()> {
    let written = File::create(reserve).and_then(|mut file| {
        file.write_all(&vec![0; RESERVE])?;
        // Some file systems notice only then that they are full.
        file.sync_all()
    });
    if written.is_err() {
        // A part would pass for the whole at the next start.
        let _ = fs::remove_file(reserve);
    }
    written
}

fn limit(connection: &Connection, bytes: u64) -> Result<i64, StoreError> {
    let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
    // SQLite answers with what it made of it: no less than there are already.
    let mut limit = pages;
    connection.pragma_update_and_check(None, "max_page_count", pages.max(1), |row| {
        limit = row.get(0)?;
        Ok(())
    })?;
    Ok(limit)
}
