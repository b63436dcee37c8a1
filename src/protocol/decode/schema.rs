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
use super::scan::Key;

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
    /// Its name as a key, in the usual spelling.
    pub(super) key: Key,
}

/// An object on the wire: its known fields (at most 32), in the order in which servers usually write them.
pub struct Object {
    /// The name of its type in TypeScript.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// Of these fields at least one has to be there and not null. Empty: no such rule.
    pub any_of: &'static [&'static str],
    /// Those of its fields that have to be there, a bit for each.
    pub(super) required: u32,
    /// Whether the tape notes what tells one version of it from another.
    pub(super) is_versioned: bool,
}

impl Object {
    /// Where a field stands in the table. For constants: a name that is not there does not compile.
    #[expect(
        clippy::panic,
        reason = "it is called in constants alone, where it stops the build"
    )]
    pub(super) const fn position(&self, name: &str) -> usize {
        let mut index = 0;
        while index < self.fields.len() {
            if is_same(self.fields[index].name.as_bytes(), name.as_bytes()) {
                return index;
            }
            index += 1;
        }
        panic!("the table has no field of that name")
    }
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

const fn required(name: &'static str, kind: Kind) -> Field {
    optional(name, kind, Absent::Refused)
}

const fn optional(name: &'static str, kind: Kind, absent: Absent) -> Field {
    Field {
        name,
        kind,
        absent,
        key: Key::new(name),
    }
}

const fn object(name: &'static str, fields: &'static [Field]) -> Object {
    assert!(fields.len() <= 32, "the fields seen are noted in 32 bits");
    let mut required = 0;
    let mut index = 0;
    while index < fields.len() {
        if matches!(fields[index].absent, Absent::Refused) {
            required |= 1 << index;
        }
        index += 1;
    }
    Object {
        name,
        fields,
        any_of: &[],
        required,
        is_versioned: false,
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

static MESSAGE_TABLE: Object = Object {
    is_versioned: true,
    ..object(
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
    )
};

static LAST_MESSAGE_TABLE: Object = object(
    "LastMessage",
    &[
        required("messageId", Kind::Integer),
        required("userId", Kind::Integer),
        optional("createdUtc", Kind::Integer, Absent::Zero),
    ],
);

static ROOM_TABLE: Object = Object {
    any_of: &["name", "displayName"],
    is_versioned: true,
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
            optional(
                "lastMessage",
                Kind::NullableObject(&LAST_MESSAGE_TABLE),
                Absent::Null,
            ),
        ],
    )
};

static TEXT_MESSAGES: Object = object(
    "TextMessages",
    &[required("messages", Kind::Objects(&MESSAGE_TABLE))],
);

static TEXT_MESSAGE_DELETED: Object = object(
    "TextMessageDeleted",
    &[
        optional("parentMessageId", Kind::Integer, Absent::Zero),
        required("roomId", Kind::Integer),
        required("messageId", Kind::Integer),
    ],
);

static ROOM_DATA: Object = object("RoomData", &[required("room", Kind::Object(&ROOM_TABLE))]);

static ROOM_DELETED: Object = object("RoomDeleted", &[required("roomId", Kind::Integer)]);

/// What `data` of that event has to be.
#[must_use]
pub const fn data(event_type: EventType) -> &'static Object {
    match event_type {
        EventType::TextMessagesCreated | EventType::TextMessagesUpdated => &TEXT_MESSAGES,
        EventType::TextMessageDeleted => &TEXT_MESSAGE_DELETED,
        EventType::RoomCreated | EventType::RoomUpdated => &ROOM_DATA,
        EventType::RoomDeleted => &ROOM_DELETED,
    }
}

/// A message, in an event or in an answer of the REST API.
pub const MESSAGE: &Object = &MESSAGE_TABLE;

/// A room, in an event or in an answer of the REST API.
pub const ROOM: &Object = &ROOM_TABLE;

/// The newest message of a room, as it stands in the room.
pub(super) const LAST_MESSAGE: &Object = &LAST_MESSAGE_TABLE;
