//! The REST requests that a client asks its driver for (Web API, "Messages" and "Rooms, users, permissions").

use std::time::Duration;

use crate::protocol::ids::{MessageId, RoomId};
use crate::protocol::number::push_number;

/// Identifies a request of a client. Requests are numbered in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub(super) u64);

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// The user: 200 if the session is valid, 401 if not.
    Status,
    /// The rooms that the user may see.
    Rooms,
    /// The messages of a room, without comments: the newest, or those before the cursor.
    Messages {
        /// The room.
        room_id: RoomId,
        /// Only messages with smaller ids; the server may include this one.
        cursor: Option<MessageId>,
        /// The most messages.
        limit: u32,
    },
    /// The comments on a message: the newest, or those before the cursor.
    Comments {
        /// The message.
        message_id: MessageId,
        /// Only comments with smaller ids; the server may include this one.
        cursor: Option<MessageId>,
        /// The most comments.
        limit: u32,
    },
    /// The messages of a room, without comments: the oldest, or those after the cursor.
    MessagesAfter {
        /// The room.
        room_id: RoomId,
        /// Only messages with larger ids; the server may include this one.
        cursor: Option<MessageId>,
        /// The most messages.
        limit: u32,
    },
    /// The comments on a message: the oldest, or those after the cursor.
    CommentsAfter {
        /// The message.
        message_id: MessageId,
        /// Only comments with larger ids; the server may include this one.
        cursor: Option<MessageId>,
        /// The most comments.
        limit: u32,
    },
    /// Posts a message or a comment. Its body is [`Client::body_of`](super::machine::Client::body_of).
    Send {
        /// The room.
        room_id: RoomId,
        /// The message to comment on; 0 for a message.
        parent: MessageId,
    },
}

/// The most bytes of a response that are read.
pub const MAX_BODY_BYTES: usize = 32 << 20;

impl Request {
    /// The HTTP method.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::Send { .. } => "POST",
            _ => "GET",
        }
    }

    /// The path and query below the API's base (`…/api/v1`), with a leading slash.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Status => "/status".into(),
            Self::Rooms => "/rooms".into(),
            Self::Messages {
                room_id,
                cursor,
                limit,
            } => page("/rooms/", room_id.get(), "/messages", *cursor, *limit, "backward"),
            Self::Comments {
                message_id,
                cursor,
                limit,
            } => page(
                "/messages/",
                message_id.get(),
                "/comments",
                *cursor,
                *limit,
                "backward",
            ),
            Self::MessagesAfter {
                room_id,
                cursor,
                limit,
            } => page("/rooms/", room_id.get(), "/messages", *cursor, *limit, "forward"),
            Self::CommentsAfter {
                message_id,
                cursor,
                limit,
            } => page(
                "/messages/",
                message_id.get(),
                "/comments",
                *cursor,
                *limit,
                "forward",
            ),
            Self::Send { room_id, parent } if *parent == MessageId::ZERO => {
                path_of("/rooms/", room_id.get(), "/messages")
            }
            Self::Send { parent, .. } => path_of("/messages/", parent.get(), "/comments"),
        }
    }
}

/// The path of a list.
fn path_of(kind: &str, id: u64, list: &str) -> String {
    let mut path = String::from(kind);
    push_number(&mut path, id);
    path.push_str(list);
    path
}

/// The path of one page of a list.
fn page(kind: &str, id: u64, list: &str, cursor: Option<MessageId>, limit: u32, direction: &str) -> String {
    let mut path = path_of(kind, id, list);
    path.push_str("?limit=");
    push_number(&mut path, limit.into());
    path.push_str("&direction=");
    path.push_str(direction);
    if let Some(cursor) = cursor {
        path.push_str("&cursor=");
        push_number(&mut path, cursor.get());
    }
    path
}

/// The body of a request that posts the text.
pub(super) fn content(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";

    let mut body = b"{\"content\":\"".to_vec();
    // Bytes are less code than characters, and only ASCII is escaped.
    for byte in text.bytes() {
        if byte < b' ' {
            let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
            body.extend_from_slice(b"\\u00");
            body.extend_from_slice(&digits);
            continue;
        }
        if matches!(byte, b'"' | b'\\') {
            body.push(b'\\');
        }
        body.push(byte);
    }
    body.extend_from_slice(b"\"}");
    String::from_utf8(body).unwrap_or_default()
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The server responded.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: &'a str,
        /// The delay that the server requests (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// The body has more than [`MAX_BODY_BYTES`].
    TooLarge,
    /// No response: the network failed, or nothing arrived in time.
    Failed,
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_body_of_a_post_is_json_that_says_the_text(text in any::<String>()) {
            let body: serde_json::Value = serde_json::from_str(&content(&text)).expect("JSON");
            prop_assert_eq!(body, serde_json::json!({ "content": text }));
        }
    }
}
