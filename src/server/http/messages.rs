//! Messages and comments.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::extract::{Body, Caller, Ids, PageQuery};
use super::{App, done, success};
use crate::protocol::ids::{MessageId, RoomId};
use crate::protocol::message::Message;
use crate::server::chat::{Draft, IssueDraft};

#[derive(Deserialize)]
pub(super) struct Content {
    content: String,
}

/// Messages that are sent at once.
#[derive(Deserialize)]
pub(super) struct Drafts {
    messages: Vec<Draft>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    message_ids: Vec<MessageId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Messages {
    room_id: RoomId,
    messages: Vec<Message>,
}

/// `GET /rooms/{roomId}/messages`
pub(super) async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    PageQuery(page): PageQuery,
) -> Result<Response, ApiError> {
    let messages = app.chat.messages(caller, room_id, page).await?;
    Ok(success(Messages { room_id, messages }))
}

/// `POST /rooms/{roomId}/messages`
pub(super) async fn send(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    Body(draft): Body<Draft>,
) -> Result<Response, ApiError> {
    app.chat.send(caller, room_id, vec![draft]).await?;
    Ok(done())
}

/// `POST /reference/rooms/{roomId}/messages`, the reference server's own.
pub(super) async fn send_many(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    Body(Drafts { messages }): Body<Drafts>,
) -> Result<Response, ApiError> {
    let message_ids = app.chat.send(caller, room_id, messages).await?;
    Ok(success(Sent { message_ids }))
}

/// `PUT /reference/messages/{messageId}/issue`, the reference server's own.
pub(super) async fn change_issue(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    Body(changes): Body<IssueDraft>,
) -> Result<Response, ApiError> {
    app.chat.change_issue(caller, message_id, changes).await?;
    Ok(done())
}

/// `GET /messages/{messageId}/comments`
pub(super) async fn comments(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    PageQuery(page): PageQuery,
) -> Result<Response, ApiError> {
    let (room_id, messages) = app.chat.comments(caller, message_id, page).await?;
    Ok(success(Messages { room_id, messages }))
}

/// `POST /messages/{messageId}/comments`
pub(super) async fn comment(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    Body(draft): Body<Draft>,
) -> Result<Response, ApiError> {
    app.chat.comment(caller, message_id, draft).await?;
    Ok(done())
}

/// `PUT /messages/{messageId}`, the reference server's own.
pub(super) async fn edit(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    Body(Content { content }): Body<Content>,
) -> Result<Response, ApiError> {
    app.chat.edit(caller, message_id, content).await?;
    Ok(done())
}

/// `DELETE /messages/{messageId}`
pub(super) async fn delete(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
) -> Result<Response, ApiError> {
    app.chat.delete_message(caller, message_id).await?;
    Ok(done())
}

/// `POST /messages/{messageId}/read`
pub(super) async fn mark_read(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
) -> Result<Response, ApiError> {
    app.chat.mark_read(caller, message_id).await?;
    Ok(done())
}
