//! How far a message has come that is being sent, and why one was not sent.

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendFailure {
    /// The server has refused it, with this HTTP status.
    Refused(u16),
    /// The server did not take it, several times.
    Unreachable,
    /// Whether the server has taken it cannot be found out.
    Unclear,
    /// The room, or the message that it comments on, is gone.
    Gone,
    /// Another user has logged in.
    OtherUser,
}

impl SendFailure {
    /// The names of all, in the order of their numbers.
    pub const NAMES: [&'static str; 5] = ["refused", "unreachable", "unclear", "gone", "other-user"];

    /// The stable name that JavaScript sees.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::NAMES[self.number() as usize]
    }

    /// The HTTP status that it was refused with, or 0.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Refused(status) => status,
            _ => 0,
        }
    }

    /// The failure whose name has that place among all.
    #[must_use]
    pub fn numbered(number: f64, status: u16) -> Option<Self> {
        let all = [
            Self::Refused(status),
            Self::Unreachable,
            Self::Unclear,
            Self::Gone,
            Self::OtherUser,
        ];
        (number >= 0.0)
            .then(|| all.get(number as usize).copied())
            .flatten()
    }

    const fn number(self) -> u64 {
        match self {
            Self::Refused(_) => 0,
            Self::Unreachable => 1,
            Self::Unclear => 2,
            Self::Gone => 3,
            Self::OtherUser => 4,
        }
    }

    /// Whether sending it again makes sense.
    #[must_use]
    pub const fn may_be_resent(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Unclear | Self::Refused(409 | 423 | 425)
        )
    }
}

/// How far a message has come that is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendState {
    /// It waits for its turn, or for a connection.
    Queued,
    /// It was posted.
    Sending,
    /// Whether it was sent is not known; the client is finding out.
    Unconfirmed,
    /// It was not sent.
    Failed(SendFailure),
}

impl SendState {
    pub(super) const fn version(self) -> u64 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Unconfirmed => 2,
            Self::Failed(SendFailure::Refused(status)) => 100 + status as u64,
            Self::Failed(failure) => 3 + failure.number(),
        }
    }

    /// The names of all.
    pub const NAMES: [&'static str; 4] = ["queued", "sending", "unconfirmed", "failed"];

    /// The stable name that JavaScript sees.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::NAMES[match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Unconfirmed => 2,
            Self::Failed(_) => 3,
        }]
    }
}
