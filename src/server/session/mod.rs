//! Authentication: logins, sessions, bearer tokens.

mod error;
mod password;
mod secret;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::time::Instant;

pub(crate) use error::{SessionError, whole_seconds};
pub(crate) use password::Passwords;
use secret::Secret;

use super::clock::{self, Clock};
use super::hub::{CloseReason, Hub};
use super::limit::LoginLimiter;
use super::quirk::{Quirk, Quirks};
use super::store::sessions::{self, Digest, Holder};
use super::store::{Store, StoreError, users};
use crate::protocol::ids::{UnixMillis, UserId};

/// The credential of a request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// The id of a session.
    Session(String),
    /// A bearer token.
    Token(String),
}

impl Credential {
    fn digest(&self) -> Digest {
        match self {
            Self::Session(secret) | Self::Token(secret) => secret::digest(secret),
        }
    }
}

/// An authenticated user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) user_id: UserId,
    pub(crate) is_admin: bool,
    /// The digest of the credential.
    pub(crate) credential: Digest,
    /// When the credential expires.
    pub(crate) expires_utc: UnixMillis,
}

/// A new session or token. The secret is not stored.
pub(crate) struct Issued {
    pub(crate) user_id: UserId,
    pub(crate) secret: String,
    pub(crate) expires_utc: UnixMillis,
}

/// The lifetimes of credentials in milliseconds, and the maximum number of sessions.
#[derive(Clone, Copy)]
pub(crate) struct Lifetimes {
    pub(crate) session: u64,
    pub(crate) token: u64,
    pub(crate) sessions_per_user: u32,
}

/// Logins, sessions and tokens. Clones share them.
#[derive(Clone)]
pub(crate) struct Sessions {
    store: Store,
    hub: Hub,
    clock: Arc<Clock>,
    passwords: Passwords,
    lifetimes: Lifetimes,
    logins: LoginLimiter,
    quirks: Quirks,
}

impl Sessions {
    pub(crate) fn new(
        store: Store,
        hub: Hub,
        clock: Arc<Clock>,
        passwords: Passwords,
        lifetimes: Lifetimes,
        logins: LoginLimiter,
        quirks: Quirks,
    ) -> Self {
        Self {
            store,
            hub,
            clock,
            passwords,
            lifetimes,
            logins,
            quirks,
        }
    }

    /// Starts a session if the password is right, unless too many attempts have failed.
    pub(crate) async fn log_in(
        &self,
        address: IpAddr,
        user_name: String,
        password: String,
    ) -> Result<Issued, SessionError> {
        self.require_attempt(address, &user_name)?;
        let turn = self.passwords.turn().await?;
        // Other attempts may have failed while this one waited for its turn.
        self.require_attempt(address, &user_name)?;
        let name = user_name.clone();
        let found = self
            .store
            .run(move |connection| users::password_of(connection, &name).map_err(StoreError::from))
            .await?;
        let (user_id, hash) = found.unzip();
        // Also for unknown users, so that the time does not reveal which users exist.
        let (is_right, turn) = self.passwords.verify(turn, password, hash).await?;
        let Some(user_id) = user_id.filter(|_| is_right) else {
            self.logins.failed(address, &user_name, Instant::now());
            return Err(SessionError::WrongPassword);
        };
        drop(turn);
        let secret = Secret::new()?;
        let (now, expires_utc) = self.lifetime(self.lifetimes.session);
        let digest = secret.digest();
        let hub = self.hub.clone();
        let kept = self.lifetimes.sessions_per_user.saturating_sub(1);
        let begun = self
            .store
            .run_shrinking(move |connection| {
                let transaction = connection.transaction()?;
                let begun = sessions::insert(&transaction, &digest, user_id, now, expires_utc)?;
                let ended = sessions::take_oldest(&transaction, &digest, user_id, kept)?;
                transaction.commit()?;
                for digest in &ended {
                    hub.close_credential(digest, CloseReason::SessionEnded);
                }
                Ok::<_, StoreError>(begun)
            })
            .await?;
        // The user was suspended after the password was looked up.
        if !begun {
            return Err(SessionError::WrongPassword);
        }
        Ok(Issued {
            user_id,
            secret: secret.into_text(),
            expires_utc,
        })
    }

    fn require_attempt(&self, address: IpAddr, user_name: &str) -> Result<(), SessionError> {
        let wait = self.logins.wait(address, user_name, Instant::now());
        if wait.is_zero() {
            Ok(())
        } else {
            Err(SessionError::TooManyLogins(wait))
        }
    }

    /// Ends a session and closes its connections.
    pub(crate) async fn log_out(&self, credential: Option<Credential>) -> Result<(), SessionError> {
        let Some(Credential::Session(secret)) = credential else {
            return Err(SessionError::Missing);
        };
        let digest = secret::digest(&secret);
        let hub = self.hub.clone();
        let quirks = self.quirks;
        self.store
            .run_shrinking(move |connection| {
                if !sessions::delete(connection, &digest).map_err(StoreError::from)? {
                    return Err(SessionError::Invalid);
                }
                if quirks.contains(Quirk::LogoutCode1008) {
                    hub.close_credential(&digest, CloseReason::LoggedOut);
                } else if !quirks.contains(Quirk::OpenAfterLogout) {
                    hub.close_credential(&digest, CloseReason::SessionEnded);
                }
                Ok(())
            })
            .await
    }

    /// Issues a bearer token for a user, revokes the previous one and closes its connections.
    pub(crate) async fn issue_token(&self, identity: Identity) -> Result<Issued, SessionError> {
        let secret = Secret::new()?;
        let (now, expires_utc) = self.lifetime(self.lifetimes.token);
        let digest = secret.digest();
        let user_id = identity.user_id;
        let hub = self.hub.clone();
        self.store
            .run_growing(move |connection| {
                let transaction = connection.transaction()?;
                let before = sessions::replace_token(&transaction, &digest, user_id, now, expires_utc)?;
                transaction.commit()?;
                if let Some(before) = before {
                    hub.close_credential(&before, CloseReason::SessionEnded);
                }
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(Issued {
            user_id,
            secret: secret.into_text(),
            expires_utc,
        })
    }

    /// Ends the sessions and tokens of a user, or of all, and closes their connections.
    pub(crate) async fn expire(&self, user_id: Option<UserId>) -> Result<(), SessionError> {
        let hub = self.hub.clone();
        self.store
            .run_shrinking(move |connection| {
                let transaction = connection.transaction().map_err(StoreError::from)?;
                sessions::delete_all(&transaction, user_id).map_err(StoreError::from)?;
                transaction.commit().map_err(StoreError::from)?;
                hub.end(user_id, &CloseReason::SessionEnded.farewell());
                Ok(())
            })
            .await
    }

    /// Authenticates a request.
    pub(crate) async fn identify(&self, credential: Option<Credential>) -> Result<Identity, SessionError> {
        self.identify_and(credential, |identity| Ok(*identity)).await
    }

    /// Authenticates a request and calls `then` before anything else can change in the store. This way a connection
    /// never begins with a session that has just ended.
    pub(crate) async fn identify_and<T: Send + 'static>(
        &self,
        credential: Option<Credential>,
        then: impl FnOnce(&Identity) -> Result<T, SessionError> + Send + 'static,
    ) -> Result<T, SessionError> {
        let credential = credential.ok_or(SessionError::Missing)?;
        let now = self.clock.now();
        self.store
            .run(move |connection| {
                let digest = credential.digest();
                let holder = holder(connection, &credential, &digest, now).map_err(StoreError::from)?;
                let Holder {
                    user_id,
                    is_admin,
                    expires_utc,
                } = holder.ok_or(SessionError::Invalid)?;
                then(&Identity {
                    user_id,
                    is_admin,
                    credential: digest,
                    expires_utc,
                })
            })
            .await
    }

    /// The remaining lifetime of a credential.
    pub(crate) fn remaining(&self, identity: &Identity) -> Duration {
        Duration::from_millis(identity.expires_utc.get().saturating_sub(self.clock.now().get()))
    }

    fn lifetime(&self, millis: u64) -> (UnixMillis, UnixMillis) {
        let now = self.clock.now();
        (now, clock::after(now, millis))
    }
}

fn holder(
    connection: &Connection,
    credential: &Credential,
    digest: &Digest,
    now: UnixMillis,
) -> rusqlite::Result<Option<Holder>> {
    match credential {
        Credential::Session(_) => sessions::holder(connection, digest, now),
        Credential::Token(_) => sessions::token_holder(connection, digest, now),
    }
}
