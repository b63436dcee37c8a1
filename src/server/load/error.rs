//! Errors of a load.

/// Why a load cannot start or continue.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// An invalid setting.
    #[error("{0}")]
    Config(&'static str),
    /// The URL is not that of an HTTP server.
    #[error("`{0}` is no URL of a server; one looks like http://127.0.0.1:7777")]
    Url(String),
    /// The server is on another machine.
    #[error("{0} is not this machine; --allow-remote lets a load go there")]
    Remote(String),
    /// The server refused a request that the load depends on.
    #[error("the server refused to {what} (status {status}): {text}")]
    Refused {
        /// The action.
        what: String,
        /// The status of the response.
        status: u16,
        /// The error text of the server.
        text: String,
    },
    /// The response does not follow the API.
    #[error("the server's answer to {path} cannot be understood: {source}")]
    Answer {
        /// The path of the request.
        path: String,
        /// The cause.
        source: reqwest::Error,
    },
    /// The server cannot be reached.
    #[error("the server cannot be reached: {0}")]
    Unreachable(#[source] reqwest::Error),
}

impl LoadError {
    /// A stable name of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "load-config",
            Self::Url(_) => "load-url",
            Self::Remote(_) => "load-remote",
            Self::Refused { .. } => "load-refused",
            Self::Answer { .. } => "load-answer",
            Self::Unreachable(_) => "load-unreachable",
        }
    }
}
