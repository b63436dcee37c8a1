//! The database: which files are accepted, a full disk, locks of other processes, and times.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use reqwest::Method;
use reqwest::header::RETRY_AFTER;
use room_events::server::{Config, Server, ServerError, StoreError};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::support::description::openapi;
use crate::support::{Answer, LOBBY, User, config, start_with};

/// A configuration with the database in this file.
fn in_file(path: &Path) -> Config {
    Config {
        database: Some(path.to_owned()),
        ..config()
    }
}

/// The content of a folder, by file.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.clone(), fs::read(path).expect("a file")))
        .collect()
}

async fn refusal(path: &Path) -> StoreError {
    match Server::start(in_file(path)).await {
        Err(ServerError::Database { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn refuses_a_foreign_or_newer_file_without_changing_it() {
    for (name, sql, code) in [
        (
            "a foreign one",
            "CREATE TABLE t (a); INSERT INTO t VALUES (1)",
            "store-foreign",
        ),
        (
            "a foreign one with versions of its own",
            "PRAGMA user_version = 2; CREATE TABLE users (a)",
            "store-foreign",
        ),
        (
            "one with a number of its own",
            "PRAGMA application_id = 7",
            "store-foreign",
        ),
        (
            "a foreign one with a log",
            "PRAGMA journal_mode = WAL; CREATE TABLE t (a)",
            "store-foreign",
        ),
        (
            "a newer one",
            "PRAGMA application_id = 0x526d4576; PRAGMA user_version = 99; CREATE TABLE t (a)",
            "store-too-new",
        ),
    ] {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("some thing?.db");
        let connection = Connection::open(&path).expect("opens");
        connection.execute_batch(sql).expect(name);
        drop(connection);
        let before = contents(folder.path());
        let error = refusal(&path).await;
        assert_eq!(error.code(), code, "{name}: {error}");
        assert_eq!(contents(folder.path()), before, "{name} was touched");
    }
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("text.db");
    fs::write(&path, "a text").expect("written");
    let before = contents(folder.path());
    assert_eq!(refusal(&path).await.code(), "store-foreign");
    assert_eq!(contents(folder.path()), before);
}

#[tokio::test]
async fn detects_a_newer_version_in_the_log_of_a_killed_program() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("rooms.db");
    start_with(in_file(&path)).await.shutdown().await;
    let writer = Connection::open(&path).expect("opens");
    writer
        .execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 99")
        .expect("a newer version");
    // The state that a killed process leaves.
    let copies = TempDir::new().expect("a folder");
    let copy = copies.path().join("rooms.db");
    fs::copy(&path, &copy).expect("copied");
    fs::copy(
        folder.path().join("rooms.db-wal"),
        copies.path().join("rooms.db-wal"),
    )
    .expect("copied");
    drop(writer);
    let before = contents(copies.path());
    assert_eq!(refusal(&copy).await.code(), "store-too-new");
    let mut after = contents(copies.path());
    // The index of the log; it is recreated each time.
    after.remove(&copies.path().join("rooms.db-shm"));
    assert_eq!(after, before);
}

/// The tables of version 4, the last whose databases have no application id.
const VERSION_4: [&str; 4] = [
    include_str!("../../src/server/store/schema/1-core.sql"),
    include_str!("../../src/server/store/schema/2-permissions.sql"),
    include_str!("../../src/server/store/schema/3-attachments.sql"),
    include_str!("../../src/server/store/schema/4-avatars.sql"),
];

#[tokio::test]
async fn accepts_and_marks_an_empty_file_and_an_unmarked_older_database() {
    for (version, tables) in [(0, &[][..]), (4, &VERSION_4)] {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("rooms.db");
        fs::write(&path, "").expect("written");
        let connection = Connection::open(&path).expect("opens");
        connection.execute_batch(&tables.concat()).expect("tables");
        connection
            .pragma_update(None, "user_version", version)
            .expect("a version");
        drop(connection);
        start_with(in_file(&path)).await.shutdown().await;
        // The server's thread may still be closing it.
        while folder.path().join("rooms.db-wal").exists() {
            tokio::task::yield_now().await;
        }
        let connection = Connection::open(&path).expect("opens");
        let number = connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0));
        assert_eq!(number, Ok(0x526d_4576), "{version}");
    }
}

#[tokio::test]
async fn refuses_a_second_server_on_one_file() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("rooms.db");
    let first = start_with(in_file(&path)).await;
    #[cfg(unix)]
    let other_name = {
        let other_name = folder.path().join("other.db");
        std::os::unix::fs::symlink(&path, &other_name).expect("a link");
        other_name
    };
    #[cfg(not(unix))]
    let other_name = path.clone();
    let error = refusal(&other_name).await;
    assert_eq!(error.code(), "store-in-use");
    assert!(error.to_string().contains("another server"), "{error}");
    // The first server is not affected.
    User::log_in(&first, "bob").await.send(LOBBY, "still here").await;
    first.shutdown().await;
    start_with(in_file(&path)).await.shutdown().await;
}

/// Sends messages until the database is full.
async fn fill(user: &User, room: u64) {
    let path = format!("/rooms/{room}/messages");
    for _ in 0..1000 {
        let answer = user.post(&path, json!({"content": "x".repeat(10_000)})).await;
        if answer.status != 200 {
            answer.error(507);
            return;
        }
    }
    panic!("the database is never full");
}

#[tokio::test]
async fn a_full_database_allows_reading_deleting_and_restarting() {
    let folder = TempDir::new().expect("a folder");
    let limited = || Config {
        max_database: Some(2 << 20),
        ..in_file(&folder.path().join("rooms.db"))
    };
    let server = start_with(limited()).await;
    let admin = User::log_in(&server, "admin").await;
    let room = admin.create_room(json!({"name": "Large"})).await;
    let message = admin.send(room, "the first").await;
    fill(&admin, room).await;
    let list = format!("/rooms/{room}/messages");
    let before = admin.get(&list).await.ok();

    // Every operation that adds anything.
    let description = openapi().await;
    let mut tried = 0;
    for (path, method, operation) in description.operations() {
        if operation["responses"].get("507").is_none() {
            continue;
        }
        let answer = send_valid(&admin, path, method, operation, room, message).await;
        answer.error(507);
        tried += 1;
    }
    assert!(tried >= 14, "{tried}");
    assert_eq!(admin.get(&list).await.ok(), before, "nothing has changed");
    server.shutdown().await;

    let server = start_with(limited()).await;
    let admin = User::log_in(&server, "admin").await;
    assert_eq!(admin.get(&list).await.ok(), before);
    admin.post(&list, json!({"content": "x"})).await.error(507);
    admin.delete(&format!("/messages/{message}")).await.done();
    admin.delete(&format!("/rooms/{room}")).await.done();
    admin.send(LOBBY, "room again").await;
}

#[tokio::test]
async fn reports_a_locked_database_at_once_and_allows_reads() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("rooms.db");
    let server = start_with(Config {
        faults: true,
        ..in_file(&path)
    })
    .await;
    let admin = User::log_in(&server, "admin").await;
    let room = admin.create_room(json!({"name": "Large"})).await;
    let message = admin.send(room, "the first").await;
    let description = openapi().await;
    let upload = description
        .operations()
        .find(|(path, ..)| path.ends_with("{messageId}/attachments"));
    let (upload, method, operation) = upload.expect("an upload");
    // An attachment for the operation that deletes one.
    send_valid(&admin, upload, method, operation, room, message)
        .await
        .done();
    let other = Connection::open(&path).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locks");
    let mut tried = 0;
    for (path, method, operation) in description.operations() {
        let is_locked = operation["responses"].get("503").is_some() && method != "get";
        if !is_locked {
            continue;
        }
        let begun = Instant::now();
        let answer = send_valid(&admin, path, method, operation, room, message).await;
        assert!(answer.headers.contains_key(RETRY_AFTER), "{method} {path}");
        answer.error(503);
        assert!(begun.elapsed().as_millis() < 1000, "{method} {path} waited");
        tried += 1;
    }
    assert!(tried >= 24, "{tried}");
    admin.get(&format!("/rooms/{room}/messages")).await.ok();
    other.execute_batch("COMMIT").expect("unlocks");
    admin.send(room, "again").await;
}

/// Sends a valid request for an operation.
async fn send_valid(
    user: &User,
    path: &str,
    method: &str,
    operation: &serde_json::Value,
    room: u64,
    message: u64,
) -> Answer {
    let path = path
        .replace("/attachments/{id}", "/attachments/1")
        .replace("{roomId}", &room.to_string())
        .replace("{messageId}", &message.to_string())
        .replace("{userId}", "2");
    let request = user.request(method.to_ascii_uppercase().parse().expect("a method"), &path);
    let content = operation["requestBody"]["content"].as_object();
    let content_type = content
        .and_then(|content| content.keys().next())
        .map(String::as_str);
    let jpeg: &[u8] = include_bytes!("../fixtures/pixel.jpg");
    Answer::to(match content_type {
        None => request,
        Some("image/jpeg") => request.header("content-type", "image/jpeg").body(jpeg),
        Some("multipart/form-data") => {
            let file = reqwest::multipart::Part::bytes(jpeg).file_name("a.jpg");
            request.multipart(reqwest::multipart::Form::new().part("files", file))
        }
        // It accepts no other fields.
        Some(_) if path == "/reference/faults" => request.json(&json!({"fault": "expireSessions"})),
        Some(_) => request.json(&json!({
            "userName": "bob", "password": "bob", "content": "x", "name": "x", "messages": [{"content": "x"}],
            "status": "Active", "permissions": {},
        })),
    })
    .await
}

#[tokio::test]
async fn times_in_a_database_never_go_back() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("rooms.db");
    let server = start_with(in_file(&path)).await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(LOBBY, "read, and with a file").await;
    bob.post_nothing(&format!("/messages/{message}/read"))
        .await
        .done();
    let file = reqwest::multipart::Part::bytes(b"a").file_name("a");
    let form = reqwest::multipart::Form::new().part("files", file);
    let upload = bob.request(Method::POST, &format!("/messages/{message}/attachments"));
    Answer::to(upload.multipart(form)).await.done();
    bob.with_token().await;
    let begin = bob.message(&format!("/rooms/{LOBBY}/messages"), message).await["createdUtc"]
        .as_u64()
        .expect("a time");
    server.shutdown().await;
    for (hours, (table, column)) in (1..).zip(times(&path)) {
        // As written with a clock that is ahead.
        let ahead = begin + hours * 3_600_000;
        let changed = Connection::open(&path)
            .expect("opens")
            .execute(&format!("UPDATE {table} SET {column} = {ahead}"), ())
            .expect("an update");
        assert!(changed > 0, "{table}.{column}");
        let server = start_with(in_file(&path)).await;
        let bob = User::log_in(&server, "bob").await;
        let next = bob.send(LOBBY, "the next one").await;
        let next = bob.message(&format!("/rooms/{LOBBY}/messages"), next).await;
        assert!(
            next["createdUtc"].as_u64() >= Some(ahead),
            "{table}.{column}: {next}"
        );
        server.shutdown().await;
    }
}

/// The columns with the latest time of each row.
fn times(path: &Path) -> Vec<(String, String)> {
    let connection = Connection::open(path).expect("opens");
    let mut columns = connection
        .prepare(
            "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' \
             AND c.name LIKE '%\\_utc' ESCAPE '\\' AND c.name NOT IN ('expires_utc', 'meeting_time_utc') \
             AND (c.name = 'last_modified_utc' OR m.name NOT IN (SELECT m.name FROM sqlite_schema m, \
             pragma_table_info(m.name) c WHERE c.name = 'last_modified_utc'))",
        )
        .expect("a query");
    let rows = columns.query_map((), |row| Ok((row.get(0)?, row.get(1)?)));
    let rows: Result<Vec<_>, _> = rows.expect("rows").collect();
    rows.expect("names")
}
