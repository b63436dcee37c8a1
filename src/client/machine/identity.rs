//! Whose client it is. Between two connections another user may have logged in, in another tab: what that one may see says
//! nothing of what this one was told.

use crate::client::clock::Micros;
use crate::client::rest::Reply;
use crate::protocol::decode::summary;
use crate::protocol::ids::{SafeInt, UserId};

/// How long the store waits for the answer: 1 s. Then it is taken to be the same user.
const PATIENCE: Micros = 1_000_000;

/// The user, as the server last said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Identity {
    /// The server has not said.
    #[default]
    Unknown,
    Known(UserId),
    /// There is another connection. Nothing is sent or loaded for the store until that moment, unless the server says sooner who
    /// it is. What was missed is asked for at once: that something is gone takes two answers, 3 s apart.
    Doubted(UserId, Micros),
    /// It is another one. Nothing is delivered any more.
    Changed,
}

impl Identity {
    /// A connection opened.
    pub(super) const fn opened(&mut self, now: Micros) {
        if let Self::Known(user) = *self {
            *self = Self::Doubted(user, now + PATIENCE);
        }
    }

    /// The connection is gone.
    pub(super) const fn stop_waiting(&mut self) {
        if let Self::Doubted(user, _) = *self {
            *self = Self::Known(user);
        }
    }

    /// Tells whether it is another user.
    pub(super) fn answered(&mut self, reply: Reply<'_>) -> bool {
        let said = match reply {
            Reply::Answer {
                status: 200, body, ..
            } => summary::user_of_status(body),
            _ => SafeInt::ZERO,
        };
        self.stop_waiting();
        *self = match *self {
            before if said == SafeInt::ZERO => before,
            Self::Known(user) | Self::Doubted(user, _) if user != said => Self::Changed,
            Self::Changed => Self::Changed,
            Self::Unknown | Self::Known(_) | Self::Doubted(..) => Self::Known(said),
        };
        matches!(self, Self::Changed)
    }

    /// Whether the client is done with.
    pub(super) const fn is_changed(self) -> bool {
        matches!(self, Self::Changed)
    }

    /// Whether the store has to wait.
    pub(super) const fn waits(self) -> bool {
        matches!(self, Self::Doubted(..) | Self::Changed)
    }

    /// When the waiting ends.
    pub(super) const fn due_at(self) -> Option<Micros> {
        match self {
            Self::Doubted(_, until) => Some(until),
            _ => None,
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Micros) {
        if self.due_at().is_some_and(|until| until <= now) {
            self.stop_waiting();
        }
    }
}
