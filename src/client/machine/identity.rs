//! Tracks which user the client belongs to. Another user may log in between two connections, in another tab. What they
//! can see proves nothing about what this client has delivered.

use crate::client::clock::Micros;
use crate::client::rest::Reply;
use crate::protocol::decode::summary;
use crate::protocol::ids::UserId;

/// If the store needs the user, a failed request is retried after 1 s; the delay doubles each time, up to 32 s.
const RETRY_AFTER: Micros = 1_000_000;
const MAX_DOUBLINGS: u8 = 5;

/// What is known of the user on this connection.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Not requested yet.
    #[default]
    Unasked,
    /// Requested. May be requested again from that moment on.
    Asked(Micros),
    /// The server named the same user as before, or the first one.
    Confirmed,
    /// The server named another user than before: the client is finished.
    Changed,
}

/// The user that the server last named, and whether that is confirmed on this connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Identity {
    user: Option<UserId>,
    state: State,
    /// How often the delay was doubled on this connection.
    doublings: u8,
}

impl Identity {
    /// Handles an opened connection, which may be another user's.
    pub(super) const fn opened(&mut self) {
        if !self.is_changed() {
            self.state = State::Unasked;
            self.doublings = 0;
        }
    }

    /// When to ask the server. `needs_user`: whether to retry until it names the user.
    pub(super) const fn due_at(&self, needs_user: bool) -> Option<Micros> {
        match self.state {
            State::Unasked => Some(0),
            State::Asked(again_at) if needs_user => Some(again_at),
            _ => None,
        }
    }

    pub(super) const fn asked(&mut self, now: Micros) {
        self.state = State::Asked(now + (RETRY_AFTER << self.doublings));
        if self.doublings < MAX_DOUBLINGS {
            self.doublings += 1;
        }
    }

    /// Delays the next request, as the server asked for it.
    pub(super) fn wait(&mut self, until: Micros) {
        if let State::Asked(again_at) = &mut self.state {
            *again_at = until.max(*again_at);
        }
    }

    /// Returns the user that the response names.
    pub(super) fn answered(&mut self, reply: Reply<'_>) -> Option<UserId> {
        let Reply::Answer {
            status: 200, body, ..
        } = reply
        else {
            return None;
        };
        let named = Some(summary::user_of_status(body)).filter(|user| *user != UserId::ZERO)?;
        self.state = match self.user.replace(named) {
            Some(before) if before != named => State::Changed,
            _ => State::Confirmed,
        };
        Some(named)
    }

    /// Whether the client belongs to a user who is no longer logged in.
    pub(super) const fn is_changed(&self) -> bool {
        matches!(self.state, State::Changed)
    }
}
