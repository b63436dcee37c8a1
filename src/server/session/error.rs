//! Authentication errors.

use std::time::Duration;

use crate::server::hub::HubError;
use crate::server::store::{Failure, StoreError};

/// Why authentication failed. The first three texts are those of the API.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// The request has neither a session nor a token.
    #[error("The Authorization HTTP-header or VirolaUserSessionId cookie expected")]
    Missing,
    /// The session or token is unknown or has expired.
    #[error("Wrong Bearer, please renew Web API Access Token")]
    Invalid,
    /// The user does not exist or the password is wrong.
    #[error("The username or password is invalid.")]
    WrongPassword,
    /// Too many failed logins; the next attempt is allowed after this time.
    #[error("Too many logins have failed. Try again in {} s.", whole_seconds(*.0))]
    TooManyLogins(Duration),
    /// The connection was rejected.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// A password could not be hashed or verified.
    #[error("the password could not be checked: {0}")]
    Password(String),
    /// The operating system returned no random bytes.
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

/// Rounds a duration up to whole seconds.
pub(crate) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
