//! An event as it goes out.

use tokio_tungstenite::tungstenite::Message;

use crate::protocol::event::Event;

/// An event, serialised. Clones share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    message: Message,
}

impl Frame {
    /// Serialises an event.
    pub(crate) fn new(event: &Event) -> serde_json::Result<Self> {
        serde_json::to_string(event).map(Self::raw)
    }

    /// A frame of any text, an event or not.
    pub(crate) fn raw(text: String) -> Self {
        Self {
            message: Message::text(text),
        }
    }

    /// A frame of bytes, which no event is.
    pub(crate) fn binary(bytes: Vec<u8>) -> Self {
        Self {
            message: Message::binary(bytes),
        }
    }

    /// Bytes.
    pub(crate) fn len(&self) -> usize {
        self.message.len()
    }

    /// What is to be sent.
    pub(crate) fn into_message(self) -> Message {
        self.message
    }
}
