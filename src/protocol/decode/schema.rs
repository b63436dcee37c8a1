//! Tables of the fields of the objects on the wire.
//!
//! The decoder checks frames against them and records the values on a [`tape`](super::tape). The JavaScript that builds
//! objects from a tape is generated from the same tables (`tests/generated/builder.rs`), so the two cannot diverge.

use super::super::attachment::AttachmentState;
use super::super::event::EventType;
use super::super::message::{IssueStatus, IssueType, MarkupType, MessageType, Priority};
use super::super::room::RoomType;
use super::bytes::Key;

/// The type of a field's value. `null` is equivalent to an absent field.
#[derive(Clone, Copy)]
pub enum Kind {
    /// An integer id in `0..2^53`. It may be written `2.0` or `2e0`.
    Id,
    /// A user's id: an integer between -2^53 and 2^53.
    User,
    /// A number, which may be negative or fractional.
    Number,
    /// A string.
    Text,
    /// A string, usually one of these: an open enumeration.
    Name(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// An object.
    Object(&'static Object),
    /// An array of objects.
    Objects(&'static Object),
    /// An array of user ids.
    Users,
}

/// The neutral value: what JavaScript gets if a field is absent, null or of the wrong type.
#[derive(Clone, Copy)]
pub enum Absent {
    /// None: the field is required, and an object without it is dropped or rejected.
    Required,
    /// The property is absent.
    LeftOut,
    /// 0.
    Zero,
    /// The given text.
    Text(&'static str),
    /// `false`.
    False,
    /// `null`, also instead of an object without its id.
    Null,
    /// An empty array.
    Empty,
    /// The value of the given field, and vice versa; the empty string if both are absent.
    Twin(&'static str),
}

/// A field of an object.
pub struct Field {
    /// Its name on the wire.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// Its neutral value.
    pub absent: Absent,
    /// Its name as a key, in the usual notation.
    pub(super) key: Key,
}

/// An object on the wire: its known fields (at most 32), in the order that servers usually write them.
pub struct Object {
    /// Its name in TypeScript.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
    /// The required fields, as a bit mask.
    pub(super) required: u32,
    /// Whether the tape has its fingerprint and position.
    pub(super) is_versioned: bool,
}

impl Object {
    /// The index of a field in the table. For use in constants: an unknown name does not compile.
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

const fn id(name: &'static str) -> Field {
    optional(name, Kind::Id, Absent::Required)
}

const fn number(name: &'static str) -> Field {
    optional(name, Kind::Number, Absent::Zero)
}

const fn flag(name: &'static str) -> Field {
    optional(name, Kind::Flag, Absent::False)
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
        if matches!(fields[index].absent, Absent::Required) {
            required |= 1 << index;
        }
        index += 1;
    }
    Object {
        name,
        fields,
        required,
        is_versioned: false,
    }
}

static PICTURE_SIZE: Object = object("PictureSize", &[number("width"), number("height")]);

static ATTACHMENT: Object = object(
    "Attachment",
    &[
        id("attachmentId"),
        optional(
            "attachmentState",
            Kind::Name(AttachmentState::KNOWN),
            Absent::Text("Initial"),
        ),
        number("createdUtc"),
        optional("fileChecksum", Kind::Text, Absent::Text("")),
        optional("fileName", Kind::Text, Absent::Text("")),
        number("fileSize"),
        flag("hasThumbnail"),
        number("lastModifiedUtc"),
        optional("roomId", Kind::Id, Absent::Zero),
        optional("size", Kind::Object(&PICTURE_SIZE), Absent::LeftOut),
        optional("textMessageId", Kind::Id, Absent::Zero),
    ],
);

static READ_TIMESTAMP: Object = object(
    "ReadTimestamp",
    &[
        number("readUtc"),
        optional("userId", Kind::User, Absent::Required),
    ],
);

static ISSUE_PROPERTIES: Object = object(
    "IssueProperties",
    &[
        optional("type", Kind::Name(IssueType::KNOWN), Absent::Text("Task")),
        optional("status", Kind::Name(IssueStatus::KNOWN), Absent::Text("Backlog")),
        optional("assignees", Kind::Users, Absent::Empty),
    ],
);

static MEETING_PROPERTIES: Object = object("MeetingProperties", &[number("timeUtc"), number("duration")]);

static MESSAGE_TABLE: Object = Object {
    is_versioned: true,
    ..object(
        "Message",
        &[
            optional("attachments", Kind::Objects(&ATTACHMENT), Absent::Empty),
            number("commentCount"),
            number("createdUtc"),
            optional(
                "issueProperties",
                Kind::Object(&ISSUE_PROPERTIES),
                Absent::LeftOut,
            ),
            number("lastEditedUtc"),
            number("lastModifiedUtc"),
            optional(
                "markupType",
                Kind::Name(MarkupType::KNOWN),
                Absent::Text("TextPlain"),
            ),
            optional(
                "meetingProperties",
                Kind::Object(&MEETING_PROPERTIES),
                Absent::LeftOut,
            ),
            id("messageId"),
            optional(
                "messageType",
                Kind::Name(MessageType::KNOWN),
                Absent::Text("Regular"),
            ),
            optional("parentMessageId", Kind::Id, Absent::Zero),
            optional("priority", Kind::Name(Priority::KNOWN), Absent::Text("Normal")),
            optional("readTimestamps", Kind::Objects(&READ_TIMESTAMP), Absent::Empty),
            id("roomId"),
            optional("text", Kind::Text, Absent::Text("")),
            optional("userId", Kind::User, Absent::Zero),
        ],
    )
};

static LAST_MESSAGE_TABLE: Object = object(
    "LastMessage",
    &[
        id("messageId"),
        optional("userId", Kind::User, Absent::LeftOut),
        number("createdUtc"),
    ],
);

static ROOM_TABLE: Object = Object {
    is_versioned: true,
    ..object(
        "Room",
        &[
            id("roomId"),
            optional("name", Kind::Text, Absent::Twin("displayName")),
            optional("displayName", Kind::Text, Absent::Twin("name")),
            optional("roomType", Kind::Name(RoomType::KNOWN), Absent::Text("Private")),
            number("createdUtc"),
            number("lastModifiedUtc"),
            number("unreadMessageCount"),
            flag("isModerator"),
            flag("isArchived"),
            flag("isPinned"),
            optional("lastMessage", Kind::Object(&LAST_MESSAGE_TABLE), Absent::Null),
        ],
    )
};

static TEXT_MESSAGES: Object = object(
    "TextMessages",
    &[optional(
        "messages",
        Kind::Objects(&MESSAGE_TABLE),
        Absent::Required,
    )],
);

static TEXT_MESSAGE_DELETED: Object = object(
    "TextMessageDeleted",
    &[
        optional("parentMessageId", Kind::Id, Absent::Zero),
        id("roomId"),
        id("messageId"),
    ],
);

static ROOM_DATA: Object = object(
    "RoomData",
    &[optional("room", Kind::Object(&ROOM_TABLE), Absent::Required)],
);

static ROOM_DELETED: Object = object("RoomDeleted", &[id("roomId")]);

/// The table for the `data` of an event.
#[must_use]
pub const fn data(event_type: EventType) -> &'static Object {
    match event_type {
        EventType::TextMessagesCreated | EventType::TextMessagesUpdated => &TEXT_MESSAGES,
        EventType::TextMessageDeleted => &TEXT_MESSAGE_DELETED,
        EventType::RoomCreated | EventType::RoomUpdated => &ROOM_DATA,
        EventType::RoomDeleted => &ROOM_DELETED,
    }
}

/// A message in an event or in a REST response.
pub const MESSAGE: &Object = &MESSAGE_TABLE;

/// A room in an event or in a REST response.
pub const ROOM: &Object = &ROOM_TABLE;

/// The newest message of a room, as in the room.
pub(super) const LAST_MESSAGE: &Object = &LAST_MESSAGE_TABLE;
