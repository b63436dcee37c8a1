//! Sends lists of messages in parts: for a client that does not read, only one part is in memory, regardless of the
//! length of the list.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use super::error::ApiError;
use super::{App, success, success_text};
use crate::protocol::message::Message;
use crate::server::chat::ChatError;
use crate::server::session::Identity;
use crate::server::store::listing::Rest;

/// The end of each response with a list, which is the last field.
const END: &str = "]}";

/// A list being sent.
struct Sending {
    app: App,
    caller: Identity,
    /// The next part.
    next: Option<String>,
    rest: Option<Rest>,
}

/// Responds with a body whose last field is a list of messages. `rest` is the part of the list that the body lacks.
pub(super) fn list<T: Serialize>(
    app: App,
    caller: Identity,
    body: T,
    rest: Option<Rest>,
) -> Result<Response, ApiError> {
    if rest.is_none() {
        return Ok(success(body));
    }
    let mut begin = success_text(body).map_err(|error| ApiError::from(ChatError::Event(error)))?;
    begin.truncate(begin.len().saturating_sub(END.len()));
    let sending = Sending {
        app,
        caller,
        next: Some(begin),
        rest,
    };
    let body = Body::from_stream(stream::try_unfold(sending, Sending::part));
    let mut response = body.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

impl Sending {
    /// The next part. An error cuts the connection, so that the client notices the incomplete response.
    async fn part(mut self) -> Result<Option<(Bytes, Self)>, ChatError> {
        let text = match (self.next.take(), self.rest.take()) {
            (Some(begin), rest) => {
                self.rest = rest;
                begin
            }
            (None, Some(rest)) => {
                let (messages, rest) = self.app.chat.more_messages(self.caller, rest).await?;
                let mut text = more(&messages)?;
                self.rest = rest;
                if rest.is_none() {
                    text.push_str(END);
                }
                text
            }
            (None, None) => return Ok(None),
        };
        Ok(Some((text.into(), self)))
    }
}

/// Serialises messages that follow others.
fn more(messages: &[Message]) -> serde_json::Result<String> {
    let mut text = String::new();
    for message in messages {
        text.push(',');
        text.push_str(&serde_json::to_string(message)?);
    }
    Ok(text)
}
