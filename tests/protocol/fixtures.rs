//! The payloads of the specification; their "..." is filled in from the field tables of the REST API.

use room_events::protocol::decode::{Outcome, decode};
use room_events::protocol::event::{Event, EventType};
use serde_json::Value;

const ISSUE_AND_MEETING: &str = include_str!("../fixtures/events/issue-and-meeting.json");

const FIXTURES: &[(&str, EventType)] = &[
    (
        include_str!("../fixtures/events/text-messages-created.json"),
        EventType::TextMessagesCreated,
    ),
    (
        include_str!("../fixtures/events/text-messages-updated.json"),
        EventType::TextMessagesUpdated,
    ),
    (
        include_str!("../fixtures/events/text-message-deleted.json"),
        EventType::TextMessageDeleted,
    ),
    (
        include_str!("../fixtures/events/room-created.json"),
        EventType::RoomCreated,
    ),
    (
        include_str!("../fixtures/events/room-updated.json"),
        EventType::RoomUpdated,
    ),
    (
        include_str!("../fixtures/events/room-deleted.json"),
        EventType::RoomDeleted,
    ),
    (ISSUE_AND_MEETING, EventType::TextMessagesCreated),
];

#[test]
fn each_payload_decodes_and_serializes_unchanged() {
    for &(frame, expected) in FIXTURES {
        let outcome = decode(frame);
        assert!(
            matches!(outcome, Outcome::Event { event_type, .. } if event_type == expected),
            "{outcome:?}"
        );
        let event = outcome
            .into_event()
            .expect("serde reads what the decoder accepts");
        assert_eq!(event.event_type(), expected);
        let again: Value = serde_json::to_value(&event).expect("serialises");
        let original: Value = serde_json::from_str(frame).expect("is JSON");
        assert_eq!(again, original);
    }
}

#[test]
fn each_event_type_has_a_payload() {
    for event_type in EventType::ALL {
        assert!(FIXTURES.iter().any(|(_, of)| *of == event_type), "{event_type:?}");
    }
}

#[test]
fn decodes_the_fields_of_the_payloads() {
    let event = decode(ISSUE_AND_MEETING).into_event().expect("decodes");
    let Event::TextMessagesCreated(data) = event else {
        panic!("another event: {event:?}")
    };
    let [issue, meeting, comment] = data.messages.as_slice() else {
        panic!("three messages expected")
    };
    let properties = issue.issue_properties.as_ref().expect("an issue has them");
    assert_eq!(
        (properties.issue_type.as_str(), properties.status.as_str()),
        ("Bug", "InProgress")
    );
    assert_eq!(
        properties.assignees.iter().map(|id| id.get()).collect::<Vec<_>>(),
        [1, 2]
    );
    let properties = meeting.meeting_properties.as_ref().expect("a meeting has them");
    assert_eq!(
        (properties.time_utc.get(), properties.duration.get()),
        (1_753_300_000_000, 3_600_000)
    );
    assert_eq!(comment.parent_message_id.get(), 2_000_126);
    assert_eq!(comment.text, "Привет, мир! 👋🏽 \"quoted\" \\ back\nnew line");
}
