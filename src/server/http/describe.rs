//! Serves the descriptions of the server: an OpenAPI 3.1 document, generated from the handlers, and an
//! [AsyncAPI](super::asyncapi) document.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;
use utoipa::{PartialSchema, ToSchema};

use super::error::Failure;
use super::extract::SESSION_COOKIE;
use super::{asyncapi, schema};
use crate::protocol::ids::SafeInt;
use crate::server::config::Config;

const DESCRIPTION: &str = "The REST API of the reference server. Every response has `httpStatusCode`; a failure is \
     `{\"errorText\", \"httpStatusCode\"}`. Operations with the tag `Reference` are this server's own; a client for \
     production must not rely on them. All responses are described, except for 500 if the server itself fails, and 507 \
     if a full disk has no room even for deletions.";

/// The documents as JSON. Clones share them.
#[derive(Clone)]
pub(super) struct Documents {
    openapi: Bytes,
    asyncapi: Bytes,
}

impl Documents {
    /// Completes the description of the handlers.
    pub(super) fn new(routes: &OpenApi, config: &Config) -> Arc<Self> {
        Arc::new(Self {
            openapi: complete(json!(routes)).to_string().into(),
            asyncapi: asyncapi::document(config).to_string().into(),
        })
    }
}

/// Get the OpenAPI 3.1 document of the REST API
///
/// `servers` is relative to the URL of the document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "Reference", security(()), responses(
    (status = 200, description = "The document", body = Object)
))]
pub(super) async fn openapi(Extension(documents): Extension<Arc<Documents>>) -> Response {
    document(&documents.openapi)
}

/// Get the AsyncAPI 3 document of the events
#[utoipa::path(get, path = "/asyncapi.json", operation_id = "asyncapi", tag = "Reference", security(()), responses(
    (status = 200, description = "The document", body = Object)
))]
pub(super) async fn asyncapi(Extension(documents): Extension<Arc<Documents>>) -> Response {
    document(&documents.asyncapi)
}

fn document(text: &Bytes) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text.clone()).into_response()
}

/// Adds what follows from general rules.
fn complete(mut document: Value) -> Value {
    document["info"] = json!({
        "title": "Web API v1",
        "version": env!("CARGO_PKG_VERSION"),
        "description": DESCRIPTION,
        "license": {"name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE")},
    });
    document["servers"] = json!([{"url": "/api/v1"}]);
    document["security"] = json!([{"session": []}, {"token": []}]);
    for (_, item) in members(&mut document["paths"]) {
        for (method, operation) in members(item) {
            complete_operation(method, operation);
        }
    }
    let components = &mut document["components"];
    components["securitySchemes"] = json!({
        "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
        "token": {"type": "http", "scheme": "bearer"},
    });
    components["responses"] = Rule::ALL
        .into_iter()
        .map(|rule| (rule.name().to_owned(), rule.response()))
        .collect::<Map<_, _>>()
        .into();
    for (name, schema) in schema::of_events() {
        if let Some(of_rest) = components["schemas"].get_mut(name) {
            *of_rest = schema;
        }
    }
    components["schemas"][&*SafeInt::name()] = json!(SafeInt::schema());
    components["schemas"][&*Failure::name()] = json!(Failure::schema());
    document
}

fn members(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

fn complete_operation(method: &str, operation: &mut Value) {
    for rule in Rule::ALL {
        let responses = &mut operation["responses"];
        let is_described = responses.get(rule.status()).is_some();
        if rule.concerns(method, operation) && !is_described {
            operation["responses"][rule.status()] =
                json!({"$ref": format!("#/components/responses/{}", rule.name())});
        }
    }
}

/// A failure of all operations of some kind.
#[derive(Clone, Copy)]
enum Rule {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    TimedOut,
    TooLarge,
    UnsupportedMediaType,
    Locked,
    Full,
}

impl Rule {
    const ALL: [Self; 9] = [
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::TimedOut,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Locked,
        Self::Full,
    ];

    const fn status(self) -> &'static str {
        match self {
            Self::BadRequest => "400",
            Self::Unauthorized => "401",
            Self::Forbidden => "403",
            Self::NotFound => "404",
            Self::TimedOut => "408",
            Self::TooLarge => "413",
            Self::UnsupportedMediaType => "415",
            Self::Locked => "503",
            Self::Full => "507",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequest",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "NotFound",
            Self::TimedOut => "TimedOut",
            Self::TooLarge => "TooLarge",
            Self::UnsupportedMediaType => "UnsupportedMediaType",
            Self::Locked => "Locked",
            Self::Full => "Full",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::BadRequest => "The path, the query or the body is invalid",
            Self::Unauthorized => "No valid credentials",
            Self::Forbidden => {
                "The caller may not do this: because of the rules of the operation, the permissions of the room, an \
                 archived room, or the origin of the page"
            }
            Self::NotFound => "It does not exist, or the caller may not see it",
            Self::TimedOut => "The body arrived too slowly",
            Self::TooLarge => "The body is too large",
            Self::UnsupportedMediaType => "The content type of the body is not the described one",
            Self::Locked => {
                "Another process has locked the database; `Retry-After` says how many seconds to wait"
            }
            Self::Full => "The server has no room for more. Reading and deleting go on",
        }
    }

    fn response(self) -> Value {
        json!({
            "description": self.description(),
            "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{}", Failure::name())}}},
        })
    }

    fn concerns(self, method: &str, operation: &Value) -> bool {
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        let has_body = operation.get("requestBody").is_some();
        let is_one_of = |ids: &[&str]| {
            operation["operationId"]
                .as_str()
                .is_some_and(|id| ids.contains(&id))
        };
        match self {
            Self::BadRequest => has_body || !parameters.is_empty(),
            Self::Unauthorized => operation["security"] != json!([{}]),
            Self::Forbidden => method != "get",
            Self::NotFound => parameters.iter().any(|parameter| parameter["in"] == "path"),
            Self::Locked => method != "get" && !is_one_of(&["clearFaults"]),
            Self::Full => {
                // The others add next to nothing, and use reserved space.
                ["post", "put"].contains(&method)
                    && !is_one_of(&["login", "logout", "inflict", "setUserStatus"])
            }
            Self::TimedOut | Self::TooLarge | Self::UnsupportedMediaType => has_body,
        }
    }
}
