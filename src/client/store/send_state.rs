//! The progress of an outgoing message, and why it failed.

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendFailure {
    /// The server refused it with this HTTP status.
    Refused(u16),
    /// The server did not take it after several attempts.
    Unreachable,
    /// The client could not find out whether the server took it.
    Unclear,
    /// The room or the message that it comments on is gone.
    Gone,
    /// Another user has logged in.
    OtherUser,
}

impl SendFailure {
    /// All names, by number.
    pub const NAMES: [&'static str; 5] = ["refused", "unreachable", "unclear", "gone", "other-user"];

    /// The stable name for JavaScript.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::NAMES[self.number() as usize]
    }

    /// The HTTP status of the refusal, or 0.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Refused(status) => status,
            _ => 0,
        }
    }

    /// The failure with that index in [`NAMES`](Self::NAMES).
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

    /// Whether a retry may succeed.
    #[must_use]
    pub const fn may_be_resent(self) -> bool {
        matches!(
            self,
            Self::Unreachable | Self::Unclear | Self::Refused(409 | 423 | 425)
        )
    }
}

/// The progress of an outgoing message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendState {
    /// Waiting for its turn, or for a connection.
    Queued,
    /// Posted; the message has not arrived yet.
    Sending,
    /// Posted with an unknown outcome; the client is finding out.
    Unconfirmed,
    /// Not sent.
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

    /// All names.
    pub const NAMES: [&'static str; 4] = ["queued", "sending", "unconfirmed", "failed"];

    /// The stable name for JavaScript.
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
