//! Which user the client belongs to. Another user may log in between two connections, in another tab: what they can see says
//! nothing about what this client has told.

use crate::client::clock::Micros;
use crate::client::rest::Reply;
use crate::protocol::decode::summary;
use crate::protocol::ids::UserId;

/// If the store needs the user, a failed request is repeated after 1 s, then after twice as long each time, up to 32 s.
const RETRY_AFTER: Micros = 1_000_000;
const MAX_DOUBLINGS: u8 = 5;

/// What this connection knows of the user.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Nobody has asked.
    #[default]
    Unasked,
    /// The server was asked, and may be asked again from that moment on.
    Asked(Micros),
    /// The server has named the user.
    Confirmed,
    /// It has named another user than before: the client is done with.
    Changed,
}

/// The user that the server last named, and whether that holds for this connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Identity {
    user: Option<UserId>,
    state: State,
    /// How often the delay was doubled on this connection.
    doublings: u8,
}

impl Identity {
    /// A connection opened: it may be another user's.
    pub(super) const fn opened(&mut self) {
        if !self.is_changed() {
            self.state = State::Unasked;
            self.doublings = 0;
        }
    }

    /// When the server is to be asked. `needs_user`: whether once a connection is not enough.
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

    /// The server wants to be left alone until then.
    pub(super) fn wait(&mut self, until: Micros) {
        if let State::Asked(again_at) = &mut self.state {
            *again_at = until.max(*again_at);
        }
    }

    /// Returns the user that the answer names.
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
