//! Mistakes of the caller, and what a frame's error looks like in JavaScript.

use std::fmt;

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::glue;
use crate::protocol::decode::DecodeError;

/// What `connect()` and `on()` refuse. In JavaScript each is an `Error` whose `code` is the stable name.
#[derive(Debug)]
pub(super) enum UsageError {
    /// An option has a value that it cannot have.
    InvalidOption {
        option: &'static str,
        expected: &'static str,
        cause: JsValue,
    },
    /// The URL is none, or none that a WebSocket can be opened to.
    InvalidUrl { url: String, cause: JsValue },
    /// No URL was given and the page has no origin to take one from.
    NoUrl,
    /// `on()` was called with a name that is no topic.
    UnknownTopic { name: String },
    /// `on()` was called with something that cannot be called.
    InvalidCallback,
}

impl UsageError {
    const fn code(&self) -> &'static str {
        match self {
            Self::InvalidOption { .. } => "invalid-option",
            Self::InvalidUrl { .. } => "invalid-url",
            Self::NoUrl => "no-url",
            Self::UnknownTopic { .. } => "unknown-topic",
            Self::InvalidCallback => "invalid-callback",
        }
    }

    fn cause(&self) -> JsValue {
        match self {
            Self::InvalidOption { cause, .. } | Self::InvalidUrl { cause, .. } => cause.clone(),
            Self::NoUrl | Self::UnknownTopic { .. } | Self::InvalidCallback => JsValue::UNDEFINED,
        }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidOption { option, expected, .. } => {
                write!(f, "the option `{option}` has to be {expected}")
            }
            Self::InvalidUrl { url, .. } => {
                write!(
                    f,
                    "no WebSocket can be opened to `{url}`: give a ws:, wss:, http: or https: address, or a path"
                )
            }
            Self::NoUrl => f.write_str("this page has no origin to connect to: give the option `url`"),
            Self::UnknownTopic { name } => write!(
                f,
                "there is nothing called `{name}` to listen to: take TextMessagesCreated, TextMessagesUpdated, \
                 TextMessageDeleted, RoomCreated, RoomUpdated, RoomDeleted, unknown, error, state or resync-required"
            ),
            Self::InvalidCallback => f.write_str("the callback has to be a function"),
        }
    }
}

impl From<UsageError> for JsValue {
    fn from(error: UsageError) -> Self {
        glue::make_error(error.code(), &error.to_string(), &error.cause())
    }
}

/// What the topic `error` delivers: a frame that was not delivered, and why.
#[derive(Debug, Serialize)]
pub(super) struct FrameError {
    code: &'static str,
    message: String,
    path: String,
    offset: usize,
    excerpt: String,
}

impl FrameError {
    /// A frame that is not text. The Events API sends text alone.
    pub(super) fn binary() -> Self {
        Self {
            code: "binary-frame",
            message: "the server sent a binary frame; the Events API consists of text frames".into(),
            path: "$".into(),
            offset: 0,
            excerpt: String::new(),
        }
    }
}

impl From<DecodeError> for FrameError {
    fn from(error: DecodeError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            path: error.path,
            offset: error.offset,
            excerpt: error.excerpt,
        }
    }
}
