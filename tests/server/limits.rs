//! Limits on a single client's use of shared resources.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use room_events::server::{CloseReason, Config, EventLimits, HttpLimits, LoginLimits, Rate};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{Answer, Closed, Events, LOBBY, User, config, patiently, start_with};

/// A rate of this burst without refill during a test.
fn only(burst: u32) -> Rate {
    Rate {
        burst,
        every: Duration::from_secs(3600),
    }
}

async fn try_to_log_in(nobody: &User, name: &str, password: &str) -> Answer {
    nobody
        .post("/login", json!({"userName": name, "password": password}))
        .await
}

#[tokio::test]
async fn slows_down_guesses_of_a_password() {
    let server = start_with(Config {
        logins: LoginLimits {
            per_user: only(3),
            per_address: only(100),
        },
        ..config()
    })
    .await;
    let nobody = User::nobody(&server);
    let bob = User::log_in(&server, "bob").await;
    for guess in ["1", "2", "3"] {
        try_to_log_in(&nobody, "bob", guess).await.error(401);
        // A successful login does not allow another guess.
        try_to_log_in(&nobody, "alice", "alice").await.ok();
    }
    for guess in ["4", "bob"] {
        let answer = try_to_log_in(&nobody, "bob", guess).await;
        let seconds: u64 = answer.headers[RETRY_AFTER]
            .to_str()
            .expect("text")
            .parse()
            .expect("a number");
        assert!((1..=3600).contains(&seconds), "{seconds}");
        let text = answer.error(429);
        assert!(text.contains(&seconds.to_string()), "{text}");
    }
    // Existing sessions stay valid, and other users are not affected.
    bob.get("/status").await.ok();
    try_to_log_in(&nobody, "alice", "alice").await.ok();
}

#[tokio::test]
async fn slows_down_guesses_of_names() {
    let server = start_with(Config {
        logins: LoginLimits {
            per_user: only(100),
            per_address: only(3),
        },
        ..config()
    })
    .await;
    let nobody = User::nobody(&server);
    for name in ["anna", "bert", "carl"] {
        try_to_log_in(&nobody, name, "12345").await.error(401);
    }
    try_to_log_in(&nobody, "bob", "bob").await.error(429);
}

#[tokio::test]
async fn counts_concurrent_guesses_individually() {
    let server = start_with(Config {
        logins: LoginLimits {
            per_user: only(3),
            per_address: only(100),
        },
        ..config()
    })
    .await;
    let nobody = User::nobody(&server);
    let guesses = (0..40).map(|guess| {
        let nobody = nobody.clone();
        tokio::spawn(async move { try_to_log_in(&nobody, "bob", &guess.to_string()).await.status })
    });
    let mut checked = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.expect("an answer") {
            401 => checked += 1,
            status => assert_eq!(status, 429),
        }
    }
    // As many as are checked at once may have begun before the last one was counted.
    assert!((3..=6).contains(&checked), "{checked} guesses were checked");
}

#[tokio::test]
async fn limits_the_connections_of_a_user() {
    let server = start_with(Config {
        events: EventLimits {
            connections_per_user: 2,
            ..EventLimits::default()
        },
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let elsewhere = User::log_in(&server, "bob").await;
    let mut first = bob.events().await;
    let mut second = elsewhere.events().await;
    match Events::connect(&server.events_url(), &bob.credential).await {
        Err(Error::Http(response)) => {
            assert_eq!(response.status(), 429);
            let body: Value =
                serde_json::from_slice(response.body().as_deref().expect("a body")).expect("JSON");
            assert_eq!(body["httpStatusCode"], 429);
        }
        other => panic!("the third was answered with {:?}", other.map(|_| "a connection")),
    }
    User::log_in(&server, "alice")
        .await
        .events()
        .await
        .expect_silence(&bob)
        .await;
    second.expect("TextMessagesCreated").await;
    first.close().await;
    assert_eq!(first.until_closed().await.code(), 1005);
    patiently("the place to be free", async {
        while Events::connect(&server.events_url(), &bob.credential)
            .await
            .is_err()
        {}
    })
    .await;
}

#[tokio::test]
async fn limits_the_connections_of_an_address() {
    let server = start_with(Config {
        http: HttpLimits {
            connections_per_address: 3,
            ..HttpLimits::default()
        },
        ..config()
    })
    .await;
    // The first connection is kept for further requests.
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    let idle = TcpStream::connect(server.address()).await.expect("connects");
    let mut refused = TcpStream::connect(server.address()).await.expect("connects");
    let mut nothing = Vec::new();
    // The connection ends or is reset.
    let _ = patiently("the end", refused.read_to_end(&mut nothing)).await;
    assert_eq!(nothing, b"");
    events.expect_silence(&bob).await;

    drop(idle);
    patiently("the place to be free", async {
        loop {
            let mut next = TcpStream::connect(server.address()).await.expect("connects");
            let asked = next.write_all(b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            let mut answer = Vec::new();
            if asked.await.is_ok() && next.read_to_end(&mut answer).await.is_ok() && !answer.is_empty() {
                assert!(answer.starts_with(b"HTTP/1.1 404"));
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn limits_the_rate_of_client_messages() {
    let server = start_with(Config {
        events: EventLimits {
            client_messages: only(3),
            ..EventLimits::default()
        },
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let mut quiet = bob.events().await;
    let mut events = bob.events().await;
    for number in 0..2 {
        events.send(Message::Ping(vec![number].into())).await;
        assert_eq!(events.raw().await, Ok(Message::Pong(vec![number].into())));
    }
    events.send(Message::text("the third")).await;
    events.expect_silence(&bob).await;
    quiet.expect("TextMessagesCreated").await;
    quiet.expect("RoomUpdated").await;
    events.send(Message::text("the fourth")).await;
    let reason = CloseReason::TooManyMessages;
    assert_eq!(
        events.closed().await,
        Closed::Frame(reason.code(), reason.text().to_owned())
    );
    quiet.expect_silence(&bob).await;
}

#[tokio::test]
async fn times_out_a_body_that_stops() {
    let server = start_with(Config {
        http: HttpLimits {
            body_timeout: Duration::from_millis(100),
            ..HttpLimits::default()
        },
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(LOBBY, "with a file").await;
    let cookie = &bob.credential.1;
    for (path, content_type, body) in [
        ("/login".to_owned(), "application/json", "{\"userName\":"),
        (
            format!("/messages/{message}/attachments"),
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\nabc",
        ),
    ] {
        let request = format!(
            "POST /api/v1{path} HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\nCookie: {cookie}\r\n\
             Content-Length: 1000\r\nConnection: close\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(server.address()).await.expect("connects");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        // The rest of the body never comes, so the connection may be reset after the response.
        let _ = patiently("an answer", stream.read_to_end(&mut answer)).await;
        let answer = String::from_utf8(answer).expect("text");
        assert!(answer.starts_with("HTTP/1.1 408 "), "{path}: {answer}");
        assert!(answer.contains("\"httpStatusCode\":408"), "{path}: {answer}");
    }
}
