//! Decoding errors as JavaScript sees them.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::client::BINARY_FRAME;
use crate::protocol::decode::DecodeError;

/// The value of the topic `malformed`: a frame that was not delivered, and why.
#[derive(Debug)]
pub(super) struct MalformedFrame {
    code: &'static str,
    message: String,
    path: String,
    offset: usize,
    excerpt: String,
}

impl MalformedFrame {
    /// The error of a binary frame. The Events API only sends text.
    pub(super) fn binary() -> Self {
        Self {
            code: BINARY_FRAME,
            message: "the server sent a binary frame; the Events API consists of text frames".into(),
            path: "$".into(),
            offset: 0,
            excerpt: String::new(),
        }
    }
}

impl From<DecodeError> for MalformedFrame {
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

// As a map: see `Cause`.
impl Serialize for MalformedFrame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(5))?;
        members.serialize_entry("code", self.code)?;
        members.serialize_entry("message", &self.message)?;
        members.serialize_entry("path", &self.path)?;
        members.serialize_entry("offset", &self.offset)?;
        members.serialize_entry("excerpt", &self.excerpt)?;
        members.end()
    }
}
