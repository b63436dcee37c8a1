//! Messages and comments.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::ApiError;
use super::extract::{Body, Caller, Ids, PageQuery, RawPage};
use super::{App, Nothing, Success, done, listing, success};
use crate::protocol::ids::{MessageId, RoomId};
use crate::protocol::message::Message;
use crate::server::chat::{Draft, IssueDraft};
use crate::server::faults::CapMode;
use crate::server::session::Identity;
use crate::server::store::messages::Page;

/// The text of a message.
#[derive(Deserialize, ToSchema)]
pub(super) struct Content {
    content: String,
}

/// Messages to send at once.
#[derive(Deserialize, ToSchema)]
pub(super) struct Drafts {
    #[schema(min_items = 1, max_items = 1000)]
    messages: Vec<Draft>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Sent {
    message_ids: Vec<MessageId>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Messages {
    room_id: RoomId,
    messages: Vec<Message>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Comments {
    room_id: RoomId,
    parent_message_id: MessageId,
    messages: Vec<Message>,
}

/// List messages of a room
///
/// In ascending order for both directions. Without comments.
#[utoipa::path(
    get,
    path = "/rooms/{roomId}/messages",
    operation_id = "messages",
    tag = "Messages",
    params(("roomId" = RoomId, Path, description = "The room"), RawPage),
    responses((status = 200, description = "The messages", body = Success<Messages>))
)]
pub(super) async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    PageQuery(page): PageQuery,
) -> Result<Response, ApiError> {
    let page = cap(&app, caller, page)?;
    let (messages, rest) = app.chat.messages(caller, room_id, page).await?;
    listing::list(app, caller, Messages { room_id, messages }, rest)
}

/// Limits a page according to the active faults.
fn cap(app: &App, caller: Identity, page: Page) -> Result<Page, ApiError> {
    let Some(cap) = app.hub.faults().rest_cap(caller.user_id) else {
        return Ok(page);
    };
    match page.limit {
        Some(limit) if limit > cap.limit && cap.mode == CapMode::Refuse => {
            Err(ApiError::bad_request(format!(
                "A limit of {limit} is refused because a fault was asked for: at most {}; DELETE /reference/faults \
             ends it",
                cap.limit
            )))
        }
        limit => Ok(Page {
            limit: Some(limit.unwrap_or(cap.limit).min(cap.limit)),
            ..page
        }),
    }
}

/// Send a message: TextMessagesCreated, RoomUpdated
///
/// Fields other than `content` are ignored.
#[utoipa::path(
    post,
    path = "/rooms/{roomId}/messages",
    operation_id = "send",
    tag = "Messages",
    params(("roomId" = RoomId, Path, description = "The room")),
    request_body = Content,
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn send(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    Body(Content { content }): Body<Content>,
) -> Result<Response, ApiError> {
    app.chat
        .send(caller, room_id, vec![Draft::plain(content)])
        .await?;
    Ok(done())
}

/// Send several messages, all or none: one TextMessagesCreated, RoomUpdated
#[utoipa::path(
    post,
    path = "/reference/rooms/{roomId}/messages",
    operation_id = "sendMany",
    tag = "Reference",
    params(("roomId" = RoomId, Path, description = "The room")),
    request_body = Drafts,
    responses((status = 200, description = "The ids of the messages", body = Success<Sent>))
)]
pub(super) async fn send_many(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    Body(Drafts { messages }): Body<Drafts>,
) -> Result<Response, ApiError> {
    let message_ids = app.chat.send(caller, room_id, messages).await?;
    Ok(success(Sent { message_ids }))
}

/// Change an issue: TextMessagesUpdated
///
/// Absent fields stay unchanged.
#[utoipa::path(
    put,
    path = "/reference/messages/{messageId}/issue",
    operation_id = "changeIssue",
    tag = "Reference",
    params(("messageId" = MessageId, Path, description = "The message")),
    request_body = IssueDraft,
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn change_issue(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    Body(changes): Body<IssueDraft>,
) -> Result<Response, ApiError> {
    app.chat.change_issue(caller, message_id, changes).await?;
    Ok(done())
}

/// List comments on a message
#[utoipa::path(
    get,
    path = "/messages/{messageId}/comments",
    operation_id = "comments",
    tag = "Messages",
    params(("messageId" = MessageId, Path, description = "The message"), RawPage),
    responses((status = 200, description = "The comments", body = Success<Comments>))
)]
pub(super) async fn comments(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    PageQuery(page): PageQuery,
) -> Result<Response, ApiError> {
    let page = cap(&app, caller, page)?;
    let (room_id, (messages, rest)) = app.chat.comments(caller, message_id, page).await?;
    let body = Comments {
        room_id,
        parent_message_id: message_id,
        messages,
    };
    listing::list(app, caller, body, rest)
}

/// Comment on a message: TextMessagesCreated, TextMessagesUpdated, RoomUpdated
///
/// Comments on comments are rejected. Fields other than `content` are ignored.
#[utoipa::path(
    post,
    path = "/messages/{messageId}/comments",
    operation_id = "sendComment",
    tag = "Messages",
    params(("messageId" = MessageId, Path, description = "The message")),
    request_body = Content,
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn comment(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    Body(Content { content }): Body<Content>,
) -> Result<Response, ApiError> {
    app.chat
        .comment(caller, message_id, vec![Draft::plain(content)])
        .await?;
    Ok(done())
}

/// Send several comments, all or none: one TextMessagesCreated, TextMessagesUpdated, RoomUpdated
#[utoipa::path(
    post,
    path = "/reference/messages/{messageId}/comments",
    operation_id = "sendManyComments",
    tag = "Reference",
    params(("messageId" = MessageId, Path, description = "The message")),
    request_body = Drafts,
    responses((status = 200, description = "The ids of the comments", body = Success<Sent>))
)]
pub(super) async fn comment_many(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    Body(Drafts { messages }): Body<Drafts>,
) -> Result<Response, ApiError> {
    let message_ids = app.chat.comment(caller, message_id, messages).await?;
    Ok(success(Sent { message_ids }))
}

/// Edit a message: TextMessagesUpdated
///
/// For its author and moderators.
#[utoipa::path(
    put,
    path = "/messages/{messageId}",
    operation_id = "editMessage",
    tag = "Reference",
    params(("messageId" = MessageId, Path, description = "The message")),
    request_body = Content,
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn edit(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
    Body(Content { content }): Body<Content>,
) -> Result<Response, ApiError> {
    app.chat.edit(caller, message_id, content).await?;
    Ok(done())
}

/// Delete a message and its comments: TextMessageDeleted
///
/// For its author and moderators.
#[utoipa::path(
    delete,
    path = "/messages/{messageId}",
    operation_id = "deleteMessage",
    tag = "Messages",
    params(("messageId" = MessageId, Path, description = "The message")),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn delete(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
) -> Result<Response, ApiError> {
    app.chat.delete_message(caller, message_id).await?;
    Ok(done())
}

/// Mark a message as read: TextMessagesUpdated, RoomUpdated
#[utoipa::path(
    post,
    path = "/messages/{messageId}/read",
    operation_id = "markRead",
    tag = "Messages",
    params(("messageId" = MessageId, Path, description = "The message")),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn mark_read(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(message_id): Ids<MessageId>,
) -> Result<Response, ApiError> {
    app.chat.mark_read(caller, message_id).await?;
    Ok(done())
}
