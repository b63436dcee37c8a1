//! Messages with more than a text: markup, priority, issues, meetings, and several at once.

use serde_json::{Value, json};

use crate::permissions::deny;
use crate::support::{ALICE, BOB, BOB_AND_ALICE, COMET, LOBBY, User, start, texts};

const LIST: &str = "/rooms/5/messages";

async fn newest(user: &User, list: &str) -> Value {
    user.get(&format!("{list}?limit=1&direction=backward")).await.ok()["messages"][0].take()
}

#[tokio::test]
async fn preserves_markup_priority_and_properties_of_a_message() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let mut events = alice.events().await;
    let issue = json!({"type": "Bug", "status": "ToDo", "assignees": [ALICE, BOB]});
    let meeting = json!({"timeUtc": 1_800_000_000_000_u64, "duration": 60_000});
    for (draft, expected) in [
        (
            json!({"content": "a", "markupType": "TextLatex", "priority": "Blocker"}),
            json!({"text": "a", "markupType": "TextLatex", "priority": "Blocker", "messageType": "Regular"}),
        ),
        (
            json!({"content": "b", "messageType": "Issue", "issueProperties": issue}),
            json!({"text": "b", "messageType": "Issue", "issueProperties": issue, "markupType": "TextPlain"}),
        ),
        (
            json!({"content": "c", "messageType": "Issue"}),
            json!({"issueProperties": {"type": "Task", "status": "Backlog", "assignees": []}}),
        ),
        (
            json!({"content": "d", "messageType": "Meeting", "meetingProperties": meeting}),
            json!({"messageType": "Meeting", "meetingProperties": meeting, "priority": "Normal"}),
        ),
    ] {
        bob.send_drafts(BOB_AND_ALICE, json!([draft])).await.ok();
        let message = newest(&bob, LIST).await;
        for (field, value) in expected.as_object().expect("an object") {
            assert_eq!(message[field], *value, "{field}");
        }
        let data = events.expect("TextMessagesCreated").await;
        assert_eq!(data, json!({"messages": [message]}));
        events.expect("RoomUpdated").await;
    }
}

#[tokio::test]
async fn a_documented_post_accepts_only_content() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(BOB_AND_ALICE, "a message").await;
    let draft = json!({
        "content": "a", "priority": "Blocker", "markupType": "TextHtml", "messageType": "Issue",
        "issueProperties": {"assignees": [ALICE]}
    });
    for list in [LIST.to_owned(), format!("/messages/{message}/comments")] {
        bob.post(&list, draft.clone()).await.done();
        let plain = newest(&bob, &list).await;
        for (field, value) in [
            ("text", "a"),
            ("priority", "Normal"),
            ("markupType", "TextPlain"),
            ("messageType", "Regular"),
        ] {
            assert_eq!(plain[field], value, "{list}");
        }
        assert_eq!(plain.get("issueProperties"), None);
    }
}

#[tokio::test]
async fn sends_many_comments_atomically_in_one_event() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let message = bob.send(BOB_AND_ALICE, "a message").await;
    let mut events = alice.events().await;
    let path = format!("/reference/messages/{message}/comments");
    let comments = json!([{"content": "a"}, {"content": "b", "messageType": "Issue", "priority": "Low"}]);
    let sent = bob.post(&path, json!({"messages": comments})).await.ok();
    let data = events.expect("TextMessagesCreated").await;
    assert_eq!(json!(crate::support::ids(&data)), sent["messageIds"]);
    let second = &data["messages"][1];
    assert_eq!(
        (&second["parentMessageId"], &second["priority"]),
        (&json!(message), &json!("Low"))
    );
    let parent = events.expect("TextMessagesUpdated").await;
    assert_eq!(parent["messages"][0]["commentCount"], 2);
    assert_eq!(
        events.expect("RoomUpdated").await["room"]["unreadMessageCount"],
        3
    );
    let one_is_wrong = json!({"messages": [{"content": "a"}, {"content": "b", "priority": "Asap"}]});
    bob.post(&path, one_is_wrong).await.error(400);
    let limits = "From 1 to 1000 messages can be sent at once.";
    assert_eq!(bob.post(&path, json!({"messages": []})).await.error(400), limits);
    let to_a_comment = format!("/reference/messages/{}/comments", sent["messageIds"][0]);
    bob.post(&to_a_comment, json!({"messages": [{"content": "a"}]}))
        .await
        .error(400);
    events.expect_silence(&bob).await;
}

#[tokio::test]
async fn refuses_invalid_messages_without_side_effects() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    for (draft, named) in [
        (json!({"markupType": "TextRtf"}), "TextRtf"),
        (json!({"priority": "Asap"}), "Asap"),
        (json!({"messageType": "Poll"}), "Poll"),
        (json!({"messageType": "Meeting"}), "meetingProperties"),
        (
            json!({"meetingProperties": {"timeUtc": 1, "duration": 1}}),
            "meetingProperties",
        ),
        (json!({"issueProperties": {}}), "issueProperties"),
        (
            json!({"messageType": "Issue", "issueProperties": {"type": "Wish"}}),
            "Wish",
        ),
        (
            json!({"messageType": "Issue", "issueProperties": {"status": "Lost"}}),
            "Lost",
        ),
    ] {
        let mut draft = draft;
        draft["content"] = json!("text");
        let text = bob.send_drafts(BOB_AND_ALICE, json!([draft])).await.error(400);
        assert!(text.contains(named), "{text}");
    }
    let nobodys = json!({"content": "a", "messageType": "Issue", "issueProperties": {"assignees": [99]}});
    assert_eq!(
        bob.send_drafts(BOB_AND_ALICE, json!([nobodys])).await.error(404),
        "User not found"
    );
    assert_eq!(bob.get(LIST).await.ok()["messages"], json!([]));
}

#[tokio::test]
async fn announces_a_change_of_an_issue_once() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    bob.send_drafts(
        BOB_AND_ALICE,
        json!([{"content": "fix it", "messageType": "Issue"}]),
    )
    .await
    .ok();
    let before = newest(&bob, LIST).await;
    let mut events = alice.events().await;
    let path = format!("/reference/messages/{}/issue", before["messageId"]);
    let change = json!({"status": "Done", "assignees": [ALICE]});
    alice.put(&path, change.clone()).await.done();
    alice.put(&path, change).await.done();
    let data = events.expect("TextMessagesUpdated").await;
    let after = newest(&bob, LIST).await;
    assert_eq!(data, json!({"messages": [after]}));
    assert_eq!(
        after["issueProperties"],
        json!({"type": "Task", "status": "Done", "assignees": [ALICE]})
    );
    assert!(after["lastModifiedUtc"].as_u64() > before["lastModifiedUtc"].as_u64());
    assert_eq!(after["lastEditedUtc"], before["lastEditedUtc"]);
    events.expect_silence(&bob).await;

    alice.put(&path, json!({"status": "Lost"})).await.error(400);
    let regular = bob.send(BOB_AND_ALICE, "no issue").await;
    let wrong = alice
        .put(
            &format!("/reference/messages/{regular}/issue"),
            json!({"status": "Done"}),
        )
        .await;
    assert_eq!(wrong.error(400), "The message is no issue.");
}

#[tokio::test]
async fn flags_forbid_issues_and_meetings_and_changes_of_others_issues() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let list = format!("/rooms/{LOBBY}/messages");
    let issue = json!({"content": "a", "messageType": "Issue", "issueProperties": {"assignees": [ALICE]}});
    admin.send_drafts(LOBBY, json!([issue])).await.ok();
    let path = format!(
        "/reference/messages/{}/issue",
        newest(&bob, &list).await["messageId"]
    );
    let denied = [
        "canCreateIssues",
        "canCreateMeetings",
        "canChangePropertiesOfUnrelatedIssues",
    ];
    deny(&admin, LOBBY, None, &denied).await;
    let meeting = json!({
        "content": "a", "messageType": "Meeting", "meetingProperties": {"timeUtc": 1, "duration": 1}
    });
    let refusals = [
        bob.send_drafts(LOBBY, json!([issue])).await,
        bob.send_drafts(LOBBY, json!([meeting])).await,
        bob.put(&path, json!({"status": "Done"})).await,
    ];
    for (answer, flag) in refusals.into_iter().zip(denied) {
        assert!(answer.error(403).contains(flag));
    }
    // She may change it herself.
    alice.put(&path, json!({"status": "Done"})).await.done();
}

#[tokio::test]
async fn sends_many_messages_atomically_in_one_event() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let mut events = alice.events().await;
    let path = format!("/reference/rooms/{COMET}/messages");
    let unread = alice.room(COMET).await["unreadMessageCount"]
        .as_u64()
        .expect("a count");
    let messages: Vec<_> = (0..300).map(|n| json!({"content": n.to_string()})).collect();
    let sent = bob.post(&path, json!({"messages": messages})).await.ok();
    let data = events.expect("TextMessagesCreated").await;
    let expected: Vec<_> = (0..300).map(|n: u32| n.to_string()).collect();
    assert_eq!(texts(&data), expected);
    assert_eq!(json!(crate::support::ids(&data)), sent["messageIds"]);
    let room = events.expect("RoomUpdated").await;
    assert_eq!(room["room"]["unreadMessageCount"], unread + 300);
    assert_eq!(room["room"]["lastMessage"]["messageId"], sent["messageIds"][299]);

    let one_is_wrong = json!({"messages": [{"content": "a"}, {"content": "b", "priority": "Asap"}]});
    bob.post(&path, one_is_wrong).await.error(400);
    let limits = "From 1 to 1000 messages can be sent at once.";
    assert_eq!(bob.post(&path, json!({"messages": []})).await.error(400), limits);
    let too_many: Vec<_> = (0..1001).map(|_| json!({"content": ""})).collect();
    let refused = bob.post(&path, json!({"messages": too_many})).await;
    assert_eq!(refused.error(400), limits);
    events.expect_silence(&bob).await;
}
