//! The OpenAPI and the AsyncAPI document: that they are served, that they say what is so, and all of it.

use std::collections::BTreeSet;

use reqwest::Method;
use room_events::server::{Config, HttpLimits, Server};
use serde_json::{Value, json};

use crate::support::description::{METHODS, asyncapi, openapi};
use crate::support::{Answer, BOB, BOB_AND_ALICE, Events, User, config, patiently, start, start_with};

const FIXTURES: [&str; 7] = [
    include_str!("../fixtures/events/text-messages-created.json"),
    include_str!("../fixtures/events/text-messages-updated.json"),
    include_str!("../fixtures/events/text-message-deleted.json"),
    include_str!("../fixtures/events/room-created.json"),
    include_str!("../fixtures/events/room-updated.json"),
    include_str!("../fixtures/events/room-deleted.json"),
    include_str!("../fixtures/events/issue-and-meeting.json"),
];

fn fixtures() -> impl Iterator<Item = Value> {
    FIXTURES
        .into_iter()
        .map(|text| serde_json::from_str(text).expect("a fixture is JSON"))
}

#[tokio::test]
async fn the_documents_are_served_to_everybody() {
    let server = start().await;
    for (name, field, version) in [
        ("openapi.json", "openapi", "3.1.0"),
        ("asyncapi.json", "asyncapi", "3.0.0"),
    ] {
        let url = format!("{}/api/v1/{name}", server.url());
        let response = patiently("a document", reqwest::get(url))
            .await
            .expect("it answers");
        assert_eq!(response.headers()["content-type"], "application/json");
        let document: Value = response.json().await.expect("it is JSON");
        assert_eq!(document[field], version);
    }
    assert_eq!(
        asyncapi_server(&server).await["host"],
        server.address().to_string()
    );
    // What is not there is not described.
    let described: Value = reqwest::get(format!("{}/api/v1/openapi.json", server.url()))
        .await
        .expect("it answers")
        .json()
        .await
        .expect("it is JSON");
    assert!(described["paths"].get("/reference/faults").is_none());
    assert!(
        openapi().await.document["paths"]
            .get("/reference/faults")
            .is_some()
    );
}

async fn asyncapi_server(server: &Server) -> Value {
    let document: Value = reqwest::get(format!("{}/api/v1/asyncapi.json", server.url()))
        .await
        .expect("it answers")
        .json()
        .await
        .expect("it is JSON");
    document["servers"]["reference"].clone()
}

#[tokio::test]
async fn every_reference_in_the_documents_points_at_something() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    found.insert(reference);
                }
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    for (document, least) in [(&openapi().await.document, 30), (&asyncapi().await.document, 20)] {
        let mut found = BTreeSet::new();
        references(document, &mut found);
        assert!(found.len() >= least, "{found:?}");
        for reference in found {
            let pointer = reference.strip_prefix('#').expect("within the document");
            assert!(document.pointer(pointer).is_some(), "{reference} points nowhere");
        }
    }
}

/// A server that has everything, and a user of it.
async fn everything() -> (Server, User) {
    let server = start_with(Config {
        faults: true,
        http: HttpLimits {
            max_body: 1000,
            max_upload: 1000,
            ..HttpLimits::default()
        },
        ..config()
    })
    .await;
    let admin = User::log_in(&server, "admin").await;
    (server, admin)
}

/// The path with this in place of each id.
fn with_ids(path: &str, id: &str) -> String {
    path.split('/')
        .map(|segment| match segment {
            "{fileName}" => "name",
            segment if segment.starts_with('{') => id,
            segment => segment,
        })
        .collect::<Vec<_>>()
        .join("/")
}

fn method(name: &str) -> Method {
    name.to_ascii_uppercase().parse().expect("a method")
}

/// A body that an operation takes, with its content type.
fn good_body(operation: &Value) -> Option<(&'static str, String)> {
    let content = operation["requestBody"]["content"].as_object()?;
    let content_type = content.keys().next().expect("a content type");
    Some(match content_type.as_str() {
        "image/jpeg" => ("image/jpeg", String::new()),
        "multipart/form-data" => ("multipart/form-data; boundary=b", "--b--".to_owned()),
        _ => (
            "application/json",
            json!({
                "userName": "nobody", "password": "x", "content": "x", "name": "x", "messages": [{"content": "x"}],
                "status": "Active", "permissions": {}, "fault": "expireSessions", "memberIds": [99],
            })
            .to_string(),
        ),
    })
}

#[tokio::test]
async fn each_path_takes_the_methods_that_are_described_and_no_others() {
    let (_server, admin) = everything().await;
    let paths = openapi().await.document["paths"].as_object().expect("paths");
    for (path, item) in paths {
        let answer = Answer::to(admin.request(Method::PATCH, &with_ids(path, "1"))).await;
        let allowed: BTreeSet<_> = answer.headers["allow"]
            .to_str()
            .expect("text")
            .split(',')
            // Whatever can be got has a head.
            .filter(|method| *method != "HEAD")
            .map(str::to_ascii_lowercase)
            .collect();
        let described: BTreeSet<_> = METHODS
            .into_iter()
            .filter(|method| item.get(method).is_some())
            .map(str::to_owned)
            .collect();
        assert_eq!(allowed, described, "{path}");
        answer.error(405);
    }
}

#[test]
fn every_route_is_added_with_its_description() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/server/http");
    let mut without = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("a file").path();
        let source = std::fs::read_to_string(&path).expect("a text");
        for line in source.lines().filter(|line| line.contains(".route")) {
            if !line.contains(".routes(routes!(") {
                without.push(line.trim().to_owned());
            }
        }
    }
    // Figures for Prometheus are no part of the API.
    assert_eq!(without, [".route(\"/metrics\", get(show))"]);
}

#[tokio::test]
async fn every_operation_wants_credentials_unless_it_is_described_otherwise() {
    let (server, _) = everything().await;
    let nobody = User::nobody(&server);
    let mut public = Vec::new();
    for (path, name, operation) in openapi().await.operations() {
        if operation["security"] == json!([{}]) {
            public.push(path);
            continue;
        }
        let request = nobody.request(method(name), &with_ids(path, "1"));
        assert_eq!(
            Answer::to(request).await.error(401),
            "The Authorization HTTP-header or VirolaUserSessionId cookie expected",
            "{name} {path}"
        );
        let wrong = [
            ("cookie", "VirolaUserSessionId=none"),
            ("authorization", "Bearer none"),
        ];
        // What only a session can ask for is not refused because of the token.
        let kinds = operation["security"].as_array().map_or(wrong.len(), Vec::len);
        for (header, value) in wrong.into_iter().take(kinds) {
            let stranger = nobody.with_credential(header, value);
            let request = stranger.request(method(name), &with_ids(path, "1"));
            assert_eq!(
                Answer::to(request).await.error(401),
                "Wrong Bearer, please renew Web API Access Token",
                "{name} {path}"
            );
        }
    }
    public.sort_unstable();
    assert_eq!(public, ["/asyncapi.json", "/login", "/openapi.json"]);
}

#[tokio::test]
async fn every_operation_refuses_ids_that_are_none() {
    let (_server, admin) = everything().await;
    let mut tried = 0;
    for (path, name, operation) in openapi().await.operations() {
        if !path.contains('{') {
            continue;
        }
        for id in ["x", "-1", "9007199254740992"] {
            let mut request = admin.request(method(name), &with_ids(path, id));
            if let Some((content_type, body)) = good_body(operation) {
                request = request.header("content-type", content_type).body(body);
            }
            let text = Answer::to(request).await.error(400);
            assert!(text.starts_with("An id in the path"), "{name} {path}: {text}");
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

#[tokio::test]
async fn every_operation_tells_what_does_not_exist() {
    let (_server, admin) = everything().await;
    for (path, name, operation) in openapi().await.operations() {
        let is_missing = path.contains('{') || path == "/rooms" && name == "post";
        if !is_missing {
            continue;
        }
        let mut request = admin.request(method(name), &with_ids(path, "9007199254740991"));
        match good_body(operation) {
            Some(("image/jpeg", _)) => {
                let jpeg: &[u8] = include_bytes!("../fixtures/pixel.jpg");
                request = request.header("content-type", "image/jpeg").body(jpeg);
            }
            Some((content_type, body)) => request = request.header("content-type", content_type).body(body),
            None => {}
        }
        let text = Answer::to(request).await.error(404);
        assert!(text.ends_with(" not found"), "{name} {path}: {text}");
    }
}

#[tokio::test]
async fn every_operation_that_takes_a_body_refuses_a_wrong_one() {
    let (_server, admin) = everything().await;
    let message = admin.send(1, "files").await;
    let mut tried = 0;
    for (path, name, operation) in openapi().await.operations() {
        let Some((content_type, _)) = good_body(operation) else {
            continue;
        };
        // For an upload the message has to be the caller's own.
        let path = path.replace("{messageId}/attachments", &format!("{message}/attachments"));
        let path = with_ids(&path, "1");
        let send = async |content_type: &'static str, body: String| {
            let request = admin.request(method(name), &path);
            Answer::to(request.header("content-type", content_type).body(body)).await
        };
        for wrong in ["text/plain", "application/xml"] {
            send(wrong, "{}".to_owned()).await.error(415);
        }
        send(content_type, "[".to_owned()).await.error(400);
        let long = "x".repeat(3000);
        let too_large = match content_type {
            "application/json" => json!({"content": long}).to_string(),
            "image/jpeg" => long,
            _ => format!(
                "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n{long}\r\n--b--\r\n"
            ),
        };
        send(content_type, too_large).await.error(413);
        tried += 1;
    }
    assert!(tried >= 15, "{tried}");
}

#[tokio::test]
async fn every_operation_that_changes_something_refuses_pages_of_other_origins() {
    let (_server, admin) = everything().await;
    let mut tried = 0;
    for (path, name, operation) in openapi().await.operations() {
        if name == "get" {
            continue;
        }
        let mut request = admin
            .request(method(name), &with_ids(path, "1"))
            .header("origin", "https://stranger.example");
        if let Some((content_type, body)) = good_body(operation) {
            request = request.header("content-type", content_type).body(body);
        }
        let text = Answer::to(request).await.error(403);
        assert!(text.contains("https://stranger.example"), "{name} {path}: {text}");
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
}

#[tokio::test]
async fn the_fixtures_are_what_is_described() {
    let events = asyncapi().await;
    let rest = openapi().await;
    let object = |name: &str| rest.validator(&json!({"$ref": format!("#/components/schemas/{name}")}));
    let (message, room) = (object("Message"), object("Room"));
    for fixture in fixtures() {
        let event_type = fixture["type"].as_str().expect("a type");
        let payload = &events.document["components"]["messages"][event_type]["payload"];
        let validator = events.validator(payload);
        validator
            .validate(&fixture)
            .unwrap_or_else(|error| panic!("{fixture}: {error}"));

        // The schema says something: nothing that it asks for may be missing or of another kind.
        let data = fixture["data"].as_object().expect("an object");
        for field in data.keys() {
            let mut broken = fixture.clone();
            broken["data"].as_object_mut().expect("an object").remove(field);
            assert!(!validator.is_valid(&broken), "{broken}");
            broken["data"][field] = json!("other");
            assert!(!validator.is_valid(&broken), "{broken}");
        }
        let mut renamed = fixture.clone();
        renamed["type"] = json!("Other");
        assert!(!validator.is_valid(&renamed));

        for value in fixture["data"]["messages"].as_array().into_iter().flatten() {
            all_fields_count(&message, value, &["issueProperties", "meetingProperties"]);
        }
        if let Some(value) = fixture["data"].get("room") {
            all_fields_count(&room, value, &[]);
        }
    }
}

/// Checks that a value is good, and is not once one of its fields is missing.
fn all_fields_count(validator: &jsonschema::Validator, value: &Value, optional: &[&str]) {
    validator
        .validate(value)
        .unwrap_or_else(|error| panic!("{value}: {error}"));
    for field in value.as_object().expect("an object").keys() {
        let mut broken = value.clone();
        broken.as_object_mut().expect("an object").remove(field);
        assert_eq!(
            validator.is_valid(&broken),
            optional.contains(&field.as_str()),
            "without {field}"
        );
        broken[field] = json!({"other": true});
        assert!(!validator.is_valid(&broken), "{field} is an object");
    }
}

#[tokio::test]
async fn the_events_are_what_is_described() {
    let server = start().await;
    let bob = User::log_in(&server, "bob").await;
    let alice = User::log_in(&server, "alice").await;
    let mut events = alice.events().await;
    let issue = json!({"content": "a", "messageType": "Issue", "issueProperties": {"assignees": [BOB]}});
    let meeting = json!({
        "content": "a", "messageType": "Meeting", "meetingProperties": {"timeUtc": 1, "duration": 1}
    });
    let room = bob
        .create_room(json!({"name": "a", "memberIds": [alice.id]}))
        .await;
    let message = bob.send(room, "a").await;
    bob.comment(message, "b").await;
    alice
        .post_nothing(&format!("/messages/{message}/read"))
        .await
        .done();
    for draft in [issue, meeting] {
        bob.post(&format!("/rooms/{room}/messages"), draft).await.done();
    }
    let file = reqwest::multipart::Part::bytes(include_bytes!("../fixtures/pixel.jpg").as_slice())
        .file_name("a.jpg");
    let form = reqwest::multipart::Form::new().part("files", file);
    let upload = bob.request(Method::POST, &format!("/messages/{message}/attachments"));
    Answer::to(upload.multipart(form)).await.done();
    bob.delete(&format!("/messages/{message}")).await.done();
    bob.delete(&format!("/rooms/{room}")).await.done();
    let last = bob.send(BOB_AND_ALICE, "the last one").await;

    let described = asyncapi().await;
    let mut seen = BTreeSet::new();
    loop {
        let event = read(&mut events).await;
        let event_type = event["type"].as_str().expect("a type").to_owned();
        let payload = &described.document["components"]["messages"][&event_type]["payload"];
        if let Err(error) = described.validator(payload).validate(&event) {
            panic!("{event}: {error}");
        }
        seen.insert(event_type);
        if event["data"]["messages"][0]["messageId"] == last {
            break;
        }
    }
    let all: BTreeSet<_> = described.document["channels"]["events"]["messages"]
        .as_object()
        .expect("messages")
        .keys()
        .cloned()
        .collect();
    assert_eq!(seen, all);
    assert_eq!(all.len(), 6);
}

async fn read(events: &mut Events) -> Value {
    events.next().await
}

#[tokio::test]
async fn close_codes_are_described() {
    let document = asyncapi().await.document;
    let described = document["channels"]["events"]["x-close-codes"]
        .as_object()
        .expect("close codes");
    for reason in room_events::server::CloseReason::ALL {
        assert_eq!(described[&reason.code().to_string()], reason.text());
    }
    assert_eq!(described.len(), room_events::server::CloseReason::ALL.len());
}
