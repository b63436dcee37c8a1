//! The documents that the server serves. Every response to any test is checked against them.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::thread;

use jsonschema::Validator;
use reqwest::{Method, Response, Url};
use room_events::server::Config;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

const PREFIX: &str = "/api/v1";

/// An OpenAPI or AsyncAPI document.
pub(crate) struct Description {
    pub(crate) document: Value,
}

/// HTTP methods as written in the document.
pub(crate) const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

static OPENAPI: OnceCell<Description> = OnceCell::const_new();

/// The REST API with all optional features.
pub(crate) async fn openapi() -> &'static Description {
    OPENAPI.get_or_init(|| fetch("openapi.json")).await
}

/// The events.
pub(crate) async fn asyncapi() -> Description {
    fetch("asyncapi.json").await
}

async fn fetch(name: &str) -> Description {
    let server = super::start_with(Config {
        faults: true,
        ..super::config()
    })
    .await;
    let response = reqwest::get(format!("{}{PREFIX}/{name}", server.url()))
        .await
        .expect("the server answers");
    let document = response.json().await.expect("the document is JSON");
    Description { document }
}

impl Description {
    /// A validator for a schema of the document.
    pub(crate) fn validator(&self, schema: &Value) -> Validator {
        let rooted = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self.document["components"],
            "allOf": [schema],
        });
        jsonschema::validator_for(&rooted).unwrap_or_else(|error| panic!("{schema} is no schema: {error}"))
    }

    /// Every path and method with its description.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.document["paths"].as_object().expect("there are paths");
        paths.iter().flat_map(|(path, item)| {
            METHODS
                .into_iter()
                .filter_map(move |method| Some((path.as_str(), method, item.get(method)?)))
        })
    }

    /// Resolves `$ref`, or returns the value itself.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(reference) => self
                .document
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or_else(|| panic!("{reference} points nowhere")),
            None => value,
        }
    }

    fn path_of(&self, path: &str) -> Option<(&str, &Value)> {
        let segments: Vec<_> = path.split('/').collect();
        let paths = self.document["paths"].as_object()?;
        paths
            .iter()
            .filter(|(template, _)| {
                let template: Vec<_> = template.split('/').collect();
                template.len() == segments.len()
                    && template.iter().zip(&segments).all(|(wanted, found)| {
                        wanted == found || (wanted.starts_with('{') && !found.is_empty())
                    })
            })
            // Literal segments take precedence over ids.
            .min_by_key(|(template, _)| template.matches('{').count())
            .map(|(template, item)| (template.as_str(), item))
    }
}

/// The environment variable with the file for [`note`].
const NOTES: &str = "ROOM_EVENTS_COVERAGE";

/// Notes which test has seen which response, if `cargo xtask test` requests it to check the coverage page.
fn note(method: &str, template: &str, status: u16) {
    let Some(file) = env::var_os(NOTES) else {
        return;
    };
    let thread = thread::current();
    let test = thread.name().unwrap_or_default();
    // One write, so that lines of concurrent tests are not mixed.
    let line = format!("{method} {template} {status}\t{test}\n");
    let written = OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    written.expect("the note is written");
}

/// Notes the response to an upgrade. A fault may have caused any status.
pub(crate) fn saw_upgrade(status: u16) {
    note("GET", "/events", status);
}

/// Checks a response against the description. `None`: the body is not checked, or not JSON.
pub(crate) async fn check(method: &Method, url: &Url, status: u16, body: Option<&Value>) {
    let Some(path) = url.path().strip_prefix(PREFIX) else {
        return;
    };
    // The test chooses such statuses.
    let is_fault = body.is_some_and(|body| {
        body["errorText"]
            .as_str()
            .is_some_and(|text| text.contains("a fault was asked"))
    });
    if is_fault || *method == Method::HEAD || *method == Method::OPTIONS {
        return;
    }
    let description = openapi().await;
    let Some((template, item)) = description.path_of(path) else {
        assert_eq!(status, 404, "{path} is not described");
        return;
    };
    let name = method.as_str().to_ascii_lowercase();
    let Some(operation) = item.get(&name) else {
        assert_eq!(status, 405, "{method} {template} is not described");
        return;
    };
    // Faults exist only if they are enabled.
    if template == "/reference/faults" && status == 404 {
        return;
    }
    let response = &operation["responses"][status.to_string()];
    assert!(
        !response.is_null(),
        "{method} {template} is not described to answer {status}"
    );
    let response = description.resolve(response);
    note(method.as_str(), template, status);
    let schema = &response["content"]["application/json"]["schema"];
    if let (false, Some(body)) = (schema.is_null(), body)
        && let Err(error) = description.validator(schema).validate(body)
    {
        panic!("{method} {template} answers {status} with {body}: {error}");
    }
}

/// Checks a response whose body the test reads.
pub(crate) async fn check_response(response: &Response) {
    check(&Method::GET, response.url(), response.status().as_u16(), None).await;
}
