//! Connections that end, and those that misbehave.

use std::time::Duration;

use room_events::server::{CloseReason, Config, EventLimits, Server};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Closed, Events, LOBBY, User, config, patiently, start, start_with};

async fn start_with_limits(events: EventLimits) -> Server {
    start_with(Config { events, ..config() }).await
}

fn frame(reason: CloseReason) -> Closed {
    Closed::Frame(reason.code(), reason.text().to_owned())
}

/// A connection with small receive buffers, for a client that does not read.
async fn narrow_connection(server: &Server, user: &User) -> Events {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let stream = socket
        .connect(server.address())
        .await
        .expect("the server listens");
    Events::connect_over(stream, &server.events_url(), &user.credential)
        .await
        .expect("the upgrade is accepted")
}

#[tokio::test]
async fn closes_a_slow_reader_without_delaying_others() {
    let server = start_with_limits(EventLimits {
        queue_events: 20,
        close_timeout: Duration::from_secs(60),
        ..EventLimits::default()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let mut slow = narrow_connection(&server, &bob).await;
    let mut quick = bob.events().await;
    let padding = "x".repeat(200_000);
    let mut sent = 0;
    // Until the buffers of both systems and then the queue are full.
    while server.connection_count() == 2 {
        assert!(sent < 500, "the slow reader is never closed");
        let content = json!({"content": format!("{sent} {padding}")});
        bob.post(&format!("/rooms/{LOBBY}/messages"), content)
            .await
            .done();
        let text = quick.expect("TextMessagesCreated").await["messages"][0]["text"].take();
        assert!(text.as_str().expect("text").starts_with(&format!("{sent} ")));
        quick.expect("RoomUpdated").await;
        sent += 1;
    }
    quick.expect_silence(&bob).await;

    // When it reads again, it gets the events in flight without a gap, and then the reason.
    let mut received = 0;
    loop {
        match slow.read().await {
            Ok(event) if event["type"] == "RoomUpdated" => {}
            Ok(event) => {
                let text = event["data"]["messages"][0]["text"].as_str().expect("text");
                assert!(text.starts_with(&format!("{received} ")));
                received += 1;
            }
            Err(closed) => {
                assert_eq!(closed, frame(CloseReason::SlowReader));
                break;
            }
        }
    }
    assert!(
        received < sent,
        "nothing was left out for a reader that was closed"
    );
}

#[tokio::test]
async fn closes_a_reader_that_stalls_within_an_event() {
    let server = start_with_limits(EventLimits {
        write_timeout: Duration::from_millis(200),
        close_timeout: Duration::from_secs(60),
        queue_bytes: usize::MAX,
        ..EventLimits::default()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let mut stalled = narrow_connection(&server, &bob).await;
    let padding = "x".repeat(1_000_000);
    // More than the system buffers, less than the queue takes.
    for _ in 0..20 {
        bob.post(&format!("/rooms/{LOBBY}/messages"), json!({"content": padding}))
            .await
            .done();
    }
    patiently("the server to give up", async {
        while server.connection_count() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let closed = loop {
        if let Err(closed) = stalled.read().await {
            break closed;
        }
    };
    assert_eq!(closed, frame(CloseReason::SlowReader));
}

/// Performs the handshake and returns the bare stream, so that nothing answers pings.
pub(crate) async fn bare_connection(server: &Server, user: &User) -> TcpStream {
    let mut stream = TcpStream::connect(server.address())
        .await
        .expect("the server listens");
    let (name, value) = &user.credential;
    let request = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{name}: {value}\r\n\r\n",
        server.address()
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the request is sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(patiently("the head", stream.read_u8()).await.expect("a head"));
    }
    let head = String::from_utf8(head).expect("text");
    assert!(
        head.starts_with("HTTP/1.1 101 ") && head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "{head}"
    );
    stream
}

#[tokio::test]
async fn closes_a_client_that_answers_no_pings() {
    let server = start_with_limits(EventLimits {
        ping_interval: Duration::from_millis(50),
        ping_timeout: Duration::from_millis(300),
        close_timeout: Duration::from_millis(100),
        ..EventLimits::default()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let mut stream = bare_connection(&server, &bob).await;
    let mut received = Vec::new();
    patiently("the end", stream.read_to_end(&mut received))
        .await
        .expect("an orderly end");
    let reason = CloseReason::PingTimeout;
    let mut expected = vec![
        0x89,
        0,
        0x88,
        u8::try_from(2 + reason.text().len()).expect("short"),
    ];
    expected.extend(reason.code().to_be_bytes());
    expected.extend(reason.text().as_bytes());
    assert_eq!(received, expected, "one ping, then the close frame");
    assert_eq!(server.connection_count(), 0);
}

#[tokio::test]
async fn keeps_a_client_that_answers_pings() {
    let server = start_with_limits(EventLimits {
        ping_interval: Duration::from_millis(20),
        ping_timeout: Duration::from_secs(20),
        ..EventLimits::default()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    for _ in 0..5 {
        assert!(matches!(events.raw().await, Ok(Message::Ping(_))));
    }
    events.expect_silence(&bob).await;
}

#[tokio::test]
async fn ignores_messages_of_clients() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    for message in [
        Message::text(""),
        Message::text("{\"type\":\"TextMessagesCreated\",\"data\":{}}"),
        Message::binary(vec![0, 255]),
        Message::text("x".repeat(4096)),
        Message::Pong(vec![1].into()),
    ] {
        events.send(message).await;
    }
    events.send(Message::Ping(vec![7].into())).await;
    assert_eq!(events.raw().await, Ok(Message::Pong(vec![7].into())));
    events.expect_silence(&bob).await;
}

#[tokio::test]
async fn limits_the_size_of_client_messages() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    for size in [4097, 3_000_000] {
        let mut events = bob.events().await;
        events.send(Message::text("x".repeat(size))).await;
        assert_eq!(events.closed().await, frame(CloseReason::MessageTooBig), "{size}");
    }
}

#[tokio::test]
async fn closes_a_client_that_violates_the_protocol() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    for (sent, reason) in [
        // A frame that is not masked.
        (&[0x81, 0x01, b'a'][..], CloseReason::ProtocolError),
        // A reserved bit.
        (&[0xc1, 0x81, 0, 0, 0, 0, b'a'], CloseReason::ProtocolError),
        // A continuation without a beginning.
        (&[0x80, 0x81, 0, 0, 0, 0, b'a'], CloseReason::ProtocolError),
        // Text that is not UTF-8.
        (&[0x81, 0x81, 0, 0, 0, 0, 0xff], CloseReason::InvalidText),
    ] {
        let mut stream = bare_connection(&server, &bob).await;
        stream.write_all(sent).await.expect("the frame is sent");
        let mut received = Vec::new();
        patiently("the end", stream.read_to_end(&mut received))
            .await
            .expect("an orderly end");
        assert_eq!(received.get(..1), Some(&[0x88][..]), "{sent:?}");
        assert_eq!(
            received.get(2..4),
            Some(&reason.code().to_be_bytes()[..]),
            "{sent:?}"
        );
    }
}

#[tokio::test]
async fn forgets_a_client_that_leaves() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let mut polite = bob.events().await;
    let abrupt = bob.events().await;
    assert_eq!(server.connection_count(), 2);
    polite.close().await;
    // The server answers with the same frame: one without a code.
    assert_eq!(polite.closed().await.code(), 1005);
    drop(abrupt);
    patiently("the server to notice", async {
        while server.connection_count() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_logout_closes_the_sessions_connections() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let elsewhere = User::log_in(&server, "bob").await;
    let mut ended = [bob.events().await, bob.events().await];
    let mut other = elsewhere.events().await;
    bob.post_nothing("/logout").await.done();
    for events in &mut ended {
        assert_eq!(events.closed().await, frame(CloseReason::SessionEnded));
    }
    other.expect_silence(&elsewhere).await;
}

#[tokio::test]
async fn a_new_token_closes_the_connections_of_the_old_one() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let mut by_cookie = bob.events().await;
    let mut by_token = bob.with_token().await.events().await;
    let renewed = bob.with_token().await;
    assert_eq!(by_token.closed().await, frame(CloseReason::SessionEnded));
    by_cookie.expect_silence(&renewed).await;
}

#[tokio::test]
async fn a_connection_ends_with_its_session() {
    let server = start_with(Config {
        session_lifetime: Duration::from_secs(2),
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    assert_eq!(events.closed().await, frame(CloseReason::SessionEnded));
    bob.get("/status").await.error(401);
}

#[tokio::test]
async fn explains_a_request_that_is_not_a_handshake() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let answer = bob.get("/events").await;
    assert_eq!(answer.headers["upgrade"], "websocket");
    answer.error(426);

    let shake = async |name: &str, value: &str| {
        let mut request = bob.request(reqwest::Method::GET, "/events");
        for (header, usual) in [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            request = request.header(header, if header == name { value } else { usual });
        }
        crate::support::Answer::to(request).await
    };
    shake("upgrade", "h2c").await.error(426);
    shake("connection", "keep-alive").await.error(426);
    shake("sec-websocket-version", "12").await.error(400);
    shake("sec-websocket-key", "short").await.error(400);
    assert_eq!(server.connection_count(), 0);
}
