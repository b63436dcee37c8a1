//! Figures about the server.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::extract::Caller;
use super::{App, Success, success};
use crate::protocol::ids::{SafeInt, UnixMillis};
use crate::server::store::figures::Figures;

/// Figures about the server. The names are specific to this server, as the documented API has none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Health {
    /// The version of the program.
    version: &'static str,
    /// When the server started.
    started_utc: UnixMillis,
    /// The number of event connections.
    connection_count: SafeInt,
    user_count: SafeInt,
    room_count: SafeInt,
    /// The number of messages and comments.
    message_count: SafeInt,
    attachment_count: SafeInt,
    /// The total size of all attachments, in bytes.
    attachment_bytes: SafeInt,
}

/// Get figures about the server
#[utoipa::path(
    get,
    path = "/server-health",
    operation_id = "serverHealth",
    tag = "Server",
    responses((status = 200, description = "The figures", body = Success<Health>))
)]
pub(super) async fn show(State(app): State<App>, _: Caller) -> Result<Response, ApiError> {
    let Figures {
        users,
        rooms,
        messages,
        attachments,
        attachment_bytes,
    } = app.chat.figures().await?;
    let connections = u64::try_from(app.hub.connection_count()).unwrap_or(u64::MAX);
    Ok(success(Health {
        version: env!("CARGO_PKG_VERSION"),
        started_utc: app.started_utc,
        connection_count: SafeInt::new(connections).unwrap_or(SafeInt::MAX),
        user_count: users,
        room_count: rooms,
        message_count: messages,
        attachment_count: attachments,
        attachment_bytes,
    }))
}
