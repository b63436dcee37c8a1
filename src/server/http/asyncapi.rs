//! Describes the events in an AsyncAPI 3 document, generated from their types.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::schema;
use crate::protocol::event::{EventType, RoomData, RoomDeleted, TextMessageDeleted, TextMessages};
use crate::server::config::Config;
use crate::server::hub::CloseReason;

const DESCRIPTION: &str = "Events of the rooms that a user may see, from the upgrade on, each once and in the order of \
     the changes. The server ignores what a client sends. There are no sequence numbers, no acknowledgements and no \
     replay: clients read missed changes from the REST API. `x-close-codes` lists the close codes of the server.";

/// The document for a server with that configuration.
pub(super) fn document(config: &Config) -> Value {
    let names = EventType::ALL.map(EventType::as_str);
    let channel_messages: Map<_, _> = names
        .iter()
        .map(|name| ((*name).to_owned(), reference("messages", name)))
        .collect();
    let operation_messages: Vec<_> = names
        .iter()
        .map(|name| json!({"$ref": format!("#/channels/events/messages/{name}")}))
        .collect();
    let messages: Map<_, _> = EventType::ALL
        .into_iter()
        .map(|event_type| (event_type.as_str().to_owned(), message(event_type)))
        .collect();
    let close_codes: Map<_, _> = CloseReason::ALL
        .into_iter()
        .map(|reason| (reason.code().to_string(), reason.text().into()))
        .collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "servers": {
            "reference": {
                "host": config.listen.to_string(),
                "pathname": "/api/v1",
                "protocol": if config.tls.is_some() { "wss" } else { "ws" },
                "security": [reference("securitySchemes", "session"), reference("securitySchemes", "token")],
            },
        },
        "channels": {
            "events": {
                "address": "/events",
                "messages": channel_messages,
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
                "x-close-codes": close_codes,
            },
        },
        "operations": {
            "sendEvents": {
                "action": "send",
                "channel": {"$ref": "#/channels/events"},
                "messages": operation_messages,
            },
        },
        "components": {
            "messages": messages,
            "schemas": schema::of_events(),
            "securitySchemes": {
                "session": {
                    "type": "httpApiKey",
                    "in": "cookie",
                    "name": super::extract::SESSION_COOKIE,
                    "description": "The session of a login",
                },
                "token": {"type": "http", "scheme": "bearer", "description": "A token of the user"},
            },
        },
    })
}

fn message(event_type: EventType) -> Value {
    let (data, summary) = data(event_type);
    let name = event_type.as_str();
    json!({
        "name": name,
        "summary": summary,
        "payload": {
            "type": "object",
            "required": ["type", "data"],
            "properties": {
                "type": {"type": "string", "const": name},
                "data": reference("schemas", &data),
            },
        },
    })
}

/// The schema name of an event's `data`, and a summary of the event.
fn data(event_type: EventType) -> (String, &'static str) {
    let (name, summary) = match event_type {
        EventType::TextMessagesCreated => (TextMessages::name(), "Messages or comments were sent"),
        EventType::TextMessagesUpdated => (
            TextMessages::name(),
            "Messages changed: their text, read receipts, attachments, properties or number of comments",
        ),
        EventType::TextMessageDeleted => (TextMessageDeleted::name(), "A message or comment was deleted"),
        EventType::RoomCreated => (
            RoomData::name(),
            "A room was created, or the recipient was added to it",
        ),
        EventType::RoomUpdated => (
            RoomData::name(),
            "A room changed for the recipient: name, picture, unread count, last message, pin, archive, moderators",
        ),
        EventType::RoomDeleted => (
            RoomDeleted::name(),
            "A room was deleted, or the recipient was removed from it",
        ),
    };
    (name.into_owned(), summary)
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tls::Tls;

    #[test]
    fn the_protocol_is_that_of_the_server() {
        let protocol = |tls| {
            let config = Config {
                tls,
                ..Config::default()
            };
            document(&config)["servers"]["reference"]["protocol"].clone()
        };
        assert_eq!(protocol(None), "ws");
        assert_eq!(protocol(Some(Tls::SelfSigned { write_to: None })), "wss");
    }
}
