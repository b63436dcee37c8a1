//! The file of a database: whose it is, and that one server alone uses it.

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

/// How long a server that is just ending may keep the file from the next one.
const GRACE: Duration = Duration::from_secs(3);

/// How often the lock is tried within that time.
const PAUSE: Duration = Duration::from_millis(20);

/// What every SQLite file begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The length of a file's header, and where the application's number is in it.
const HEADER: u64 = 100;
const APPLICATION_ID: std::ops::Range<usize> = 68..72;

/// What a path in a URI keeps as it is.
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

/// A database file that no other server uses while this lives. The system ends it with the process, however that ends.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the file for this server, if it is a database of a server or is to become one. Otherwise nothing is changed:
    /// neither the file nor its siblings (`-wal`, `-shm`, `-journal`).
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        // Under each of its names the file has one lock.
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
        // Only now: closing the file would undo the locks of SQLite in the same process.
        let checked = check(&database);
        if checked.is_err() && is_new {
            // Whether it can be removed or not, the refusal is what is to be told.
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

/// Refuses what is no database of a server, or one of a later version, without writing anything.
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

/// Opens a database for a look that leaves its files as they are.
fn look_into(database: &Path) -> Result<Connection, StoreError> {
    let has_log = sibling(database, "-wal")
        .metadata()
        .is_ok_and(|log| log.len() > 0);
    if has_log {
        // A process that was killed left it, and what it holds counts. Closing must not move that into the file.
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        return Ok(connection);
    }
    // Otherwise even a reader would make a log.
    let path = percent_encode(database.as_os_str().as_encoded_bytes(), PATH);
    Ok(Connection::open_with_flags(
        format!("file:{path}?immutable=1"),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
    )?)
}
