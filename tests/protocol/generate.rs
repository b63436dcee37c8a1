//! Strategies for arbitrary events.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use room_events::protocol::Extra;
use room_events::protocol::attachment::{Attachment, AttachmentState, PictureSize};
use room_events::protocol::event::{Event, RoomData, RoomDeleted, TextMessageDeleted, TextMessages};
use room_events::protocol::ids::{Id, LIMIT};
use room_events::protocol::message::{
    IssueProperties, IssueStatus, IssueType, MarkupType, MeetingProperties, Message, MessageType, Priority,
    ReadTimestamp,
};
use room_events::protocol::room::{LastMessage, Room, RoomType};
use serde_json::Value;

fn integer<T>() -> impl Strategy<Value = Id<T>> {
    prop_oneof![0..10_u64, 0..LIMIT, Just(LIMIT - 1)]
        .prop_map(|value| Id::new(value).expect("below the limit"))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,20}", ".{0,20}", any::<String>()]
}

/// Unknown fields: their keys begin with `x`, as no known key does.
fn extra() -> impl Strategy<Value = Extra> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
        vec(any::<u8>(), 0..3).prop_map(Value::from),
    ];
    prop_oneof![
        3 => Just(Extra::new()),
        1 => btree_map("x[ -~é\"\\\\]{0,6}", value, 0..3).prop_map(|map| map.into_iter().collect()),
    ]
}

fn known_or_new<T: for<'a> From<&'a str> + std::fmt::Debug>(
    known: &'static [&'static str],
) -> impl Strategy<Value = T> {
    prop_oneof![
        4 => prop::sample::select(known).prop_map(|name| T::from(name)),
        1 => text().prop_map(|name| T::from(&*name)),
    ]
}

prop_compose! {
    fn picture_size()(width in integer(), height in integer(), extra in extra()) -> PictureSize {
        PictureSize { width, height, extra }
    }
}

prop_compose! {
    fn attachment()(
        ids in (integer(), integer(), integer()), times in [integer(), integer()], file_size in integer(),
        texts in [text(), text()], has_thumbnail in any::<bool>(),
        attachment_state in known_or_new::<AttachmentState>(AttachmentState::KNOWN),
        size in option::of(picture_size()), extra in extra(),
    ) -> Attachment {
        let (attachment_id, text_message_id, room_id) = ids;
        let [created_utc, last_modified_utc] = times;
        let [file_name, file_checksum] = texts;
        Attachment {
            attachment_id, file_name, file_size, file_checksum, has_thumbnail, attachment_state, created_utc,
            last_modified_utc, text_message_id, room_id, size, extra,
        }
    }
}

prop_compose! {
    fn issue_properties()(
        issue_type in known_or_new::<IssueType>(IssueType::KNOWN),
        status in known_or_new::<IssueStatus>(IssueStatus::KNOWN),
        assignees in vec(integer(), 0..3), extra in extra(),
    ) -> IssueProperties {
        IssueProperties { issue_type, status, assignees, extra }
    }
}

prop_compose! {
    fn meeting_properties()(time_utc in integer(), duration in integer(), extra in extra()) -> MeetingProperties {
        MeetingProperties { time_utc, duration, extra }
    }
}

prop_compose! {
    fn read_timestamp()(user_id in integer(), read_utc in integer(), extra in extra()) -> ReadTimestamp {
        ReadTimestamp { user_id, read_utc, extra }
    }
}

prop_compose! {
    /// An arbitrary message.
    pub(crate) fn message()(
        ids in (integer(), integer(), integer(), integer()), times in [integer(), integer(), integer()],
        text in text(), comment_count in integer(),
        enums in (
            known_or_new::<MessageType>(MessageType::KNOWN), known_or_new::<MarkupType>(MarkupType::KNOWN),
            known_or_new::<Priority>(Priority::KNOWN),
        ),
        attachments in vec(attachment().boxed(), 0..3), read_timestamps in vec(read_timestamp(), 0..3),
        issue_properties in option::of(issue_properties()), meeting_properties in option::of(meeting_properties()),
        extra in extra(),
    ) -> Message {
        let (message_id, user_id, room_id, parent_message_id) = ids;
        let [created_utc, last_edited_utc, last_modified_utc] = times;
        let (message_type, markup_type, priority) = enums;
        Message {
            message_id, user_id, room_id, parent_message_id, text, message_type, markup_type, priority, created_utc,
            last_edited_utc, last_modified_utc, comment_count, attachments, read_timestamps, issue_properties,
            meeting_properties, extra,
        }
    }
}

prop_compose! {
    fn last_message()(
        message_id in integer(), user_id in option::of(integer()), created_utc in integer(), extra in extra(),
    ) -> LastMessage {
        LastMessage { message_id, user_id, created_utc, extra }
    }
}

prop_compose! {
    /// An arbitrary room.
    pub(crate) fn room()(
        room_id in integer(), names in [text(), text()], room_type in known_or_new::<RoomType>(RoomType::KNOWN),
        times in [integer(), integer()], unread_message_count in integer(), flags in any::<[bool; 3]>(),
        last_message in option::of(last_message().boxed()), extra in extra(),
    ) -> Room {
        let [name, display_name] = names;
        let [created_utc, last_modified_utc] = times;
        let [is_moderator, is_archived, is_pinned] = flags;
        Room {
            room_id, name, display_name, room_type, created_utc, last_modified_utc, unread_message_count,
            is_moderator, is_archived, is_pinned, last_message, extra,
        }
    }
}

/// An arbitrary event of one of the six types.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    // Boxed: the strategies are too large for the stack of a test in a debug build.
    let messages = || {
        (vec(message().boxed(), 0..4), extra()).prop_map(|(messages, extra)| TextMessages { messages, extra })
    };
    let room_data = || (room().boxed(), extra()).prop_map(|(room, extra)| RoomData { room, extra });
    prop_oneof![
        messages().prop_map(Event::TextMessagesCreated),
        messages().prop_map(Event::TextMessagesUpdated),
        ((integer(), integer(), integer()), extra()).prop_map(
            |((parent_message_id, room_id, message_id), extra)| {
                Event::TextMessageDeleted(TextMessageDeleted {
                    parent_message_id,
                    room_id,
                    message_id,
                    extra,
                })
            }
        ),
        room_data().prop_map(Event::RoomCreated),
        room_data().prop_map(Event::RoomUpdated),
        (integer(), extra()).prop_map(|(room_id, extra)| Event::RoomDeleted(RoomDeleted { room_id, extra })),
    ]
}
