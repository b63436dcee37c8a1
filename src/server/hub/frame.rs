//! An encoded event.

use std::sync::Arc;

use crate::protocol::event::Event;

/// The first byte of a frame with a whole message: FIN and the opcode (RFC 6455, section 5.2).
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const PING: u8 = 0x89;

/// A WebSocket frame from the server, with its header. It is built once and sent unchanged to all connections. Clones
/// share the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame(Arc<Wire>);

#[derive(Debug, PartialEq, Eq)]
struct Wire {
    bytes: Box<[u8]>,
    header: usize,
}

impl Frame {
    /// Serialises an event.
    pub(crate) fn new(event: &Event) -> serde_json::Result<Self> {
        serde_json::to_vec(event).map(|text| Self::framed(TEXT, &text))
    }

    /// A text frame of any text.
    pub(crate) fn raw(text: &str) -> Self {
        Self::framed(TEXT, text.as_bytes())
    }

    /// A binary frame; events never are.
    pub(crate) fn binary(bytes: &[u8]) -> Self {
        Self::framed(BINARY, bytes)
    }

    /// A ping without a payload.
    pub(crate) fn ping() -> Self {
        Self::framed(PING, &[])
    }

    fn framed(first: u8, payload: &[u8]) -> Self {
        let length = payload.len();
        let mut bytes = Vec::with_capacity(10 + length);
        bytes.push(first);
        // Frames from a server are not masked, so only the length follows.
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(length @ 0..=125), _) => bytes.push(length),
            (_, Ok(length)) => {
                bytes.push(126);
                bytes.extend(length.to_be_bytes());
            }
            _ => {
                bytes.push(127);
                // A usize always fits into a u64 on supported targets.
                bytes.extend(u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
            }
        }
        let header = bytes.len();
        bytes.extend_from_slice(payload);
        Self(Arc::new(Wire {
            bytes: bytes.into(),
            header,
        }))
    }

    /// The length of the payload in bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.bytes.len() - self.0.header
    }

    /// The payload.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.0.bytes[self.0.header..]
    }

    /// The bytes of the whole frame.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket, WebSocketConfig};

    use super::*;

    /// Parses a frame with another implementation.
    fn read(frame: &Frame) -> Message {
        let config = WebSocketConfig::default()
            .max_frame_size(None)
            .max_message_size(None);
        let wire = std::io::Cursor::new(frame.bytes().to_vec());
        WebSocket::from_raw_socket(wire, Role::Client, Some(config))
            .read()
            .expect("a frame")
    }

    #[test]
    fn frames_are_what_the_protocol_asks_for_at_every_length() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20] {
            let text = "x".repeat(length);
            let frame = Frame::raw(&text);
            assert_eq!(frame.len(), length);
            assert_eq!(read(&frame), Message::text(text));
        }
        assert_eq!(
            read(&Frame::binary(&[0xff, 0x00])),
            Message::binary(vec![0xff, 0x00])
        );
        assert_eq!(read(&Frame::ping()), Message::Ping(Vec::new().into()));
    }
}
