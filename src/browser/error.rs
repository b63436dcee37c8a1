//! What a frame's error looks like in JavaScript.

use serde::Serialize;

use crate::protocol::decode::DecodeError;

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
