//! The REST API, the WebSocket and the static files, on top of [`chat`](super::chat) and [`session`](super::session).

mod account;
mod attachments;
mod connection;
mod delay;
mod error;
mod events;
mod extract;
mod faults;
mod guard;
mod messages;
mod metrics;
mod pages;
mod permissions;
mod rooms;
mod serve;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri};
use axum::http::{HeaderValue, Method, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use error::ApiError;
pub(super) use serve::serve;

use super::chat::Chat;
use super::config::Config;
use super::faults::Faults;
use super::files::Files;
use super::hub::Hub;
use super::session::Sessions;
use super::tasks::Tasks;

/// What the handlers work with. Clones are the same.
#[derive(Clone)]
pub(super) struct App {
    pub(super) config: Arc<Config>,
    pub(super) chat: Chat,
    pub(super) files: Files,
    pub(super) sessions: Sessions,
    pub(super) hub: Hub,
    pub(super) tasks: Tasks,
    pub(super) faults: Faults,
}

/// Every path.
pub(super) fn router(app: App) -> Router {
    // The files, and what stands around them.
    let upload_limit = DefaultBodyLimit::max(
        usize::try_from(app.config.http.max_upload)
            .unwrap_or(usize::MAX)
            .saturating_add(app.config.http.max_body),
    );
    let api = Router::new()
        .route("/login", post(account::log_in))
        .route("/status", get(account::status))
        .route("/logout", post(account::log_out))
        .route("/reference/token", post(account::issue_token))
        .route("/users", get(account::users))
        .route("/rooms", get(rooms::list).post(rooms::create))
        .route("/rooms/{roomId}", put(rooms::change).delete(rooms::delete))
        .route("/rooms/{roomId}/members", get(rooms::members))
        .route(
            "/rooms/{roomId}/members/{userId}",
            put(rooms::set_member).delete(rooms::remove_member),
        )
        .route(
            "/rooms/{roomId}/messages",
            get(messages::list).post(messages::send),
        )
        .route(
            "/messages/{messageId}",
            put(messages::edit).delete(messages::delete),
        )
        .route(
            "/messages/{messageId}/comments",
            get(messages::comments).post(messages::comment),
        )
        .route("/messages/{messageId}/read", post(messages::mark_read))
        .route("/reference/rooms/{roomId}/messages", post(messages::send_many))
        .route(
            "/reference/messages/{messageId}/issue",
            put(messages::change_issue),
        )
        .route(
            "/messages/{messageId}/attachments",
            post(attachments::upload).layer(upload_limit),
        )
        .route(
            "/attachments/{id}",
            get(attachments::show).delete(attachments::delete),
        )
        .route("/attachments/{id}/{fileName}", get(attachments::download))
        .route("/room-permissions/{roomId}", get(permissions::show))
        .route("/reference/room-permissions/{roomId}", put(permissions::change))
        .route("/reference/users/{userId}/status", put(account::set_status))
        .route("/events", get(events::upgrade));
    let api = if app.config.faults {
        api.route(
            "/reference/faults",
            get(faults::list).post(faults::inflict).delete(faults::clear),
        )
    } else {
        api
    };
    let api = api
        .fallback(no_such_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), faults::disturb))
        .layer(middleware::from_fn_with_state(app.clone(), guard::check_origin))
        .layer(guard::cors(&app.config))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ));
    let router = Router::new().nest("/api/v1", api);
    let router = match &app.config.www {
        Some(folder) => router.merge(pages::folder(folder)),
        None => router.fallback(no_such_path),
    };
    metrics::add(router, &app)
        .layer(DefaultBodyLimit::max(app.config.http.max_body))
        .layer(SetResponseHeaderLayer::overriding(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(TraceLayer::new_for_http())
        .with_state(app)
}

async fn no_such_path(OriginalUri(uri): OriginalUri) -> ApiError {
    ApiError::no_such_path(&uri)
}

async fn method_not_allowed(method: Method, OriginalUri(uri): OriginalUri) -> ApiError {
    ApiError::method_not_allowed(&method, &uri)
}

/// A success: the fields of `T` beside `httpStatusCode`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Success<T> {
    http_status_code: u16,
    #[serde(flatten)]
    body: T,
}

/// A success without fields of its own.
#[derive(Serialize)]
struct Nothing {}

fn success<T: Serialize>(body: T) -> Response {
    axum::Json(Success {
        http_status_code: 200,
        body,
    })
    .into_response()
}

/// A success that says no more than that.
fn done() -> Response {
    success(Nothing {})
}
