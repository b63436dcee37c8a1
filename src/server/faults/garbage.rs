//! Frames that are no good events.

use serde::{Deserialize, Serialize};

use crate::server::hub::Frame;

/// How many bytes the largest one has.
const HUGE: usize = 10_000_000;

/// How deep the deepest one is.
const DEEP: usize = 100_000;

/// A kind of frame that is no good event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Garbage {
    /// Text that is no JSON.
    NotJson,
    /// An empty text.
    Empty,
    /// A binary frame of bytes that are not UTF-8.
    Binary,
    /// An event that breaks off in the middle.
    Truncated,
    /// JSON that is no event: an array.
    NotAnEvent,
    /// An event of a known type with a field of the wrong type.
    Malformed,
    /// A good event of 10 MB: a message with a long text.
    Huge,
    /// An event whose data are 100,000 arrays, one in the other.
    Deep,
    /// An event of a type that nobody knows. A client passes it on or leaves it.
    UnknownType,
    /// A good event, but for enumeration values that nobody knows. A client passes it on.
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
