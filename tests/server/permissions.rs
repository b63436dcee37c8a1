//! Room permissions: the flags, who may change them, and what they forbid.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{ALICE, Answer, BOB, BOB_AND_ALICE, LOBBY, OPERATIONS, User, config, start, start_with};

/// Flags that exist separately for messages of the room and for comments.
const PAIRS: [&str; 6] = [
    "canSendMessages",
    "canEditOrDeleteOwnMessages",
    "canAttachOrDeleteFilesInOwnMessages",
    "canSendFilesIntoRoom",
    "canReactToMessagesWithEmoji",
    "uiCanSeeWhoReadMessage",
];

const SINGLE: [&str; 12] = [
    "canChangePropertiesOfUnrelatedIssues",
    "canCreateIssues",
    "canCreateMeetings",
    "canRecordMeetings",
    "canUseIntercom",
    "canIntercomListen",
    "canIntercomTalk",
    "canIntercomWatchVideo",
    "canIntercomStreamVideo",
    "canShareScreen",
    "canSendNudge",
    "uiCanSeeRoomSidebar",
];

/// All flags set except for these.
fn flags(denied: &[&str]) -> Value {
    let pairs = PAIRS
        .iter()
        .flat_map(|pair| ["InMainThread", "InDiscussion"].map(|thread| format!("{pair}{thread}")));
    pairs
        .chain(SINGLE.iter().map(|flag| (*flag).to_owned()))
        .map(|flag| {
            let given = !denied.contains(&flag.as_str());
            (flag, Value::from(given))
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

async fn permissions(user: &User, room: u64) -> Value {
    let body = user.get(&format!("/room-permissions/{room}")).await.ok();
    assert_eq!(body["roomPermissions"]["roomId"], room);
    body["roomPermissions"]["permissions"].clone()
}

/// Denies flags to everybody in a room, or to one user.
pub(crate) async fn deny(moderator: &User, room: u64, user: Option<u64>, denied: &[&str]) {
    let permissions: serde_json::Map<_, _> = denied
        .iter()
        .map(|flag| ((*flag).to_owned(), json!(false)))
        .collect();
    moderator
        .put(
            &format!("/reference/room-permissions/{room}"),
            json!({"userId": user, "permissions": permissions}),
        )
        .await
        .done();
}

#[tokio::test]
async fn everything_is_allowed_by_default() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    assert_eq!(
        bob.get(&format!("/room-permissions/{LOBBY}")).await.ok(),
        json!({"httpStatusCode": 200, "roomPermissions": {"roomId": LOBBY, "permissions": flags(&[])}})
    );
}

#[tokio::test]
async fn reports_flags_to_the_affected_users() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    deny(&admin, LOBBY, None, &["canSendNudge"]).await;
    deny(&admin, LOBBY, Some(BOB), &["canShareScreen"]).await;
    assert_eq!(permissions(&admin, LOBBY).await, flags(&[]));
    assert_eq!(permissions(&alice, LOBBY).await, flags(&["canSendNudge"]));
    assert_eq!(
        permissions(&bob, LOBBY).await,
        flags(&["canSendNudge", "canShareScreen"])
    );
    // A rule for one user takes precedence over the one for everybody.
    let path = format!("/reference/room-permissions/{LOBBY}");
    admin
        .put(
            &path,
            json!({"userId": ALICE, "permissions": {"canSendNudge": true}}),
        )
        .await
        .done();
    assert_eq!(permissions(&alice, LOBBY).await, flags(&[]));
    // Another room is not affected.
    assert_eq!(permissions(&bob, OPERATIONS).await, flags(&[]));
}

#[tokio::test]
async fn only_moderators_change_flags_and_only_known_ones() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let path = format!("/reference/room-permissions/{LOBBY}");
    let change = json!({"permissions": {"canSendNudge": false}});
    assert_eq!(
        bob.put(&path, change.clone()).await.error(403),
        "Only the moderators of the room and administrators may do this."
    );
    let unknown = admin.put(&path, json!({"permissions": {"canFly": true}})).await;
    assert!(unknown.error(400).contains("canFly"));
    let nobody = json!({"userId": 99, "permissions": {"canSendNudge": false}});
    assert_eq!(admin.put(&path, nobody).await.error(404), "User not found");
    let hidden = format!("room-permissions/{BOB_AND_ALICE}");
    assert_eq!(
        admin.get(&format!("/{hidden}")).await.error(404),
        "Room not found"
    );
    assert_eq!(
        admin
            .put(&format!("/reference/{hidden}"), change)
            .await
            .error(404),
        "Room not found"
    );
    assert_eq!(permissions(&bob, LOBBY).await, flags(&[]));
}

#[tokio::test]
async fn a_flag_of_one_thread_does_not_affect_the_other() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(LOBBY, "a message").await;
    let comment = bob.comment(message, "a comment").await;
    let send = async |user: &User| {
        user.post(&format!("/rooms/{LOBBY}/messages"), json!({"content": "more"}))
            .await
    };
    let reply = async |user: &User| {
        user.post(
            &format!("/messages/{message}/comments"),
            json!({"content": "more"}),
        )
        .await
    };
    let edit = async |user: &User, id: u64, text: &str| {
        user.put(&format!("/messages/{id}"), json!({"content": text}))
            .await
    };
    let refusal = |flag: &str| format!("The permissions of the room forbid it: {flag} is false.");

    let sending = "canSendMessagesInMainThread";
    deny(&admin, LOBBY, None, &[sending]).await;
    assert_eq!(send(&bob).await.error(403), refusal(sending));
    reply(&bob).await.done();
    // Moderators may always send.
    send(&admin).await.done();

    let replying = "canSendMessagesInDiscussion";
    deny(&admin, LOBBY, None, &[replying]).await;
    assert_eq!(reply(&bob).await.error(403), refusal(replying));

    let changing = "canEditOrDeleteOwnMessagesInMainThread";
    deny(&admin, LOBBY, Some(BOB), &[changing]).await;
    let changed = edit(&bob, message, "changed").await;
    assert_eq!(changed.error(403), refusal(changing));
    let deleted = bob.delete(&format!("/messages/{message}")).await;
    assert_eq!(deleted.error(403), refusal(changing));
    edit(&bob, comment, "changed").await.done();

    let changing = "canEditOrDeleteOwnMessagesInDiscussion";
    deny(&admin, LOBBY, Some(BOB), &[changing]).await;
    assert_eq!(edit(&bob, comment, "again").await.error(403), refusal(changing));
    let deleted = bob.delete(&format!("/messages/{comment}")).await;
    assert_eq!(deleted.error(403), refusal(changing));
}

/// Performs bob's action that a flag controls, if the server could refuse it.
async fn act(bob: &User, flag: &str, own: u64, comment: u64, issue: u64) -> Option<Answer> {
    let room = format!("/rooms/{LOBBY}/messages");
    let attach = async |message: u64| {
        let file = Part::bytes(b"a".as_slice()).file_name("a.txt");
        let form = Form::new().part("files", file);
        let path = format!("/messages/{message}/attachments");
        Answer::to(bob.request(Method::POST, &path).multipart(form)).await
    };
    Some(match flag {
        "canSendMessagesInMainThread" => bob.post(&room, json!({"content": "a"})).await,
        "canSendMessagesInDiscussion" => {
            bob.post(&format!("/messages/{own}/comments"), json!({"content": "a"}))
                .await
        }
        "canEditOrDeleteOwnMessagesInMainThread" => {
            bob.put(&format!("/messages/{own}"), json!({"content": "a"}))
                .await
        }
        "canEditOrDeleteOwnMessagesInDiscussion" => {
            bob.put(&format!("/messages/{comment}"), json!({"content": "a"}))
                .await
        }
        "canAttachOrDeleteFilesInOwnMessagesInMainThread" | "canSendFilesIntoRoomInMainThread" => {
            attach(own).await
        }
        "canAttachOrDeleteFilesInOwnMessagesInDiscussion" | "canSendFilesIntoRoomInDiscussion" => {
            attach(comment).await
        }
        "canChangePropertiesOfUnrelatedIssues" => {
            bob.put(
                &format!("/reference/messages/{issue}/issue"),
                json!({"status": "Done"}),
            )
            .await
        }
        "canCreateIssues" => sent(
            bob.send_drafts(LOBBY, json!([{"content": "a", "messageType": "Issue"}]))
                .await,
        ),
        "canCreateMeetings" => {
            let meeting = json!({"timeUtc": 1, "duration": 1});
            let draft = json!({"content": "a", "messageType": "Meeting", "meetingProperties": meeting});
            sent(bob.send_drafts(LOBBY, json!([draft])).await)
        }
        _ => return None,
    })
}

/// The response without the ids of sent messages.
fn sent(mut answer: Answer) -> Answer {
    if let Some(fields) = answer.body.as_object_mut() {
        fields.remove("messageIds");
    }
    answer
}

/// Another flag that the action also requires.
fn needs_too(flag: &str) -> Option<&'static str> {
    Some(match flag {
        "canAttachOrDeleteFilesInOwnMessagesInMainThread" => "canSendFilesIntoRoomInMainThread",
        "canSendFilesIntoRoomInMainThread" => "canAttachOrDeleteFilesInOwnMessagesInMainThread",
        "canAttachOrDeleteFilesInOwnMessagesInDiscussion" => "canSendFilesIntoRoomInDiscussion",
        "canSendFilesIntoRoomInDiscussion" => "canAttachOrDeleteFilesInOwnMessagesInDiscussion",
        "canCreateIssues" | "canCreateMeetings" => "canSendMessagesInMainThread",
        _ => return None,
    })
}

#[tokio::test]
async fn each_flag_forbids_only_its_own_action() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let own = bob.send(LOBBY, "a message").await;
    let comment = bob.comment(own, "a comment").await;
    let issue = admin
        .post(
            &format!("/reference/rooms/{LOBBY}/messages"),
            json!({"messages": [{"content": "a", "messageType": "Issue"}]}),
        )
        .await
        .ok();
    let issue = issue["messageIds"][0].as_u64().expect("an id");
    let all = flags(&[]);
    let all: Vec<_> = all.as_object().expect("flags").keys().collect();
    let mut enforced = BTreeSet::new();
    for flag in &all {
        deny(&admin, LOBBY, None, &[flag]).await;
        for other in &all {
            let Some(answer) = act(&bob, other, own, comment, issue).await else {
                continue;
            };
            if flag == other || needs_too(other) == Some(flag) {
                enforced.insert(flag);
                assert_eq!(
                    answer.error(403),
                    format!("The permissions of the room forbid it: {flag} is false.")
                );
            } else {
                answer.done();
            }
        }
        let path = format!("/reference/room-permissions/{LOBBY}");
        admin
            .put(&path, json!({"permissions": {flag.as_str(): true}}))
            .await
            .done();
    }
    assert_eq!((all.len(), enforced.len()), (24, 11));
}

#[tokio::test]
async fn flags_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = || room_events::server::Config {
        database: Some(folder.path().join("chat.db")),
        ..config()
    };
    let server = start_with(config()).await;
    let admin = User::log_in(&server, "admin").await;
    deny(&admin, LOBBY, None, &["canSendNudge"]).await;
    server.shutdown().await;
    let server = start_with(config()).await;
    let bob = User::log_in(&server, "bob").await;
    assert_eq!(permissions(&bob, LOBBY).await, flags(&["canSendNudge"]));
}
