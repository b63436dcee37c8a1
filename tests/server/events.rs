//! The event of each change.

use room_events::server::Server;
use serde_json::{Value, json};

use crate::support::{ADMIN, ALICE, BOB, BOB_AND_ALICE, Events, LOBBY, User, expect_silence, start};

const LIST: &str = "/rooms/5/messages";

/// Two members of a room, each with a connection.
struct Pair {
    _server: Server,
    bob: User,
    alice: User,
    bobs: Events,
    alices: Events,
}

async fn pair() -> Pair {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let (bobs, alices) = (bob.events().await, alice.events().await);
    Pair {
        _server: server,
        bob,
        alice,
        bobs,
        alices,
    }
}

impl Pair {
    /// The same event on both connections.
    async fn both(&mut self, event_type: &str) -> Value {
        let data = self.bobs.expect(event_type).await;
        assert_eq!(self.alices.expect(event_type).await, data);
        data
    }

    /// The room as delivered to each of the two, checked against the REST API.
    async fn both_rooms(&mut self) -> (Value, Value) {
        let bobs = self.bobs.expect("RoomUpdated").await["room"].take();
        let alices = self.alices.expect("RoomUpdated").await["room"].take();
        assert_eq!(bobs, self.bob.room(BOB_AND_ALICE).await);
        assert_eq!(alices, self.alice.room(BOB_AND_ALICE).await);
        (bobs, alices)
    }

    async fn silence(&mut self) {
        expect_silence([&mut self.bobs, &mut self.alices], &self.bob).await;
    }
}

#[tokio::test]
async fn announces_a_message() {
    let mut pair = pair().await;
    let id = pair.bob.send(BOB_AND_ALICE, "a message").await;
    let data = pair.both("TextMessagesCreated").await;
    assert_eq!(data, json!({"messages": [pair.bob.message(LIST, id).await]}));
    let (bobs, alices) = pair.both_rooms().await;
    assert_eq!(bobs["lastMessage"]["messageId"], id);
    assert_eq!(
        (&bobs["unreadMessageCount"], &alices["unreadMessageCount"]),
        (&json!(0), &json!(1))
    );
    pair.silence().await;
}

#[tokio::test]
async fn announces_a_comment() {
    let mut pair = pair().await;
    let message = pair.bob.send(BOB_AND_ALICE, "a message").await;
    pair.both("TextMessagesCreated").await;
    pair.both_rooms().await;

    let comment = pair.alice.comment(message, "a comment").await;
    let data = pair.both("TextMessagesCreated").await;
    let comments = format!("/messages/{message}/comments");
    assert_eq!(
        data,
        json!({"messages": [pair.bob.message(&comments, comment).await]})
    );
    assert_eq!(data["messages"][0]["parentMessageId"], message);
    let data = pair.both("TextMessagesUpdated").await;
    assert_eq!(data, json!({"messages": [pair.bob.message(LIST, message).await]}));
    assert_eq!(data["messages"][0]["commentCount"], 1);
    let (bobs, alices) = pair.both_rooms().await;
    assert_eq!(bobs["lastMessage"]["messageId"], comment);
    assert_eq!(
        (&bobs["unreadMessageCount"], &alices["unreadMessageCount"]),
        (&json!(1), &json!(1))
    );
    pair.silence().await;
}

#[tokio::test]
async fn announces_an_edit() {
    let mut pair = pair().await;
    let id = pair.bob.send(BOB_AND_ALICE, "before").await;
    pair.both("TextMessagesCreated").await;
    pair.both_rooms().await;

    let path = format!("/messages/{id}");
    pair.bob.put(&path, json!({"content": "after"})).await.done();
    let data = pair.both("TextMessagesUpdated").await;
    assert_eq!(data, json!({"messages": [pair.bob.message(LIST, id).await]}));
    assert_eq!(data["messages"][0]["text"], "after");
    pair.bob.put(&path, json!({"content": "after"})).await.done();
    pair.silence().await;
}

#[tokio::test]
async fn announces_a_read_receipt() {
    let mut pair = pair().await;
    let id = pair.bob.send(BOB_AND_ALICE, "read this").await;
    pair.both("TextMessagesCreated").await;
    pair.both_rooms().await;

    let path = format!("/messages/{id}/read");
    pair.alice.post_nothing(&path).await.done();
    let data = pair.both("TextMessagesUpdated").await;
    assert_eq!(data, json!({"messages": [pair.bob.message(LIST, id).await]}));
    assert_eq!(data["messages"][0]["readTimestamps"][0]["userId"], ALICE);
    // The unread count is that of the reader.
    let room = pair.alices.expect("RoomUpdated").await["room"].take();
    assert_eq!(room, pair.alice.room(BOB_AND_ALICE).await);
    assert_eq!(room["unreadMessageCount"], 0);
    pair.alice.post_nothing(&path).await.done();
    pair.silence().await;
    // The author's own receipt is stored and announced. For the author, the message was never unread.
    pair.bob.post_nothing(&path).await.done();
    let data = pair.both("TextMessagesUpdated").await;
    assert_eq!(data["messages"][0]["readTimestamps"][1]["userId"], BOB);
    pair.bob.post_nothing(&path).await.done();
    pair.silence().await;
}

#[tokio::test]
async fn announces_a_deletion() {
    let mut pair = pair().await;
    let first = pair.bob.send(BOB_AND_ALICE, "first").await;
    let second = pair.bob.send(BOB_AND_ALICE, "second").await;
    for _ in 0..2 {
        pair.both("TextMessagesCreated").await;
        pair.bobs.expect("RoomUpdated").await;
        pair.alices.expect("RoomUpdated").await;
    }
    pair.bob.delete(&format!("/messages/{second}")).await.done();
    let data = pair.both("TextMessageDeleted").await;
    assert_eq!(
        data,
        json!({"parentMessageId": 0, "roomId": BOB_AND_ALICE, "messageId": second})
    );
    let (bobs, alices) = pair.both_rooms().await;
    assert_eq!(
        bobs["lastMessage"]["messageId"], first,
        "the last message is another one now"
    );
    assert_eq!(alices["unreadMessageCount"], 1);
    pair.silence().await;
}

#[tokio::test]
async fn announces_the_deletion_of_a_comment() {
    let mut pair = pair().await;
    let message = pair.bob.send(BOB_AND_ALICE, "a message").await;
    let comment = pair.bob.comment(message, "a comment").await;
    drop((pair.bobs, pair.alices));
    (pair.bobs, pair.alices) = (pair.bob.events().await, pair.alice.events().await);

    pair.bob.delete(&format!("/messages/{comment}")).await.done();
    let data = pair.both("TextMessageDeleted").await;
    assert_eq!(
        data,
        json!({"parentMessageId": message, "roomId": BOB_AND_ALICE, "messageId": comment})
    );
    let data = pair.both("TextMessagesUpdated").await;
    assert_eq!(data["messages"], json!([pair.bob.message(LIST, message).await]));
    assert_eq!(data["messages"][0]["commentCount"], 0);
    pair.both_rooms().await;
    pair.silence().await;
}

#[tokio::test]
async fn announces_the_deletion_of_a_message_with_comments() {
    let mut pair = pair().await;
    let message = pair.bob.send(BOB_AND_ALICE, "a message").await;
    let comments = [
        pair.bob.comment(message, "one").await,
        pair.alice.comment(message, "two").await,
    ];
    drop((pair.bobs, pair.alices));
    (pair.bobs, pair.alices) = (pair.bob.events().await, pair.alice.events().await);

    pair.bob.delete(&format!("/messages/{message}")).await.done();
    for (parent, id) in [(message, comments[0]), (message, comments[1]), (0, message)] {
        let data = pair.both("TextMessageDeleted").await;
        assert_eq!(
            data,
            json!({"parentMessageId": parent, "roomId": BOB_AND_ALICE, "messageId": id})
        );
    }
    let (bobs, alices) = pair.both_rooms().await;
    assert_eq!(
        (&bobs["lastMessage"], &alices["unreadMessageCount"]),
        (&Value::Null, &json!(0))
    );
    pair.silence().await;
}

#[tokio::test]
async fn deleting_an_old_read_message_changes_no_room() {
    let mut pair = pair().await;
    let old = pair.bob.send(BOB_AND_ALICE, "old").await;
    pair.alice
        .post_nothing(&format!("/messages/{old}/read"))
        .await
        .done();
    pair.bob.send(BOB_AND_ALICE, "new").await;
    drop((pair.bobs, pair.alices));
    (pair.bobs, pair.alices) = (pair.bob.events().await, pair.alice.events().await);

    pair.bob.delete(&format!("/messages/{old}")).await.done();
    pair.both("TextMessageDeleted").await;
    pair.silence().await;
}

#[tokio::test]
async fn announces_created_changed_and_deleted_rooms() {
    let mut pair = pair().await;
    let room = pair
        .bob
        .create_room(json!({"name": "New", "memberIds": [ALICE]}))
        .await;
    let bobs = pair.bobs.expect("RoomCreated").await;
    let alices = pair.alices.expect("RoomCreated").await;
    assert_eq!(bobs, json!({"room": pair.bob.room(room).await}));
    assert_eq!(alices, json!({"room": pair.alice.room(room).await}));
    assert_eq!(
        (&bobs["room"]["name"], &bobs["room"]["displayName"]),
        (&json!("New"), &json!("New"))
    );
    assert_eq!(
        (&bobs["room"]["isModerator"], &alices["room"]["isModerator"]),
        (&json!(true), &json!(false))
    );

    let path = format!("/rooms/{room}");
    pair.bob.put(&path, json!({"name": "Newer"})).await.done();
    assert_eq!(
        pair.bobs.expect("RoomUpdated").await,
        json!({"room": pair.bob.room(room).await})
    );
    assert_eq!(
        pair.alices.expect("RoomUpdated").await,
        json!({"room": pair.alice.room(room).await})
    );
    // A pin concerns only its user, and an unchanged room concerns nobody.
    pair.alice.put(&path, json!({"isPinned": true})).await.done();
    assert_eq!(pair.alices.expect("RoomUpdated").await["room"]["isPinned"], true);
    pair.alice
        .put(&path, json!({"isPinned": true, "name": "Newer"}))
        .await
        .done();
    pair.silence().await;

    pair.bob.delete(&path).await.done();
    assert_eq!(pair.both("RoomDeleted").await, json!({"roomId": room}));
    pair.silence().await;
}

#[tokio::test]
async fn announces_a_public_room_to_everybody() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let alice = User::log_in(&server, "alice").await;
    let mut alices = alice.events().await;
    let room = admin
        .create_room(json!({"name": "Open", "roomType": "Public"}))
        .await;
    assert_eq!(alices.expect("RoomCreated").await["room"]["roomId"], room);
    admin
        .post(&format!("/rooms/{room}/messages"), json!({"content": "hello"}))
        .await
        .done();
    assert_eq!(
        alices.expect("TextMessagesCreated").await["messages"][0]["userId"],
        ADMIN
    );
    assert_eq!(
        alices.expect("RoomUpdated").await["room"]["unreadMessageCount"],
        1
    );
    admin.delete(&format!("/rooms/{room}")).await.done();
    assert_eq!(alices.expect("RoomDeleted").await, json!({"roomId": room}));
}

#[tokio::test]
async fn sends_each_event_once_to_each_connection_of_a_user() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let phone = bob.with_token().await;
    let mut connections = [bob.events().await, bob.events().await, phone.events().await];
    assert_eq!(server.connection_count(), 3);
    bob.post(&format!("/rooms/{LOBBY}/messages"), json!({"content": "hello"}))
        .await
        .done();
    bob.post(
        &format!("/rooms/{LOBBY}/messages"),
        json!({"content": "good bye"}),
    )
    .await
    .done();
    for events in &mut connections {
        for text in ["hello", "good bye"] {
            let data = events.expect("TextMessagesCreated").await;
            assert_eq!(
                (&data["messages"][0]["text"], &data["messages"][0]["userId"]),
                (&json!(text), &json!(BOB))
            );
            events.expect("RoomUpdated").await;
        }
    }
}

#[tokio::test]
async fn events_begin_with_the_upgrade() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    bob.send(LOBBY, "before").await;
    let mut events = bob.events().await;
    bob.post(&format!("/rooms/{LOBBY}/messages"), json!({"content": "after"}))
        .await
        .done();
    assert_eq!(
        events.expect("TextMessagesCreated").await["messages"][0]["text"],
        "after"
    );
}
