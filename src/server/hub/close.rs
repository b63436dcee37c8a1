//! Why the server closes a connection.

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::server::faults::DropKind;

/// Why the server closes a connection of `/events`. Determines the code and reason of the close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The server is shutting down. Code 1001.
    GoingAway,
    /// The client violated the WebSocket protocol. Code 1002.
    ProtocolError,
    /// The client sent text that is not UTF-8. Code 1007.
    InvalidText,
    /// The client sent a message above the size limit. Code 1009.
    MessageTooBig,
    /// The session or token of the connection ended: logged out, expired or replaced. Code 4001.
    SessionEnded,
    /// The client reads too slowly. Queued events are dropped: connect again and catch up through the REST API. Code
    /// 4002.
    SlowReader,
    /// The client did not answer a ping. Code 4003, if the close frame still arrives.
    PingTimeout,
    /// The user was suspended. Code 4004.
    UserSuspended,
    /// The client sent too many messages. Code 4005.
    TooManyMessages,
    /// The session was logged out, with [`Quirk::LogoutCode1008`](crate::server::Quirk::LogoutCode1008). Code 1008.
    LoggedOut,
    /// A [`Fault`](crate::server::Fault) with the given code.
    Fault(u16),
}

impl CloseReason {
    /// All reasons without faults and quirks.
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

    /// The close code (RFC 6455, section 7.4). Codes from 4000 on are specific to this server.
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

    /// The reason as text of less than 124 bytes.
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

    /// Ends the connection with this reason's own text.
    pub(crate) const fn farewell(self) -> Farewell {
        Farewell::Close(self, None)
    }

    /// Whether queued frames are sent before the close frame.
    pub(super) const fn drains(self) -> bool {
        matches!(self, Self::GoingAway)
    }
}

/// How the server ends a connection.
#[derive(Clone, Debug)]
pub(crate) enum Farewell {
    /// With a close frame, whose text may differ from the usual one.
    Close(CloseReason, Option<Utf8Bytes>),
    /// Without a close frame.
    Drop(DropKind),
}

impl Farewell {
    /// Whether queued frames are sent before.
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
