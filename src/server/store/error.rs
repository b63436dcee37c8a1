//! Errors of the database.

use std::io;

use rusqlite::ErrorCode;

/// Why a database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An SQLite error.
    #[error("{0}")]
    Sql(#[source] rusqlite::Error),
    /// Another process has locked the database.
    #[error("another process has locked it")]
    Locked,
    /// There is no space left, on the disk or within the configured limit. Reading and deleting still work.
    #[error("there is no room for more")]
    Full,
    /// Another server uses the file.
    #[error("another server uses it: stop that one, or use another file")]
    InUse,
    /// The file is not a database of this program.
    #[error("it is no database of a reference server, and is left as it is: use another file")]
    Foreign,
    /// The file or its lock file could not be opened.
    #[error("{0}")]
    File(#[source] io::Error),
    /// The file was written by a newer version.
    #[error(
        "its schema has version {found} and this program knows versions up to {known}: use the newer program that \
         wrote it, or another file"
    )]
    TooNew {
        /// The schema version in the file.
        found: u32,
        /// The newest schema version that this program supports.
        known: u32,
    },
    /// The passwords of the first users could not be hashed.
    #[error("a password could not be hashed: {0}")]
    Password(String),
    /// The first pictures could not be drawn.
    #[error("a picture could not be drawn: {0}")]
    Picture(String),
    /// The thread that owns the database could not be started.
    #[error("its thread could not be started: {0}")]
    Thread(io::Error),
    /// The thread that owns the database has ended, or the job panicked.
    #[error("the job broke off")]
    Stopped,
}

impl StoreError {
    /// A stable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Sql(_) => "store-sql",
            Self::Locked => "store-locked",
            Self::Full => "store-full",
            Self::InUse => "store-in-use",
            Self::Foreign => "store-foreign",
            Self::File(_) => "store-file",
            Self::TooNew { .. } => "store-too-new",
            Self::Password(_) => "store-password",
            Self::Picture(_) => "store-picture",
            Self::Thread(_) => "store-thread",
            Self::Stopped => "store-stopped",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            _ => Self::Sql(error),
        }
    }
}

/// An error that may come from the store.
pub(crate) trait Failure: From<StoreError> {
    /// The error of the store, if it is one.
    fn of_store(&self) -> Option<&StoreError>;
}

impl Failure for StoreError {
    fn of_store(&self) -> Option<&StoreError> {
        Some(self)
    }
}
