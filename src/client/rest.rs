//! The REST requests that a client asks its driver for (Web API, "Messages" and "Rooms, users, permissions").

use std::time::Duration;

use crate::protocol::ids::{MessageId, RoomId};

/// Tells the requests of one client apart: each goes out under the next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub(super) u64);

/// What is asked. Every request is a GET.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// Who am I: 200 for a session that is valid, 401 for one that is not.
    Status,
    /// The rooms that the user may see.
    Rooms,
    /// The messages of a room behind the cursor, oldest first, without comments.
    Messages {
        /// The room.
        room_id: RoomId,
        /// Only messages with larger ids.
        cursor: MessageId,
        /// At most so many.
        limit: u32,
    },
    /// The newest messages of a room, oldest first, without comments.
    NewestMessages {
        /// The room.
        room_id: RoomId,
        /// At most so many.
        limit: u32,
    },
    /// The comments on a message behind the cursor, oldest first.
    Comments {
        /// The message that they comment on.
        message_id: MessageId,
        /// Only comments with larger ids.
        cursor: MessageId,
        /// At most so many.
        limit: u32,
    },
}

impl Request {
    /// The path and query below the API's base (`…/api/v1`), with its leading slash.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Status => "/status".into(),
            Self::Rooms => "/rooms".into(),
            Self::Messages {
                room_id,
                cursor,
                limit,
            } => {
                format!("/rooms/{room_id}/messages?cursor={cursor}&limit={limit}&direction=forward")
            }
            Self::NewestMessages { room_id, limit } => {
                format!("/rooms/{room_id}/messages?limit={limit}&direction=backward")
            }
            Self::Comments {
                message_id,
                cursor,
                limit,
            } => {
                format!("/messages/{message_id}/comments?cursor={cursor}&limit={limit}&direction=forward")
            }
        }
    }
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The server answered.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: &'a str,
        /// How long the server asks to wait before the next request (`Retry-After`); its driver bounds it.
        retry_after: Option<Duration>,
    },
    /// The server answered with a body that is larger than its driver reads.
    TooLarge,
    /// No answer: the network failed, or it took too long.
    Failed,
}
