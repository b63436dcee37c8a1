//! Starting, stopping and restarting a server.

use std::time::Duration;
use std::{fs, io};

use room_events::server::{CloseReason, Config, EventLimits, PasswordCost, Server, ServerError};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::support::{BOB_AND_ALICE, Closed, LOBBY, User, config, patiently, start, start_with, texts};

#[tokio::test]
async fn a_hundred_servers_run_independently() {
    let mut tasks = JoinSet::new();
    for number in 0..100 {
        tasks.spawn(async move {
            let server = start().await;
            let bob = User::log_in(&server, "bob").await;
            let mut events = bob.events().await;
            bob.send(BOB_AND_ALICE, &number.to_string()).await;
            assert_eq!(
                events.expect("TextMessagesCreated").await["messages"][0]["text"],
                number.to_string()
            );
            let list = bob.get(&format!("/rooms/{BOB_AND_ALICE}/messages")).await.ok();
            assert_eq!(texts(&list), [number.to_string()]);
            server
        });
    }
    let servers = tasks.join_all().await;
    assert_eq!(servers.len(), 100);
}

#[tokio::test]
async fn dropping_a_server_stops_it() {
    let server = start().await;
    let address = server.address();
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    let mut idle = TcpStream::connect(address).await.expect("it listens");
    drop(server);
    assert_eq!(events.closed().await, Closed::Lost);
    let mut byte = [0];
    let ended = patiently("the end of an idle connection", idle.read(&mut byte)).await;
    match ended {
        Ok(0) => {}
        // The connection was not accepted yet.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        other => panic!("{other:?} instead of an end"),
    }
    // The port is free again.
    let refused = TcpStream::connect(address).await.expect_err("nobody listens");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    let again = start_with(Config {
        listen: address,
        ..config()
    })
    .await;
    assert_eq!(again.address(), address);
}

#[tokio::test]
async fn a_shutdown_sends_queued_events_and_closes_with_1001() {
    let server = start().await;
    let address = server.address();
    let bob = User::log_in(&server, "bob").await;
    let mut events = bob.events().await;
    for number in 0..50 {
        bob.post(
            &format!("/rooms/{LOBBY}/messages"),
            json!({"content": number.to_string()}),
        )
        .await
        .done();
    }
    let shutdown = tokio::spawn(server.shutdown());
    for number in 0..50 {
        assert_eq!(
            events.expect("TextMessagesCreated").await["messages"][0]["text"],
            number.to_string()
        );
        events.expect("RoomUpdated").await;
    }
    let reason = CloseReason::GoingAway;
    assert_eq!(
        events.closed().await,
        Closed::Frame(1001, reason.text().to_owned())
    );
    patiently("the shutdown", shutdown).await.expect("it ends");
    TcpStream::connect(address).await.expect_err("nobody listens");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_forever() {
    let server = start_with(Config {
        shutdown_timeout: Duration::from_millis(100),
        events: EventLimits {
            close_timeout: Duration::from_secs(3600),
            ..EventLimits::default()
        },
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    // It never reads, so it never answers the close frame.
    let _stalled = bob.events().await;
    patiently("the shutdown", server.shutdown()).await;
}

#[tokio::test]
async fn keeps_acknowledged_changes_after_a_restart() {
    let folder = TempDir::new().expect("a folder");
    let on_disk = || Config {
        database: Some(folder.path().join("rooms.db")),
        ..config()
    };
    let server = start_with(on_disk()).await;
    let bob = User::log_in(&server, "bob").await;
    let token = bob.with_token().await;
    let message = bob.send(BOB_AND_ALICE, "still here?").await;
    bob.comment(message, "yes").await;
    let room = bob.create_room(json!({"name": "Kept"})).await;
    bob.put(&format!("/rooms/{room}"), json!({"isPinned": true}))
        .await
        .done();
    let list = format!("/rooms/{BOB_AND_ALICE}/messages");
    let before = [
        bob.get("/rooms").await.ok(),
        bob.get("/users").await.ok(),
        bob.get(&list).await.ok(),
    ];
    server.shutdown().await;

    let server = start_with(on_disk()).await;
    let again = User::nobody(&server).with_credential(bob.credential.0, &bob.credential.1);
    let after = [
        again.get("/rooms").await.ok(),
        again.get("/users").await.ok(),
        again.get(&list).await.ok(),
    ];
    assert_eq!(after, before, "and the session is still good");
    let by_token = User::nobody(&server).with_credential(token.credential.0, &token.credential.1);
    by_token.get("/status").await.ok();
    assert!(again.send(BOB_AND_ALICE, "a new one").await > message);
    // A dropped server has written everything it acknowledged, too.
    drop(server);
    let server = start_with(on_disk()).await;
    let alice = User::log_in(&server, "alice").await;
    assert_eq!(texts(&alice.get(&list).await.ok()), ["still here?", "a new one"]);
    let kept = fs::read(folder.path().join("rooms.db")).expect("the file");
    let (_, secret) = bob.credential.1.split_once('=').expect("a value");
    assert!(
        !kept
            .windows(secret.len())
            .any(|window| window == secret.as_bytes()),
        "a session lies open in the file"
    );
}

#[tokio::test]
async fn explains_why_it_cannot_start() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let listen = taken.local_addr().expect("an address");
    let folder = TempDir::new().expect("a folder");
    let no_database = folder.path().join("text.db");
    fs::write(
        &no_database,
        "This is not a database, it is a text that is long enough to tell.",
    )
    .expect("written");
    let no_queue = EventLimits {
        queue_events: 0,
        ..EventLimits::default()
    };
    for (config, code, mention) in [
        (Config { listen, ..config() }, "listen-failed", listen.to_string()),
        (
            Config {
                database: Some(no_database),
                ..config()
            },
            "database-failed",
            "text.db".to_owned(),
        ),
        (
            Config {
                database: Some(folder.path().join("a/b")),
                ..config()
            },
            "database-failed",
            "a/b".to_owned(),
        ),
        (
            Config {
                events: no_queue,
                ..config()
            },
            "config-invalid",
            "queue_events".to_owned(),
        ),
        (
            Config {
                password_cost: PasswordCost {
                    memory_kib: 1,
                    passes: 1,
                },
                ..config()
            },
            "config-invalid",
            "password_cost".to_owned(),
        ),
    ] {
        let error: ServerError = Server::start(config).await.expect_err(code);
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(&mention), "{error}");
    }
}
