//! Events arrive once, in the same order for all, and add up to the state of the REST API, even with concurrent
//! writers.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{ALICE, COMET, LOBBY, User, start};

const WRITERS: usize = 8;
const ROUNDS: usize = 12;
const LAST_WORD: &str = "All writers are done";

/// The state of a client that only applies events.
#[derive(Debug, Default, PartialEq)]
struct Replica {
    messages: BTreeMap<u64, Value>,
    rooms: BTreeMap<u64, Value>,
}

impl Replica {
    fn take(&mut self, event: &Value) {
        let data = &event["data"];
        let id = |value: &Value| value.as_u64().expect("an id");
        match event["type"].as_str().expect("a type") {
            "TextMessagesCreated" => {
                for message in data["messages"].as_array().expect("messages") {
                    let message_id = id(&message["messageId"]);
                    let newest = self.messages.keys().next_back().copied().unwrap_or_default();
                    assert!(message_id > newest, "{message_id} came after {newest}");
                    self.messages.insert(message_id, message.clone());
                }
            }
            "TextMessagesUpdated" => {
                for message in data["messages"].as_array().expect("messages") {
                    // Messages from before the connection are ignored.
                    if let Some(known) = self.messages.get_mut(&id(&message["messageId"])) {
                        let modified = |message: &Value| message["lastModifiedUtc"].as_u64();
                        assert!(
                            modified(message) > modified(known),
                            "{message} came after {known}"
                        );
                        *known = message.clone();
                    }
                }
            }
            "TextMessageDeleted" => {
                let gone = self.messages.remove(&id(&data["messageId"]));
                assert!(gone.is_some(), "{data} was gone already, or never there");
            }
            "RoomUpdated" => {
                self.rooms
                    .insert(id(&data["room"]["roomId"]), data["room"].clone());
            }
            other => panic!("no action causes {other}"),
        }
    }
}

/// Sends, comments, edits, reads and deletes in a pattern that depends on the writer.
async fn write(user: User, room: u64, number: usize) {
    for round in 0..ROUNDS {
        let list = format!("/rooms/{room}/messages");
        user.post(&list, json!({"content": format!("{number}: {round}")}))
            .await
            .done();
        let newest = user.get(&format!("{list}?limit=4&direction=backward")).await.ok();
        let newest = newest["messages"].as_array().expect("messages");
        let message = &newest[(number + round) % newest.len()];
        let path = format!("/messages/{}", message["messageId"]);
        let answer = match (number + round) % 4 {
            0 => {
                user.post(&format!("{path}/comments"), json!({"content": "a comment"}))
                    .await
            }
            1 => user.post_nothing(&format!("{path}/read")).await,
            2 => {
                user.put(
                    &path,
                    json!({"content": format!("edited by {number} in {round}")}),
                )
                .await
            }
            _ => user.delete(&path).await,
        };
        // Another writer may have deleted it, and only its author may edit it.
        assert!(matches!(answer.status, 200 | 403 | 404), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_of_concurrent_writers_have_one_order_and_add_up() {
    let server = start().await;
    let users = [
        User::log_in(&server, "admin").await,
        User::log_in(&server, "bob").await,
        User::log_in(&server, "alice").await,
    ];
    let mut connections = Vec::new();
    for user in users.iter().cycle().take(6) {
        connections.push((user.clone(), user.events().await));
    }
    let mut listeners = JoinSet::new();
    for (index, (user, mut events)) in connections.into_iter().enumerate() {
        listeners.spawn(async move { (index, user, events.until(LAST_WORD).await) });
    }
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let room = if number % 2 == 0 { LOBBY } else { COMET };
        writers.spawn(write(users[number % users.len()].clone(), room, number));
    }
    while let Some(written) = writers.join_next().await {
        written.expect("a writer succeeds");
    }
    users[0]
        .post(&format!("/rooms/{LOBBY}/messages"), json!({"content": LAST_WORD}))
        .await
        .done();

    let mut heard: Vec<_> = listeners.join_all().await;
    heard.sort_by_key(|(index, ..)| *index);
    // Events about rooms differ by recipient; those about messages are the same for all.
    let of_messages = |events: &[Value]| -> Vec<Value> {
        events
            .iter()
            .filter(|event| event["type"] != "RoomUpdated")
            .cloned()
            .collect()
    };
    let first = of_messages(&heard[0].2);
    assert!(first.len() > WRITERS * ROUNDS);
    for (index, user, events) in &heard {
        assert_eq!(of_messages(events), first, "connection {index}");
        let same_user = &heard[index % users.len()].2;
        assert_eq!(events, same_user, "connection {index} of the same user");
        let mut replica = Replica::default();
        for event in events {
            replica.take(event);
        }
        check(user, replica).await;
    }
}

/// Compares what a client has received with the REST API.
async fn check(user: &User, replica: Replica) {
    let mut listed = BTreeMap::new();
    for room in [LOBBY, COMET] {
        let messages = user.get(&format!("/rooms/{room}/messages")).await.ok();
        for message in messages["messages"].as_array().expect("messages") {
            listed.insert(message["messageId"].as_u64().expect("an id"), message.clone());
            let comments = user
                .get(&format!("/messages/{}/comments", message["messageId"]))
                .await
                .ok();
            for comment in comments["messages"].as_array().expect("messages") {
                listed.insert(comment["messageId"].as_u64().expect("an id"), comment.clone());
            }
        }
        if room == COMET {
            assert_eq!(replica.rooms[&room], user.room(room).await);
        }
    }
    let oldest = *replica.messages.keys().next().expect("some are left");
    listed.retain(|id, message| *id >= oldest && message["text"] != LAST_WORD);
    assert_eq!(replica.messages, listed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn joining_and_leaving_cut_the_stream_exactly() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let room = bob.create_room(json!({"name": "Revolving door"})).await;
    let mut alices = alice.events().await;
    let speaker = Arc::new(bob.clone());
    let speaking = tokio::spawn({
        let speaker = Arc::clone(&speaker);
        async move {
            for number in 0..60 {
                let content = json!({"content": number.to_string()});
                speaker
                    .post(&format!("/rooms/{room}/messages"), content)
                    .await
                    .done();
            }
        }
    });
    for _ in 0..15 {
        bob.put(&format!("/rooms/{room}/members/{ALICE}"), json!({}))
            .await
            .done();
        bob.delete(&format!("/rooms/{room}/members/{ALICE}")).await.done();
    }
    speaking.await.expect("all is said");
    bob.post(&format!("/rooms/{LOBBY}/messages"), json!({"content": LAST_WORD}))
        .await
        .done();

    let mut inside = false;
    let mut last = 0;
    let mut turns = 0;
    for event in alices.until(LAST_WORD).await {
        let data = &event["data"];
        match event["type"].as_str().expect("a type") {
            "RoomCreated" => {
                assert!(!inside);
                inside = true;
                turns += 1;
                last = data["room"]["lastMessage"]["messageId"]
                    .as_u64()
                    .unwrap_or_default();
            }
            "RoomDeleted" => {
                assert!(inside);
                inside = false;
            }
            "TextMessagesCreated" => {
                assert!(inside);
                let id = data["messages"][0]["messageId"].as_u64().expect("an id");
                // Messages are sent only in this room, so ids have no gaps.
                assert!(last == 0 || id == last + 1, "{id} came after {last}");
                last = id;
            }
            "RoomUpdated" => {
                assert!(inside);
                assert_eq!(data["room"]["lastMessage"]["messageId"], last);
            }
            other => panic!("no action causes {other}"),
        }
    }
    assert_eq!((inside, turns), (false, 15));
}
