//! Quirks: other interpretations of the API, each compared with the default.

mod attachments;
mod messages;
mod rooms;
mod sessions;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use room_events::server::{Config, Quirk, Server};
use serde_json::{Value, json};

use crate::program::Running;
use crate::support::{ALICE, Answer, BOB_AND_ALICE, Events, LOBBY, User, config, ids, start_with};

const LIST: &str = "/rooms/5/messages";
const PIXEL: &[u8] = include_bytes!("../../fixtures/pixel.jpg");

/// A server with or without the quirk, and its users.
struct World {
    server: Server,
    bob: User,
    alice: User,
    has_quirk: bool,
}

/// Both variants: the default first.
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
    /// Attaches an image to a message. Returns the attachment as listed.
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

/// A response that may differ from the description.
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

/// Sends a message with this text. Returns the types of the events before it.
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
    let tests = [
        include_str!("mod.rs"),
        include_str!("attachments.rs"),
        include_str!("messages.rs"),
        include_str!("rooms.rs"),
        include_str!("sessions.rs"),
    ]
    .concat();
    for quirk in Quirk::all() {
        assert!(tests.contains(&format!("both(Quirk::{quirk:?})")), "{quirk:?}");
    }
}

#[tokio::test]
async fn the_program_accepts_quirks_by_name() {
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
