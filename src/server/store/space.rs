//! Reserves disk space, so that deleting works even when the disk is full.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{StoreError, file};

/// The size of the reserve in bytes. Deleting also writes: first the log, then the changed pages.
const RESERVE: usize = 4 << 20;

/// The number of reserved pages if the size of the database is limited.
const RESERVED_PAGES: i64 = 64;

/// The space for the database. A reserve is left to deletions.
pub(super) enum Space {
    /// Limited only by memory.
    Unlimited,
    /// At most that many pages.
    Pages(i64),
    /// Limited by the disk, minus a reserve file that is removed when the disk is full.
    Disk {
        reserve: PathBuf,
        is_kept: bool,
        limit: Option<i64>,
    },
}

impl Space {
    /// Applies the size limit, if there is one.
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

    /// Rejects additions if only the reserve is left.
    pub(super) fn require(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let limit = match self {
            Self::Unlimited => None,
            Self::Pages(limit) => Some(*limit),
            Self::Disk {
                reserve,
                is_kept,
                limit,
            } => {
                // Deleted content leaves free pages in the file, and the log has its own space.
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

    /// Releases the reserve for a deletion. Returns whether there was one.
    pub(super) fn release(&mut self, connection: &Connection) -> bool {
        let Self::Disk { reserve, is_kept, .. } = self else {
            return false;
        };
        if !std::mem::take(is_kept) || fs::remove_file(reserve).is_err() {
            return false;
        }
        // After a checkpoint, the log can be overwritten from its start. Failure is acceptable.
        let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()));
        true
    }
}

/// The free space within the file, in bytes.
fn free_bytes(connection: &Connection) -> rusqlite::Result<i64> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok(number("freelist_count")?.saturating_mul(number("page_size")?))
}

/// The path of the reserve file.
fn reserve_of(database: &Path) -> PathBuf {
    file::sibling(database, "-reserve")
}

/// Releases the reserve for a start on a full disk, which also needs space. Returns whether there was one.
pub(super) fn release_for_start(database: &Path) -> bool {
    fs::remove_file(reserve_of(database)).is_ok()
}

fn keep(reserve: &Path) -> io::Result<()> {
    let written = File::create(reserve).and_then(|mut file| {
        file.write_all(&vec![0; RESERVE])?;
        // Some file systems report only here that they are full.
        file.sync_all()
    });
    if written.is_err() {
        // A partial file would pass for a complete one at the next start.
        let _ = fs::remove_file(reserve);
    }
    written
}

fn limit(connection: &Connection, bytes: u64) -> Result<i64, StoreError> {
    let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
    // SQLite returns the effective limit, which is at least the current size.
    let mut limit = pages;
    connection.pragma_update_and_check(None, "max_page_count", pages.max(1), |row| {
        limit = row.get(0)?;
        Ok(())
    })?;
    Ok(limit)
}
