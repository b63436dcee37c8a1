//! Rooms in the REST API.

use serde_json::{Value, json};

use crate::support::{ADMIN, ALICE, BOB_AND_ALICE, COMET, DESIGN, LOBBY, OPERATIONS, User, start};

#[tokio::test]
async fn lists_public_rooms_to_everybody_and_private_ones_to_members() {
    let server = start().await;
    for (name, expected) in [
        ("admin", vec![LOBBY, COMET, OPERATIONS, DESIGN]),
        ("bob", vec![LOBBY, COMET, OPERATIONS, BOB_AND_ALICE]),
        ("alice", vec![LOBBY, COMET, DESIGN, BOB_AND_ALICE]),
    ] {
        let rooms = User::log_in(&server, name).await.get("/rooms").await.ok();
        let ids: Vec<_> = rooms["rooms"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|room| room["roomId"].as_u64())
            .collect();
        assert_eq!(ids, expected.into_iter().map(Some).collect::<Vec<_>>(), "{name}");
    }
}

#[tokio::test]
async fn a_room_has_every_field() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let message = bob.send(BOB_AND_ALICE, "a message").await;
    let room = alice.room(BOB_AND_ALICE).await;
    let created = &room["createdUtc"];
    assert!(created.as_u64() > Some(1_700_000_000_000));
    let sent = &bob.message("/rooms/5/messages", message).await["createdUtc"];
    assert_eq!(
        room,
        json!({
            "roomId": BOB_AND_ALICE, "name": "Bob and Alice", "displayName": "Bob and Alice", "roomType": "Private",
            "createdUtc": created, "lastModifiedUtc": created, "unreadMessageCount": 1, "isModerator": false,
            "isArchived": false, "isPinned": false,
            "lastMessage": {"messageId": message, "createdUtc": sent}
        })
    );
}

#[tokio::test]
async fn creates_changes_and_deletes_a_room() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let body = bob
        .post("/rooms", json!({"name": "  Plans ", "roomType": "Public"}))
        .await
        .ok();
    let room = body["room"]["roomId"].as_u64().expect("an id");
    assert_eq!(bob.room(room).await, body["room"]);
    assert_eq!(body["room"]["name"], "Plans");
    assert_eq!(body["room"]["isModerator"], true);
    assert_eq!(body["room"]["lastMessage"], Value::Null);

    let path = format!("/rooms/{room}");
    bob.put(&path, json!({"name": "Better plans"})).await.done();
    let renamed = bob.room(room).await;
    assert_eq!(
        (&renamed["name"], &renamed["displayName"]),
        (&json!("Better plans"), &json!("Better plans"))
    );
    assert!(renamed["lastModifiedUtc"].as_u64() >= body["room"]["lastModifiedUtc"].as_u64());
    bob.put(
        &path,
        json!({"isPinned": true, "isArchived": true, "displayName": "Old plans"}),
    )
    .await
    .done();
    let put_away = bob.room(room).await;
    assert_eq!(
        (&put_away["isPinned"], &put_away["isArchived"], &put_away["name"]),
        (&json!(true), &json!(true), &json!("Old plans"))
    );
    bob.put(&path, json!({})).await.done();
    assert_eq!(bob.room(room).await, put_away);

    bob.delete(&path).await.done();
    assert_eq!(bob.find_room(room).await, None);
    bob.delete(&path).await.error(404);
    let next = bob.create_room(json!({"displayName": "Next"})).await;
    assert!(next > room, "an id is not used twice");
    assert_eq!(bob.room(next).await["roomType"], "Private");
}

#[tokio::test]
async fn a_pin_belongs_to_its_user() {
    let server = start().await;
    let alice = User::log_in(&server, "alice").await;
    let bob = User::log_in(&server, "bob").await;
    let before = bob.room(LOBBY).await;
    // Any user may pin a room, moderator or not.
    alice
        .put(&format!("/rooms/{LOBBY}"), json!({"isPinned": true}))
        .await
        .done();
    assert_eq!(alice.room(LOBBY).await["isPinned"], true);
    assert_eq!(bob.room(LOBBY).await, before);
}

#[tokio::test]
async fn only_moderators_and_administrators_change_a_room() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let admin = User::log_in(&server, "admin").await;
    let path = format!("/rooms/{COMET}");
    for answer in [
        alice.put(&path, json!({"name": "Mine"})).await,
        alice.put(&path, json!({"isArchived": true})).await,
        alice.put(&path, json!({"roomType": "Private"})).await,
        alice.put(&path, json!({"isPinned": true, "name": "Mine"})).await,
        alice.delete(&path).await,
    ] {
        assert!(answer.error(403).contains("moderators"));
    }
    assert_eq!(alice.room(COMET).await["isPinned"], false);
    bob.put(&path, json!({"name": "Of bob"})).await.done();
    admin.put(&path, json!({"name": "Of admin"})).await.done();
    assert_eq!(alice.room(COMET).await["name"], "Of admin");
    admin.delete(&path).await.done();
}

#[tokio::test]
async fn refuses_an_invalid_room() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    for (room, mention) in [
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": " \n"}), "name"),
        (json!({"name": "a".repeat(201)}), "200 characters"),
        (json!({"name": "a", "roomType": "Secret"}), "Secret"),
        (json!({"name": "a", "memberIds": [-1]}), "memberIds"),
    ] {
        let text = bob.post("/rooms", room.clone()).await.error(400);
        assert!(text.contains(mention), "{room}: {text}");
    }
    bob.create_room(json!({"name": "ü".repeat(200)})).await;
    for changes in [
        json!({"name": " "}),
        json!({"roomType": "Secret"}),
        json!({"isPinned": 1}),
    ] {
        bob.put(&format!("/rooms/{COMET}"), changes).await.error(400);
    }
}

#[tokio::test]
async fn a_private_room_is_not_found_by_others() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let admin = User::log_in(&server, "admin").await;
    let message = bob.send(OPERATIONS, "secret").await;
    let content = || json!({"content": "a"});
    for (answer, text) in [
        (
            alice.get(&format!("/rooms/{OPERATIONS}/messages")).await,
            "Room not found",
        ),
        (
            alice
                .post(&format!("/rooms/{OPERATIONS}/messages"), content())
                .await,
            "Room not found",
        ),
        (
            alice
                .put(&format!("/rooms/{OPERATIONS}"), json!({"isPinned": true}))
                .await,
            "Room not found",
        ),
        (
            alice.delete(&format!("/rooms/{OPERATIONS}")).await,
            "Room not found",
        ),
        (
            alice.get(&format!("/rooms/{OPERATIONS}/members")).await,
            "Room not found",
        ),
        (
            alice
                .put(&format!("/rooms/{OPERATIONS}/members/{ALICE}"), json!({}))
                .await,
            "Room not found",
        ),
        (
            alice
                .delete(&format!("/rooms/{OPERATIONS}/members/{ALICE}"))
                .await,
            "Room not found",
        ),
        (
            alice.put(&format!("/messages/{message}"), content()).await,
            "Message not found",
        ),
        (
            alice.delete(&format!("/messages/{message}")).await,
            "Message not found",
        ),
        (
            alice.post_nothing(&format!("/messages/{message}/read")).await,
            "Message not found",
        ),
        (
            alice.get(&format!("/messages/{message}/comments")).await,
            "Message not found",
        ),
        (
            alice
                .post(&format!("/messages/{message}/comments"), content())
                .await,
            "Message not found",
        ),
        // Administrators are not automatically members.
        (
            admin.get(&format!("/rooms/{BOB_AND_ALICE}/messages")).await,
            "Room not found",
        ),
        (
            admin
                .put(&format!("/rooms/{BOB_AND_ALICE}/members/{ADMIN}"), json!({}))
                .await,
            "Room not found",
        ),
    ] {
        assert_eq!(answer.error(404), text);
    }
}
