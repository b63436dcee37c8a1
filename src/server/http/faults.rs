//! `/reference/faults`, if the server was started with it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::error::ApiError;
use super::extract::{Body, Caller};
use super::schema::FaultFields;
use super::{App, Nothing, Success, done, success};
use crate::protocol::ids::UserId;
use crate::server::chat::ChatError;
use crate::server::faults::{ActiveFault, Fault, FaultError, Scope};
use crate::server::store::StoreError;

#[derive(Serialize, ToSchema)]
struct ActiveFaults {
    #[schema(value_type = Vec<FaultFields>)]
    faults: Vec<ActiveFault>,
}

/// Inject a fault
///
/// Only if the server was started with `--faults`, like the next two.
#[utoipa::path(
    post,
    path = "/reference/faults",
    operation_id = "inflict",
    tag = "Reference",
    request_body = FaultFields,
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn inflict(
    State(app): State<App>,
    Caller(caller): Caller,
    Body(mut body): Body<Map<String, Value>>,
) -> Result<Response, ApiError> {
    let scope = scope(body.remove("scope"), caller.user_id)?;
    let fault: Fault = serde_json::from_value(Value::Object(body))
        .map_err(|error| ApiError::bad_request(FaultError::Unreadable(error.to_string()).to_string()))?;
    app.faults.inflict(scope, fault).await.map_err(|error| {
        let status = match error {
            FaultError::Locked => return ApiError::from(ChatError::Store(StoreError::Locked)),
            FaultError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        ApiError::new(status, error.to_string())
    })?;
    Ok(done())
}

/// List the active faults
#[utoipa::path(
    get,
    path = "/reference/faults",
    operation_id = "faults",
    tag = "Reference",
    responses((status = 200, description = "The faults", body = Success<ActiveFaults>))
)]
pub(super) async fn list(State(app): State<App>, _: Caller) -> Response {
    success(ActiveFaults {
        faults: app.faults.active(),
    })
}

/// End the active faults
#[utoipa::path(
    delete,
    path = "/reference/faults",
    operation_id = "clearFaults",
    tag = "Reference",
    responses((status = 200, description = "Done", body = Success<Nothing>))
)]
pub(super) async fn clear(State(app): State<App>, _: Caller) -> Response {
    app.faults.clear();
    done()
}

fn scope(value: Option<Value>, caller: UserId) -> Result<Scope, ApiError> {
    match value {
        None => Ok(Scope::User(caller)),
        Some(Value::String(text)) if text == "caller" => Ok(Scope::User(caller)),
        Some(Value::String(text)) if text == "all" => Ok(Scope::All),
        Some(value) => value
            .as_u64()
            .and_then(UserId::new)
            .map(Scope::User)
            .ok_or_else(|| {
                ApiError::bad_request(format!(
                    "{value} is no scope: it is \"caller\", \"all\" or the id of a user"
                ))
            }),
    }
}
