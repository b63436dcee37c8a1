//! Quirks of messages, comments and receipts, each compared with the default.

use room_events::server::Quirk;
use serde_json::{Value, json};

use super::{LIST, World, both, events_before, say, upload};
use crate::support::{ALICE, BOB, BOB_AND_ALICE, User, ids};

#[tokio::test]
async fn a_page_begins_with_its_cursor() {
    for World { bob, has_quirk, .. } in both(Quirk::ExclusiveCursors).await {
        let mut all = Vec::new();
        for text in ["a", "b", "c", "d"] {
            all.push(bob.send(BOB_AND_ALICE, text).await);
        }
        let parent = all[0];
        let comments = [bob.comment(parent, "e").await, bob.comment(parent, "f").await];
        let page = async |list: &str, cursor: u64, more: &str| {
            ids(&bob.get(&format!("{list}?cursor={cursor}{more}")).await.ok())
        };
        let skip = usize::from(has_quirk);
        assert_eq!(page(LIST, all[1], "").await, all[1 + skip..]);
        assert_eq!(page(LIST, all[1], "&limit=2").await, all[1 + skip..3 + skip]);
        assert_eq!(page(LIST, all[2], "&direction=backward").await, all[..3 - skip]);
        assert_eq!(
            page(LIST, all[3], "&direction=backward&limit=2").await,
            all[2 - skip..4 - skip]
        );
        let of_comments = format!("/messages/{parent}/comments");
        assert_eq!(page(&of_comments, comments[0], "").await, comments[skip..]);
        assert_eq!(
            page(&of_comments, comments[1], "&direction=backward").await,
            comments[..2 - skip]
        );
    }
}

#[tokio::test]
async fn accepts_cursors_that_are_not_in_the_list() {
    for World { bob, has_quirk, .. } in both(Quirk::StrictCursors).await {
        let message = bob.send(BOB_AND_ALICE, "a").await;
        let comment = bob.comment(message, "b").await;
        let comments = format!("/messages/{message}/comments");
        for unknown in [
            format!("{LIST}?cursor={comment}"),
            format!("{LIST}?cursor=0"),
            format!("{comments}?cursor={message}"),
        ] {
            let answer = bob.get(&unknown).await;
            if has_quirk {
                assert_eq!(answer.error(404), "The cursor is no message of this list");
            } else {
                answer.ok();
            }
        }
        for known in [
            format!("{LIST}?cursor={message}"),
            format!("{LIST}?cursor=-1"),
            format!("{comments}?cursor={comment}"),
        ] {
            assert_eq!(ids(&bob.get(&known).await.ok()).len(), 1);
        }
    }
}

#[tokio::test]
async fn comments_have_separate_lists() {
    for World { bob, has_quirk, .. } in both(Quirk::CommentsInRooms).await {
        let message = bob.send(BOB_AND_ALICE, "a").await;
        bob.post(&format!("/messages/{message}/comments"), json!({"content": "b"}))
            .await
            .done();
        let list = ids(&bob.get(LIST).await.ok());
        let newest = ids(&bob.get(&format!("{LIST}?limit=1&direction=backward")).await.ok());
        let comments = ids(&bob.get(&format!("/messages/{message}/comments")).await.ok());
        let expected = if has_quirk {
            vec![message, comments[0]]
        } else {
            vec![message]
        };
        assert_eq!(
            (&list, newest),
            (&expected, expected[expected.len() - 1..].to_vec())
        );
    }
}

#[tokio::test]
async fn comments_can_have_comments() {
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::NestedComments).await
    {
        let message = bob.send(BOB_AND_ALICE, "a").await;
        let comment = bob.comment(message, "b").await;
        let path = format!("/messages/{comment}/comments");
        if !has_quirk {
            let text = bob.post(&path, json!({"content": "c"})).await.error(400);
            assert_eq!(text, "A comment cannot be commented on.");
            continue;
        }
        let nested = bob.comment(comment, "c").await;
        let deepest = bob.comment(nested, "d").await;
        assert_eq!(
            bob.message(&format!("/messages/{message}/comments"), comment)
                .await["commentCount"],
            1
        );
        let mut events = alice.events().await;
        bob.delete(&format!("/messages/{message}")).await.done();
        for (parent, id) in [
            (nested, deepest),
            (comment, nested),
            (message, comment),
            (0, message),
        ] {
            let data = events.expect("TextMessageDeleted").await;
            assert_eq!(
                data,
                json!({"parentMessageId": parent, "roomId": BOB_AND_ALICE, "messageId": id})
            );
        }
        assert_eq!(alice.room(BOB_AND_ALICE).await["unreadMessageCount"], 0);
    }
}

#[tokio::test]
async fn a_comment_changes_its_parent() {
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::SilentParents).await
    {
        let message = bob.send(BOB_AND_ALICE, "a").await;
        let mut events = alice.events().await;
        let comment = bob.comment(message, "b").await;
        bob.delete(&format!("/messages/{comment}")).await.done();
        let types = events_before(&mut events, &bob, "the end").await;
        let updates = types.iter().filter(|name| *name == "TextMessagesUpdated").count();
        assert_eq!(updates, if has_quirk { 0 } else { 2 }, "{types:?}");
        assert_eq!(bob.message(LIST, message).await["commentCount"], 0);
    }
}

#[tokio::test]
async fn stores_and_announces_receipts_of_the_author() {
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::NoOwnReceipts).await
    {
        let message = bob.send(BOB_AND_ALICE, "a").await;
        let mut events = alice.events().await;
        let path = format!("/messages/{message}/read");
        bob.post_nothing(&path).await.done();
        bob.post_nothing(&path).await.done();
        let types = events_before(&mut events, &bob, "the end").await;
        let expected: &[&str] = if has_quirk { &[] } else { &["TextMessagesUpdated"] };
        assert_eq!(types, expected);
        let receipts = bob.message(LIST, message).await["readTimestamps"].clone();
        let readers: Vec<_> = receipts
            .as_array()
            .expect("receipts")
            .iter()
            .map(|receipt| &receipt["userId"])
            .collect();
        let expected: Vec<Value> = if has_quirk { vec![] } else { vec![json!(BOB)] };
        assert_eq!(readers, expected.iter().collect::<Vec<_>>());
        // It counts as read once, even after the message is deleted.
        let unread = async || bob.room(BOB_AND_ALICE).await["unreadMessageCount"].clone();
        assert_eq!(unread().await, 0);
        bob.delete(&format!("/messages/{message}")).await.done();
        say(&alice, "b").await;
        assert_eq!(unread().await, 1);
    }
}

#[tokio::test]
async fn a_receipt_modifies_the_message() {
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::UnmodifiedByReceipts).await
    {
        let message = bob.send(BOB_AND_ALICE, "a").await;
        let before = bob.message(LIST, message).await;
        alice
            .post_nothing(&format!("/messages/{message}/read"))
            .await
            .done();
        let after = bob.message(LIST, message).await;
        assert_eq!(after["readTimestamps"][0]["userId"], ALICE);
        assert_eq!(after["lastModifiedUtc"] == before["lastModifiedUtc"], has_quirk);
    }
}

#[tokio::test]
async fn the_last_edit_is_initially_the_creation() {
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::ZeroUntilEdited).await
    {
        let mut events = alice.events().await;
        let message = bob.send(BOB_AND_ALICE, "a").await;
        let told = events.expect("TextMessagesCreated").await["messages"][0].take();
        let listed = bob.message(LIST, message).await;
        assert_eq!(told, listed);
        assert_eq!(listed["lastEditedUtc"] == 0, has_quirk);
        assert_eq!(listed["lastEditedUtc"] == listed["createdUtc"], !has_quirk);
        bob.put(&format!("/messages/{message}"), json!({"content": "b"}))
            .await
            .done();
        let edited = bob.message(LIST, message).await;
        assert!(edited["lastEditedUtc"].as_u64() > edited["createdUtc"].as_u64());
    }
}

#[tokio::test]
async fn moderators_may_change_messages_of_others() {
    for World {
        server,
        bob,
        alice,
        has_quirk,
    } in both(Quirk::AuthorsAlone).await
    {
        let admin = User::log_in(&server, "admin").await;
        let room = bob
            .create_room(json!({"name": "New", "roomType": "Public", "memberIds": [ALICE]}))
            .await;
        let message = alice.send(room, "a").await;
        let comment = alice.comment(message, "b").await;
        for other in [&bob, &admin] {
            let text = other.id.to_string();
            for id in [message, comment] {
                let edited = other
                    .put(&format!("/messages/{id}"), json!({"content": text}))
                    .await;
                let attached = upload(other, id).await;
                if has_quirk {
                    assert!(edited.error(403).starts_with("Only its author"));
                    assert!(attached.error(403).starts_with("Only its author"));
                    upload(&alice, id).await.done();
                } else {
                    edited.done();
                    attached.done();
                }
                let list = if id == message {
                    format!("/rooms/{room}/messages")
                } else {
                    format!("/messages/{message}/comments")
                };
                let listed = other.message(&list, id).await;
                assert_eq!(
                    (&listed["userId"], listed["text"] == text),
                    (&json!(ALICE), !has_quirk)
                );
                let attachment = &listed["attachments"][0]["attachmentId"];
                other.delete(&format!("/attachments/{attachment}")).await.done();
            }
        }
        admin.delete(&format!("/messages/{comment}")).await.done();
        bob.delete(&format!("/messages/{message}")).await.done();
    }
}
