//! Quirks of rooms and their events, each compared with the default.

use std::collections::BTreeSet;

use room_events::server::Quirk;
use serde_json::{Value, json};

use super::{World, both, events_before, raw, say};
use crate::support::{ALICE, BOB, BOB_AND_ALICE, OPERATIONS, User, ids};

#[tokio::test]
async fn the_last_message_has_an_id_and_a_time() {
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::LastMessageUserId).await
    {
        let mut events = alice.events().await;
        say(&bob, "a").await;
        events.expect("TextMessagesCreated").await;
        let told = events.expect("RoomUpdated").await["room"]["lastMessage"].take();
        let listed = alice.room(BOB_AND_ALICE).await["lastMessage"].clone();
        assert_eq!(told, listed);
        let fields: Vec<_> = listed.as_object().expect("an object").keys().collect();
        assert_eq!(fields.contains(&&"userId".to_owned()), has_quirk);
        assert_eq!(fields.len(), if has_quirk { 3 } else { 2 });
        assert!(!has_quirk || listed["userId"] == BOB);
    }
}

#[tokio::test]
async fn a_room_without_messages_has_no_last_message() {
    for World { bob, has_quirk, .. } in both(Quirk::AbsentLastMessage).await {
        let mut events = bob.events().await;
        let room = room_of(&raw(&bob, "/rooms").await, BOB_AND_ALICE);
        let expected = if has_quirk { None } else { Some(&Value::Null) };
        assert_eq!(room.get("lastMessage"), expected);
        bob.put(&format!("/rooms/{BOB_AND_ALICE}"), json!({"isPinned": true}))
            .await
            .done();
        let told = events.expect("RoomUpdated").await;
        assert_eq!(told["room"].get("lastMessage"), expected);
        say(&bob, "a").await;
        let room = room_of(&raw(&bob, "/rooms").await, BOB_AND_ALICE);
        assert!(room["lastMessage"]["messageId"].is_u64());
    }
}

fn room_of(body: &Value, id: u64) -> Value {
    let rooms = body["rooms"].as_array().expect("rooms");
    rooms
        .iter()
        .find(|room| room["roomId"] == id)
        .cloned()
        .expect("the room")
}

#[tokio::test]
async fn rooms_have_both_names() {
    for World { bob, has_quirk, .. } in both(Quirk::SplitRoomNames).await {
        let mut events = bob.events().await;
        bob.put(&format!("/rooms/{BOB_AND_ALICE}"), json!({"isPinned": true}))
            .await
            .done();
        let told = events.expect("RoomUpdated").await["room"].take();
        let listed = room_of(&raw(&bob, "/rooms").await, BOB_AND_ALICE);
        let names = |room: &Value| ["name", "displayName"].map(|name| room[name] == "Bob and Alice");
        assert_eq!(names(&told), [true, !has_quirk]);
        assert_eq!(names(&listed), [!has_quirk, true]);
    }
}

#[tokio::test]
async fn announces_rooms_as_their_recipient_sees_them() {
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::ImpersonalRooms).await
    {
        let message = bob.send(BOB_AND_ALICE, "a").await;
        let mut events = alice.events().await;
        bob.put(&format!("/rooms/{BOB_AND_ALICE}"), json!({"name": "New"}))
            .await
            .done();
        let room = events.expect("RoomUpdated").await["room"].take();
        for field in ["unreadMessageCount", "isModerator", "isPinned"] {
            assert_eq!(room.get(field).is_none(), has_quirk, "{field}");
        }
        assert_eq!(room["displayName"], "New");
        // Only her own count changes.
        alice
            .post_nothing(&format!("/messages/{message}/read"))
            .await
            .done();
        let types = events_before(&mut events, &bob, "the end").await;
        let expected: &[&str] = if has_quirk {
            &["TextMessagesUpdated"]
        } else {
            &["TextMessagesUpdated", "RoomUpdated"]
        };
        assert_eq!(types, expected);
    }
}

#[tokio::test]
async fn announces_rooms_that_become_visible_or_invisible() {
    for World {
        server,
        bob,
        alice,
        has_quirk,
    } in both(Quirk::SilentMembership).await
    {
        let admin = User::log_in(&server, "admin").await;
        let mut events = alice.events().await;
        let path = format!("/rooms/{OPERATIONS}/members/{ALICE}");
        admin.put(&path, json!({})).await.done();
        admin.delete(&path).await.done();
        let types = events_before(&mut events, &bob, "the end").await;
        let expected: &[&str] = if has_quirk {
            &[]
        } else {
            &["RoomCreated", "RoomDeleted"]
        };
        assert_eq!(types, expected);
        // A created or deleted room is announced in any case.
        events.expect("RoomUpdated").await;
        let room = bob
            .create_room(json!({"name": "New", "memberIds": [ALICE]}))
            .await;
        events.expect("RoomCreated").await;
        bob.delete(&format!("/rooms/{room}")).await.done();
        events.expect("RoomDeleted").await;
    }
}

#[tokio::test]
async fn one_event_has_several_messages() {
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::SingleMessageEvents).await
    {
        let mut events = alice.events().await;
        let path = format!("/reference/rooms/{BOB_AND_ALICE}/messages");
        let sent = bob
            .post(&path, json!({"messages": [{"content": "a"}, {"content": "b"}]}))
            .await
            .ok();
        let expected = ids_of(&sent);
        let mut told = Vec::new();
        for _ in 0..=usize::from(has_quirk) {
            told.push(ids(&events.expect("TextMessagesCreated").await));
        }
        let as_told = if has_quirk {
            expected.iter().map(|id| vec![*id]).collect()
        } else {
            vec![expected]
        };
        assert_eq!(told, as_told);
        events.expect("RoomUpdated").await;
    }
}

fn ids_of(sent: &Value) -> Vec<u64> {
    let ids = sent["messageIds"].as_array().expect("ids");
    ids.iter().filter_map(Value::as_u64).collect()
}

#[tokio::test]
async fn events_name_their_type() {
    for World { bob, has_quirk, .. } in both(Quirk::EventTypeField).await {
        let mut events = bob.events().await;
        say(&bob, "a").await;
        let event = events.next().await;
        let fields: BTreeSet<_> = event
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        let name = if has_quirk { "eventType" } else { "type" };
        assert_eq!(fields, BTreeSet::from([name, "data"]));
        assert_eq!(event[name], "TextMessagesCreated");
    }
}
