//! Applies faults to requests and responses.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::error::ApiError;
use super::extract::credential;
use super::slow::slow;
use super::{App, PREFIX};
use crate::protocol::ids::UserId;
use crate::server::faults::{Active, Call, Part, RestBody, StatusFault};

/// Imitates the login page of an authenticating proxy.
const LOGIN_PAGE: &str = "<!doctype html>\n<html lang=\"en\"><head><title>Sign in</title></head><body>\
    <form method=\"post\" action=\"/sign-in\"><input name=\"user\"><input name=\"password\" type=\"password\">\
    <button>Sign in</button></form></body></html>\n";

/// Holds or fails requests, and corrupts responses, according to the active faults.
pub(super) async fn disturb(State(app): State<App>, request: Request, next: Next) -> Response {
    let active = app.hub.faults();
    let path = request.uri().path();
    if !active.any() || path.ends_with("/reference/faults") {
        return next.run(request).await;
    }
    let path = path.strip_prefix(PREFIX).unwrap_or(path).to_owned();
    let method = request.method().clone();
    let call = Call {
        method: &method,
        path: &path,
    };
    let identity = app.sessions.identify(credential(request.headers())).await;
    let user_id = identity.ok().map(|identity| identity.user_id);
    if path.ends_with("/events") {
        active.pass(user_id, Part::Events).await;
        return match active.refuses_upgrade(user_id).map(StatusCode::from_u16) {
            Some(Ok(status)) => failure("upgrade", status).into_response(),
            _ => next.run(request).await,
        };
    }
    active.pass(user_id, Part::Rest).await;
    if let Some(hold) = active.rest_hang(user_id, call) {
        tokio::select! {
            () = hold.over() => {}
            () = app.tasks.stopping() => {
                return failure("request", StatusCode::SERVICE_UNAVAILABLE).into_response();
            }
        }
    }
    let answer = answer(&active, user_id, call, request, next).await;
    match active.rest_slow(user_id, call) {
        Some(slowness) => {
            let released = async move {
                tokio::select! {
                    () = slowness.hold.over() => {}
                    () = app.tasks.stopping() => {}
                }
            };
            slow(answer, slowness.bytes_per_second, released)
        }
        None => answer,
    }
}

async fn answer(
    active: &Active,
    user_id: Option<UserId>,
    call: Call<'_>,
    request: Request,
    next: Next,
) -> Response {
    let Some(fault) = active.rest_status(user_id, call) else {
        return next.run(request).await;
    };
    let StatusFault {
        status,
        body,
        retry_after_s,
    } = fault;
    // Other values are rejected when the fault is injected.
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut answer = match body {
        RestBody::Error => failure("request", status).into_response(),
        RestBody::Html => (status, Html(LOGIN_PAGE)).into_response(),
        RestBody::Truncated => match truncate(next.run(request).await, status).await {
            Ok(cut) => cut,
            Err(uncut) => return uncut,
        },
    };
    if let Some(seconds) = retry_after_s {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

fn failure(what: &str, status: StatusCode) -> ApiError {
    ApiError::new(
        status,
        format!("This {what} fails because a fault was asked for; DELETE /reference/faults ends it"),
    )
}

/// The first half of a successful JSON response, with this status. The error is any other response, unchanged.
async fn truncate(answer: Response, status: StatusCode) -> Result<Response, Response> {
    let is_json = answer
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !is_json || !answer.status().is_success() {
        return Err(answer);
    }
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .map_err(|error| ApiError::internal("fault-failed", &error).into_response())?;
    let half = body.slice(..body.len() / 2);
    parts.status = status;
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(half.len()));
    Ok(Response::from_parts(parts, Body::from(half)))
}
