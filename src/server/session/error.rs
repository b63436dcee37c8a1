//! Why somebody is not let in.

use std::time::Duration;

use crate::server::hub::HubError;
use crate::server::store::{Failure, StoreError};

/// Why somebody is not let in. The first three sentences are the API's own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// The request carries neither a session nor a token.
    #[error("The Authorization HTTP-header or VirolaUserSessionId cookie expected")]
    Missing,
    /// The session or token is unknown or over.
    #[error("Wrong Bearer, please renew Web API Access Token")]
    Invalid,
    /// No such user, or another password.
    #[error("The username or password is invalid.")]
    WrongPassword,
    /// Too many logins have failed; the next attempt may be made after this time.
    #[error("Too many logins have failed. Try again in {} s.", whole_seconds(*.0))]
    TooManyLogins(Duration),
    /// The connection cannot be taken.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// A password could not be hashed or compared.
    #[error("the password could not be checked: {0}")]
    Password(String),
    /// The operating system gave no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SessionError {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "credentials-missing",
            Self::Invalid => "credentials-invalid",
            Self::WrongPassword => "password-wrong",
            Self::TooManyLogins(_) => "logins-limited",
            Self::Hub(error) => error.code(),
            Self::Password(_) => "password-failed",
            Self::Random(_) => "random-failed",
            Self::Store(error) => error.code(),
        }
    }
}

impl Failure for SessionError {
    fn of_store(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// A time in seconds, none too short.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
