//! The rules of the decoder.

use room_events::protocol::decode::{
    DecodeError, DecodeErrorKind, MAX_ARRAY_ITEMS, MAX_FRAME_BYTES, Outcome, decode,
};
use room_events::protocol::event::{Event, EventType};

fn error(frame: &str) -> DecodeError {
    match decode(frame) {
        Outcome::Invalid(error) => error,
        other => panic!("{frame} was taken for {other:?}"),
    }
}

fn event(frame: &str) -> Event {
    decode(frame)
        .into_event()
        .unwrap_or_else(|| panic!("{frame}: {:?}", decode(frame)))
}

#[test]
fn event_type_stands_in_for_a_missing_type() {
    for frame in [
        r#"{"eventType":"RoomDeleted","data":{"roomId":2}}"#,
        r#"{"data":{"roomId":2},"eventType":"RoomDeleted"}"#,
        r#"{"type":null,"eventType":"RoomDeleted","data":{"roomId":2}}"#,
    ] {
        assert_eq!(event(frame).event_type(), EventType::RoomDeleted);
    }
    let both = r#"{"eventType":"RoomDeleted","data":{"roomId":2},"type":"SomethingNew"}"#;
    assert!(matches!(decode(both), Outcome::Unknown { event_type, .. } if event_type == "SomethingNew"));
}

#[test]
fn accepts_keys_in_any_order_escaped_and_with_white_space() {
    let frame = "\n{ \"d\\u0061ta\" :\t{\"room\\u0049d\": 7 } , \"typ\\u0065\" : \"Room\\u0044eleted\" }\r\n";
    let Event::RoomDeleted(data) = event(frame) else {
        panic!("another event")
    };
    assert_eq!(data.room_id.get(), 7);
    assert!(data.extra.is_empty());
}

#[test]
fn a_malformed_known_event_never_passes_as_unknown() {
    for frame in [
        r#"{"type":"RoomDeleted"}"#,
        r#"{"type":"RoomDeleted","data":null}"#,
        r#"{"type":"RoomDeleted","data":{}}"#,
        r#"{"type":"RoomDeleted","data":[]}"#,
        r#"{"data":{"roomId":"2"},"type":"RoomDeleted"}"#,
    ] {
        error(frame);
    }
}

#[test]
fn an_unknown_event_keeps_its_type_and_its_json() {
    let frame = r#"{"type":"UserSession\u0045nded","data":{"at": 1e400, "x":[ ]},"seq":1}"#;
    let Outcome::Unknown { event_type, data } = decode(frame) else {
        panic!("not unknown")
    };
    assert_eq!(
        (&*event_type, data),
        ("UserSessionEnded", Some(r#"{"at": 1e400, "x":[ ]}"#))
    );
    assert!(matches!(
        decode(r#"{"type":"Ping"}"#),
        Outcome::Unknown { data: None, .. }
    ));
}

#[test]
fn ids_outside_the_safe_range_are_errors_with_their_path() {
    for bad in [
        "9007199254740992",
        "-1",
        "1.5",
        "1e-3",
        "1e16",
        "99999999999999999999999999",
    ] {
        let frame = format!(r#"{{"type":"TextMessageDeleted","data":{{"roomId":2,"messageId":{bad}}}}}"#);
        let error = error(&frame);
        assert_eq!(
            (error.kind, &*error.path),
            (DecodeErrorKind::OutOfRange, "$.data.messageId"),
            "{bad}"
        );
        assert_eq!(&frame[error.offset..][..bad.len()], bad);
    }
    let largest = r#"{"type":"RoomDeleted","data":{"roomId":9007199254740991}}"#;
    assert_eq!(event(largest).event_type(), EventType::RoomDeleted);
}

#[test]
fn a_deletion_without_a_parent_has_parent_0() {
    let Event::TextMessageDeleted(data) =
        event(r#"{"type":"TextMessageDeleted","data":{"roomId":2,"messageId":3}}"#)
    else {
        panic!("another event")
    };
    assert_eq!(data.parent_message_id.get(), 0);
}

#[test]
fn fills_in_either_name_of_a_room_from_the_other() {
    for room in [
        r#"{"roomId":2,"name":"Lobby"}"#,
        r#"{"roomId":2,"displayName":"Lobby"}"#,
        r#"{"roomId":2,"name":null,"displayName":"Lobby"}"#,
    ] {
        let frame = format!(r#"{{"type":"RoomCreated","data":{{"room":{room}}}}}"#);
        let Event::RoomCreated(data) = event(&frame) else {
            panic!("another event")
        };
        assert_eq!((&*data.room.name, &*data.room.display_name), ("Lobby", "Lobby"));
    }
}

#[test]
fn preserves_unknown_fields_and_enumeration_values() {
    let frame = r#"{"type":"TextMessagesCreated","v":2,"data":{"messages":[{"messageId":1,"messageType":"Poll",
        "roomId":2,"text":"","userId":3,"votes":{"yes":[1]},"priority":"Galactic"}],"more":true}}"#;
    let Event::TextMessagesCreated(data) = event(frame) else {
        panic!("another event")
    };
    assert_eq!(data.extra["more"], true);
    let message = &data.messages[0];
    assert_eq!(
        (message.message_type.as_str(), message.priority.as_str()),
        ("Poll", "Galactic")
    );
    assert_eq!(message.extra["votes"]["yes"][0], 1);
    assert_eq!(message.extra.len(), 1);
}

#[test]
fn accepts_the_minimal_events_of_the_specification() {
    let frame = r#"{"type":"TextMessagesUpdated","data":{"messages":[{"messageId":2000124,"messageType":"Regular",
        "roomId":2,"text":"Updated message text","userId":1}]}}"#;
    let Event::TextMessagesUpdated(data) = event(frame) else {
        panic!("another event")
    };
    assert_eq!(data.messages[0].markup_type.as_str(), "TextPlain");
    event(r#"{"type":"RoomUpdated","data":{"room":{"roomId":2,"name":"Updated Room Name"}}}"#);
}

#[test]
fn reports_each_mistake_with_kind_path_and_offset() {
    use DecodeErrorKind::*;
    let message = r#"{"messageId":1,"messageType":"Regular","roomId":2,"text":"t","userId":3"#;
    let in_message =
        |rest: &str| format!(r#"{{"type":"TextMessagesCreated","data":{{"messages":[{message}{rest}]}}}}"#);
    for (frame, kind, path, at) in [
        (String::new(), Truncated, "$", ""),
        ("nonsense".into(), InvalidJson, "$", "nonsense"),
        ("[1]".into(), WrongType, "$", "[1]"),
        ("42".into(), WrongType, "$", "42"),
        ("{}".into(), MissingType, "$", "{}"),
        (r#"{"type":7}"#.into(), WrongType, "$.type", "7"),
        (
            r#"{"type":"RoomDeleted","data":{"roomId":1}} {"#.into(),
            InvalidJson,
            "$",
            "{",
        ),
        (
            r#"{"type":"RoomDeleted","data":{"roomId":1"#.into(),
            Truncated,
            "$.data",
            "",
        ),
        (
            r#"{"type":"RoomDeleted","data":{"roomId":1},"data":{}}"#.into(),
            DuplicateField,
            "$.data",
            "{}",
        ),
        (
            r#"{"type":"TextMessagesCreated","data":{"messages":[{"messageId":1}]}}"#.into(),
            MissingField,
            "$.data.messages[0].roomId",
            r#"{"messageId""#,
        ),
        (
            r#"{"type":"TextMessagesCreated","data":{"messages":[true]}}"#.into(),
            WrongType,
            "$.data.messages[0]",
            "true",
        ),
        (
            in_message(r#","unknown":[1,}"#),
            InvalidJson,
            "$.data.messages[0]",
            "}]",
        ),
        (
            format!(r#"{{"type":"RoomDeleted","data":{}"#, "[".repeat(500)),
            TooDeep,
            "$.data",
            "[",
        ),
        (
            format!(
                r#"{{"type":"TextMessagesCreated","data":{{"messages":[{}7]}}}}"#,
                "0,".repeat(MAX_ARRAY_ITEMS)
            ),
            TooLong,
            "$.data.messages",
            "7]",
        ),
        (
            in_message(&format!(r#","more":"{}"}}"#, "x".repeat(MAX_FRAME_BYTES))),
            TooLarge,
            "$",
            "{",
        ),
    ] {
        let error = error(&frame);
        assert_eq!((error.kind, &*error.path), (kind, path), "{frame}: {error}");
        assert!(frame[error.offset..].starts_with(at), "{frame}: {error}");
        assert!(frame.contains(&error.excerpt), "{frame}: {}", error.excerpt);
        assert!(error.to_string().contains(path));
    }
}
