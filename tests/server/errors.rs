//! Invalid requests: each gets the API's error with a readable text.

use std::time::Duration;

use reqwest::Method;
use room_events::server::{Config, HttpLimits};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, LOBBY, User, config, patiently, start, start_with};

#[tokio::test]
async fn refuses_invalid_json() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let path = format!("/rooms/{LOBBY}/messages");
    for (body, mention) in [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("{\"content\":\"a\"", "not JSON"),
        ("{}", "content"),
        ("[]", "expected an object"),
        ("[\"a\"]", "expected an object"),
        ("null", "not what is expected"),
        ("{\"content\":1}", "content"),
        ("{\"content\":null}", "content"),
    ] {
        let request = bob
            .request(Method::POST, &path)
            .header("content-type", "application/json")
            .body(body);
        let text = Answer::to(request).await.error(400);
        assert!(text.contains(mention), "{body}: {text}");
    }
    let not_utf8 = bob
        .request(Method::POST, &path)
        .header("content-type", "application/json")
        .body(b"{\"content\":\"\xff\"}".as_slice());
    Answer::to(not_utf8).await.error(400);
    let not_utf8_elsewhere = bob
        .request(Method::POST, &path)
        .header("content-type", "application/json")
        .body(b"{\"content\":\"a\",\"unknown\":\"\xff\"}".as_slice());
    Answer::to(not_utf8_elsewhere).await.error(400);
}

#[tokio::test]
async fn refuses_other_content_types() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=a",
    ] {
        let request = bob
            .request(Method::POST, &format!("/rooms/{LOBBY}/messages"))
            .header("content-type", content_type)
            .body("{\"content\":\"a\"}");
        let text = Answer::to(request).await.error(415);
        assert!(text.contains("application/json"), "{text}");
    }
    let with_charset = bob
        .request(Method::POST, &format!("/rooms/{LOBBY}/messages"))
        .header("content-type", "application/json; charset=utf-8")
        .body("{\"content\":\"a\"}");
    Answer::to(with_charset).await.done();
}

#[tokio::test]
async fn refuses_a_body_that_is_too_large() {
    let http = HttpLimits {
        max_body: 1000,
        ..HttpLimits::default()
    };
    let server = start_with(Config { http, ..config() }).await;
    let bob = User::log_in(&server, "bob").await;
    let path = format!("/rooms/{LOBBY}/messages");
    let text = bob
        .post(&path, json!({"content": "a".repeat(1000)}))
        .await
        .error(413);
    assert!(text.contains("1000 bytes"), "{text}");
    bob.post(&path, json!({"content": "a".repeat(900)})).await.done();
}

#[tokio::test]
async fn refuses_unknown_paths_and_methods() {
    let server = start().await;
    let nobody = User::nobody(&server);
    for path in [
        "/",
        "/nothing",
        "/rooms/",
        "/rooms/1/messages/2",
        "/reference/faults",
    ] {
        let text = nobody.get(path).await.error(404);
        assert!(text.contains(&format!("/api/v1{path}")), "{text}");
    }
    let outside = reqwest::Client::new().get(format!("{}/api/v2/rooms", server.url()));
    assert!(Answer::to(outside).await.error(404).contains("/api/v2/rooms"));

    for (method, path, allowed) in [
        (Method::PUT, "/login", "POST"),
        (Method::POST, "/status", "GET,HEAD"),
        (Method::DELETE, "/rooms", "GET,HEAD,POST"),
        (Method::PATCH, "/messages/1", "PUT,DELETE"),
        (Method::POST, "/events", "GET,HEAD"),
    ] {
        let answer = Answer::to(nobody.request(method.clone(), path)).await;
        assert_eq!(answer.headers["allow"], allowed, "{method} {path}");
        let text = answer.error(405);
        assert!(text.contains(method.as_str()) && text.contains(path), "{text}");
    }
}

#[tokio::test]
async fn refuses_invalid_ids() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    for id in [
        "x",
        "-1",
        "1.5",
        "9007199254740992",
        "99999999999999999999",
        "%20",
    ] {
        for path in [
            format!("/rooms/{id}/messages"),
            format!("/messages/{id}/comments"),
        ] {
            let text = bob.get(&path).await.error(400);
            assert!(text.contains("id"), "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn reports_missing_items_as_not_found() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    for id in [0, 1000, (1_u64 << 53) - 1] {
        let content = || json!({"content": "a"});
        for (answer, text) in [
            (bob.get(&format!("/rooms/{id}/messages")).await, "Room not found"),
            (
                bob.post(&format!("/rooms/{id}/messages"), content()).await,
                "Room not found",
            ),
            (
                bob.put(&format!("/rooms/{id}"), json!({"name": "a"})).await,
                "Room not found",
            ),
            (bob.delete(&format!("/rooms/{id}")).await, "Room not found"),
            (bob.get(&format!("/rooms/{id}/members")).await, "Room not found"),
            (
                bob.put(&format!("/rooms/{id}/members/1"), json!({})).await,
                "Room not found",
            ),
            (
                bob.delete(&format!("/rooms/{id}/members/1")).await,
                "Room not found",
            ),
            (
                bob.put(&format!("/messages/{id}"), content()).await,
                "Message not found",
            ),
            (bob.delete(&format!("/messages/{id}")).await, "Message not found"),
            (
                bob.post_nothing(&format!("/messages/{id}/read")).await,
                "Message not found",
            ),
            (
                bob.get(&format!("/messages/{id}/comments")).await,
                "Message not found",
            ),
            (
                bob.post(&format!("/messages/{id}/comments"), content()).await,
                "Message not found",
            ),
        ] {
            assert_eq!(answer.error(404), text);
        }
    }
}

#[tokio::test]
async fn times_out_an_incomplete_head() {
    let http = HttpLimits {
        head_timeout: Duration::from_millis(100),
        ..HttpLimits::default()
    };
    let server = start_with(Config { http, ..config() }).await;
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    stream
        .write_all(b"GET /api/v1/rooms HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        .await
        .expect("the beginning is sent");
    let mut answer = Vec::new();
    patiently("the end", stream.read_to_end(&mut answer))
        .await
        .expect("an end");
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_failure_changes_nothing() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let mut events = bob.events().await;
    // A member that does not exist is detected after the room was written.
    let answer = bob
        .post("/rooms", json!({"name": "Half", "memberIds": [2, 1000]}))
        .await;
    assert_eq!(answer.error(404), "User not found");
    events.expect_silence(&alice).await;
    let rooms = bob.get("/rooms").await.ok();
    assert!(
        rooms["rooms"]
            .as_array()
            .expect("a list")
            .iter()
            .all(|room| room["name"] != "Half")
    );
}
