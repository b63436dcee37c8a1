//! What can go wrong with the database.

use std::io;

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite refused.
    #[error("{0}")]
    Sql(#[from] rusqlite::Error),
    /// The file was written by a later version.
    #[error(
        "its schema has version {found} and this program knows versions up to {known}: use the newer program that \
         wrote it, or another file"
    )]
    TooNew {
        /// The version in the file.
        found: u32,
        /// The version of this program.
        known: u32,
    },
    /// The first users could not be given their passwords.
    #[error("a password could not be hashed: {0}")]
    Password(String),
    /// The thread that owns the database could not be started.
    #[error("its thread could not be started: {0}")]
    Thread(io::Error),
    /// The thread that owns the database is gone, or the job broke off.
    #[error("the job broke off")]
    Stopped,
}

impl StoreError {
    /// A stable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Sql(_) => "store-sql",
            Self::TooNew { .. } => "store-too-new",
            Self::Password(_) => "store-password",
            Self::Thread(_) => "store-thread",
            Self::Stopped => "store-stopped",
        }
    }
}
