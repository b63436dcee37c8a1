//! The database file: checks its type, and locks it for one server.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{StoreError, schema};

/// How long to wait for a server that is shutting down.
const GRACE: Duration = Duration::from_secs(3);

/// The interval between attempts to lock.
const PAUSE: Duration = Duration::from_millis(20);

/// The signature of SQLite files.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The length of the file header, and the position of the application id.
const HEADER: u64 = 100;
const APPLICATION_ID: std::ops::Range<usize> = 68..72;

/// The characters that are not escaped in the path of a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// The path of a database with a suffix.
pub(super) fn sibling(database: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(suffix);
    PathBuf::from(name)
}

/// An exclusive lock on a database file. The system releases it when the process ends, for any reason.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Locks the file if it is a database of this program, empty or missing. Otherwise neither the file nor its
    /// siblings (`-wal`, `-shm`, `-journal`) are changed.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        // The same lock for all paths to the file.
        let database = fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
        let path = sibling(&database, "-lock");
        let is_new = !path.exists();
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(StoreError::File)?;
        wait_for(&file)?;
        // Only with the lock: closing the file would release SQLite's locks in the same process.
        let checked = check(&database);
        if checked.is_err() && is_new {
            // The refusal is reported even if the removal fails.
            let _ = fs::remove_file(&path);
        }
        checked.map(|()| Self { _file: file })
    }
}

fn wait_for(file: &File) -> Result<(), StoreError> {
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(StoreError::File(error)),
            Err(TryLockError::WouldBlock) if begun.elapsed() < GRACE => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse),
        }
    }
}

/// Rejects other files and databases of newer versions, without writing anything.
fn check(database: &Path) -> Result<(), StoreError> {
    let mut header = Vec::new();
    match File::open(database) {
        Ok(file) => file.take(HEADER).read_to_end(&mut header),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
    }
    .map_err(StoreError::File)?;
    if header.is_empty() {
        return Ok(());
    }
    let application_id = header
        .get(APPLICATION_ID)
        .and_then(|bytes| bytes.try_into().ok())
        .map(i32::from_be_bytes)
        .filter(|id| header.starts_with(MAGIC) && [0, schema::APPLICATION_ID].contains(id));
    if application_id.is_none() {
        return Err(StoreError::Foreign);
    }
    let connection = look_into(database)?;
    schema::check(&connection)
}

/// Opens a database for inspection without changing its files.
fn look_into(database: &Path) -> Result<Connection, StoreError> {
    let has_log = sibling(database, "-wal")
        .metadata()
        .is_ok_and(|log| log.len() > 0);
    if has_log {
        // A killed process left the log, and its content counts. Closing must not move it into the file.
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        return Ok(connection);
    }
    // Otherwise even a reader would create a log.
    let path = percent_encode(database.as_os_str().as_encoded_bytes(), PATH);
    Ok(Connection::open_with_flags(
        format!("file:{path}?immutable=1"),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
    )?)
}
