//! The OpenAPI and the AsyncAPI document: they are served, true and complete.

use std::collections::BTreeSet;

use reqwest::Method;
use room_events::server::Server;
use serde_json::{Value, json};

use crate::support::description::{asyncapi, check_response, openapi};
use crate::support::{Answer, BOB, BOB_AND_ALICE, User, patiently, start};

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
async fn serves_the_documents_to_everybody() {
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
        check_response(&response).await;
        let document: Value = response.json().await.expect("it is JSON");
        assert_eq!(document[field], version);
    }
    assert_eq!(
        asyncapi_server(&server).await["host"],
        server.address().to_string()
    );
    // Features that are switched off are not described.
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
async fn every_reference_in_the_documents_resolves() {
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

#[tokio::test]
async fn every_operation_has_a_unique_name_in_camel_case() {
    let document = &openapi().await.document;
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = operation["operationId"].as_str().expect("a name");
            let is_camel_case = name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.chars().all(|character| character.is_ascii_alphanumeric());
            assert!(is_camel_case, "{method} {path}: {name}");
            assert!(names.insert(name), "{method} {path}: {name} is taken");
        }
    }
    // The methods of `room-events/rest` and `room-events/reference` use these names.
    for name in ["login", "messages", "sendComment", "createRoom", "clearFaults"] {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn every_route_is_described() {
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
    without.sort_unstable();
    // Metrics for Prometheus are not part of the API, and links without a file name are not meant to be used.
    assert_eq!(
        without,
        [
            ".route(\"/metrics\", get(show))",
            "let api = api.route(\"/attachments/{id}/\", get(attachments::download_nameless));",
        ]
    );
}

#[tokio::test]
async fn the_fixtures_match_the_schemas() {
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

        // The schema is strict: a missing field, or one of another kind, is an error.
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

/// Checks that a value is valid, and invalid without any of its required fields.
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
async fn the_events_match_the_schemas() {
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
        bob.send_drafts(room, json!([draft])).await.ok();
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
        let event = events.next().await;
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
