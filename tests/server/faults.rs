//! Deliberate faults, and the specification's own payloads.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use room_events::protocol::ids::UserId;
use room_events::server::{CloseReason, Config, Fault, FaultError, Scope, Server, ServerError};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{ALICE, BOB, BOB_AND_ALICE, Closed, Events, LOBBY, User, config, start, start_with};

const PATH: &str = "/reference/faults";

async fn start_with_faults() -> Server {
    start_with(Config {
        faults: true,
        ..config()
    })
    .await
}

#[tokio::test]
async fn sends_every_payload_of_the_specification_unchanged() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/events");
    let mut seen = 0;
    for entry in fs::read_dir(fixtures).expect("the fixtures are there") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("text");
        bob.post(PATH, json!({"fault": "frame", "text": text}))
            .await
            .done();
        assert_eq!(events.frame().await, Ok(Message::text(&text)));
        seen += 1;
    }
    assert!(seen >= 6, "there are six events");
}

#[tokio::test]
async fn faults_of_a_user_do_not_affect_others() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let mut alices = alice.events().await;
    for fault in [
        json!({"fault": "frame", "text": "no JSON"}),
        json!({"fault": "close", "code": 4999}),
        json!({"fault": "drop"}),
    ] {
        bob.post(PATH, fault).await.done();
    }
    alices.expect_silence(&bob).await;
}

#[tokio::test]
async fn closes_connections_with_any_code_and_drops_them() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    for code in [1000, 1001, 1011, 1012, 3000, 4999] {
        let mut events = [bob.events().await, bob.events().await];
        bob.post(PATH, json!({"fault": "close", "code": code}))
            .await
            .done();
        for events in &mut events {
            assert_eq!(events.closed().await.code(), code);
        }
    }
    let mut events = bob.events().await;
    bob.post(PATH, json!({"fault": "drop"})).await.done();
    assert_eq!(events.closed().await, Closed::Lost);
}

#[tokio::test]
async fn refuses_an_invalid_fault() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    for code in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        let text = bob
            .post(PATH, json!({"fault": "close", "code": code}))
            .await
            .error(400);
        assert!(text.contains(&code.to_string()), "{text}");
    }
    for fault in [
        json!({}),
        json!({"fault": "explode"}),
        json!({"fault": "close"}),
        json!({"fault": "close", "code": 1000, "a": 1}),
    ] {
        bob.post(PATH, fault).await.error(400);
    }
    let scope = Scope::User(UserId::from(2));
    let fault = Fault::Close {
        code: 1006,
        reason: None,
    };
    assert_eq!(
        server.faults().inflict(scope, fault).await,
        Err(FaultError::CloseCode(1006))
    );
    for (fault, mention) in [
        (
            json!({"fault": "close", "code": 4000, "reason": "x".repeat(124)}),
            "124",
        ),
        (json!({"fault": "refuseUpgrades", "status": 200}), "200"),
        (json!({"fault": "restStatus", "status": 600}), "600"),
        (json!({"fault": "stall", "ms": 86_400_001}), "day"),
        (json!({"fault": "delay", "delayMs": u64::MAX}), "day"),
        (json!({"fault": "lose"}), "share"),
        (json!({"fault": "lose", "share": 1.5}), "share"),
        (json!({"fault": "lose", "share": 0.5, "count": 1}), "share"),
        (json!({"fault": "drop", "scope": "nobody"}), "nobody"),
        (json!({"fault": "drop", "scope": -1}), "-1"),
        (json!({"fault": "drop", "how": "loudly"}), "loudly"),
        (json!({"fault": "garbage", "kind": "nice"}), "nice"),
        (json!({"fault": "expireSessions", "a": 1}), "a"),
    ] {
        let text = bob.post(PATH, fault).await.error(400);
        assert!(text.contains(mention), "{text}");
    }
    assert_eq!(active(&bob).await, json!([]));
}

#[tokio::test]
async fn faults_exist_only_if_enabled() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    bob.post(PATH, json!({"fault": "drop"})).await.error(404);

    let alice = User::log_in(&server, "alice").await;
    let mut events = alice.events().await;
    let fault = Fault::Frame {
        text: "{}".to_owned(),
    };
    let alice_id = UserId::new(ALICE).expect("in range");
    server
        .faults()
        .inflict(Scope::User(alice_id), fault)
        .await
        .expect("from Rust they always are");
    assert_eq!(events.read().await, Ok(Value::Object(serde_json::Map::new())));
}

/// The lasting faults.
async fn active(user: &User) -> Value {
    user.get(PATH).await.ok()["faults"].take()
}

async fn inflict(user: &User, fault: Value) {
    user.post(PATH, fault).await.done();
}

/// Sends a message in the lobby and waits for its response.
async fn say(user: &User, text: &str) {
    let path = format!("/rooms/{LOBBY}/messages");
    user.post(&path, json!({"content": text})).await.done();
}

/// The status of a refused upgrade.
async fn refused(server: &Server, user: &User) -> u16 {
    match Events::connect(&server.events_url(), &user.credential).await {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error} instead of an answer"),
        Ok(_) => 101,
    }
}

#[tokio::test]
async fn a_fault_affects_only_its_scope() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    for (scope, bobs_code, alices_code) in [
        (json!("caller"), Some(4000), None),
        (json!(ALICE), None, Some(4000)),
        (json!("all"), Some(4000), Some(4000)),
    ] {
        let (mut bobs, mut alices) = (bob.events().await, alice.events().await);
        let fault = json!({"fault": "close", "code": 4000, "reason": "as told", "scope": scope});
        inflict(&bob, fault).await;
        let told = |code| Closed::Frame(code, "as told".to_owned());
        match bobs_code {
            Some(code) => assert_eq!(bobs.closed().await, told(code)),
            None => bobs.expect_silence(&bob).await,
        }
        match alices_code {
            Some(code) => assert_eq!(alices.closed().await, told(code)),
            None => alices.expect_silence(&bob).await,
        }
    }
}

#[tokio::test]
async fn drops_connections_in_three_ways() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    for (how, expected) in [
        ("clean", "Ok(0)"),
        ("midFrame", "Ok(0)"),
        ("abrupt", "ConnectionReset"),
    ] {
        let mut stream = crate::connections::bare_connection(&server, &bob).await;
        inflict(&bob, json!({"fault": "drop", "how": how})).await;
        let mut received = Vec::new();
        let end = crate::support::patiently("the end", stream.read_to_end(&mut received)).await;
        match end {
            Ok(_) => assert_eq!("Ok(0)", expected, "{how}"),
            Err(error) => assert_eq!(format!("{:?}", error.kind()), expected, "{how}"),
        }
        if how == "midFrame" {
            assert_eq!(received[..4], [0x81, 0x7e, 0x03, 0xe8]);
            assert!(received.len() > 4 && received.len() < 1004);
        } else {
            assert_eq!(received.len(), 0, "{how}");
        }
    }
}

#[tokio::test]
async fn sends_every_kind_of_garbage_and_continues() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    for (kind, is_json) in [
        ("notJson", false),
        ("empty", false),
        ("truncated", false),
        ("notAnEvent", true),
        ("malformed", true),
        ("huge", true),
        ("unknownType", true),
        ("unknownEnum", true),
    ] {
        inflict(&bob, json!({"fault": "garbage", "kind": kind})).await;
        let Ok(Message::Text(text)) = events.frame().await else {
            panic!("{kind} is no text");
        };
        assert_eq!(serde_json::from_str::<Value>(&text).is_ok(), is_json, "{kind}");
        assert_eq!(text.len() > 10_000_000, kind == "huge");
    }
    inflict(&bob, json!({"fault": "garbage", "kind": "binary"})).await;
    let Ok(Message::Binary(bytes)) = events.frame().await else {
        panic!("not binary");
    };
    assert!(std::str::from_utf8(&bytes).is_err());
    inflict(&bob, json!({"fault": "garbage", "kind": "deep"})).await;
    let Ok(Message::Text(text)) = events.frame().await else {
        panic!("not text");
    };
    assert_eq!(text.matches('[').count(), 100_000);
    assert_eq!(text.matches(']').count(), 100_000);
    events.expect_silence(&bob).await;
}

#[tokio::test]
async fn refuses_the_next_upgrades() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    inflict(
        &bob,
        json!({"fault": "refuseUpgrades", "count": 2, "status": 502}),
    )
    .await;
    assert_eq!(refused(&server, &alice).await, 101);
    assert_eq!(refused(&server, &bob).await, 502);
    assert_eq!(active(&bob).await[0]["remainingCount"], 1);
    assert_eq!(refused(&server, &bob).await, 502);
    assert_eq!(refused(&server, &bob).await, 101);
    assert_eq!(active(&bob).await, json!([]));
}

#[tokio::test]
async fn answers_rest_requests_with_a_status_without_executing_them() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    inflict(
        &bob,
        json!({"fault": "restStatus", "status": 500, "scope": "all"}),
    )
    .await;
    let path = format!("/rooms/{BOB_AND_ALICE}/messages");
    bob.post(&path, json!({"content": "lost"})).await.error(500);
    let login = json!({"userName": "bob", "password": "bob"});
    User::nobody(&server).post("/login", login).await.error(500);
    assert_eq!(refused(&server, &bob).await, 101, "upgrades are not concerned");
    bob.delete(PATH).await.done();
    assert_eq!(bob.get(&path).await.ok()["messages"], json!([]));
}

#[tokio::test]
async fn a_stalled_connection_is_silent_and_continues_afterwards() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let (mut bobs, mut alices) = (bob.events().await, alice.events().await);
    inflict(&bob, json!({"fault": "stall"})).await;
    bobs.send(Message::Ping(vec![7].into())).await;
    say(&alice, "during the stall").await;
    // Alice receives it. Bob receives nothing: no pong, no event, no end.
    alices.until("during the stall").await;
    let silence = tokio::time::timeout(Duration::from_millis(200), bobs.raw()).await;
    assert!(silence.is_err(), "{silence:?}");
    let upgrade = tokio::time::timeout(Duration::from_millis(200), refused(&server, &bob)).await;
    assert!(upgrade.is_err(), "{upgrade:?}");
    bob.get("/status").await.ok();
    assert_eq!(
        active(&bob).await,
        json!([{
            "fault": "stall", "part": "events", "ms": null, "scope": BOB,
            "remainingMs": null, "remainingCount": null
        }])
    );
    bob.delete(PATH).await.done();
    bobs.until("during the stall").await;
}

#[tokio::test]
async fn rest_stalls_for_a_time() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let begun = Instant::now();
    inflict(&bob, json!({"fault": "stall", "part": "rest", "ms": 300})).await;
    alice.get("/status").await.ok();
    bob.get("/status").await.ok();
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(active(&bob).await, json!([]));
}

#[tokio::test]
async fn delays_events_in_order() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    let begun = Instant::now();
    inflict(
        &bob,
        json!({"fault": "delay", "delayMs": 100, "jitterMs": 100, "seed": 7}),
    )
    .await;
    for number in 0..20 {
        say(&bob, &number.to_string()).await;
    }
    for number in 0..20 {
        assert_eq!(events.until(&number.to_string()).await, [] as [Value; 0]);
        assert!(begun.elapsed() >= Duration::from_millis(100));
    }
}

/// The messages that arrive under a fault.
async fn arriving(fault: Value, messages: usize) -> Vec<String> {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    inflict(&bob, fault).await;
    for number in 0..messages {
        say(&bob, &number.to_string()).await;
    }
    bob.delete(PATH).await.done();
    say(&bob, "the last").await;
    events
        .until("the last")
        .await
        .iter()
        .filter(|event| event["type"] == "TextMessagesCreated")
        .map(|event| {
            event["data"]["messages"][0]["text"]
                .as_str()
                .expect("text")
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn loses_events_by_number_and_by_share() {
    // A message makes two events.
    assert_eq!(arriving(json!({"fault": "lose", "count": 4}), 3).await, ["2"]);
    assert_eq!(
        arriving(json!({"fault": "lose", "share": 0.0}), 2).await,
        ["0", "1"]
    );
    assert_eq!(
        arriving(json!({"fault": "lose", "share": 1.0}), 2).await,
        [] as [&str; 0]
    );
    let some = arriving(json!({"fault": "lose", "share": 0.5, "seed": 3}), 30).await;
    assert!(!some.is_empty() && some.len() < 30);
    let again = arriving(json!({"fault": "lose", "share": 0.5, "seed": 3}), 30).await;
    assert_eq!(again, some, "the seed decides");
}

#[tokio::test]
async fn sessions_expire() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let by_token = bob.with_token().await;
    let alice = User::log_in(&server, "alice").await;
    let mut ended = [bob.events().await, by_token.events().await];
    inflict(&bob, json!({"fault": "expireSessions"})).await;
    for events in &mut ended {
        assert_eq!(events.closed().await.code(), CloseReason::SessionEnded.code());
    }
    bob.get("/status").await.error(401);
    by_token.get("/status").await.error(401);
    alice.get("/status").await.ok();
}

#[tokio::test]
async fn a_restart_closes_with_1012_and_refuses_for_a_time() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    inflict(
        &bob,
        json!({"fault": "restart", "ms": 86_400_000, "scope": "all"}),
    )
    .await;
    assert_eq!(events.closed().await.code(), 1012);
    assert_eq!(refused(&server, &bob).await, 503);
    assert_eq!(active(&bob).await[0]["scope"], "all");
    bob.delete(PATH).await.done();
    assert_eq!(refused(&server, &bob).await, 101);
}

#[tokio::test]
async fn a_server_restarts_at_its_address_with_its_data() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let server = start_with(Config {
        database: Some(folder.path().join("rooms.db")),
        ..config()
    })
    .await;
    let address = server.address();
    let bob = User::log_in(&server, "bob").await;
    say(&bob, "before").await;
    let server = server.restart().await.expect("it starts again");
    assert_eq!(server.address(), address);
    bob.get("/status").await.ok();
    assert_eq!(refused(&server, &bob).await, 101);
}

#[tokio::test]
async fn starts_with_lasting_faults() {
    let fault: Fault = r#"{"fault":"refuseUpgrades","status":504}"#.parse().expect("a fault");
    let server = start_with(Config {
        initial_faults: vec![fault.into()],
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    assert_eq!(refused(&server, &bob).await, 504);
    server.faults().clear();
    assert_eq!(refused(&server, &bob).await, 101);

    let now: Fault = r#"{"fault":"drop"}"#.parse().expect("a fault");
    let error: ServerError = Server::start(Config {
        initial_faults: vec![now.into()],
        ..config()
    })
    .await
    .expect_err("nobody is connected");
    assert_eq!(error.code(), "fault-at-start");
}
