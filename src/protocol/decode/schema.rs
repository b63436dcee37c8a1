//! What each event promises, as tables: the fields of the objects on the wire.
//!
//! The decoder checks frames against them and notes what it finds on a [`tape`](super::tape); from the same tables the
//! JavaScript that builds objects from a tape is made (`tests/protocol/builder.rs`), so that the two cannot drift
//! apart. The tables say the same as the serde types of [`protocol`](super::super): a property test holds them
//! together.

use super::super::attachment::AttachmentState;
use super::super::event::EventType;
use super::super::message::{IssueStatus, IssueType, MarkupType, MessageType, Priority};
use super::super::room::RoomType;

/// What a field's value has to be.
#[derive(Clone, Copy)]
pub enum Kind {
    /// An integer in `0..2^53`.
    Integer,
    /// A string.
    Text,
    /// A string or null.
    NullableText,
    /// A string, most often one of these: an enumeration that may grow.
    Name(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// An object.
    Object(&'static Object),
    /// An object or null.
    NullableObject(&'static Object),
    /// An array of objects.
    Objects(&'static Object),
    /// An array of integers.
    Integers,
}

/// What JavaScript finds where the server has left a field out.
#[derive(Clone, Copy)]
pub enum Absent {
    /// Nothing: the frame is refused.
    Refused,
    /// No such field.
    LeftOut,
    /// 0.
    Zero,
    /// This text.
    Text(&'static str),
    /// `false`.
    False,
    /// `null`.
    Null,
    /// An array without items.
    Empty,
    /// The value of that field, which in its turn is taken from this one. Null counts as absent.
    Twin(&'static str),
}

/// A field of an object.
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// What its value has to be.
    pub kind: Kind,
    /// What stands for it if it is absent.
    pub absent: Absent,
}

/// An object on the wire: its known fields (at most 32), in the order in which servers usually write them.
pub struct Object {
    /// The name of its type in TypeScript.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// Of these fields at least one has to be there and not null. Empty: no such rule.
    pub any_of: &'static [&'static str],
}

const fn required(name: &'static str, kind: Kind) -> Field {
    optional(name, kind, Absent::Refused)
}

const fn optional(name: &'static str, kind: Kind, absent: Absent) -> Field {
    Field { name, kind, absent }
}

const fn object(name: &'static str, fields: &'static [Field]) -> Object {
    assert!(fields.len() <= 32, "the fields seen are noted in 32 bits");
    Object {
        name,
        fields,
        any_of: &[],
    }
}

static PICTURE_SIZE: Object = object(
    "PictureSize",
    &[
        required("width", Kind::Integer),
        required("height", Kind::Integer),
    ],
);

static ATTACHMENT: Object = object(
    "Attachment",
    &[
        required("attachmentId", Kind::Integer),
        optional(
            "attachmentState",
            Kind::Name(AttachmentState::KNOWN),
            Absent::Text("Initial"),
        ),
        optional("createdUtc", Kind::Integer, Absent::Zero),
        optional("fileChecksum", Kind::Text, Absent::Text("")),
        optional("fileName", Kind::Text, Absent::Text("")),
        optional("fileSize", Kind::Integer, Absent::Zero),
        optional("hasThumbnail", Kind::Flag, Absent::False),
        optional("lastModifiedUtc", Kind::Integer, Absent::Zero),
        optional("roomId", Kind::Integer, Absent::Zero),
        optional("size", Kind::NullableObject(&PICTURE_SIZE), Absent::LeftOut),
        optional("textMessageId", Kind::Integer, Absent::Zero),
    ],
);

static READ_TIMESTAMP: Object = object(
    "ReadTimestamp",
    &[
        required("readUtc", Kind::Integer),
        required("userId", Kind::Integer),
    ],
);

static ISSUE_PROPERTIES: Object = object(
    "IssueProperties",
    &[
        required("type", Kind::Name(IssueType::KNOWN)),
        required("status", Kind::Name(IssueStatus::KNOWN)),
        optional("assignees", Kind::Integers, Absent::Empty),
    ],
);

static MEETING_PROPERTIES: Object = object(
    "MeetingProperties",
    &[
        required("timeUtc", Kind::Integer),
        required("duration", Kind::Integer),
    ],
);

static MESSAGE: Object = object(
    "Message",
    &[
        optional("attachments", Kind::Objects(&ATTACHMENT), Absent::Empty),
        optional("commentCount", Kind::Integer, Absent::Zero),
        optional("createdUtc", Kind::Integer, Absent::Zero),
        optional(
            "issueProperties",
            Kind::NullableObject(&ISSUE_PROPERTIES),
            Absent::LeftOut,
        ),
        optional("lastEditedUtc", Kind::Integer, Absent::Zero),
        optional("lastModifiedUtc", Kind::Integer, Absent::Zero),
        optional(
            "markupType",
            Kind::Name(MarkupType::KNOWN),
            Absent::Text("TextPlain"),
        ),
        optional(
            "meetingProperties",
            Kind::NullableObject(&MEETING_PROPERTIES),
            Absent::LeftOut,
        ),
        required("messageId", Kind::Integer),
        required("messageType", Kind::Name(MessageType::KNOWN)),
        optional("parentMessageId", Kind::Integer, Absent::Zero),
        optional("priority", Kind::Name(Priority::KNOWN), Absent::Text("Normal")),
        optional("readTimestamps", Kind::Objects(&READ_TIMESTAMP), Absent::Empty),
        required("roomId", Kind::Integer),
        required("text", Kind::Text),
        required("userId", Kind::Integer),
    ],
);

static LAST_MESSAGE: Object = object(
    "LastMessage",
    &[
        required("messageId", Kind::Integer),
        required("userId", Kind::Integer),
        optional("createdUtc", Kind::Integer, Absent::Zero),
    ],
);

static ROOM: Object = Object {
    any_of: &["name", "displayName"],
    ..object(
        "Room",
        &[
            required("roomId", Kind::Integer),
            optional("name", Kind::NullableText, Absent::Twin("displayName")),
            optional("displayName", Kind::NullableText, Absent::Twin("name")),
            optional("roomType", Kind::Name(RoomType::KNOWN), Absent::Text("Private")),
            optional("createdUtc", Kind::Integer, Absent::Zero),
            optional("lastModifiedUtc", Kind::Integer, Absent::Zero),
            optional("unreadMessageCount", Kind::Integer, Absent::Zero),
            optional("isModerator", Kind::Flag, Absent::False),
            optional("isArchived", Kind::Flag, Absent::False),
            optional("isPinned", Kind::Flag, Absent::False),
            optional("lastMessage", Kind::NullableObject(&LAST_MESSAGE), Absent::Null),
        ],
    )
};

static TEXT_MESSAGES: Object = object("TextMessages", &[required("messages", Kind::Objects(&MESSAGE))]);

static TEXT_MESSAGE_DELETED: Object = object(
    "TextMessageDeleted",
    &[
        optional("parentMessageId", Kind::Integer, Absent::Zero),
        required("roomId", Kind::Integer),
        required("messageId", Kind::Integer),
    ],
);

static ROOM_DATA: Object = object("RoomData", &[required("room", Kind::Object(&ROOM))]);

static ROOM_DELETED: Object = object("RoomDeleted", &[required("roomId", Kind::Integer)]);

/// What `data` of that event has to be.
#[must_use]
pub fn data(event_type: EventType) -> &'static Object {
    match event_type {
        EventType::TextMessagesCreated | EventType::TextMessagesUpdated => &TEXT_MESSAGES,
        EventType::TextMessageDeleted => &TEXT_MESSAGE_DELETED,
        EventType::RoomCreated | EventType::RoomUpdated => &ROOM_DATA,
        EventType::RoomDeleted => &ROOM_DELETED,
    }
}

/// A message, in an event or in an answer of the REST API.
#[must_use]
pub fn message() -> &'static Object {
    &MESSAGE
}

/// A room, in an event or in an answer of the REST API.
#[must_use]
pub fn room() -> &'static Object {
    &ROOM
}
