//! Attachments: uploads, downloads, events.

use reqwest::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, IF_MODIFIED_SINCE,
    IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE,
};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response};
use room_events::server::{Config, HttpLimits};
use serde_json::{Value, json};

use crate::permissions::deny;
use crate::support::description::check_response;
use crate::support::{Answer, BOB_AND_ALICE, LOBBY, User, config, patiently, start, start_with};

/// A GIF image of 1 × 2 pixels.
const GIF: &[u8] = b"GIF89a\x01\0\x02\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x02\0\0\x02\x02\x44\x01\0;";

fn file(name: &str, content_type: &str, bytes: &[u8]) -> Part {
    Part::bytes(bytes.to_vec())
        .file_name(name.to_owned())
        .mime_str(content_type)
        .expect("a type")
}

async fn attach(user: &User, message: u64, parts: Vec<Part>) -> Answer {
    let form = parts
        .into_iter()
        .fold(Form::new(), |form, part| form.part("files", part));
    let path = format!("/messages/{message}/attachments");
    Answer::to(user.request(Method::POST, &path).multipart(form)).await
}

fn hello() -> Vec<Part> {
    vec![file("hello.txt", "text/plain", b"Hello, world")]
}

async fn attachments(user: &User, message: u64) -> Value {
    user.message("/rooms/5/messages", message).await["attachments"].clone()
}

async fn download(user: &User, path: &str, range: Option<&str>) -> Response {
    let request = user.request(Method::GET, path);
    let request = match range {
        Some(range) => request.header(RANGE, range),
        None => request,
    };
    let response = request.send().await.expect("the server answers");
    check_response(&response).await;
    response
}

#[tokio::test]
async fn attached_files_are_announced_once() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let message = bob.send(BOB_AND_ALICE, "files").await;
    let mut events = alice.events().await;
    let parts = [hello(), vec![file("pixel.gif", "image/gif", GIF)]].concat_parts();
    attach(&bob, message, parts).await.done();
    let data = events.expect("TextMessagesUpdated").await;
    let listed = alice.message("/rooms/5/messages", message).await;
    assert_eq!(data, json!({"messages": [listed]}));
    let created = listed["attachments"][0]["createdUtc"].clone();
    assert_eq!(
        listed["attachments"],
        json!([
            {
                "attachmentId": 1, "fileName": "hello.txt", "fileSize": 12,
                "fileChecksum": "e02aa1b106d5c7c6a98def2b13005d5b84fd8dc8",
                "hasThumbnail": false, "attachmentState": "ReadyForDownloadFromServerToClient",
                "createdUtc": created, "lastModifiedUtc": created,
                "textMessageId": message, "roomId": BOB_AND_ALICE
            },
            {
                "attachmentId": 2, "fileName": "pixel.gif", "fileSize": GIF.len(),
                "fileChecksum": listed["attachments"][1]["fileChecksum"],
                "hasThumbnail": true, "attachmentState": "ReadyForDownloadFromServerToClient",
                "createdUtc": created, "lastModifiedUtc": created,
                "textMessageId": message, "roomId": BOB_AND_ALICE, "size": {"width": 1, "height": 2}
            }
        ])
    );
    let mut one = alice.get("/attachments/1").await.ok();
    one.as_object_mut().expect("an object").remove("httpStatusCode");
    assert_eq!(one, listed["attachments"][0]);

    bob.delete("/attachments/1").await.done();
    let data = events.expect("TextMessagesUpdated").await;
    assert_eq!(
        data["messages"][0]["attachments"],
        json!([listed["attachments"][1]])
    );
    assert_eq!(
        alice.get("/attachments/1").await.error(404),
        "Attachment not found"
    );
    events.expect_silence(&bob).await;
}

/// Concatenates lists of parts.
trait ConcatParts {
    fn concat_parts(self) -> Vec<Part>;
}

impl<const N: usize> ConcatParts for [Vec<Part>; N] {
    fn concat_parts(self) -> Vec<Part> {
        self.into_iter().flatten().collect()
    }
}

#[tokio::test]
async fn downloads_have_headers_and_support_ranges() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(BOB_AND_ALICE, "files").await;
    let parts = vec![file("../a/Grüße \"1\".txt", "text/plain", b"Hello, world")];
    attach(&bob, message, parts).await.done();
    let listed = attachments(&bob, message).await;
    assert_eq!(listed[0]["fileName"], "Grüße \"1\".txt");
    let path = "/attachments/1/Gr%C3%BC%C3%9Fe%20%221%22.txt";

    let whole = download(&bob, path, None).await;
    assert_eq!(whole.status(), 200);
    assert_eq!(whole.headers()[CONTENT_LENGTH], "12");
    assert_eq!(whole.headers()[CONTENT_TYPE], "text/plain");
    assert_eq!(whole.headers()[ACCEPT_RANGES], "bytes");
    assert_eq!(
        whole.headers()[CONTENT_DISPOSITION],
        "attachment; filename=\"Gr__e _1_.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.txt"
    );
    assert_eq!(whole.headers()["content-security-policy"], "sandbox");
    assert_eq!(whole.bytes().await.expect("a body"), "Hello, world");

    for (range, content_range, expected) in [
        ("bytes=0-4", "bytes 0-4/12", "Hello"),
        ("bytes=7-", "bytes 7-11/12", "world"),
        ("bytes=-3", "bytes 9-11/12", "rld"),
    ] {
        let part = download(&bob, path, Some(range)).await;
        assert_eq!(part.status(), 206);
        assert_eq!(part.headers()[CONTENT_RANGE], content_range);
        assert_eq!(part.bytes().await.expect("a body"), expected);
    }
    let beyond = Answer::to(bob.request(Method::GET, path).header(RANGE, "bytes=12-")).await;
    assert_eq!(beyond.headers[CONTENT_RANGE], "bytes */12");
    assert_eq!(beyond.error(416), "The attachment has 12 bytes");
    assert_eq!(
        bob.get("/attachments/2/a.txt").await.error(404),
        "Attachment not found"
    );
}

#[tokio::test]
async fn preserves_file_names_and_finds_files_by_id() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(BOB_AND_ALICE, "files").await;
    // Names as browsers write them, and as reqwest does.
    for (sent, name) in [
        ("a %22quote%22.txt", "a \"quote\".txt"),
        (r#"a \"quote\".txt"#, "a \"quote\".txt"),
        (r"back\slash.txt", r"back\slash.txt"),
        (r"back\\slash.txt", r"back\slash.txt"),
        (r"the end\", r"the end\"),
        ("100%.txt", "100%.txt"),
        ("50%25#1?.txt", "50%25#1?.txt"),
        ("a;b=c.txt", "a;b=c.txt"),
    ] {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{sent}\"\r\n\r\nbytes\r\n--b--\r\n"
        );
        let upload = bob
            .request(Method::POST, &format!("/messages/{message}/attachments"))
            .header(CONTENT_TYPE, "multipart/form-data; boundary=b")
            .body(body);
        Answer::to(upload).await.done();
        let listed = attachments(&bob, message).await;
        let newest = listed
            .as_array()
            .and_then(|all| all.last())
            .expect("an attachment");
        assert_eq!(newest["fileName"], name, "sent as {sent}");
        // Unescaped in a link, except for what a browser takes for a query or a fragment. It would turn a backslash
        // into a slash.
        let id = &newest["attachmentId"];
        let raw = name.split(['#', '?']).next().unwrap_or_default();
        let raw = raw.replace(' ', "%20").replace('\\', "%5C");
        let file = download(&bob, &format!("/attachments/{id}/{raw}"), None).await;
        assert_eq!(file.status(), 200, "{name}");
        let disposition = file.headers()[CONTENT_DISPOSITION].to_str().expect("text");
        assert!(disposition.contains("filename*=UTF-8''"), "{disposition}");
        assert_eq!(file.bytes().await.expect("a body"), "bytes");
    }
    // Of a name that begins with `#`, nothing is left in the path.
    let file = bob.request(Method::GET, "/attachments/1/").send().await;
    assert_eq!(file.expect("the server answers").status(), 200);
}

#[tokio::test]
async fn supports_conditional_downloads() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(BOB_AND_ALICE, "files").await;
    attach(&bob, message, hello()).await.done();
    let path = "/attachments/1/hello.txt";
    let modified = download(&bob, path, None).await.headers()[LAST_MODIFIED].clone();
    let again = bob
        .request(Method::GET, path)
        .header(IF_MODIFIED_SINCE, modified)
        .send();
    let again = patiently("an answer", again).await.expect("it answers");
    check_response(&again).await;
    assert_eq!(again.status(), 304);
    assert_eq!(again.bytes().await.expect("a body"), "");
    let long_ago = "Thu, 01 Jan 1970 00:00:00 GMT";
    let newer = bob
        .request(Method::GET, path)
        .header(IF_UNMODIFIED_SINCE, long_ago);
    assert_eq!(
        Answer::to(newer).await.error(412),
        "The attachment is newer than that"
    );
}

#[tokio::test]
async fn hides_attachments_from_strangers_and_protects_them_from_others() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let message = bob.send(BOB_AND_ALICE, "files").await;
    attach(&bob, message, hello()).await.done();
    for path in ["/attachments/1", "/attachments/1/hello.txt"] {
        assert_eq!(admin.get(path).await.error(404), "Attachment not found");
    }
    assert_eq!(
        admin.delete("/attachments/1").await.error(404),
        "Attachment not found"
    );
    assert_eq!(
        attach(&admin, message, hello()).await.error(404),
        "Message not found"
    );
    assert_eq!(
        attach(&alice, message, hello()).await.error(403),
        "Only its author, the moderators of the room and administrators may attach files to a message."
    );
    assert!(
        alice
            .delete("/attachments/1")
            .await
            .error(403)
            .starts_with("Only the author")
    );
    assert_eq!(
        attachments(&alice, message).await.as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn refuses_file_operations_forbidden_by_room_flags() {
    let server = start().await;
    let admin = User::log_in(&server, "admin").await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(LOBBY, "files").await;
    let comment = bob.comment(message, "files").await;
    attach(&bob, message, hello()).await.done();
    for (flag, id, other) in [
        ("canSendFilesIntoRoomInMainThread", message, comment),
        (
            "canAttachOrDeleteFilesInOwnMessagesInDiscussion",
            comment,
            message,
        ),
    ] {
        deny(&admin, LOBBY, None, &[flag]).await;
        let refused = attach(&bob, id, hello()).await.error(403);
        assert!(refused.contains(flag), "{refused}");
        let path = format!("/reference/room-permissions/{LOBBY}");
        if flag.starts_with("canSend") {
            attach(&bob, other, hello()).await.done();
            bob.delete("/attachments/2").await.done();
        }
        admin
            .put(&path, json!({"permissions": {flag: true}}))
            .await
            .done();
    }
    let flag = "canAttachOrDeleteFilesInOwnMessagesInMainThread";
    deny(&admin, LOBBY, None, &[flag]).await;
    assert!(bob.delete("/attachments/1").await.error(403).contains(flag));
}

#[tokio::test]
async fn refuses_invalid_and_large_uploads_without_leaving_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = start_with(Config {
        database: Some(folder.path().join("chat.db")),
        http: HttpLimits {
            max_upload: 1000,
            ..HttpLimits::default()
        },
        ..config()
    })
    .await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(BOB_AND_ALICE, "files").await;
    let fits = || file("a", "text/plain", &[b'a'; 600]);
    for parts in [vec![fits(), fits()], vec![file("b", "text/plain", &[b'a'; 1001])]] {
        assert_eq!(
            attach(&bob, message, parts).await.error(413),
            "The files are larger than 1000 bytes"
        );
    }
    attach(&bob, message, Vec::new()).await.error(400);
    let path = format!("/messages/{message}/attachments");
    let elsewhere = Form::new().part("file", fits());
    let request = bob.request(Method::POST, &path).multipart(elsewhere);
    assert!(Answer::to(request).await.error(400).contains("`files`"));
    bob.post(&path, json!({})).await.error(415);
    let stored = || {
        std::fs::read_dir(folder.path().join("chat.db-attachments"))
            .expect("the folder is there")
            .count()
    };
    assert_eq!(stored(), 0);
    assert_eq!(attachments(&bob, message).await, json!([]));

    // A deleted message takes its files with it.
    attach(&bob, message, vec![fits()]).await.done();
    assert_eq!(stored(), 1);
    bob.delete(&format!("/messages/{message}")).await.done();
    assert_eq!(stored(), 0);
}

#[tokio::test]
async fn keeps_attachments_and_removes_leftovers_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = || Config {
        database: Some(folder.path().join("chat.db")),
        ..config()
    };
    let server = start_with(config()).await;
    let bob = User::log_in(&server, "bob").await;
    let message = bob.send(BOB_AND_ALICE, "files").await;
    attach(&bob, message, hello()).await.done();
    server.shutdown().await;
    let leftover = folder.path().join("chat.db-attachments").join(".upload-1");
    std::fs::write(&leftover, "half").expect("it is written");
    let server = start_with(config()).await;
    assert!(!leftover.exists());
    let bob = User::log_in(&server, "bob").await;
    let whole = download(&bob, "/attachments/1/hello.txt", None).await;
    assert_eq!(whole.bytes().await.expect("a body"), "Hello, world");
}
