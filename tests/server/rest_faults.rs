//! Faults of REST requests: statuses, slow bodies and requests that hang.

use std::time::{Duration, Instant};

use reqwest::{Method, Response, StatusCode};
use room_events::server::{Config, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{BOB_AND_ALICE, COMET, LOBBY, User, config, patiently, start_with, texts};

const FAULTS: &str = "/reference/faults";

/// Longer than any test takes.
pub(crate) const DAY: u64 = 86_400_000;

pub(crate) async fn start_with_faults() -> Server {
    start_with(Config {
        faults: true,
        ..config()
    })
    .await
}

pub(crate) async fn inflict(user: &User, fault: Value) {
    user.post(FAULTS, fault).await.done();
}

pub(crate) async fn clear(user: &User) {
    user.delete(FAULTS).await.done();
}

/// Waits until a fault with a count has affected a request.
async fn until_counted(user: &User, left: u32) {
    let counted = async { while user.get(FAULTS).await.ok()["faults"][0]["remainingCount"] != left {} };
    patiently("a request that the fault concerns", counted).await;
}

pub(crate) fn messages(room: u64) -> String {
    format!("/rooms/{room}/messages")
}

/// A response that may not be JSON.
async fn raw(user: &User, method: Method, path: &str, body: Option<Value>) -> Response {
    let mut request = user.request(method, path);
    if let Some(body) = body {
        request = request.json(&body);
    }
    patiently("an answer", request.send()).await.expect("an answer")
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    let value = response.headers().get(name);
    value.map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn a_status_affects_only_requests_below_its_path() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let path = format!("/rooms/{LOBBY}");
    inflict(&bob, json!({"fault": "restStatus", "status": 403, "path": path})).await;
    bob.get(&messages(LOBBY)).await.error(403);
    bob.get(&format!("{}?limit=1", messages(LOBBY))).await.error(403);
    bob.post(&messages(LOBBY), json!({"content": "lost"}))
        .await
        .error(403);
    bob.get(&messages(COMET)).await.ok();
    bob.get("/rooms").await.ok();
    bob.events().await;
    assert!(!texts(&alice.get(&messages(LOBBY)).await.ok()).contains(&"lost"));

    clear(&bob).await;
    let fault = json!({"fault": "restStatus", "status": 404, "path": "/rooms", "exact": true});
    inflict(&bob, fault).await;
    bob.get("/rooms").await.error(404);
    bob.get(&messages(LOBBY)).await.ok();
}

#[tokio::test]
async fn only_requests_of_the_path_use_up_a_count() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    for (status, room) in [(500, LOBBY), (502, COMET)] {
        let path = messages(room);
        inflict(
            &bob,
            json!({"fault": "restStatus", "status": status, "path": path, "count": 1}),
        )
        .await;
    }
    bob.get("/rooms").await.ok();
    bob.get(&messages(COMET)).await.error(502);
    bob.get(&messages(LOBBY)).await.error(500);
    bob.get(&messages(COMET)).await.ok();
    bob.get(&messages(LOBBY)).await.ok();
    assert_eq!(bob.get(FAULTS).await.ok()["faults"], json!([]));
}

#[tokio::test]
async fn only_requests_of_the_method_use_up_a_count() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let path = messages(LOBBY);
    let fault = json!({"fault": "restStatus", "status": 409, "method": "POST", "path": path, "exact": true, "count": 1});
    inflict(&bob, fault).await;
    bob.get(&path).await.ok();
    bob.post(&path, json!({"content": "refused"})).await.error(409);
    bob.post(&path, json!({"content": "sent"})).await.ok();
}

#[tokio::test]
async fn a_status_may_have_a_retry_after() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    inflict(
        &bob,
        json!({"fault": "restStatus", "status": 429, "retryAfterS": 7, "count": 1}),
    )
    .await;
    let answer = bob.get("/rooms").await;
    assert_eq!(answer.headers["retry-after"], "7");
    answer.error(429);
    inflict(&bob, json!({"fault": "restStatus", "status": 503, "count": 1})).await;
    assert_eq!(bob.get("/rooms").await.headers.get("retry-after"), None);
}

#[tokio::test]
async fn a_login_page_has_any_status_and_prevents_execution() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let path = messages(BOB_AND_ALICE);
    for status in [200, 401, 503] {
        inflict(
            &bob,
            json!({"fault": "restStatus", "status": status, "body": "html"}),
        )
        .await;
        let answer = raw(&bob, Method::POST, &path, Some(json!({"content": "lost"}))).await;
        assert_eq!(answer.status().as_u16(), status);
        assert!(header(&answer, "content-type").starts_with("text/html"));
        let page = answer.text().await.expect("text");
        assert!(page.starts_with("<!doctype html>"), "{page}");
        clear(&bob).await;
    }
    assert_eq!(bob.get(&path).await.ok()["messages"], json!([]));
}

#[tokio::test]
async fn a_truncated_response_is_complete_http_with_half_the_json() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let path = messages(BOB_AND_ALICE);
    let good = raw(&bob, Method::GET, "/rooms", None).await;
    let good = good.text().await.expect("text");
    inflict(
        &bob,
        json!({"fault": "restStatus", "status": 200, "body": "truncated"}),
    )
    .await;
    let answer = raw(&bob, Method::GET, "/rooms", None).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(&answer, "content-type"), "application/json");
    assert_eq!(header(&answer, "content-length"), (good.len() / 2).to_string());
    assert_eq!(answer.text().await.expect("text"), good[..good.len() / 2]);

    let sent = raw(&bob, Method::POST, &path, Some(json!({"content": "there"}))).await;
    assert!(serde_json::from_str::<Value>(&sent.text().await.expect("text")).is_err());
    bob.get(&messages(1000)).await.error(404);
    let picture = raw(&bob, Method::GET, "/users/1/avatar.jpg", None).await;
    let length: usize = header(&picture, "content-length").parse().expect("a number");
    let bytes = picture.bytes().await.expect("bytes");
    assert_eq!(bytes[length - 2..], [0xff, 0xd9], "the end of a JPEG");
    clear(&bob).await;
    assert_eq!(texts(&bob.get(&path).await.ok()), ["there"]);
}

#[tokio::test]
async fn a_slow_body_trickles_and_completes_when_the_fault_ends() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let good = raw(&bob, Method::GET, "/rooms", None).await;
    let good = good.bytes().await.expect("bytes");
    inflict(
        &bob,
        json!({"fault": "restSlow", "bytesPerSecond": 100, "path": "/rooms"}),
    )
    .await;
    bob.get("/users").await.ok();
    let mut answer = raw(&bob, Method::GET, "/rooms", None).await;
    assert_eq!(header(&answer, "content-length"), good.len().to_string());
    let begun = Instant::now();
    let mut received = Vec::new();
    while received.len() < 20 {
        let chunk = patiently("a part", answer.chunk()).await.expect("it goes on");
        received.extend(chunk.expect("there is more"));
    }
    assert!(begun.elapsed() >= Duration::from_millis(100), "{received:?}");
    assert!(received.len() < good.len());
    clear(&bob).await;
    while let Some(chunk) = patiently("the rest", answer.chunk()).await.expect("it goes on") {
        received.extend(chunk);
    }
    assert_eq!(received, good);
}

#[tokio::test]
async fn requests_hang_until_the_faults_are_cleared() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let path = messages(LOBBY);
    inflict(&bob, json!({"fault": "restHang", "path": path, "count": 2})).await;
    let hanging = tokio::spawn({
        let (bob, path) = (bob.clone(), path.clone());
        async move { bob.get(&path).await.ok() }
    });
    until_counted(&bob, 1).await;
    bob.get(&messages(COMET)).await.ok();
    bob.get("/rooms").await.ok();
    assert!(!hanging.is_finished());
    clear(&bob).await;
    let answer = hanging.await.expect("it is answered after all");
    assert_eq!(answer["roomId"], LOBBY);
    bob.get(&path).await.ok();
}

#[tokio::test]
async fn requests_hang_for_a_time() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let begun = Instant::now();
    inflict(&bob, json!({"fault": "restHang", "ms": 200})).await;
    bob.get("/rooms").await.ok();
    assert!(begun.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn a_hanging_request_ends_with_its_connection() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let path = messages(BOB_AND_ALICE);
    inflict(&bob, json!({"fault": "restHang", "path": path, "count": 2})).await;
    let (body, (name, value)) = (r#"{"content":"lost"}"#, &bob.credential);
    let request = format!(
        "POST /api/v1{path} HTTP/1.1\r\nHost: localhost\r\n{name}: {value}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(server.address()).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("writes");
    until_counted(&bob, 1).await;
    stream.shutdown().await.expect("gives up");
    let mut answer = Vec::new();
    patiently("the end", stream.read_to_end(&mut answer))
        .await
        .expect("the connection ends");
    assert_eq!(String::from_utf8_lossy(&answer), "");
    clear(&bob).await;
    assert_eq!(bob.get(&path).await.ok()["messages"], json!([]));
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_hanging_or_slow_requests() {
    let server = start_with(Config {
        faults: true,
        shutdown_timeout: Duration::from_millis(DAY),
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    inflict(&bob, json!({"fault": "restHang", "path": "/users", "count": 2})).await;
    inflict(
        &bob,
        json!({"fault": "restSlow", "path": "/rooms", "bytesPerSecond": 1}),
    )
    .await;
    let slow = raw(&bob, Method::GET, "/rooms", None).await;
    let hanging = tokio::spawn({
        let bob = bob.clone();
        async move { bob.get("/users").await.error(503) }
    });
    until_counted(&bob, 1).await;
    let body = tokio::spawn(slow.text());
    patiently("the end", server.shutdown()).await;
    hanging.await.expect("it is answered");
    let body = body.await.expect("it is read").expect("it is whole");
    assert!(serde_json::from_str::<Value>(&body).is_ok());
}

#[tokio::test]
async fn refuses_an_invalid_fault_of_requests() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    for (fault, mention) in [
        (json!({"fault": "restStatus", "status": 200}), "200"),
        (
            json!({"fault": "restStatus", "status": 302, "body": "html"}),
            "302",
        ),
        (
            json!({"fault": "restStatus", "status": 500, "body": "xml"}),
            "xml",
        ),
        (
            json!({"fault": "restStatus", "status": 500, "path": "rooms"}),
            "rooms",
        ),
        (
            json!({"fault": "restStatus", "status": 500, "path": "/rooms?limit=1"}),
            "query",
        ),
        (
            json!({"fault": "restStatus", "status": 500, "path": "/api/v1/rooms"}),
            "below",
        ),
        (
            json!({"fault": "restStatus", "status": 500, "exact": true}),
            "path",
        ),
        (
            json!({"fault": "restStatus", "status": 429, "retryAfterS": 86_401}),
            "day",
        ),
        (
            json!({"fault": "restStatus", "status": 429, "retryAfterS": u64::MAX}),
            "day",
        ),
        (json!({"fault": "restHang", "method": "post"}), "POST"),
        (json!({"fault": "restLag"}), "lagMs"),
        (json!({"fault": "restLag", "lagMs": 0}), "lagMs"),
        (json!({"fault": "restLag", "lagMs": DAY + 1}), "day"),
        (json!({"fault": "restCap", "limit": 0}), "limit"),
        (json!({"fault": "restCap", "limit": 1, "mode": "loud"}), "loud"),
        (
            json!({"fault": "restSlow", "bytesPerSecond": 0}),
            "bytesPerSecond",
        ),
        (json!({"fault": "restHang", "path": ""}), "path"),
        (json!({"fault": "restHang", "ms": DAY + 1}), "day"),
    ] {
        let text = bob.post(FAULTS, fault).await.error(400);
        assert!(text.contains(mention), "{text}");
    }
    assert_eq!(bob.get(FAULTS).await.ok()["faults"], json!([]));
}
