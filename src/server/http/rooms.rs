//! Rooms and their members.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{ApiError, Failure};
use super::extract::{Body, Caller, Ids, OptionalBody};
use super::{App, Nothing, Success, done, success};
use crate::protocol::ids::{RoomId, UserId};
use crate::protocol::room::{Room, RoomType};
use crate::server::chat::{Member, NewRoom, RoomChanges};

#[derive(Serialize, ToSchema)]
struct Rooms {
    rooms: Vec<Room>,
}

#[derive(Serialize, ToSchema)]
struct OneRoom {
    room: Room,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Members {
    room_id: RoomId,
    members: Vec<Member>,
}

/// A new room. `displayName` is accepted in place of `name`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateRoom {
    #[serde(alias = "displayName")]
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    name: String,
    /// Default: Private.
    room_type: Option<RoomType>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    member_ids: Vec<UserId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeRoom {
    #[serde(alias = "displayName")]
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    name: Option<String>,
    room_type: Option<RoomType>,
    is_archived: Option<bool>,
    is_pinned: Option<bool>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetMember {
    #[serde(default)]
    is_moderator: bool,
}

/// List the rooms that the caller may see
#[utoipa::path(
    get,
    path = "/rooms",
    operation_id = "rooms",
    tag = "Rooms",
    responses((status = 200, description = "The public rooms, and those that the caller is a member of", body = Success<Rooms>))
)]
pub(super) async fn list(State(app): State<App>, Caller(caller): Caller) -> Result<Response, ApiError> {
    Ok(success(Rooms {
        rooms: app.chat.rooms(caller).await?,
    }))
}

/// Create a room: RoomCreated
///
/// The caller becomes its moderator.
#[utoipa::path(
    post,
    path = "/rooms",
    operation_id = "createRoom",
    tag = "Reference",
    request_body = CreateRoom,
    responses((status = 200, description = "The room", body = Success<OneRoom>),
        (status = 404, description = "A member is not a user", body = Failure))
)]
pub(super) async fn create(
    State(app): State<App>,
    Caller(caller): Caller,
    Body(room): Body<CreateRoom>,
) -> Result<Response, ApiError> {
    let room = NewRoom {
        name: room.name,
        room_type: room.room_type.unwrap_or(RoomType::Private),
        members: room.member_ids,
    };
    Ok(success(OneRoom {
        room: app.chat.create_room(caller, room).await?,
    }))
}

/// Change a room: RoomUpdated
///
/// `isPinned` is personal to the caller; the rest is for moderators. If the room becomes private, non-members get
/// RoomDeleted.
#[utoipa::path(
    put,
    path = "/rooms/{roomId}",
    operation_id = "changeRoom",
    tag = "Reference",
    params(("roomId" = RoomId, Path, description = "The room")),
    request_body = ChangeRoom,
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn change(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    Body(changes): Body<ChangeRoom>,
) -> Result<Response, ApiError> {
    let changes = RoomChanges {
        name: changes.name,
        room_type: changes.room_type,
        is_archived: changes.is_archived,
        is_pinned: changes.is_pinned,
    };
    app.chat.change_room(caller, room_id, changes).await?;
    Ok(done())
}

/// Delete a room and its content: RoomDeleted
///
/// For moderators.
#[utoipa::path(
    delete,
    path = "/rooms/{roomId}",
    operation_id = "deleteRoom",
    tag = "Reference",
    params(("roomId" = RoomId, Path, description = "The room")),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn delete(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
) -> Result<Response, ApiError> {
    app.chat.delete_room(caller, room_id).await?;
    Ok(done())
}

/// List the members of a room
#[utoipa::path(
    get,
    path = "/rooms/{roomId}/members",
    operation_id = "members",
    tag = "Reference",
    params(("roomId" = RoomId, Path, description = "The room")),
    responses((status = 200, description = "The members, by their ids", body = Success<Members>))
)]
pub(super) async fn members(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
) -> Result<Response, ApiError> {
    Ok(success(Members {
        room_id,
        members: app.chat.members(caller, room_id).await?,
    }))
}

/// Add or change a member: RoomCreated, RoomUpdated
///
/// For moderators. The body is optional.
#[utoipa::path(
    put,
    path = "/rooms/{roomId}/members/{userId}",
    operation_id = "setMember",
    tag = "Reference",
    params(("roomId" = RoomId, Path, description = "The room"), ("userId" = UserId, Path, description = "The user")),
    request_body = Option<SetMember>,
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn set_member(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids((room_id, user_id)): Ids<(RoomId, UserId)>,
    OptionalBody(member): OptionalBody<SetMember>,
) -> Result<Response, ApiError> {
    app.chat
        .set_member(caller, room_id, user_id, member.is_moderator)
        .await?;
    Ok(done())
}

/// Remove a member: RoomDeleted for that user
///
/// For moderators, and for members who leave.
#[utoipa::path(
    delete,
    path = "/rooms/{roomId}/members/{userId}",
    operation_id = "removeMember",
    tag = "Reference",
    params(("roomId" = RoomId, Path, description = "The room"), ("userId" = UserId, Path, description = "The user")),
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn remove_member(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids((room_id, user_id)): Ids<(RoomId, UserId)>,
) -> Result<Response, ApiError> {
    app.chat.remove_member(caller, room_id, user_id).await?;
    Ok(done())
}
