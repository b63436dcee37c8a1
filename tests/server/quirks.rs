//! Other readings of the API: each with the default and with its quirk.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use room_events::server::{Config, Quirk, Server};
use serde_json::{Value, json};

use crate::program::Running;
use crate::support::{
    ADMIN, ALICE, Answer, BOB, BOB_AND_ALICE, Closed, Events, LOBBY, OPERATIONS, User, config, ids,
    start_with,
};

const LIST: &str = "/rooms/5/messages";
const PIXEL: &[u8] = include_bytes!("../fixtures/pixel.jpg");

/// A server, with the quirk or without it, and its users.
struct World {
    server: Server,
    bob: User,
    alice: User,
    has_quirk: bool,
}

/// Both readings: the default first.
async fn both(quirk: Quirk) -> [World; 2] {
    [world(quirk, false).await, world(quirk, true).await]
}

async fn world(quirk: Quirk, has_quirk: bool) -> World {
    let server = start_with(Config {
        quirks: has_quirk.then_some(quirk).into_iter().collect(),
        ..config()
    })
    .await;
    let (bob, alice) = (
        User::log_in(&server, "bob").await,
        User::log_in(&server, "alice").await,
    );
    World {
        server,
        bob,
        alice,
        has_quirk,
    }
}

impl World {
    /// Attaches a picture to a message, and tells the attachment as the list has it.
    async fn attach(&self, user: &User, message: u64) -> Value {
        upload(user, message).await.done();
        self.bob.message(LIST, message).await["attachments"][0].clone()
    }
}

async fn upload(user: &User, message: u64) -> Answer {
    let file = Part::bytes(PIXEL).file_name("a.jpg");
    let form = Form::new().part("files", file);
    let path = format!("/messages/{message}/attachments");
    Answer::to(user.request(Method::POST, &path).multipart(form)).await
}

/// An answer that may be another than the one that is described.
async fn raw(user: &User, path: &str) -> Value {
    let answer = user
        .request(Method::GET, path)
        .send()
        .await
        .expect("the server answers");
    answer.json().await.expect("it is JSON")
}

async fn say(user: &User, text: &str) {
    user.post(LIST, json!({"content": text})).await.done();
}

/// The types of the events before the message with this text, which is sent now.
async fn events_before(events: &mut Events, user: &User, text: &str) -> Vec<String> {
    user.post(&format!("/rooms/{LOBBY}/messages"), json!({"content": text}))
        .await
        .done();
    let mut types = Vec::new();
    loop {
        let event = events.next().await;
        if event["data"]["messages"][0]["text"] == text {
            return types;
        }
        types.push(event["type"].as_str().expect("a type").to_owned());
    }
}

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
async fn a_cursor_need_not_be_in_the_list() {
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
async fn comments_are_in_lists_of_their_own() {
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
async fn comments_are_commented_on() {
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
async fn a_room_without_messages_has_no_last_one() {
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
async fn rooms_are_told_as_their_recipient_sees_them() {
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
        // Nothing but her own count changes.
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
async fn members_hear_of_rooms_that_they_see_now_or_no_more() {
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
        // A room that is new or gone is told in any case.
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
async fn an_event_has_several_messages() {
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

#[tokio::test]
async fn ones_own_receipt_is_kept_and_told() {
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
        // It counts as read once, also when the message is gone.
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
async fn the_time_of_the_last_edit_begins_with_the_creation() {
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
async fn pictures_have_a_thumbnail() {
    for world in both(Quirk::NoThumbnails).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        assert_eq!(
            world.attach(&world.bob, message).await["hasThumbnail"],
            !world.has_quirk
        );
    }
}

#[tokio::test]
async fn pictures_have_a_size() {
    for world in both(Quirk::NoPictureSizes).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        let expected = if world.has_quirk {
            Value::Null
        } else {
            json!({"width": 1, "height": 1})
        };
        assert_eq!(world.attach(&world.bob, message).await["size"], expected);
    }
}

#[tokio::test]
async fn attachments_have_a_time() {
    for world in both(Quirk::ZeroAttachmentTimes).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        let attachment = world.attach(&world.bob, message).await;
        assert_eq!(attachment["createdUtc"] == 0, world.has_quirk);
        assert_ne!(attachment["lastModifiedUtc"], 0);
    }
}

#[tokio::test]
async fn attachment_metadata_has_the_status() {
    for world in both(Quirk::BareAttachments).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        let listed = world.attach(&world.bob, message).await;
        let path = format!("/attachments/{}", listed["attachmentId"]);
        let mut answer = raw(&world.bob, &path).await;
        let status = answer
            .as_object_mut()
            .expect("an object")
            .remove("httpStatusCode");
        assert_eq!(status, (!world.has_quirk).then(|| json!(200)));
        assert_eq!(answer, listed);
        // Other answers have it.
        assert_eq!(raw(&world.bob, LIST).await["httpStatusCode"], 200);
    }
}

#[tokio::test]
async fn checksums_are_sha_1() {
    for world in both(Quirk::Sha256Checksums).await {
        let message = world.bob.send(BOB_AND_ALICE, "a").await;
        let attachment = world.attach(&world.bob, message).await;
        let checksum = attachment["fileChecksum"].as_str().expect("a checksum");
        assert!(checksum.chars().all(|digit| digit.is_ascii_hexdigit()));
        assert_eq!(checksum.len(), if world.has_quirk { 64 } else { 40 });
    }
}

#[tokio::test]
async fn some_have_no_picture() {
    for World { bob, has_quirk, .. } in both(Quirk::InitialsAvatars).await {
        for (path, has_picture) in [
            (format!("/users/{ADMIN}/avatar.jpg"), true),
            (format!("/users/{ALICE}/avatar.jpg"), false),
            (format!("/rooms/{LOBBY}/avatar.jpg"), true),
            (format!("/rooms/{BOB_AND_ALICE}/avatar.jpg"), false),
        ] {
            if has_picture || has_quirk {
                let picture = bob.request(Method::GET, &path).send().await.expect("it answers");
                assert_eq!(picture.status(), 200, "{path}");
                assert!(
                    picture
                        .bytes()
                        .await
                        .expect("a body")
                        .starts_with(&[0xff, 0xd8, 0xff])
                );
            } else {
                assert_eq!(bob.get(&path).await.error(404), "Avatar not found");
            }
        }
    }
}

#[tokio::test]
async fn moderators_do_everything_to_messages_of_others() {
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

#[tokio::test]
async fn an_upgrade_takes_a_token() {
    for World { bob, has_quirk, .. } in both(Quirk::CookieUpgrades).await {
        let phone = bob.with_token().await;
        assert_eq!(
            phone.try_events().await.map(drop),
            if has_quirk { Err(401) } else { Ok(()) }
        );
        bob.events().await;
        phone.get("/rooms").await.ok();
    }
}

#[tokio::test]
async fn a_logout_closes_connections() {
    let ended = "the session has ended".to_owned();
    for World { bob, has_quirk, .. } in both(Quirk::LogoutCode1008).await {
        let mut events = bob.events().await;
        bob.post_nothing("/logout").await.done();
        let code = if has_quirk { 1008 } else { 4001 };
        assert_eq!(events.closed().await, Closed::Frame(code, ended.clone()));
    }
    for World {
        bob,
        alice,
        has_quirk,
        ..
    } in both(Quirk::OpenAfterLogout).await
    {
        let mut events = bob.events().await;
        bob.post_nothing("/logout").await.done();
        bob.get("/status").await.error(401);
        if has_quirk {
            say(&alice, "a").await;
            events.expect("TextMessagesCreated").await;
        } else {
            assert_eq!(events.closed().await, Closed::Frame(4001, ended.clone()));
        }
    }
}

#[tokio::test]
async fn the_texts_of_401_tell_missing_from_expired_credentials() {
    let texts = [
        "The Authorization HTTP-header or VirolaUserSessionId cookie expected",
        "Wrong Bearer, please renew Web API Access Token",
    ];
    for World {
        server,
        bob,
        has_quirk,
        ..
    } in both(Quirk::SwappedUnauthorized).await
    {
        let expected = if has_quirk { [texts[1], texts[0]] } else { texts };
        assert_eq!(User::nobody(&server).get("/status").await.error(401), expected[0]);
        bob.post_nothing("/logout").await.done();
        assert_eq!(bob.get("/status").await.error(401), expected[1]);
        let login = json!({"userName": "bob", "password": "wrong"});
        let wrong = User::nobody(&server).post("/login", login).await;
        assert_eq!(wrong.error(401), "The username or password is invalid.");
    }
}

#[tokio::test]
async fn ids_begin_with_one() {
    for World { bob, has_quirk, .. } in both(Quirk::LargeIds).await {
        let first = if has_quirk { 1 << 52 } else { 1 };
        let rooms = bob.get("/rooms").await.ok();
        assert_eq!(
            (bob.id, rooms["rooms"][0]["roomId"].as_u64()),
            (first + 1, Some(first))
        );
        let message = bob.send(first, "a").await;
        assert!(message >= first);
        upload(&bob, message).await.done();
        let listed = bob.message(&format!("/rooms/{first}/messages"), message).await;
        assert_eq!(listed["attachments"][0]["attachmentId"], first);
    }
}

#[test]
fn each_quirk_has_a_test_and_a_row_in_the_documentation() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference-server.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let (_, table) = page.split_once("| `--quirk` |").expect("the table");
    let rows: Vec<_> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .collect();
    let listed: Vec<_> = rows.iter().map(|row| row[1].trim_matches('`')).collect();
    let all: Vec<_> = Quirk::all().iter().map(|quirk| quirk.name()).collect();
    assert_eq!(listed, all);
    for row in rows {
        assert!(
            row.len() == 5 && row.iter().skip(1).take(3).all(|cell| !cell.is_empty()),
            "{row:?}"
        );
    }
    let tests = include_str!("quirks.rs");
    for quirk in Quirk::all() {
        assert!(tests.contains(&format!("both(Quirk::{quirk:?})")), "{quirk:?}");
    }
}

#[tokio::test]
async fn the_program_takes_quirks_by_name() {
    let running = Running::start(&[
        "--log",
        "off",
        "--quirk",
        "exclusive-cursors",
        "--quirk",
        "initials-avatars",
    ]);
    let bob = User::log_in_at(&running.url, "bob").await;
    let message = bob.send(BOB_AND_ALICE, "a").await;
    assert!(ids(&bob.get(&format!("{LIST}?cursor={message}")).await.ok()).is_empty());
    let path = format!("/users/{ALICE}/avatar.jpg");
    let picture = bob.request(Method::GET, &path).send().await.expect("it answers");
    assert_eq!(picture.status(), 200);
}
