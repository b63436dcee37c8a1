//! Rooms and their members.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::extract::{Body, Caller, Ids, OptionalBody};
use super::{App, done, success};
use crate::protocol::ids::{RoomId, UserId};
use crate::protocol::room::{Room, RoomType};
use crate::server::chat::{Member, NewRoom, RoomChanges};

#[derive(Serialize)]
struct Rooms {
    rooms: Vec<Room>,
}

#[derive(Serialize)]
struct OneRoom {
    room: Room,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    room_id: RoomId,
    members: Vec<Member>,
}

/// A room to be made. The name goes by either of its names on the wire.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateRoom {
    #[serde(alias = "displayName")]
    name: String,
    /// Private where it is left out.
    room_type: Option<RoomType>,
    #[serde(default)]
    member_ids: Vec<UserId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeRoom {
    #[serde(alias = "displayName")]
    name: Option<String>,
    room_type: Option<RoomType>,
    is_archived: Option<bool>,
    is_pinned: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetMember {
    #[serde(default)]
    is_moderator: bool,
}

/// `GET /rooms`
pub(super) async fn list(State(app): State<App>, Caller(caller): Caller) -> Result<Response, ApiError> {
    Ok(success(Rooms {
        rooms: app.chat.rooms(caller).await?,
    }))
}

/// `POST /rooms`, the reference server's own.
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

/// `PUT /rooms/{roomId}`, the reference server's own.
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

/// `DELETE /rooms/{roomId}`, the reference server's own.
pub(super) async fn delete(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
) -> Result<Response, ApiError> {
    app.chat.delete_room(caller, room_id).await?;
    Ok(done())
}

/// `GET /rooms/{roomId}/members`, the reference server's own.
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

/// `PUT /rooms/{roomId}/members/{userId}`, the reference server's own.
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

/// `DELETE /rooms/{roomId}/members/{userId}`, the reference server's own.
pub(super) async fn remove_member(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids((room_id, user_id)): Ids<(RoomId, UserId)>,
) -> Result<Response, ApiError> {
    app.chat.remove_member(caller, room_id, user_id).await?;
    Ok(done())
}
