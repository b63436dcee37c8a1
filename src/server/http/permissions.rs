//! What users may do in a room.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::extract::{Body, Caller, Ids};
use super::{App, done, success};
use crate::protocol::ids::{RoomId, UserId};
use crate::server::store::permissions::Permissions;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    room_permissions: RoomPermissions,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoomPermissions {
    room_id: RoomId,
    permissions: Permissions,
}

/// Flags to be given or taken; those that are left out stay.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetPermissions {
    /// Everybody where it is left out.
    user_id: Option<UserId>,
    permissions: Permissions,
}

/// `GET /room-permissions/{roomId}`
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

/// `PUT /reference/room-permissions/{roomId}`, the reference server's own.
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
