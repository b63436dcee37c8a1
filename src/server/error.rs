//! Why a server does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::faults::FaultError;
use super::store::StoreError;
use super::tls::TlsError;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The database could not be opened.
    #[error("cannot use the database {}: {source}", place(.path.as_ref()))]
    Database {
        /// The file, or `None` for a database in memory.
        path: Option<PathBuf>,
        /// What is wrong with it.
        source: StoreError,
    },
    /// The folder of attachments cannot be used.
    #[error("cannot keep attachments next to the database: {0}")]
    Files(io::Error),
    /// There is something wrong with the certificate or its key.
    #[error("cannot serve TLS: {0}")]
    Tls(#[source] TlsError),
    /// The folder of static files is not there.
    #[error("cannot serve the folder {}: {source}", .path.display())]
    Www {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// A fault that cannot begin with the server.
    #[error("the fault cannot be used: {0}")]
    Fault(#[source] FaultError),
    /// A limit or cost that makes no sense.
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
