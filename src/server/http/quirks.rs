//! Rewrites responses according to the quirks.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::App;
use super::error::ApiError;

/// Rewrites JSON responses according to the quirks of the server. This buffers the whole response.
pub(super) async fn rewrite(State(app): State<App>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_json = |value: &HeaderValue| value.as_bytes() == b"application/json";
    if !response.headers().get(header::CONTENT_TYPE).is_some_and(is_json) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let rewritten = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => serde_json::from_slice(&bytes).map(|mut body: Value| {
            app.config.quirks.rewrite_answer(&mut body);
            body.to_string()
        }),
        Err(error) => return ApiError::internal("answer-broken", &error).into_response(),
    };
    match rewritten {
        Ok(text) => {
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(text))
        }
        Err(error) => ApiError::internal("answer-no-json", &error).into_response(),
    }
}
