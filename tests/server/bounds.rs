//! Bounds on what a client can request: array lengths, fragments, sessions, the time for a body, the memory of a
//! response.

use std::time::{Duration, Instant, UNIX_EPOCH};

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use room_events::server::{CloseReason, Config, HttpLimits};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::{ALICE, Answer, Closed, LOBBY, User, config, ids, patiently, start, start_with};

#[tokio::test]
async fn arrays_in_bodies_are_bounded() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let room = json!({"name": "Everybody", "memberIds": vec![ALICE; 340_000]});
    assert!(bob.post("/rooms", room).await.error(400).contains("1000 members"));
    bob.post("/rooms", json!({"name": "Many", "memberIds": vec![ALICE; 1000]}))
        .await
        .ok();

    let issue = |assignees: usize| json!({"content": "x", "messageType": "Issue", "issueProperties": {"assignees": vec![ALICE; assignees]}});
    let list = format!("/rooms/{LOBBY}/messages");
    bob.send_drafts(LOBBY, json!([issue(100)])).await.ok();
    let refused = bob.send_drafts(LOBBY, json!([issue(101)])).await.error(400);
    assert!(refused.contains("100 assignees"), "{refused}");
    let many = format!("/reference{list}");
    bob.post(&many, json!({"messages": vec![issue(100); 10]}))
        .await
        .ok();
    let text = bob
        .post(&many, json!({"messages": vec![issue(100); 11]}))
        .await
        .error(400);
    assert!(text.contains("1000 assignees"), "{text}");

    let message = bob.send(LOBBY, "files").await;
    let attach = async |count: usize| {
        let form = (0..count).fold(Form::new(), |form, _| {
            form.part("files", Part::bytes(Vec::new()).file_name("a"))
        });
        let path = format!("/messages/{message}/attachments");
        Answer::to(bob.request(Method::POST, &path).multipart(form)).await
    };
    attach(100).await.done();
    assert!(attach(101).await.error(400).contains("100 files"));
}

#[tokio::test]
async fn endless_empty_fragments_close_the_connection() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    let fragment = |kind| Message::Frame(Frame::message(Vec::new(), OpCode::Data(kind), false));
    // A fragmented message counts as one message.
    events.send(fragment(Data::Text)).await;
    for _ in 0..1000 {
        events.send(fragment(Data::Continue)).await;
    }
    let last = Frame::message(b"the end".to_vec(), OpCode::Data(Data::Continue), true);
    events.send(Message::Frame(last)).await;
    events.expect_silence(&bob).await;
    events.send(fragment(Data::Text)).await;
    for _ in 0..20_000 {
        events.send(fragment(Data::Continue)).await;
    }
    let reason = CloseReason::TooManyMessages;
    // Events sent by `expect_silence` come first.
    assert_eq!(
        events.until_closed().await,
        Closed::Frame(reason.code(), reason.text().to_owned())
    );
}

#[tokio::test]
async fn exceeding_the_session_limit_ends_the_oldest() {
    let server = start_with(Config {
        sessions_per_user: 3,
        ..config()
    })
    .await;
    let first = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let mut events = first.events().await;
    // Sessions that began in the same millisecond are equally old.
    let millisecond = || UNIX_EPOCH.elapsed().expect("a clock after 1970").as_millis();
    let logged_in = millisecond();
    while millisecond() == logged_in {
        yield_now().await;
    }
    let second = User::log_in(&server, "bob").await;
    User::log_in(&server, "bob").await;
    first.get("/status").await.ok();
    let newest = User::log_in(&server, "bob").await;
    let reason = CloseReason::SessionEnded;
    assert_eq!(
        events.closed().await,
        Closed::Frame(reason.code(), reason.text().to_owned())
    );
    first.get("/status").await.error(401);
    for user in [second, newest, alice] {
        user.get("/status").await.ok();
    }
}

#[tokio::test]
async fn a_body_that_trickles_times_out() {
    let server = start_with(Config {
        http: HttpLimits {
            body_time: Duration::from_millis(300),
            ..HttpLimits::default()
        },
        ..config()
    })
    .await;
    let request = "POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
         Content-Length: 100000\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(server.address()).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let (mut incoming, mut outgoing) = stream.split();
    let mut answer = Vec::new();
    let trickle = async {
        // Until the connection is closed.
        while outgoing.write_all(b" ").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = patiently("an answer", async {
        tokio::join!(trickle, incoming.read_to_end(&mut answer))
    })
    .await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_list_sent_in_parts_is_complete() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let room = bob.create_room(json!({"name": "Large"})).await;
    let all = fill(&bob, room, 2).await;
    let parent = bob.send(room, "a parent").await;
    for number in 0..40 {
        let content = format!("{number} {}", "x".repeat(20_000));
        let path = format!("/messages/{parent}/comments");
        bob.post(&path, json!({"content": content})).await.done();
    }
    let comments = bob.get(&format!("/messages/{parent}/comments")).await.ok();
    assert_eq!(ids(&comments).len(), 40);
    assert_eq!(comments["parentMessageId"], parent);

    let mut all = all;
    all.push(parent);
    let list = format!("/rooms/{room}/messages");
    let whole = bob.get(&list).await.ok();
    assert_eq!(ids(&whole), all);
    assert_eq!(whole["roomId"], room);
    for message in whole["messages"].as_array().expect("a list") {
        assert_eq!(
            message.as_object().map(serde_json::Map::len),
            Some(14),
            "{message}"
        );
    }
    for limit in [1, 99, 150, 1000] {
        let count = all.len().min(limit);
        let newest = bob
            .get(&format!("{list}?direction=backward&limit={limit}"))
            .await
            .ok();
        assert_eq!(ids(&newest), all[all.len() - count..], "{limit} backward");
        let oldest = bob.get(&format!("{list}?limit={limit}")).await.ok();
        assert_eq!(ids(&oldest), all[..count], "{limit} forward");
    }
}

/// Writes this many megabytes into a room. Returns the ids.
async fn fill(user: &User, room: u64, megabytes: usize) -> Vec<u64> {
    let messages = vec![json!({"content": "x".repeat(10_000)}); 100];
    let mut all = Vec::new();
    for _ in 0..megabytes {
        let path = format!("/reference/rooms/{room}/messages");
        let sent = user.post(&path, json!({"messages": messages})).await.ok();
        let sent = sent["messageIds"].as_array().expect("ids");
        all.extend(sent.iter().filter_map(Value::as_u64));
    }
    all
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn password_checks_release_their_memory() {
    let running = crate::program::Running::start(&["--log", "off"]);
    // Each login takes 19 MiB while the password is checked, on one thread or another.
    for _ in 0..2 {
        let logins = ["admin", "bob", "alice"].map(|name| User::log_in_at(&running.url, name));
        let [admin, bob, alice] = logins;
        tokio::join!(admin, bob, alice);
    }
    let resident = running.resident();
    assert!(resident < 64 << 20, "{} MiB", resident >> 20);
}

/// The size in MB of the room whose responses nobody reads. It may be larger for measurements.
#[cfg(target_os = "linux")]
fn unread_megabytes() -> usize {
    let given = std::env::var("ROOM_EVENTS_UNREAD_MB");
    given.map_or(24, |number| number.parse().expect("a number of megabytes"))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn unread_responses_take_little_memory() {
    let running = crate::program::Running::start(&["--log", "off"]);
    let bob = User::log_in_at(&running.url, "bob").await;
    let room = bob.create_room(json!({"name": "Large"})).await;
    let megabytes = unread_megabytes();
    fill(&bob, room, megabytes).await;
    let before = running.memory();
    let address = running.url.trim_start_matches("http://").to_owned();
    let mut unread = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(&address).await.expect("connects");
        let request = format!(
            "GET /api/v1/rooms/{room}/messages HTTP/1.1\r\nHost: a\r\nCookie: {}\r\n\r\n",
            bob.credential.1
        );
        stream.write_all(request.as_bytes()).await.expect("sent");
        // The response has begun.
        let mut byte = [0];
        patiently("an answer", stream.read_exact(&mut byte))
            .await
            .expect("a byte");
        unread.push(stream);
    }
    // Meanwhile, other requests are answered.
    let mut delays = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        bob.get("/rooms").await.ok();
        delays.push(begun.elapsed());
    }
    delays.sort();
    let taken = running.memory().saturating_sub(before);
    println!(
        "8 unread answers of {megabytes} MB: {} KiB, others wait {:?}, at most {:?}",
        taken >> 10,
        delays[25],
        delays[49]
    );
    assert!(taken < 48 << 20, "{} MiB", taken >> 20);
    let list = bob.get(&format!("/rooms/{room}/messages")).await.ok();
    assert_eq!(ids(&list).len(), megabytes * 100);
}
