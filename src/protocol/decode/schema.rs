//! What each event promises, as tables: the fields of the objects on the wire.
//!
//! The tables say the same as the serde types of [`protocol`](super::super); a property test holds the two together.

use super::super::event::EventType;

/// What a field's value has to be.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// An integer in `0..2^53`.
    Integer,
    /// A string; enumerations are open and are strings too.
    Text,
    /// A string or null.
    NullableText,
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

/// A field of an object.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// An object on the wire: its known fields (at most 32), in the order in which servers usually write them.
pub(super) struct Object {
    pub(super) fields: &'static [Field],
    /// Of these fields at least one has to be there and not null. Empty: no such rule.
    pub(super) any_of: &'static [&'static str],
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        required: true,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        required: false,
    }
}

const fn object(fields: &'static [Field]) -> Object {
    assert!(fields.len() <= 32, "the fields seen are noted in 32 bits");
    Object { fields, any_of: &[] }
}

static PICTURE_SIZE: Object = object(&[
    required("width", Kind::Integer),
    required("height", Kind::Integer),
]);

static ATTACHMENT: Object = object(&[
    required("attachmentId", Kind::Integer),
    optional("attachmentState", Kind::Text),
    optional("createdUtc", Kind::Integer),
    optional("fileChecksum", Kind::Text),
    optional("fileName", Kind::Text),
    optional("fileSize", Kind::Integer),
    optional("hasThumbnail", Kind::Flag),
    optional("lastModifiedUtc", Kind::Integer),
    optional("roomId", Kind::Integer),
    optional("size", Kind::NullableObject(&PICTURE_SIZE)),
    optional("textMessageId", Kind::Integer),
]);

static READ_TIMESTAMP: Object = object(&[
    required("readUtc", Kind::Integer),
    required("userId", Kind::Integer),
]);

static ISSUE_PROPERTIES: Object = object(&[
    required("type", Kind::Text),
    required("status", Kind::Text),
    optional("assignees", Kind::Integers),
]);

static MEETING_PROPERTIES: Object = object(&[
    required("timeUtc", Kind::Integer),
    required("duration", Kind::Integer),
]);

static MESSAGE: Object = object(&[
    optional("attachments", Kind::Objects(&ATTACHMENT)),
    optional("commentCount", Kind::Integer),
    optional("createdUtc", Kind::Integer),
    optional("issueProperties", Kind::NullableObject(&ISSUE_PROPERTIES)),
    optional("lastEditedUtc", Kind::Integer),
    optional("lastModifiedUtc", Kind::Integer),
    optional("markupType", Kind::Text),
    optional("meetingProperties", Kind::NullableObject(&MEETING_PROPERTIES)),
    required("messageId", Kind::Integer),
    required("messageType", Kind::Text),
    optional("parentMessageId", Kind::Integer),
    optional("priority", Kind::Text),
    optional("readTimestamps", Kind::Objects(&READ_TIMESTAMP)),
    required("roomId", Kind::Integer),
    required("text", Kind::Text),
    required("userId", Kind::Integer),
]);

static LAST_MESSAGE: Object = object(&[
    required("messageId", Kind::Integer),
    required("userId", Kind::Integer),
    optional("createdUtc", Kind::Integer),
]);

static ROOM: Object = Object {
    any_of: &["name", "displayName"],
    ..object(&[
        required("roomId", Kind::Integer),
        optional("name", Kind::NullableText),
        optional("displayName", Kind::NullableText),
        optional("roomType", Kind::Text),
        optional("createdUtc", Kind::Integer),
        optional("lastModifiedUtc", Kind::Integer),
        optional("unreadMessageCount", Kind::Integer),
        optional("isModerator", Kind::Flag),
        optional("isArchived", Kind::Flag),
        optional("isPinned", Kind::Flag),
        optional("lastMessage", Kind::NullableObject(&LAST_MESSAGE)),
    ])
};

static TEXT_MESSAGES: Object = object(&[required("messages", Kind::Objects(&MESSAGE))]);

static TEXT_MESSAGE_DELETED: Object = object(&[
    optional("parentMessageId", Kind::Integer),
    required("roomId", Kind::Integer),
    required("messageId", Kind::Integer),
]);

static ROOM_DATA: Object = object(&[required("room", Kind::Object(&ROOM))]);

static ROOM_DELETED: Object = object(&[required("roomId", Kind::Integer)]);

/// What `data` of that event has to be.
pub(super) fn data(event_type: EventType) -> &'static Object {
    match event_type {
        EventType::TextMessagesCreated | EventType::TextMessagesUpdated => &TEXT_MESSAGES,
        EventType::TextMessageDeleted => &TEXT_MESSAGE_DELETED,
        EventType::RoomCreated | EventType::RoomUpdated => &ROOM_DATA,
        EventType::RoomDeleted => &ROOM_DELETED,
    }
}

/// A message, in an event or in an answer of the REST API.
pub(super) fn message() -> &'static Object {
    &MESSAGE
}

/// A room, in an event or in an answer of the REST API.
pub(super) fn room() -> &'static Object {
    &ROOM
}
