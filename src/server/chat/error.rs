//! Errors of the chat.

use crate::server::avatar::AvatarError;
use crate::server::store::{Failure, StoreError};

/// Why an operation failed. The client receives the text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChatError {
    /// The room does not exist or the caller may not see it. The two are indistinguishable.
    #[error("Room not found")]
    RoomNotFound,
    /// The message does not exist, or the caller may not see its room.
    #[error("Message not found")]
    MessageNotFound,
    /// The attachment does not exist, or the caller may not see its room.
    #[error("Attachment not found")]
    AttachmentNotFound,
    /// The user or the room has no picture.
    #[error("Avatar not found")]
    AvatarNotFound,
    /// The cursor is no message of the list.
    #[error("The cursor is no message of this list")]
    CursorNotFound,
    /// The user does not exist.
    #[error("User not found")]
    UserNotFound,
    /// The caller may see the object, but lacks the right.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The permissions of the room forbid it.
    #[error("The permissions of the room forbid it: {0} is false.")]
    NotPermitted(&'static str),
    /// The input is invalid.
    #[error("{0}")]
    Invalid(String),
    /// A picture could not be drawn.
    #[error(transparent)]
    Avatar(#[from] AvatarError),
    /// An event could not be serialised.
    #[error("an event could not be serialised: {0}")]
    Event(#[from] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ChatError {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::RoomNotFound => "room-not-found",
            Self::MessageNotFound => "message-not-found",
            Self::AttachmentNotFound => "attachment-not-found",
            Self::AvatarNotFound => "avatar-not-found",
            Self::CursorNotFound => "cursor-not-found",
            Self::UserNotFound => "user-not-found",
            Self::Forbidden(_) => "forbidden",
            Self::NotPermitted(_) => "not-permitted",
            Self::Invalid(_) => "invalid",
            Self::Avatar(error) => error.code(),
            Self::Event(_) => "event-failed",
            Self::Store(error) => error.code(),
        }
    }
}

impl Failure for ChatError {
    fn of_store(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for ChatError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
