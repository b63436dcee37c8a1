//! The states of a connection, as reported to the application.

use std::time::Duration;

use crate::protocol::named::named;

/// Why a connection left its previous state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The close code (RFC 6455, section 7.4); 1006 if the peer sent no close frame; 0 if the cause is not a closed
    /// socket.
    pub code: u16,
    /// The reason given by the peer or by this client; may be empty.
    pub reason: String,
    /// Whether the socket closed cleanly.
    pub was_clean: bool,
    /// The status of the response to `GET /status`, if it was requested; 302 for any redirect.
    pub status: Option<u16>,
}

impl Cause {
    /// A socket that was closed with that code.
    #[must_use]
    pub fn closed(code: u16, reason: impl Into<String>, was_clean: bool) -> Self {
        Self {
            code,
            reason: reason.into(),
            was_clean,
            status: None,
        }
    }

    /// A connection that broke or could not be made, without a close frame from the peer.
    #[must_use]
    pub fn abnormal(reason: &str) -> Self {
        Self::closed(1006, reason, false)
    }

    /// A cause other than a closed socket.
    #[must_use]
    pub fn other(reason: impl Into<String>) -> Self {
        Self::closed(0, reason, true)
    }
}

named! {
    /// What the connection does.
    pub enum ConnectionStatus as as_str {
        /// A socket is being opened.
        Connecting = "connecting",
        /// A socket is open, and the client reads missed events from the REST API. Events of units being compared are
        /// held.
        CatchingUp = "catching-up",
        /// Events flow.
        Open = "open",
        /// The last attempt failed or the connection broke. The next attempt comes after a delay.
        Waiting = "waiting",
        /// The browser reports no network, or the page is frozen or in the back/forward cache. An attempt follows
        /// when that ends.
        Offline = "offline",
        /// The server does not accept the user's credentials. The application has to log in again.
        Unauthorized = "unauthorized",
        /// The application closed the client, or the attempts are used up. Nothing follows.
        Closed = "closed",
    }
}

named! {
    /// How current the client's knowledge of a room, or of the list of rooms, is.
    pub enum Freshness as as_str {
        /// It is being read for the first time.
        Loading = "loading",
        /// It is complete, and events keep it up to date.
        Live = "live",
        /// There was a gap, and the client reads what was missed.
        CatchingUp = "catching-up",
        /// There is no connection, or it cannot be read. The client keeps trying.
        Stale = "stale",
    }
}

/// The state of a connection, as delivered by the topic `statechange`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionState {
    /// What the connection does.
    pub status: ConnectionStatus,
    /// While waiting, the number of failed attempts since a connection was last stable. Otherwise, the number of this
    /// attempt, from 1.
    pub attempt: u32,
    /// The time of the next attempt, while waiting or without a network, or after a failed request of the catch-up.
    pub retry_at: Option<Duration>,
    /// The cause of the state; `None` if nothing is wrong.
    pub cause: Option<Cause>,
}
