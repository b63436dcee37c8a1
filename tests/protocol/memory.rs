//! The memory of a tape is bounded for any frame.

use room_events::protocol::decode::digest::{self, EventDigest, digest};
use room_events::protocol::decode::tape::Tape;
use room_events::protocol::decode::{DecodeErrorKind, MAX_ARRAY_ITEMS, MAX_TAPE_BYTES, Outcome, decode_onto};

/// The approximate size of a frame.
const BYTES: usize = 8 << 20;

/// The text, repeated.
fn many(text: &str) -> String {
    text.repeat(BYTES / text.len())
}

/// Arrays of this item, each of the maximum length.
fn arrays(before: &str, item: &str, behind: &str) -> String {
    let one = format!(
        "{before}[{}{item}]{behind},",
        format!("{item},").repeat(MAX_ARRAY_ITEMS - 1)
    );
    one.repeat(BYTES / one.len() + 1).trim_end_matches(',').to_owned()
}

fn messages(messages: &str) -> String {
    format!(r#"{{"type":"TextMessagesCreated","data":{{"messages":[{messages}]}}}}"#)
}

/// Decodes a frame with an odd message between two others. Returns the number of readable messages, and the errors.
fn decode_between(odd: &str) -> (usize, Vec<DecodeErrorKind>) {
    let message = r#"{"messageId":1,"roomId":1,"text":"a"}"#;
    let frame = messages(&format!("{message},{odd},{message}"));
    let mut tape = Tape::new();
    let Outcome::Event { event_type, .. } = decode_onto(&frame, &mut tape) else {
        panic!("no event");
    };
    assert!(
        tape.capacity_bytes() <= MAX_TAPE_BYTES,
        "{} bytes",
        tape.capacity_bytes()
    );
    let EventDigest::Messages(messages) = digest(event_type, &tape) else {
        panic!("no messages");
    };
    let errors = tape.take_errors().into_iter().map(|error| error.kind).collect();
    (messages.len(), errors)
}

#[test]
fn omits_only_a_message_that_takes_too_much_memory() {
    let message = |rest: &str| format!(r#"{{"messageId":2,"roomId":1,{rest}}}"#);
    for odd in [
        message(&format!("{}\"\":0", many("\"\":0,"))),
        message(&format!("{}\"x\":{{}}", many("\"\":{},"))),
    ] {
        assert_eq!(decode_between(&odd), (2, vec![DecodeErrorKind::TooLarge]));
    }
}

#[test]
fn entries_without_an_id_take_no_memory() {
    let (count, errors) = decode_between(&arrays(r#"{"messageId":2,"roomId":1,"attachments":"#, "{}", "}"));
    assert!(count > 20 && errors.iter().all(|kind| *kind == DecodeErrorKind::MissingField));
    let (count, errors) = decode_between(&format!("{}{{}}", "{},".repeat(MAX_ARRAY_ITEMS - 3)));
    assert!(count == 2 && errors.iter().all(|kind| *kind == DecodeErrorKind::MissingField));
}

#[test]
fn messages_share_the_memory_of_a_tape() {
    for (before, item) in [
        (
            r#"{"messageId":2,"roomId":1,"attachments":"#,
            r#"{"attachmentId":1}"#,
        ),
        (
            r#"{"messageId":2,"roomId":1,"readTimestamps":"#,
            r#"{"userId":1}"#,
        ),
        (
            r#"{"messageId":2,"roomId":1,"readTimestamps":"#,
            r#"{"userId":1,"readUtc":0.30000000000000004}"#,
        ),
        (
            r#"{"messageId":2,"roomId":1,"issueProperties":{"assignees":"#,
            "1",
        ),
    ] {
        let behind = if item == "1" { "}}" } else { "}" };
        let (count, errors) = decode_between(&arrays(before, item, behind));
        assert!(count >= 2, "{item}");
        assert!(
            errors.iter().all(|kind| *kind == DecodeErrorKind::TooLarge),
            "{item}: {errors:?}"
        );
    }
    let small = r#"{"messageId":2,"roomId":1}"#;
    let (count, errors) = decode_between(&format!("{}{small}", format!("{small},").repeat(89_999)));
    assert_eq!((count, errors.len()), (90_002, 0));
}

#[test]
fn refuses_a_frame_that_takes_too_much_memory_without_its_messages() {
    let members = many("\"\":0,");
    for frame in [
        format!(r#"{{{members}"type":"RoomDeleted","data":{{"roomId":1}}}}"#),
        format!(r#"{{"type":"RoomDeleted","data":{{{members}"roomId":1}}}}"#),
        format!(r#"{{"type":"RoomUpdated","data":{{"room":{{"roomId":1,{members}"name":"a"}}}}}}"#),
        format!(
            r#"{{"type":"RoomUpdated","data":{{"room":{{"roomId":1,"lastMessage":{{{members}"messageId":1}}}}}}}}"#
        ),
    ] {
        let mut tape = Tape::new();
        let Outcome::Invalid(error) = decode_onto(&frame, &mut tape) else {
            panic!("accepted");
        };
        assert_eq!(error.kind, DecodeErrorKind::TooLarge);
        assert!(tape.capacity_bytes() <= MAX_TAPE_BYTES && tape.slots().is_empty());
    }
}

#[test]
fn a_tape_releases_its_memory_with_the_next_small_frame() {
    let small = messages(r#"{"messageId":1,"roomId":1}"#);
    let mut tape = Tape::new();
    decode_onto(
        &messages(&arrays(
            r#"{"messageId":2,"roomId":1,"readTimestamps":"#,
            r#"{"userId":1}"#,
            "}",
        )),
        &mut tape,
    );
    assert!(tape.capacity_bytes() > 16 << 20);
    decode_onto(&small, &mut tape);
    assert!(tape.capacity_bytes() < 1 << 20, "{} bytes", tape.capacity_bytes());
}

#[test]
fn a_kept_tape_takes_little_more_than_its_slots() {
    let mut tape = Tape::new();
    decode_onto(
        &messages(&arrays(
            r#"{"messageId":2,"roomId":1,"attachments":"#,
            r#"{"attachmentId":1}"#,
            "}",
        )),
        &mut tape,
    );
    let kept = tape.split_off();
    assert!(kept.capacity_bytes() - size_of_val(kept.slots()) <= 1 << 19);
}

#[test]
fn omits_only_an_entry_that_takes_too_much_memory() {
    let body = format!(
        r#"{{"messages":[{{"messageId":1,"roomId":1}},{{{}"messageId":2,"roomId":1}},{{"messageId":3,"roomId":1}}]}}"#,
        many("\"\":0,")
    );
    let list = digest::messages(&body).expect("a list");
    let ids: Vec<_> = list
        .items
        .iter()
        .map(|item| item.digest.message_id.get())
        .collect();
    assert_eq!((ids, list.unreadable), (vec![1, 3], 1));
    assert_eq!(list.errors[0].kind, DecodeErrorKind::TooLarge);
    assert_eq!(list.errors[0].path, "$.messages[1]");
}
