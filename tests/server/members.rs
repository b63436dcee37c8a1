//! Members of rooms: in the REST API and in events.

use reqwest::Method;
use room_events::server::Server;
use serde_json::{Value, json};

use crate::support::{
    ADMIN, ALICE, Answer, BOB, BOB_AND_ALICE, COMET, OPERATIONS, User, expect_silence, start,
};

async fn bob_and_alice(server: &Server) -> (User, User) {
    (
        User::log_in(server, "bob").await,
        User::log_in(server, "alice").await,
    )
}

fn member(room: u64, user: u64) -> String {
    format!("/rooms/{room}/members/{user}")
}

#[tokio::test]
async fn lists_members() {
    let server = start().await;
    let (bob, _) = bob_and_alice(&server).await;
    assert_eq!(
        bob.get(&format!("/rooms/{BOB_AND_ALICE}/members")).await.ok(),
        json!({"httpStatusCode": 200, "roomId": BOB_AND_ALICE, "members": [
            {"userId": BOB, "isModerator": true}, {"userId": ALICE, "isModerator": false}
        ]})
    );
}

#[tokio::test]
async fn adds_a_member_with_or_without_a_body() {
    let server = start().await;
    let (bob, alice) = bob_and_alice(&server).await;
    for body in [None, Some(json!(null)), Some(json!({}))] {
        let room = bob.create_room(json!({"name": "Ours"})).await;
        let path = member(room, ALICE);
        let added = match body {
            Some(body) => bob.put(&path, body).await,
            None => Answer::to(bob.request(Method::PUT, &path)).await,
        };
        added.done();
        assert_eq!(alice.room(room).await["isModerator"], false);
    }
}

#[tokio::test]
async fn announces_joining_and_leaving_as_a_created_and_deleted_room() {
    let server = start().await;
    let (bob, alice) = bob_and_alice(&server).await;
    let room = bob.create_room(json!({"name": "Ours"})).await;
    bob.send(room, "before alice").await;
    let mut bobs = bob.events().await;
    let mut alices = alice.events().await;

    bob.put(&member(room, ALICE), json!({})).await.done();
    let created = alices.expect("RoomCreated").await;
    assert_eq!(created["room"], alice.room(room).await);
    assert_eq!(created["room"]["unreadMessageCount"], 1);
    bob.post(&format!("/rooms/{room}/messages"), json!({"content": "hello"}))
        .await
        .done();
    for events in [&mut bobs, &mut alices] {
        assert_eq!(
            events.expect("TextMessagesCreated").await["messages"][0]["text"],
            "hello"
        );
        events.expect("RoomUpdated").await;
    }

    bob.delete(&member(room, ALICE)).await.done();
    assert_eq!(alices.expect("RoomDeleted").await, json!({"roomId": room}));
    bob.post(
        &format!("/rooms/{room}/messages"),
        json!({"content": "are you gone?"}),
    )
    .await
    .done();
    bobs.expect("TextMessagesCreated").await;
    bobs.expect("RoomUpdated").await;
    alices.expect_silence(&bob).await;
    assert_eq!(alice.find_room(room).await, None);
}

#[tokio::test]
async fn announces_a_new_moderator_only_to_that_user() {
    let server = start().await;
    let (bob, alice) = bob_and_alice(&server).await;
    let mut bobs = bob.events().await;
    let mut alices = alice.events().await;
    bob.put(&member(BOB_AND_ALICE, ALICE), json!({"isModerator": true}))
        .await
        .done();
    assert_eq!(alices.expect("RoomUpdated").await["room"]["isModerator"], true);
    bob.put(&member(BOB_AND_ALICE, ALICE), json!({"isModerator": true}))
        .await
        .done();
    expect_silence([&mut bobs, &mut alices], &bob).await;
    alice
        .put(
            &format!("/rooms/{BOB_AND_ALICE}"),
            json!({"name": "Alice and Bob"}),
        )
        .await
        .done();
}

#[tokio::test]
async fn does_not_announce_members_of_a_public_room() {
    let server = start().await;
    let (bob, alice) = bob_and_alice(&server).await;
    let mut alices = alice.events().await;
    bob.put(&member(COMET, ALICE), json!({})).await.done();
    bob.delete(&member(COMET, ALICE)).await.done();
    alices.expect_silence(&bob).await;
    assert_ne!(alice.find_room(COMET).await, None);
}

#[tokio::test]
async fn only_moderators_change_members_but_everybody_may_leave() {
    let server = start().await;
    let (bob, alice) = bob_and_alice(&server).await;
    for answer in [
        alice.put(&member(BOB_AND_ALICE, ADMIN), json!({})).await,
        alice
            .put(&member(BOB_AND_ALICE, ALICE), json!({"isModerator": true}))
            .await,
        alice.delete(&member(BOB_AND_ALICE, BOB)).await,
        bob.delete(&member(OPERATIONS, ADMIN)).await,
    ] {
        assert!(answer.error(403).contains("moderators"));
    }
    assert_eq!(
        bob.put(&member(BOB_AND_ALICE, 1000), json!({})).await.error(404),
        "User not found"
    );
    assert_eq!(
        bob.delete(&member(BOB_AND_ALICE, 1000)).await.error(404),
        "User not found"
    );

    let mut alices = alice.events().await;
    alice.delete(&member(BOB_AND_ALICE, ALICE)).await.done();
    assert_eq!(
        alices.expect("RoomDeleted").await,
        json!({"roomId": BOB_AND_ALICE})
    );
    // The body is optional.
    Answer::to(bob.request(Method::PUT, &member(BOB_AND_ALICE, ALICE)))
        .await
        .done();
    let created = alices.expect("RoomCreated").await;
    assert_eq!(created["room"]["isModerator"], false);
}

#[tokio::test]
async fn a_room_that_becomes_private_is_deleted_for_others() {
    let server = start().await;
    let (bob, alice) = bob_and_alice(&server).await;
    let mut bobs = bob.events().await;
    let mut alices = alice.events().await;
    let path = format!("/rooms/{COMET}");
    bob.put(&path, json!({"roomType": "Private"})).await.done();
    assert_eq!(bobs.expect("RoomUpdated").await["room"]["roomType"], "Private");
    assert_eq!(alices.expect("RoomDeleted").await, json!({"roomId": COMET}));
    bob.put(&path, json!({"roomType": "Public"})).await.done();
    assert_eq!(bobs.expect("RoomUpdated").await["room"]["roomType"], "Public");
    let created = alices.expect("RoomCreated").await;
    assert_eq!(created["room"], alice.room(COMET).await);
    assert_ne!(created["room"]["lastMessage"], Value::Null);
}
