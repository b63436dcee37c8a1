//! The prefilter, which looks for the rooms of a frame's messages.

use proptest::prelude::*;
use room_events::protocol::decode::prefilter::unwanted;
use room_events::protocol::event::Event;
use room_events::protocol::ids::{Id, LIMIT};

use crate::generate::event;

fn id<T>(id: u64) -> Id<T> {
    Id::new(id).expect("below the limit")
}

/// A frame with this text as its `messages`.
fn frame(messages: &str) -> String {
    format!(r#"{{"type":"TextMessagesUpdated","data":{{"messages":{messages}}}}}"#)
}

#[test]
fn names_the_newest_message_if_no_room_is_wanted() {
    let two = frame(r#"[{"messageId":12,"roomId":1,"text":"a"},{"messageId":11,"roomId":2,"text":"b"}]"#);
    assert_eq!(unwanted(&two, |room| room == id(3)), Some(id(12)));
    for wanted in [1, 2] {
        assert_eq!(unwanted(&two, |room| room == id(wanted)), None, "{wanted}");
    }
}

#[test]
fn ignores_keys_inside_strings() {
    let said = frame(r#"[{"messageId":12,"roomId":1,"text":"\"roomId\":7, \"messageId\":90"}]"#);
    assert_eq!(unwanted(&said, |room| room == id(7)), Some(id(12)));
}

#[test]
fn leaves_unusual_frames_to_the_decoder() {
    for unusual in [
        r#"[{"messageId":12,"roomId" :1,"text":"a"}]"#,
        r#"[{"messageId":12,"roomId": 1,"text":"a"}]"#,
        r#"[{"messageId":12,"roomId":1 ,"text":"a"}]"#,
        r#"[{"messageId":12,"room\u0049d":1,"text":"a"},{"messageId":13,"roomId":2,"text":"a"}]"#,
        r#"[{"messageId":12,"roomId":1.5,"text":"a"}]"#,
        r#"[{"messageId":12,"roomId":-1,"text":"a"}]"#,
        r#"[{"messageId":12,"roomId":1.0,"text":"a"},{"messageId":13,"roomId":2,"text":"a"}]"#,
        r#"[{"messageId":12,"roomId":1e0,"text":"a"},{"messageId":13,"roomId":2,"text":"a"}]"#,
        r#"[{"messageId":1.2e1,"roomId":1,"text":"a"}]"#,
        r#"[{"messageId":12,"roomId":null,"roomId":1,"text":"a"}]"#,
        r#"[{"messageId":12,"roomId":9007199254740992,"text":"a"}]"#,
        r#"[{"messageId":12,"roomId":"1","text":"a"}]"#,
        r#"[{"messageId":null,"roomId":1,"text":"a"}]"#,
        r#"[{"messageId":12,"text":"roomId"}]"#,
        r#"[{"roomId":1,"text":"messageId"}]"#,
        r#"[{"messageId":12,"roomId":1,"text":"roomId"}]"#,
        "[]",
        "",
    ] {
        assert_eq!(unwanted(&frame(unusual), |_| false), None, "{unusual}");
    }
    let last = LIMIT - 1;
    let usual = frame(&format!(r#"[{{"messageId":{last},"roomId":{last},"text":"a"}}]"#));
    assert_eq!(unwanted(&usual, |room| room == id(1)), Some(id(last)));
    assert_eq!(unwanted(&usual, |room| room == id(last)), None);
}

#[test]
fn checks_only_messages() {
    for other in [
        r#"{"type":"TextMessageDeleted","data":{"parentMessageId":0,"roomId":1,"messageId":12}}"#,
        r#"{"type":"MessagesMoved","data":{"messages":[{"messageId":12,"roomId":1,"text":"a"}]}}"#,
        r#"{"data":{"messages":[{"messageId":12,"roomId":1,"text":"a"}]},"type":"TextMessagesCreated"}"#,
        "",
    ] {
        assert_eq!(unwanted(other, |_| false), None, "{other}");
    }
}

proptest! {
    #[test]
    fn accepts_frames_as_servers_write_them(event in event()) {
        let frame = serde_json::to_string(&event).expect("serialises");
        let (Event::TextMessagesCreated(data) | Event::TextMessagesUpdated(data)) = event else {
            prop_assert_eq!(unwanted(&frame, |_| false), None);
            return Ok(());
        };
        let newest = data.messages.iter().map(|message| message.message_id).max();
        let expected = if frame.contains("\\u") { None } else { newest };
        prop_assert_eq!(unwanted(&frame, |_| false), expected, "{}", frame);
    }
}
