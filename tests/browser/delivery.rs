//! From a frame to the callbacks.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{JSON, Reflect};
use room_events::protocol::decode::{MAX_ARRAY_ITEMS, MAX_DEPTH, MAX_FRAME_BYTES, decode};
use room_events::protocol::event::EventType;
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::harness::{
    Fakes, Listener, UNCHECKED, connect, frame, frame_now, frame_value, get, is_plain, json as to_json,
    nothing, open, reported, throwing, tick, until,
};

/// The payloads of the specification.
pub(crate) const FIXTURES: [&str; 7] = [
    include_str!("../fixtures/events/text-messages-created.json"),
    include_str!("../fixtures/events/text-messages-updated.json"),
    include_str!("../fixtures/events/text-message-deleted.json"),
    include_str!("../fixtures/events/room-created.json"),
    include_str!("../fixtures/events/room-updated.json"),
    include_str!("../fixtures/events/room-deleted.json"),
    include_str!("../fixtures/events/issue-and-meeting.json"),
];

const ROOM_DELETED: &str = r#"{"type":"RoomDeleted","data":{"roomId":2}}"#;

#[wasm_bindgen_test]
async fn delivers_every_payload_of_the_specification() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    for fixture in FIXTURES {
        let expected: Value = serde_json::from_str(fixture).expect("JSON");
        let listener = Listener::on(&client, expected["type"].as_str().expect("a type"));
        let others: Vec<_> = EventType::ALL
            .iter()
            .filter(|event_type| event_type.as_str() != expected["type"])
            .map(|event_type| Listener::on(&client, event_type.as_str()))
            .collect();
        frame(fixture).await;
        let (data, event) = listener.last();
        assert_eq!(to_json(&data), expected["data"]);
        let mut whole = expected.clone();
        whole["recovered"] = false.into();
        assert_eq!(to_json(&event), whole);
        assert!(
            get(&event, "data") == data,
            "the event carries the very same data"
        );
        assert!(is_plain(&event));
        assert!(others.iter().all(|other| other.count() == 0));
    }
}

/// Compares the neutral values of the builder with those of serde's types.
#[wasm_bindgen_test]
async fn fills_in_the_same_neutral_values_as_rust() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let message = json!({"messageId": 1, "messageType": "Issue", "roomId": 2, "text": "t", "userId": 3,
        "attachments": [{"attachmentId": 4}], "issueProperties": {"type": "Bug", "status": "Done"}});
    let bare = json!({"messageId": 1, "messageType": "Regular", "roomId": 2, "text": "t", "userId": 3});
    let room = json!({"roomId": 2, "name": "Lobby"});
    for (event_type, data) in [
        ("TextMessagesCreated", json!({"messages": [message, bare]})),
        ("TextMessagesUpdated", json!({"messages": [bare]})),
        ("TextMessageDeleted", json!({"roomId": 1, "messageId": 2})),
        ("RoomCreated", json!({"room": room})),
        (
            "RoomUpdated",
            json!({"room": {"roomId": 2, "displayName": "x", "lastMessage": {"messageId": 1, "userId": 2}}}),
        ),
        ("RoomDeleted", json!({"roomId": 1})),
    ] {
        let text = json!({"type": event_type, "data": data}).to_string();
        let listener = Listener::on(&client, event_type);
        frame(&text).await;
        let event = decode(&text).into_event().expect("decodes");
        let expected = serde_json::to_value(event).expect("serialises");
        assert_eq!(
            json!({"type": event_type, "data": listener.values()[0]}),
            expected
        );
    }
}

#[wasm_bindgen_test]
async fn preserves_unknown_fields_and_values() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let rooms = Listener::on(&client, "RoomUpdated");
    let text = r#"{"type":"RoomUpdated","v":[1],"data":{"room":{"roomId":2,"displayName":"a","roomType":"Galactic",
        "colour":{"r":1}},"why":null}}"#;
    frame(text).await;
    let (data, event) = rooms.last();
    assert_eq!(to_json(&get(&event, "v")), json!([1]));
    let data = to_json(&data);
    assert_eq!(
        (&data["room"]["roomType"], &data["room"]["colour"]),
        (&json!("Galactic"), &json!({"r": 1}))
    );
    assert_eq!((&data["room"]["name"], &data["why"]), (&json!("a"), &Value::Null));
}

#[wasm_bindgen_test]
async fn reports_events_of_unknown_types_as_unknown() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let unknown = Listener::on(&client, "unknown");
    let text = r#"{"type":"UserSessionEnded","data":{"id":12345678901234567890}}"#;
    frame(text).await;
    let (event, _) = unknown.last();
    assert_eq!(get(&event, "type"), "UserSessionEnded");
    assert_eq!(get(&event, "frame"), text);
    assert!(get(&get(&event, "data"), "id").as_f64().is_some());
    frame(r#"{"eventType":"Ping"}"#).await;
    assert_eq!(
        unknown.values()[1],
        json!({"type": "Ping", "frame": r#"{"eventType":"Ping"}"#})
    );
}

#[wasm_bindgen_test]
async fn reports_a_malformed_frame_and_delivers_the_next() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let errors = Listener::on(&client, "malformed");
    let rooms = Listener::on(&client, "RoomDeleted");
    let unknown = Listener::on(&client, "unknown");
    for (bad, code, path, offset) in [
        ("{", "truncated", "$", 1),
        ("", "truncated", "$", 0),
        ("hello", "invalid-json", "$", 0),
        (
            r#"{"type":"RoomDeleted","data":{"roomId":"2"}}"#,
            "wrong-type",
            "$.data.roomId",
            39,
        ),
        (
            r#"{"type":"RoomDeleted","data":{"roomId":9007199254740992}}"#,
            "out-of-range",
            "$.data.roomId",
            39,
        ),
        (
            r#"{"type":"RoomDeleted","data":{}}"#,
            "missing-field",
            "$.data.roomId",
            29,
        ),
    ] {
        let seen = (errors.count(), rooms.count());
        frame(bad).await;
        frame(ROOM_DELETED).await;
        assert_eq!((errors.count(), rooms.count()), (seen.0 + 1, seen.1 + 1), "{bad}");
        let (error, _) = errors.last();
        let error = to_json(&error);
        assert_eq!(
            (&error["code"], &error["path"], &error["offset"]),
            (&json!(code), &json!(path), &json!(offset))
        );
        assert_eq!(error["excerpt"], *bad);
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| message.contains(path))
        );
    }
    frame_value(&js_sys::ArrayBuffer::new(3)).await;
    assert_eq!(errors.values().last().expect("an error")["code"], "binary-frame");
    frame(ROOM_DELETED).await;
    assert_eq!((rooms.count(), unknown.count()), (7, 0));
    assert_eq!(client.status(), "open");
}

#[wasm_bindgen_test]
async fn reports_exceeded_limits_and_delivers_the_next_frame() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let errors = Listener::on(&client, "malformed");
    let rooms = Listener::on(&client, "RoomDeleted");
    let extra = |text: &str| format!(r#"{{"type":"RoomDeleted","data":{{"roomId":2,"extra":{text}}}}}"#);
    for (bad, code) in [
        (extra(&"[".repeat(MAX_DEPTH)), "too-deep"),
        (
            extra(&format!("\"{}\"", "é".repeat(MAX_FRAME_BYTES / 2))),
            "too-large",
        ),
    ] {
        let seen = rooms.count();
        frame(&bad).await;
        assert_eq!(errors.values().last().expect("an error")["code"], code);
        frame(ROOM_DELETED).await;
        assert_eq!(rooms.count(), seen + 1);
    }
    let messages = Listener::on(&client, "TextMessagesCreated");
    frame(&format!(
        r#"{{"type":"TextMessagesCreated","data":{{"messages":[{{"messageId":1,"roomId":2,"readTimestamps":[{}0]}}]}}}}"#,
        "0,".repeat(MAX_ARRAY_ITEMS)
    )).await;
    errors.until_count(3).await;
    assert_eq!(errors.values().last().expect("an error")["code"], "too-long");
    assert_eq!(messages.values()[0]["messages"][0]["readTimestamps"], json!([]));
}

#[wasm_bindgen_test]
async fn delivers_a_message_with_invalid_optional_fields() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let errors = Listener::on(&client, "malformed");
    let messages = Listener::on(&client, "TextMessagesCreated");
    let odd = r#"{"messageId":5.0,"roomId":2e0,"userId":-1,"text":null,"commentCount":"2","createdUtc":1.7e12,
        "lastModifiedUtc":0.30000000000000004,"attachments":[{"fileName":"a"},{"attachmentId":1,"size":{}}],
        "issueProperties":null,"meetingProperties":{"duration":1800.5}}"#;
    frame(&format!(
        r#"{{"type":"TextMessagesCreated","data":{{"messages":[{odd},{{"roomId":2}},{{"messageId":6,"roomId":2}}]}}}}"#
    )).await;
    let data = &messages.values()[0];
    let neutral = json!({
        "attachments": [], "commentCount": 0, "createdUtc": 0, "lastEditedUtc": 0, "lastModifiedUtc": 0,
        "markupType": "TextPlain", "messageId": 6, "messageType": "Regular", "parentMessageId": 0,
        "priority": "Normal", "readTimestamps": [], "roomId": 2, "text": "", "userId": 0,
    });
    assert_eq!(data["messages"][1], neutral);
    let odd = &data["messages"][0];
    assert_eq!(
        (&odd["messageId"], &odd["userId"], &odd["text"]),
        (&json!(5), &json!(-1), &json!(""))
    );
    assert_eq!(
        (&odd["createdUtc"], &odd["commentCount"]),
        (&json!(1_700_000_000_000_i64), &json!(0))
    );
    assert_eq!(odd["lastModifiedUtc"].as_f64(), Some(0.300_000_000_000_000_04));
    assert_eq!(odd["attachments"][0]["size"], json!({"width": 0, "height": 0}));
    assert_eq!(
        odd["meetingProperties"],
        json!({"timeUtc": 0, "duration": 1800.5})
    );
    assert!(odd.get("issueProperties").is_none());
    errors.until_count(3).await;
    let paths: Vec<_> = errors
        .values()
        .iter()
        .map(|error| error["path"].clone())
        .collect();
    assert_eq!(
        paths,
        [
            "$.data.messages[0].commentCount",
            "$.data.messages[0].attachments[0].attachmentId",
            "$.data.messages[1].messageId",
        ]
    );
}

#[wasm_bindgen_test]
async fn reports_a_throwing_callback_and_calls_the_others() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let before = Listener::on(&client, "RoomDeleted");
    client
        .on(
            &"RoomDeleted".into(),
            &throwing("of the application"),
            &JsValue::UNDEFINED,
        )
        .expect("registers");
    let behind = Listener::on(&client, "RoomDeleted");
    frame(ROOM_DELETED).await;
    frame(ROOM_DELETED).await;
    assert_eq!((before.count(), behind.count()), (2, 2));
    assert_eq!(reported(), "of the application\nof the application");
    assert_eq!(client.status(), "open");
    // The other callback stays registered and would keep the client alive.
    client.close();
}

#[wasm_bindgen_test]
async fn calls_callbacks_in_order_until_they_are_removed() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    open().await;
    let order = Rc::new(RefCell::new(Vec::new()));
    let note = |name: &'static str| {
        let order = Rc::clone(&order);
        move || order.borrow_mut().push(name)
    };
    let first = Listener::then(&client, "RoomDeleted", note("first"));
    let _second = Listener::then(&client, "RoomDeleted", note("second"));
    let _status = Listener::then(&client, "statechange", note("statechange"));
    frame(ROOM_DELETED).await;
    first.off();
    first.off();
    frame(ROOM_DELETED).await;
    assert_eq!(*order.borrow(), ["first", "second", "second"]);
}

#[wasm_bindgen_test]
async fn callbacks_may_be_added_and_removed_during_a_delivery() {
    let _fakes = Fakes::install();
    let client = Rc::new(connect(UNCHECKED).await);
    open().await;
    let victim = Rc::new(RefCell::new(None::<Listener>));
    let late = Rc::new(RefCell::new(None::<Listener>));
    let killer = {
        let (client, victim, late) = (Rc::clone(&client), Rc::clone(&victim), Rc::clone(&late));
        Listener::then(&Rc::clone(&client), "RoomDeleted", move || {
            if let Some(victim) = &*victim.borrow() {
                victim.off();
            }
            late.borrow_mut()
                .get_or_insert_with(|| Listener::on(&client, "RoomDeleted"));
        })
    };
    victim.replace(Some(Listener::on(&client, "RoomDeleted")));
    frame(ROOM_DELETED).await;
    let count = |slot: &Rc<RefCell<Option<Listener>>>| slot.borrow().as_ref().map(Listener::count);
    assert_eq!(
        (killer.count(), count(&victim), count(&late)),
        (1, Some(0), Some(0))
    );
    frame(ROOM_DELETED).await;
    assert_eq!(
        (killer.count(), count(&victim), count(&late)),
        (2, Some(0), Some(1))
    );
    // The client holds its own callbacks.
    client.close();
}

#[wasm_bindgen_test]
async fn rejects_invalid_registrations_with_a_code() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    let callback = nothing();
    let refusal = |topic: &str, callback: &JsValue| {
        let error = client
            .on(&topic.into(), callback, &JsValue::UNDEFINED)
            .expect_err("refused");
        assert!(error.is_instance_of::<js_sys::Error>());
        Reflect::get(&error, &"code".into()).expect("a code").as_string()
    };
    assert_eq!(
        refusal("RoomExploded", &callback).as_deref(),
        Some("unknown-topic")
    );
    assert_eq!(
        refusal("RoomDeleted", &"callback".into()).as_deref(),
        Some("invalid-callback")
    );
}

fn message(id: u64, room: u64, text: &str) -> Value {
    json!({"messageId": id, "messageType": "Regular", "roomId": room, "text": text, "userId": 3})
}

fn ids(listener: &Listener) -> Vec<Vec<u64>> {
    let messages = |data: Value| data["messages"].as_array().cloned().unwrap_or_default();
    let values = listener.values().into_iter().map(messages);
    values
        .map(|messages| {
            messages
                .iter()
                .map(|message| message["messageId"].as_u64().expect("an id"))
                .collect()
        })
        .collect()
}

#[wasm_bindgen_test]
async fn delivers_only_messages_of_the_room_of_a_callback() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    let second = Listener::in_room(&client, "TextMessagesCreated", 2);
    let gone = Listener::in_room(&client, "RoomDeleted", 2);
    open().await;
    frame(&json!({"type": "TextMessagesCreated", "data": {"messages": [message(1, 1, "a")]}}).to_string())
        .await;
    let all = Listener::on(&client, "TextMessagesCreated");
    let mixed = json!([message(2, 1, "b"), message(3, 2, "c"), message(4, 1, "d")]);
    frame(&json!({"type": "TextMessagesCreated", "data": {"messages": mixed}}).to_string()).await;
    frame(&json!({"type": "TextMessagesCreated", "data": {"messages": [message(5, 2, "e")]}}).to_string())
        .await;
    assert_eq!(ids(&second), [[3], [5]]);
    assert_eq!(ids(&all), [vec![2, 3, 4], vec![5]]);
    assert!(
        second.last().1 == all.last().1,
        "what is all of one room is built once"
    );
    frame(&ROOM_DELETED.replace('2', "1")).await;
    frame(ROOM_DELETED).await;
    assert_eq!(gone.count(), 1);
    for bad in [json!("2"), json!(-1), json!(1.5), json!(null)] {
        let options = JSON::parse(&json!({"roomId": bad}).to_string()).expect("JSON");
        let error = client
            .on(&"RoomDeleted".into(), &nothing(), &options)
            .expect_err("refused");
        assert_eq!(get(&error, "code"), "invalid-option", "{bad}");
    }
}

#[wasm_bindgen_test]
async fn delivers_only_followed_rooms() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    let created = Listener::on(&client, "TextMessagesCreated");
    open().await;
    let arrives = async |id: u64, room: u64| {
        frame(
            &json!({"type": "TextMessagesCreated", "data": {"messages": [message(id, room, "a")]}})
                .to_string(),
        )
        .await;
    };
    client
        .follow(&JSON::parse("[2,3]").expect("JSON"))
        .expect("follows");
    arrives(1, 1).await;
    arrives(2, 2).await;
    client
        .follow(&JSON::parse("[1]").expect("JSON"))
        .expect("follows");
    arrives(3, 1).await;
    arrives(4, 2).await;
    client.follow(&JsValue::NULL).expect("follows");
    arrives(5, 2).await;
    assert_eq!(ids(&created), [[2], [3], [5]]);
    let error = client
        .follow(&JSON::parse(r#"["2"]"#).expect("JSON"))
        .expect_err("refused");
    assert_eq!(get(&error, "code"), "invalid-option");
}

#[wasm_bindgen_test]
async fn does_not_decode_frames_without_a_listener() {
    let _fakes = Fakes::install();
    let client = connect(UNCHECKED).await;
    let errors = Listener::on(&client, "malformed");
    let gone = Listener::on(&client, "RoomDeleted");
    open().await;
    let malformed = r#"{"type":"TextMessagesCreated","data":{"messages":[{"#;
    frame(malformed).await;
    assert_eq!(errors.count(), 0);
    let created = Listener::on(&client, "TextMessagesCreated");
    frame(malformed).await;
    assert_eq!((errors.count(), created.count()), (1, 0));
    created.off();
    frame(malformed).await;
    frame(ROOM_DELETED).await;
    assert_eq!((errors.count(), gone.count()), (1, 1));
    assert_eq!(get(&client.stats().await, "frames"), 4);
}

#[wasm_bindgen_test]
async fn batches_updates_per_animation_frame() {
    let _fakes = Fakes::install();
    let client = connect(r#"{"delivery":"frame"}"#).await;
    let updated = Rc::new(Listener::on(&client, "TextMessagesUpdated"));
    open().await;
    tick().await;
    for text in ["a", "b", "c"] {
        frame_now(
            &json!({"type": "TextMessagesUpdated", "data": {"messages": [message(1, 1, text)]}})
                .to_string()
                .into(),
        );
    }
    frame_now(
        &json!({"type": "TextMessagesUpdated", "data": {"messages": [message(2, 1, "d")]}})
            .to_string()
            .into(),
    );
    assert_eq!(updated.count(), 0, "the page has not drawn yet");
    let seen = Rc::clone(&updated);
    // A busy page delivers them in several tasks.
    until(move || seen.count() > 1).await;
    assert_eq!(ids(&updated), [[1], [2]]);
    assert_eq!(updated.values()[0]["messages"][0]["text"], "c");
}
