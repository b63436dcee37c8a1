//! Faults of REST reads: lists that lag, and pages shorter than requested.

use std::time::{Duration, Instant};

use room_events::server::Config;
use serde_json::json;

use crate::rest_faults::{DAY, clear, inflict, messages, start_with_faults};
use crate::support::{BOB_AND_ALICE, User, config, ids, start_with, texts};

#[tokio::test]
async fn lagging_reads_show_an_earlier_state_while_events_are_on_time() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let path = messages(BOB_AND_ALICE);
    let first = bob.send(BOB_AND_ALICE, "first").await;
    let room = bob.room(BOB_AND_ALICE).await;
    inflict(&bob, json!({"fault": "restLag", "lagMs": DAY})).await;

    let mut events = bob.events().await;
    alice.send(BOB_AND_ALICE, "second").await;
    alice.comment(first, "a comment").await;
    let new_room = alice
        .create_room(json!({"name": "New", "memberIds": [bob.id]}))
        .await;
    events.until("second").await;
    bob.post(&path, json!({"content": "third"})).await.done();

    assert_eq!(texts(&bob.get(&path).await.ok()), ["first"]);
    assert_eq!(bob.room(BOB_AND_ALICE).await, room);
    let comments = format!("/messages/{first}/comments");
    assert_eq!(texts(&bob.get(&comments).await.ok()), [] as [&str; 0]);
    assert_eq!(bob.find_room(new_room).await, None);
    bob.get(&messages(new_room)).await.error(404);
    bob.get(&format!("/rooms/{new_room}/members")).await.ok();
    assert_eq!(texts(&alice.get(&path).await.ok()), ["first", "second", "third"]);

    clear(&bob).await;
    assert_eq!(texts(&bob.get(&path).await.ok()), ["first", "second", "third"]);
    assert_eq!(texts(&bob.get(&comments).await.ok()), ["a comment"]);
    assert!(bob.find_room(new_room).await.is_some());
}

#[tokio::test]
async fn lagging_reads_never_go_back() {
    const LAG: Duration = Duration::from_millis(400);
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let path = messages(BOB_AND_ALICE);
    inflict(&bob, json!({"fault": "restLag", "lagMs": 400})).await;
    let mut sent = Vec::new();
    let mut seen = 0;
    while seen < 20 {
        if sent.len() < 20 {
            sent.push(Instant::now());
            alice.send(BOB_AND_ALICE, &sent.len().to_string()).await;
        }
        let read = texts(&bob.get(&path).await.ok()).len();
        assert!(read >= seen, "{read} after {seen}");
        for begun in &sent[seen..read] {
            // The server counts whole milliseconds.
            assert!(begun.elapsed() + Duration::from_millis(1) >= LAG);
        }
        seen = read;
        assert!(sent[0].elapsed() < Duration::from_secs(30), "{seen}");
    }
}

#[tokio::test]
async fn reads_lag_with_a_database_in_a_file() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let server = start_with(Config {
        faults: true,
        database: Some(folder.path().join("rooms.db")),
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let path = messages(BOB_AND_ALICE);
    inflict(&bob, json!({"fault": "restLag", "lagMs": DAY})).await;
    bob.post(&path, json!({"content": "there"})).await.done();
    assert_eq!(bob.get(&path).await.ok()["messages"], json!([]));
    clear(&bob).await;
    assert_eq!(texts(&bob.get(&path).await.ok()), ["there"]);
}

#[tokio::test]
async fn a_cap_shortens_pages_or_refuses_larger_limits() {
    let server = start_with_faults().await;
    let bob = User::log_in(&server, "bob").await;
    let mut sent = Vec::new();
    for number in 0..5 {
        sent.push(bob.send(BOB_AND_ALICE, &number.to_string()).await);
    }
    let path = messages(BOB_AND_ALICE);
    let comments = format!("/messages/{}/comments", sent[0]);
    for number in 0..4 {
        bob.comment(sent[0], &number.to_string()).await;
    }
    inflict(&bob, json!({"fault": "restCap", "limit": 3})).await;
    for (query, expected) in [
        ("", &sent[..3]),
        ("?limit=100", &sent[..3]),
        ("?limit=4&direction=backward", &sent[2..]),
        ("?limit=2", &sent[..2]),
        ("?limit=0", &[]),
    ] {
        assert_eq!(
            ids(&bob.get(&format!("{path}{query}")).await.ok()),
            expected,
            "{query}"
        );
    }
    assert_eq!(ids(&bob.get(&comments).await.ok()).len(), 3);
    assert!(
        bob.get("/rooms").await.ok()["rooms"]
            .as_array()
            .expect("rooms")
            .len()
            > 3
    );

    clear(&bob).await;
    inflict(&bob, json!({"fault": "restCap", "limit": 3, "mode": "refuse"})).await;
    for list in [&path, &comments] {
        bob.get(&format!("{list}?limit=4")).await.error(400);
        for query in ["", "?limit=3"] {
            assert_eq!(ids(&bob.get(&format!("{list}{query}")).await.ok()).len(), 3);
        }
    }
}
