//! Frames that are not valid events.

use serde::{Deserialize, Serialize};

use crate::server::hub::Frame;

/// The size of the largest frame's text, in bytes.
const HUGE: usize = 10_000_000;

/// The nesting of the deepest frame.
const DEEP: usize = 100_000;

/// A kind of frame to test a client's decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Garbage {
    /// Text that is not JSON.
    NotJson,
    /// Empty text.
    Empty,
    /// A binary frame with bytes that are not UTF-8.
    Binary,
    /// A truncated event.
    Truncated,
    /// JSON that is not an event: an array.
    NotAnEvent,
    /// An event of a known type with a field of the wrong type.
    Malformed,
    /// A valid event of 10 MB: a message with a long text.
    Huge,
    /// An event whose data are 100,000 nested arrays.
    Deep,
    /// An event of an unknown type. Clients pass it on or ignore it.
    UnknownType,
    /// A valid event with unknown enumeration values. Clients pass it on.
    UnknownEnum,
}

impl Garbage {
    /// The frame.
    pub(super) fn frame(self) -> Frame {
        Frame::raw(&match self {
            Self::NotJson => "<html>502 Bad Gateway</html>".to_owned(),
            Self::Empty => String::new(),
            Self::Binary => return Frame::binary(&[0xff, 0xfe, 0xc0, 0x80, 0x00]),
            Self::Truncated => r#"{"type":"RoomDeleted","data":{"roo"#.to_owned(),
            Self::NotAnEvent => "[1,2,3]".to_owned(),
            Self::Malformed => r#"{"type":"RoomDeleted","data":{"roomId":"one"}}"#.to_owned(),
            Self::Huge => message("Regular", &"x".repeat(HUGE)),
            Self::Deep => format!(
                r#"{{"type":"Deep","data":{}{}}}"#,
                "[".repeat(DEEP),
                "]".repeat(DEEP)
            ),
            Self::UnknownType => r#"{"type":"SomethingNew","data":{"answer":42}}"#.to_owned(),
            Self::UnknownEnum => message("Hologram", "from the future"),
        })
    }
}

fn message(message_type: &str, text: &str) -> String {
    format!(
        r#"{{"type":"TextMessagesCreated","data":{{"messages":[{{"messageId":1,"userId":1,"roomId":1,"parentMessageId":0,"messageType":"{message_type}","markupType":"TextPlain","priority":"Normal","text":"{text}","createdUtc":1,"lastEditedUtc":1,"lastModifiedUtc":1,"commentCount":0,"attachments":[],"readTimestamps":[]}}]}}}}"#
    )
}
