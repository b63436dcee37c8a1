//! What an application is told about its connection.

use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::protocol::named::named;

/// Why a connection left its last state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The close code (RFC 6455, section 7.4); 1006 where the connection broke or the upgrade was refused; 0 where the
    /// cause is no closed socket.
    pub code: u16,
    /// What the peer gave as its reason, or what this client has to say; may be empty.
    pub reason: String,
    /// Whether both sides closed in order.
    pub was_clean: bool,
    /// What `GET /status` was answered with, where that was asked about this; 302 stands for any redirect.
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

    /// A connection that broke, or never came about, without a word from the peer.
    #[must_use]
    pub fn abnormal(reason: &str) -> Self {
        Self::closed(1006, reason, false)
    }

    /// Something else than a closed socket.
    #[must_use]
    pub fn other(reason: impl Into<String>) -> Self {
        Self::closed(0, reason, true)
    }
}

named! {
    /// Where a connection is in its life.
    pub enum ConnectionStatus as as_str {
        /// A socket is being opened.
        Connecting = "connecting",
        /// A socket is open, and what was missed is being learned from the REST API. Events that arrive are held.
        CatchingUp = "catching-up",
        /// Events flow.
        Open = "open",
        /// The last attempt failed or the connection broke; the next attempt comes after a delay.
        Waiting = "waiting",
        /// The browser says that there is no network, or the page is put away. The next attempt comes when that ends.
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
        /// It is complete, and events keep it so.
        Live = "live",
        /// There was a gap; what was missed is being read.
        CatchingUp = "catching-up",
        /// There was a gap, and what was missed cannot be read now. The client goes on trying.
        Stale = "stale",
    }
}

/// The state of a connection, as the topic `statechange` delivers it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConnectionState {
    /// Where the connection is in its life.
    pub status: ConnectionStatus,
    /// While waiting: how many attempts have failed since a connection was last stable. Otherwise: which attempt this
    /// is, from 1.
    pub attempt: u32,
    /// While waiting, or when a request of the catch-up failed: when the next attempt comes. Otherwise null.
    pub retry_at: Option<Duration>,
    /// Why the last socket is gone, or what the state is due to; null while all is well.
    pub cause: Option<Cause>,
}

// A map, not a struct: for these serde-wasm-bindgen brings along a table of all names that it has met, 2 kB of code.
impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(4))?;
        members.serialize_entry("code", &self.code)?;
        members.serialize_entry("reason", &self.reason)?;
        members.serialize_entry("wasClean", &self.was_clean)?;
        members.serialize_entry("status", &self.status)?;
        members.end()
    }
}
