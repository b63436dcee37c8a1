//! Why a load cannot go on.

/// Why a load cannot begin or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A setting makes no sense.
    #[error("{0}")]
    Config(&'static str),
    /// The URL is none of an HTTP server.
    #[error("`{0}` is no URL of a server; one looks like http://127.0.0.1:7777")]
    Url(String),
    /// The server is on another machine.
    #[error("{0} is not this machine; --allow-remote lets a load go there")]
    Remote(String),
    /// The server refused what the load needs before it can begin.
    #[error("the server refused to {what} (status {status}): {text}")]
    Refused {
        /// What was asked for.
        what: String,
        /// The status of the answer.
        status: u16,
        /// What the server says.
        text: String,
    },
    /// The server's answer is not what the API promises.
    #[error("the server's answer to {path} cannot be understood: {source}")]
    Answer {
        /// What was asked.
        path: String,
        /// What is wrong with it.
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
