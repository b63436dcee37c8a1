//! The fields of the objects on the wire, as tables.
//!
//! The decoder checks frames against them and notes what it finds on a [`tape`](super::tape). The JavaScript that builds
//! objects from a tape is made from the same tables (`tests/generated/builder.rs`), so that the two cannot drift apart.

use super::super::attachment::AttachmentState;
use super::super::event::EventType;
use super::super::message::{IssueStatus, IssueType, MarkupType, MessageType, Priority};
use super::super::room::RoomType;
use super::bytes::Key;

/// What a field's value has to be. `null` is the same as an absent field.
#[derive(Clone, Copy)]
pub enum Kind {
    /// An integer in `0..2^53` that names something. It may be written `2.0` or `2e0`.
    Id,
    /// A user's id: an integer between -2^53 and 2^53.
    User,
    /// A number, negative and fractional ones included.
    Number,
    /// A string.
    Text,
    /// A string, most often one of these: an enumeration that may grow.
    Name(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// An object.
    Object(&'static Object),
    /// An array of objects.
    Objects(&'static Object),
    /// An array of users' ids.
    Users,
}

/// The neutral value: what JavaScript finds if a field is absent, null or of the wrong kind.
#[derive(Clone, Copy)]
pub enum Absent {
    /// None: the field is required, and an object without it is left out or refused.
    Required,
    /// No such field.
    LeftOut,
    /// 0.
    Zero,
    /// This text.
    Text(&'static str),
    /// `false`.
    False,
    /// `null`, also in place of an object without its id.
    Null,
    /// An array without items.
    Empty,
    /// The value of that field, which in its turn is taken from this one; the empty string if both are absent.
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
