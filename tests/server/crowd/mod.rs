//! Many concurrent writers: every connection receives the events it is entitled to, and acknowledged changes survive a
//! kill.

mod act;
mod check;
mod check_tests;
mod history;

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use room_events::server::{Config, EventLimits};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::Running;
use crate::support::{LOBBY, User, config, patiently, start_with};
use act::{Crowd, Notes};
use check::check;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_connection_receives_exactly_the_events_it_is_entitled_to() {
    let server = start_with(Config {
        events: EventLimits {
            // The test must not depend on the speed of the machine.
            queue_events: 1 << 20,
            queue_bytes: usize::MAX,
            ..EventLimits::default()
        },
        ..config()
    })
    .await;
    let [admin, bob, alice] = [
        User::log_in(&server, "admin").await,
        User::log_in(&server, "bob").await,
        User::log_in(&server, "alice").await,
    ];
    let crowd = Crowd::gather(admin.clone(), bob.clone(), alice.clone()).await;
    let mut listeners = Vec::new();
    for round in 0..3 {
        for (name, user) in [("admin", &admin), ("bob", &bob), ("alice", &alice)] {
            listeners.push(crowd.listen(&format!("{name} {round}"), user).await);
        }
    }
    let acting = {
        let crowd = Arc::clone(&crowd);
        tokio::spawn(async move { crowd.act().await })
    };
    // While the crowd acts. Admin is a member of all rooms.
    for count in [200, 500] {
        crowd.until_done(count).await;
        listeners.push(crowd.listen(&format!("admin, late, {count}"), &admin).await);
    }
    acting.await.expect("everybody is done");
    crowd.finish().await;
    for listener in listeners {
        listener.await.expect("a connection that lasts");
    }
    let history = crowd.take_notes().history;
    let summary = check(&history).unwrap_or_else(|violation| panic!("{violation}"));
    println!("{summary:?}");
    assert_eq!(history.recordings.len(), 11);
    assert!(summary.entries > history.deeds.len() / 2, "{summary:?}");
    // Each of a hundred stays was received by three connections.
    assert_eq!(summary.stays, 300);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_changes_survive_a_kill() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("rooms.db");
    let arguments = ["--database", database.to_str().expect("text"), "--log", "off"];
    let mut program = Running::start(&arguments);
    let [admin, bob, alice] = [
        User::log_in_at(&program.url, "admin").await,
        User::log_in_at(&program.url, "bob").await,
        User::log_in_at(&program.url, "alice").await,
    ];
    let crowd = Crowd::gather(admin.clone(), bob.clone(), alice.clone()).await;
    let message = bob.send(LOBBY, "with files").await;
    let mut listeners = Vec::new();
    for (name, user) in [("admin", &admin), ("bob", &bob), ("alice", &alice)] {
        listeners.push(crowd.listen(name, user).await);
    }
    let uploading = tokio::spawn(upload(bob.clone(), message));
    let acting = {
        let crowd = Arc::clone(&crowd);
        tokio::spawn(async move { crowd.act().await })
    };
    // More than half of all requests.
    crowd.until_done(600).await;
    program.kill();
    acting.await.expect("everybody has noticed");
    for listener in listeners {
        listener.await.expect("a connection");
    }

    let uploaded = uploading.await.expect("the uploads have ended");

    let program = Running::start(&arguments);
    let mut notes = crowd.take_notes();
    notes.history.is_cut = true;
    let unanswered = notes
        .history
        .deeds
        .iter()
        .filter(|deed| deed.span.answered == history::NEVER);
    assert!(unanswered.count() > 0, "the server was killed when all was done");
    check(&notes.history).unwrap_or_else(|violation| panic!("{violation}"));
    // The session was kept, too.
    let admin = admin.at(&program.url);
    check_kept(&admin, &notes).await;
    check_files(&admin, message, uploaded).await;
}

/// Attaches one file after the other until the server is gone. Returns the number that were answered with 200.
async fn upload(user: User, message: u64) -> usize {
    for number in 0.. {
        let part = Part::text(content(number)).file_name(format!("{number}.txt"));
        let path = format!("/messages/{message}/attachments");
        let request = user
            .request(Method::POST, &path)
            .multipart(Form::new().part("files", part));
        match patiently("an answer", request.send()).await {
            Ok(response) => assert_eq!(response.status(), 200),
            Err(_) => return number,
        }
    }
    unreachable!("there are more numbers than uploads");
}

fn content(number: usize) -> String {
    format!("the file with the number {number}\n").repeat(2000)
}

/// Checks that every file whose upload was answered with 200 is complete, and so is one that was not answered, if it
/// exists.
async fn check_files(admin: &User, message: u64, uploaded: usize) {
    let message = admin.message(&format!("/rooms/{LOBBY}/messages"), message).await;
    let attachments = message["attachments"].as_array().expect("attachments");
    let found = attachments.len();
    assert!(
        found == uploaded || found == uploaded + 1,
        "{found} of {uploaded}"
    );
    assert!(uploaded > 0, "nothing was uploaded");
    for (number, attachment) in attachments.iter().enumerate() {
        let name = attachment["fileName"].as_str().expect("a name");
        assert_eq!(name, format!("{number}.txt"));
        let path = format!("/attachments/{}/{name}", attachment["attachmentId"]);
        let response = admin.request(Method::GET, &path).send().await.expect("an answer");
        assert_eq!(response.text().await.expect("a text"), content(number), "{name}");
    }
    println!("kept: {found} files");
}

/// Compares the database with the requests answered with 200 and the events received.
async fn check_kept(admin: &User, notes: &Notes) {
    let mut texts: Vec<String> = Vec::new();
    let mut messages = HashMap::new();
    for room in notes.history.rooms.keys() {
        let list = admin.get(&format!("/rooms/{room}/messages")).await.ok();
        for message in list["messages"].as_array().expect("messages") {
            let id = message["messageId"].as_u64().expect("an id");
            texts.push(text(message).to_owned());
            messages.insert(id, message.clone());
            if message["commentCount"] != 0 {
                let comments = admin.get(&format!("/messages/{id}/comments")).await.ok();
                let comments = comments["messages"].as_array().expect("comments");
                assert_eq!(message["commentCount"], comments.len(), "{message}");
                for comment in comments {
                    texts.push(text(comment).to_owned());
                    messages.insert(comment["messageId"].as_u64().expect("an id"), comment.clone());
                }
            }
        }
        if let Some((visitor, is_inside)) = notes.visitors.get(room) {
            let members = admin.get(&format!("/rooms/{room}/members")).await.ok();
            let members = members["members"].as_array().expect("members");
            let found = members.iter().any(|member| member["userId"] == *visitor);
            assert_eq!(found, *is_inside, "whether {visitor} is in {room}");
        }
    }
    for written in &notes.written {
        let message = messages
            .get(&written.message)
            .expect("a message that was answered with 200");
        let found = text(message);
        assert!(
            found == written.text || written.unanswered.as_deref() == Some(found),
            "{written:?} is {found}"
        );
    }
    for (message, comment) in &notes.comments {
        let count = texts.iter().filter(|text| *text == comment).count();
        assert_eq!(count, 1, "{comment}, on {message}");
    }
    for (message, user) in &notes.receipts {
        let receipts = messages[message]["readTimestamps"].as_array().expect("receipts");
        assert!(
            receipts.iter().any(|receipt| receipt["userId"] == *user),
            "{user} has read {message}"
        );
    }
    // Announced messages were kept, and no text was invented.
    for recording in &notes.history.recordings {
        for event in recording
            .events
            .iter()
            .filter(|event| event["type"] == "TextMessagesCreated")
        {
            for message in event["data"]["messages"].as_array().expect("messages") {
                let id = message["messageId"].as_u64().expect("an id");
                assert!(messages.contains_key(&id), "{} heard {message}", recording.name);
            }
        }
    }
    for text in &texts {
        let known = notes.history.deeds.iter().any(|deed| deed.text == *text);
        assert!(known, "the text was invented: {text}");
    }
    println!(
        "kept: {} messages, {} comments, {} receipts",
        notes.written.len(),
        notes.comments.len(),
        notes.receipts.len()
    );
}

fn text(message: &Value) -> &str {
    message["text"].as_str().expect("a text")
}
