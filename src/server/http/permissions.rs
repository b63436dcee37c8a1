//! The permissions of users in a room.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::ApiError;
use super::extract::{Body, Caller, Ids};
use super::{App, Nothing, Success, done, schema, success};
use crate::protocol::ids::{RoomId, UserId};
use crate::server::store::permissions::Permissions;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Answer {
    room_permissions: RoomPermissions,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RoomPermissions {
    room_id: RoomId,
    #[schema(schema_with = schema::all_flags)]
    permissions: Permissions,
}

/// Flags to grant or revoke. Absent flags stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetPermissions {
    /// The user. Default: everyone.
    user_id: Option<UserId>,
    #[schema(schema_with = schema::some_flags)]
    permissions: Permissions,
}

/// Get the caller's flags in a room
///
/// Moderators have all.
#[utoipa::path(
    get,
    path = "/room-permissions/{roomId}",
    operation_id = "permissions",
    tag = "Rooms",
    params(("roomId" = RoomId, Path, description = "The room")),
    responses((status = 200, description = "The flags", body = Success<Answer>))
)]
pub(super) async fn show(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
) -> Result<Response, ApiError> {
    Ok(success(Answer {
        room_permissions: RoomPermissions {
            room_id,
            permissions: app.chat.permissions(caller, room_id).await?,
        },
    }))
}

/// Grant and revoke flags
///
/// Of one user, or of everyone without an individual rule. For moderators. There is no event for it.
#[utoipa::path(
    put,
    path = "/reference/room-permissions/{roomId}",
    operation_id = "setPermissions",
    tag = "Reference",
    params(("roomId" = RoomId, Path, description = "The room")),
    request_body = SetPermissions,
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn change(
    State(app): State<App>,
    Caller(caller): Caller,
    Ids(room_id): Ids<RoomId>,
    Body(SetPermissions { user_id, permissions }): Body<SetPermissions>,
) -> Result<Response, ApiError> {
    app.chat
        .set_permissions(caller, room_id, user_id, permissions)
        .await?;
    Ok(done())
}
