//! Messages, comments and read receipts in the REST API.

use serde_json::{Value, json};

use crate::support::{ADMIN, ALICE, BOB, BOB_AND_ALICE, COMET, LOBBY, User, ids, start, texts};

const LIST: &str = "/rooms/5/messages";

#[tokio::test]
async fn a_message_has_every_field() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let id = bob
        .send(BOB_AND_ALICE, "Grüße \u{1f44b}\u{1f3fd} \"quoted\" \\ <b>\n")
        .await;
    let list = bob.get(LIST).await.ok();
    let message = &list["messages"][0];
    let created = message["createdUtc"].as_u64().expect("a time");
    assert!(created > 1_700_000_000_000);
    let expected = json!({
        "messageId": id, "userId": BOB, "roomId": BOB_AND_ALICE, "parentMessageId": 0,
        "text": "Grüße \u{1f44b}\u{1f3fd} \"quoted\" \\ <b>\n", "messageType": "Regular", "markupType": "TextPlain",
        "priority": "Normal", "createdUtc": created, "lastEditedUtc": created, "lastModifiedUtc": created,
        "commentCount": 0, "attachments": [], "readTimestamps": []
    });
    assert_eq!(
        list,
        json!({"httpStatusCode": 200, "roomId": BOB_AND_ALICE, "messages": [expected]})
    );
}

#[tokio::test]
async fn issues_and_meetings_have_their_properties() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let list = bob.get(&format!("/rooms/{COMET}/messages")).await.ok();
    let of_type = |message_type: &str| -> Value {
        let found = list["messages"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|m| m["messageType"] == message_type);
        found.cloned().expect("there is one")
    };
    let issue = of_type("Issue");
    assert_eq!(
        issue["issueProperties"],
        json!({"type": "Bug", "status": "InProgress", "assignees": [BOB, ALICE]})
    );
    assert_eq!(
        (&issue["priority"], issue.get("meetingProperties")),
        (&json!("High"), None)
    );
    let meeting = of_type("Meeting");
    assert!(meeting["meetingProperties"]["timeUtc"].as_u64() > meeting["createdUtc"].as_u64());
    assert_eq!(meeting["meetingProperties"]["duration"], 1_800_000);
    assert_eq!(meeting.get("issueProperties"), None);
    assert_eq!(of_type("Regular")["markupType"], "TextMarkdown");
}

#[tokio::test]
async fn pages_in_both_directions_in_ascending_order() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let mut all = Vec::new();
    for number in 0..7 {
        all.push(bob.send(BOB_AND_ALICE, &number.to_string()).await);
    }
    let comment = bob.comment(all[3], "a comment is in another list").await;
    let last = all[6];
    for (query, expected) in [
        (String::new(), &all[..]),
        ("?cursor=-1".into(), &all[..]),
        ("?direction=forward".into(), &all[..]),
        ("?direction=backward".into(), &all[..]),
        ("?limit=3".into(), &all[..3]),
        ("?limit=3&direction=backward".into(), &all[4..]),
        ("?limit=3&direction=backward&cursor=-1".into(), &all[4..]),
        ("?limit=0".into(), &[]),
        ("?limit=100".into(), &all[..]),
        (format!("?cursor={}", all[2]), &all[2..]),
        (format!("?cursor={}&limit=2", all[2]), &all[2..4]),
        (format!("?cursor={}&direction=backward", all[4]), &all[..5]),
        (
            format!("?cursor={}&limit=2&direction=backward", all[4]),
            &all[3..5],
        ),
        (format!("?cursor={last}"), &all[6..]),
        ("?cursor=0".into(), &all[..]),
        ("?cursor=0&direction=backward".into(), &[]),
        // A cursor may be any id, even if no such message exists in the room.
        (format!("?cursor={comment}&direction=backward"), &all[..]),
        (
            "?cursor=9007199254740991&direction=backward&limit=1".into(),
            &all[6..],
        ),
        ("?unknown=parameter".into(), &all[..]),
    ] {
        assert_eq!(
            ids(&bob.get(&format!("{LIST}{query}")).await.ok()),
            expected,
            "{query}"
        );
    }
}

#[tokio::test]
async fn refuses_invalid_paging() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    for (query, mention) in [
        ("?cursor=x", "`x` is no cursor"),
        ("?cursor=", "`` is no cursor"),
        ("?cursor=-2", "`-2` is no cursor"),
        ("?cursor=9007199254740992", "is no cursor"),
        ("?limit=-1", "`-1` is no limit"),
        ("?limit=1.5", "`1.5` is no limit"),
        ("?limit=", "`` is no limit"),
        ("?direction=up", "`up` is no direction"),
        ("?limit=1&limit=2", "limit"),
    ] {
        for list in [LIST, "/messages/2/comments"] {
            let text = bob.get(&format!("{list}{query}")).await.error(400);
            assert!(text.contains(mention), "{query}: {text}");
        }
    }
}

#[tokio::test]
async fn lists_the_comments_of_a_message() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(BOB_AND_ALICE, "a message").await;
    let first = bob.comment(message, "first").await;
    let second = bob.comment(message, "second").await;
    let path = format!("/messages/{message}/comments");
    let list = bob.get(&path).await.ok();
    assert_eq!(
        (&list["roomId"], ids(&list)),
        (&json!(BOB_AND_ALICE), vec![first, second])
    );
    assert_eq!(list["parentMessageId"], message);
    assert_eq!(list["messages"][0]["parentMessageId"], message);
    let page = bob
        .get(&format!("{path}?cursor={second}&direction=backward&limit=5"))
        .await
        .ok();
    assert_eq!(ids(&page), [first, second]);

    assert_eq!(ids(&bob.get(LIST).await.ok()), [message]);
    assert_eq!(bob.message(LIST, message).await["commentCount"], 2);
    // Comments have no comments.
    let text = bob
        .post(&format!("/messages/{first}/comments"), json!({"content": "a"}))
        .await
        .error(400);
    assert!(text.contains("comment"), "{text}");
    assert!(ids(&bob.get(&format!("/messages/{first}/comments")).await.ok()).is_empty());
}

#[tokio::test]
async fn an_edit_changes_the_text_and_the_times() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let id = bob.send(BOB_AND_ALICE, "before").await;
    let before = bob.message(LIST, id).await;
    bob.put(&format!("/messages/{id}"), json!({"content": "after"}))
        .await
        .done();
    let after = bob.message(LIST, id).await;
    assert_eq!(after["text"], "after");
    assert_eq!(after["createdUtc"], before["createdUtc"]);
    assert!(after["lastEditedUtc"].as_u64() >= before["lastEditedUtc"].as_u64());
    assert!(after["lastModifiedUtc"].as_u64() > before["lastModifiedUtc"].as_u64());

    bob.put(&format!("/messages/{id}"), json!({"content": "after"}))
        .await
        .done();
    assert_eq!(
        bob.message(LIST, id).await,
        after,
        "the same text again is no change"
    );
}

#[tokio::test]
async fn a_message_is_edited_by_its_author_a_moderator_or_an_administrator() {
    let server = start().await;
    let [bob, alice, admin] = users(&server).await;
    let id = bob.send(LOBBY, "mine").await;
    let edit = async |user: &User, text: &str| {
        user.put(&format!("/messages/{id}"), json!({"content": text}))
            .await
    };
    assert!(edit(&alice, "yours").await.error(403).contains("author"));
    assert_eq!(bob.message("/rooms/1/messages", id).await["text"], "mine");
    edit(&admin, "ours").await.done();
    let edited = bob.message("/rooms/1/messages", id).await;
    assert_eq!(
        (&edited["text"], &edited["userId"]),
        (&json!("ours"), &json!(BOB))
    );
}

#[tokio::test]
async fn a_message_is_deleted_by_its_author_a_moderator_or_an_administrator() {
    let server = start().await;
    let [bob, alice, admin] = users(&server).await;
    // Bob moderates this room.
    let room = bob
        .create_room(json!({"name": "Test", "roomType": "Public", "memberIds": [ALICE]}))
        .await;
    let path = |id: u64| format!("/messages/{id}");
    let id = bob.send(room, "of bob").await;
    assert!(alice.delete(&path(id)).await.error(403).contains("author"));
    bob.delete(&path(id)).await.done();
    bob.delete(&path(id)).await.error(404);
    bob.delete(&path(alice.send(room, "of alice").await)).await.done();
    admin
        .delete(&path(alice.send(room, "of alice").await))
        .await
        .done();
    assert!(ids(&bob.get(&format!("/rooms/{room}/messages")).await.ok()).is_empty());
}

#[tokio::test]
async fn deleting_a_message_deletes_its_comments_and_updates_counts() {
    let server = start().await;
    let [bob, alice, _] = users(&server).await;
    let message = bob.send(BOB_AND_ALICE, "a message").await;
    let first = alice.comment(message, "first").await;
    alice.comment(message, "second").await;
    alice.delete(&format!("/messages/{first}")).await.done();
    assert_eq!(bob.message(LIST, message).await["commentCount"], 1);
    assert_eq!(
        texts(&bob.get(&format!("/messages/{message}/comments")).await.ok()),
        ["second"]
    );

    alice.delete(&format!("/messages/{message}")).await.error(403);
    bob.delete(&format!("/messages/{message}")).await.done();
    bob.get(&format!("/messages/{message}/comments")).await.error(404);
    let room = alice.room(BOB_AND_ALICE).await;
    assert_eq!(
        (&room["lastMessage"], &room["unreadMessageCount"]),
        (&Value::Null, &json!(0))
    );
}

#[tokio::test]
async fn reading_creates_one_receipt() {
    let server = start().await;
    let [bob, alice, _] = users(&server).await;
    let id = bob.send(BOB_AND_ALICE, "read this").await;
    let path = format!("/messages/{id}/read");
    let before = bob.message(LIST, id).await;
    alice.post_nothing(&path).await.done();
    let after = bob.message(LIST, id).await;
    let receipt = &after["readTimestamps"][0];
    assert_eq!(receipt["userId"], ALICE);
    assert!(receipt["readUtc"].as_u64() >= before["createdUtc"].as_u64());
    assert!(after["lastModifiedUtc"].as_u64() > before["lastModifiedUtc"].as_u64());
    assert_eq!(after["lastEditedUtc"], before["lastEditedUtc"]);

    alice.post_nothing(&path).await.done();
    assert_eq!(bob.message(LIST, id).await, after);
    // Also by the author.
    bob.post_nothing(&path).await.done();
    let receipts = bob.message(LIST, id).await["readTimestamps"].clone();
    let readers: Vec<_> = receipts
        .as_array()
        .expect("receipts")
        .iter()
        .map(|receipt| &receipt["userId"])
        .collect();
    assert_eq!(readers, [ALICE, BOB]);
}

#[tokio::test]
async fn counts_unread_messages_for_each_user() {
    let server = start().await;
    let [bob, alice, _] = users(&server).await;
    let unread = async |user: &User| user.room(BOB_AND_ALICE).await["unreadMessageCount"].clone();
    let first = bob.send(BOB_AND_ALICE, "first").await;
    let second = bob.send(BOB_AND_ALICE, "second").await;
    let comment = alice.comment(first, "a comment counts too").await;
    assert_eq!((unread(&bob).await, unread(&alice).await), (json!(1), json!(2)));
    alice
        .post_nothing(&format!("/messages/{second}/read"))
        .await
        .done();
    bob.post_nothing(&format!("/messages/{comment}/read"))
        .await
        .done();
    assert_eq!((unread(&bob).await, unread(&alice).await), (json!(0), json!(1)));
    // A deleted message is no longer counted, whether it was read or not.
    bob.delete(&format!("/messages/{second}")).await.done();
    assert_eq!((unread(&bob).await, unread(&alice).await), (json!(0), json!(1)));
    bob.delete(&format!("/messages/{first}")).await.done();
    assert_eq!((unread(&bob).await, unread(&alice).await), (json!(0), json!(0)));
}

#[tokio::test]
async fn an_archived_room_is_read_only() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let id = bob.send(BOB_AND_ALICE, "before").await;
    bob.put(&format!("/rooms/{BOB_AND_ALICE}"), json!({"isArchived": true}))
        .await
        .done();
    for answer in [
        bob.post(LIST, json!({"content": "a"})).await,
        bob.post(&format!("/messages/{id}/comments"), json!({"content": "a"}))
            .await,
        bob.put(&format!("/messages/{id}"), json!({"content": "a"})).await,
    ] {
        assert!(answer.error(403).contains("archived"));
    }
    bob.put(&format!("/rooms/{BOB_AND_ALICE}"), json!({"isArchived": false}))
        .await
        .done();
    bob.send(BOB_AND_ALICE, "after").await;
}

async fn users(server: &room_events::server::Server) -> [User; 3] {
    let users = ["bob", "alice", "admin"].map(|name| User::log_in(server, name));
    let [bob, alice, admin] = users;
    let users = [bob.await, alice.await, admin.await];
    assert_eq!(users.each_ref().map(|user| user.id), [BOB, ALICE, ADMIN]);
    users
}
