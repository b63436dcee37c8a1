//! Errors when a server starts.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::faults::FaultError;
use super::store::StoreError;
use super::tls::TlsError;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The server cannot listen on the address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot use the database {}: {source}", place(.path.as_ref()))]
    Database {
        /// The file, or `None` for a database in memory.
        path: Option<PathBuf>,
        /// The cause.
        source: StoreError,
    },
    /// The folder of attachments cannot be used.
    #[error("cannot keep attachments next to the database: {0}")]
    Files(io::Error),
    /// The certificate or its key is invalid.
    #[error("cannot serve TLS: {0}")]
    Tls(#[source] TlsError),
    /// The folder of static files is missing.
    #[error("cannot serve the folder {}: {source}", .path.display())]
    Www {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A fault that cannot begin with the server.
    #[error("the fault cannot be used: {0}")]
    Fault(#[source] FaultError),
    /// An invalid limit or cost.
    #[error("the configuration cannot be used: {0}")]
    Config(&'static str),
}

impl ServerError {
    /// A stable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "listen-failed",
            Self::Database { .. } => "database-failed",
            Self::Files(_) => "files-failed",
            Self::Tls(error) => error.code(),
            Self::Www { .. } => "www-missing",
            Self::Fault(error) => error.code(),
            Self::Config(_) => "config-invalid",
        }
    }
}

fn place(path: Option<&PathBuf>) -> String {
    path.map_or_else(|| "in memory".to_owned(), |path| path.display().to_string())
}
