//! Why the server closes a connection.

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::server::faults::DropKind;

/// Why the server closes a connection of `/events`, and how it says so in the close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The server shuts down. Code 1001.
    GoingAway,
    /// The client broke the WebSocket protocol. Code 1002.
    ProtocolError,
    /// The client sent text that is not UTF-8. Code 1007.
    InvalidText,
    /// The client sent a message that is larger than the server takes. Code 1009.
    MessageTooBig,
    /// The session or token that the connection came with is over: logged out, expired or replaced. Code 4001.
    SessionEnded,
    /// The client does not read as fast as events come. Those that were waiting are dropped: connect again and catch
    /// up through the REST API. Code 4002.
    SlowReader,
    /// The client did not answer a ping. Code 4003, as far as it still gets through.
    PingTimeout,
    /// The user was suspended. Code 4004.
    UserSuspended,
    /// The client sent more messages than the server takes. Code 4005.
    TooManyMessages,
    /// The session was logged out of, with [`Quirk::LogoutCode1008`](crate::server::Quirk::LogoutCode1008). Code 1008.
    LoggedOut,
    /// A [`Fault`](crate::server::Fault) asked for it. With the code that it chose.
    Fault(u16),
}

impl CloseReason {
    /// All that the server has of its own accord, without quirks.
    pub const ALL: [Self; 9] = [
        Self::GoingAway,
        Self::ProtocolError,
        Self::InvalidText,
        Self::MessageTooBig,
        Self::SessionEnded,
        Self::SlowReader,
        Self::PingTimeout,
        Self::UserSuspended,
        Self::TooManyMessages,
    ];

    /// The close code (RFC 6455, section 7.4). Those from 4000 are this server's own.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::ProtocolError => 1002,
            Self::InvalidText => 1007,
            Self::MessageTooBig => 1009,
            Self::SessionEnded => 4001,
            Self::SlowReader => 4002,
            Self::PingTimeout => 4003,
            Self::UserSuspended => 4004,
            Self::TooManyMessages => 4005,
            Self::LoggedOut => 1008,
            Self::Fault(code) => code,
        }
    }

    /// The reason in words, below 124 bytes.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::GoingAway => "the server is shutting down",
            Self::ProtocolError => "protocol error",
            Self::InvalidText => "text that is not UTF-8",
            Self::MessageTooBig => "message too big",
            Self::SessionEnded | Self::LoggedOut => "the session has ended",
            Self::SlowReader => "too slow: events were dropped",
            Self::PingTimeout => "ping timeout",
            Self::UserSuspended => "the user is suspended",
            Self::TooManyMessages => "too many messages",
            Self::Fault(_) => "a fault that was asked for",
        }
    }

    /// How it ends the connection, with its own text.
    pub(crate) const fn farewell(self) -> Farewell {
        Farewell::Close(self, None)
    }

    /// Whether what is still waiting is sent before the close frame.
    pub(super) const fn drains(self) -> bool {
        matches!(self, Self::GoingAway)
    }
}

/// How the server ends a connection.
#[derive(Clone, Debug)]
pub(crate) enum Farewell {
    /// With a close frame, whose text may be another than the usual one.
    Close(CloseReason, Option<Utf8Bytes>),
    /// Without a close frame.
    Drop(DropKind),
}

impl Farewell {
    /// Whether what is still waiting is sent before.
    pub(super) const fn drains(&self) -> bool {
        matches!(self, Self::Close(reason, _) if reason.drains())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_fit_into_a_close_frame_and_codes_differ() {
        for (index, reason) in CloseReason::ALL.into_iter().enumerate() {
            assert!(reason.text().len() < 124);
            assert!(
                CloseReason::ALL[..index]
                    .iter()
                    .all(|other| other.code() != reason.code())
            );
        }
    }
}
