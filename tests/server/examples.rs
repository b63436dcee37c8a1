//! Compares responses, field by field, with examples in the form that the documentation of the Web API shows.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use room_events::server::{Config, Quirk, Quirks};
use serde_json::{Map, Value, json};

use crate::support::{ALICE, BOB, BOB_AND_ALICE, User, config, start_with};

/// Fields of default responses that the documentation lacks: its examples lack them, or only clients know them.
const BEYOND: [&str; 8] = [
    "GET /attachments/{attachmentId} .httpStatusCode number",
    "GET /attachments/{attachmentId} .size object",
    "GET /attachments/{attachmentId} .size.height number",
    "GET /attachments/{attachmentId} .size.width number",
    "GET /rooms .rooms[].name string",
    "GET /rooms/{roomId}/messages?cursor={meetingId}&direction=backward .messages[].attachments[].size object",
    "GET /rooms/{roomId}/messages?cursor={meetingId}&direction=backward .messages[].attachments[].size.height number",
    "GET /rooms/{roomId}/messages?cursor={meetingId}&direction=backward .messages[].attachments[].size.width number",
];

fn examples() -> Map<String, Value> {
    serde_json::from_str(include_str!("../fixtures/rest/answers.json")).expect("it is JSON")
}

/// The fields of a response: the operation, the path and the kind of each value.
fn shape(operation: &str, answer: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(answer, &format!("{operation} "), &mut found);
    found
}

fn walk(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    found.insert(format!("{path} {kind}"));
    match value {
        Value::Array(values) => values
            .iter()
            .for_each(|value| walk(value, &format!("{path}[]"), found)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| walk(value, &format!("{path}.{name}"), found)),
        _ => {}
    }
}

/// The server's response for each example.
struct Answers {
    user: User,
    ids: Vec<(&'static str, u64)>,
    given: Map<String, Value>,
}

impl Answers {
    async fn ask(&mut self, operation: &str, body: Option<Value>) {
        let (method, template) = operation.split_once(' ').expect("a method and a path");
        let path = self.ids.iter().fold(template.to_owned(), |path, (name, id)| {
            path.replace(&format!("{{{name}}}"), &id.to_string())
        });
        let request = self.user.request(method.parse().expect("a method"), &path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.expect("the server answers");
        let answer = answer.json().await.expect("it is JSON");
        self.given.insert(operation.to_owned(), answer);
    }
}

async fn answers(quirks: Quirks) -> Map<String, Value> {
    let server = start_with(Config { quirks, ..config() }).await;
    let bob = User::log_in(&server, "bob").await;
    // The response may differ from the described one.
    let empty = bob
        .request(Method::POST, "/rooms")
        .json(&json!({"name": "Empty"}));
    assert_eq!(empty.send().await.expect("the server answers").status(), 200);
    let message = bob.send(BOB_AND_ALICE, "a picture").await;
    let sent = bob
        .send_drafts(
            BOB_AND_ALICE,
            json!([
                {"content": "an issue", "messageType": "Issue", "issueProperties": {"assignees": [ALICE]}},
                {"content": "a meeting", "messageType": "Meeting", "meetingProperties": {"timeUtc": 1, "duration": 1}}
            ]),
        )
        .await
        .ok();
    let meeting = sent["messageIds"][1].as_u64().expect("an id");
    let ids = vec![
        ("roomId", BOB_AND_ALICE),
        ("messageId", message),
        ("meetingId", meeting),
        ("attachmentId", 1),
        ("missingId", 99),
    ];
    let mut answers = Answers {
        user: bob.clone(),
        ids,
        given: Map::new(),
    };
    let upload = "POST /messages/{messageId}/attachments";
    let file = Part::bytes(include_bytes!("../fixtures/pixel.jpg").as_slice()).file_name("photo.jpg");
    let request = bob.request(Method::POST, &format!("/messages/{message}/attachments"));
    let uploaded = request.multipart(Form::new().part("files", file)).send().await;
    let uploaded = uploaded
        .expect("the server answers")
        .json()
        .await
        .expect("it is JSON");
    answers.given.insert(upload.to_owned(), uploaded);
    let login = json!({"userName": "bob", "password": "bob"});
    answers.ask("POST /login", Some(login)).await;
    for operation in [
        "POST /rooms/{roomId}/messages",
        "POST /messages/{messageId}/comments",
    ] {
        answers.ask(operation, Some(json!({"content": "a"}))).await;
    }
    for operation in [
        "POST /messages/{messageId}/read",
        "GET /status",
        "GET /users",
        "GET /rooms",
        "GET /room-permissions/{roomId}",
        "GET /rooms/{roomId}/messages?cursor={meetingId}&direction=backward",
        "GET /messages/{messageId}/comments",
        "GET /attachments/{attachmentId}",
        "GET /attachments/{missingId}",
        "DELETE /attachments/{attachmentId}",
        "DELETE /messages/{messageId}",
        "POST /logout",
    ] {
        answers.ask(operation, None).await;
    }
    // As in the documentation, the message of the cursor is the newest one of the page.
    let page = &answers.given["GET /rooms/{roomId}/messages?cursor={meetingId}&direction=backward"];
    assert_eq!(page["messages"][2]["messageId"], meeting);
    assert_eq!(page["messages"][0]["readTimestamps"][0]["userId"], BOB);
    answers.given
}

/// The entries of the first that the second lacks.
fn difference(first: &Map<String, Value>, second: &Map<String, Value>) -> Vec<String> {
    let all = |answers: &Map<String, Value>| -> BTreeSet<String> {
        answers
            .iter()
            .flat_map(|(operation, answer)| shape(operation, answer))
            .collect()
    };
    all(first).difference(&all(second)).cloned().collect()
}

#[tokio::test]
async fn answers_have_the_documented_fields() {
    let examples = examples();
    let given = answers(Quirks::default()).await;
    assert_eq!(
        difference(&examples, &given),
        [""; 0],
        "documented, and not there"
    );
    assert_eq!(difference(&given, &examples), BEYOND, "there, and not documented");

    // Without the fields that only clients know, they are equal.
    let quirks = [
        Quirk::SplitRoomNames,
        Quirk::BareAttachments,
        Quirk::NoPictureSizes,
    ];
    let given = answers(quirks.into_iter().collect()).await;
    assert_eq!(difference(&examples, &given), [""; 0]);
    assert_eq!(difference(&given, &examples), [""; 0]);

    // The comparison detects a missing field and one of another kind.
    let mut changed = examples.clone();
    changed["GET /users"]["users"][0]["isAdmin"] = json!("no");
    assert_eq!(
        difference(&examples, &changed),
        ["GET /users .users[].isAdmin boolean"]
    );
}
