//! The REST API, the WebSocket and the static files, on top of [`chat`](super::chat) and [`session`](super::session).

mod account;
mod allowance;
mod asyncapi;
mod attachments;
mod avatars;
mod connection;
mod delay;
mod describe;
mod disturb;
mod error;
mod events;
mod extract;
mod faults;
mod guard;
mod health;
mod listing;
mod messages;
mod metrics;
mod outgoing;
mod pace;
mod pages;
mod permissions;
mod quirks;
mod rooms;
mod schema;
mod serve;
mod slow;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, OriginalUri};
use axum::http::{HeaderValue, Method, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use utoipa::ToSchema;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use describe::Documents;
use error::ApiError;
pub(super) use extract::SESSION_COOKIE;
pub(super) use serve::{Listening, serve};

use super::chat::Chat;
use super::config::Config;
use super::faults::Faults;
use super::files::Files;
use super::hub::Hub;
use super::session::Sessions;
use super::tasks::Tasks;
use crate::protocol::ids::UnixMillis;

/// The prefix of all paths of the API.
const PREFIX: &str = "/api/v1";

/// The state of the handlers. Clones share it.
#[derive(Clone)]
pub(super) struct App {
    pub(super) config: Arc<Config>,
    pub(super) chat: Chat,
    pub(super) files: Files,
    pub(super) sessions: Sessions,
    pub(super) hub: Hub,
    pub(super) tasks: Tasks,
    pub(super) faults: Faults,
    /// When the server started.
    pub(super) started_utc: UnixMillis,
}

/// The routes of the server.
pub(super) fn router(app: App) -> Router {
    // The files, and the multipart envelope.
    let upload_limit = DefaultBodyLimit::max(
        usize::try_from(app.config.http.max_upload)
            .unwrap_or(usize::MAX)
            .saturating_add(app.config.http.max_body),
    );
    let api = OpenApiRouter::new()
        .routes(routes!(account::log_in))
        .routes(routes!(account::status))
        .routes(routes!(account::log_out))
        .routes(routes!(account::issue_token))
        .routes(routes!(account::users))
        .routes(routes!(account::set_status))
        .routes(routes!(
            avatars::of_user,
            avatars::set_of_user,
            avatars::delete_of_user
        ))
        .routes(routes!(rooms::list, rooms::create))
        .routes(routes!(rooms::change, rooms::delete))
        .routes(routes!(rooms::members))
        .routes(routes!(rooms::set_member, rooms::remove_member))
        .routes(routes!(
            avatars::of_room,
            avatars::set_of_room,
            avatars::delete_of_room
        ))
        .routes(routes!(messages::list, messages::send))
        .routes(routes!(messages::send_many))
        .routes(routes!(messages::edit, messages::delete))
        .routes(routes!(messages::comments, messages::comment))
        .routes(routes!(messages::comment_many))
        .routes(routes!(messages::mark_read))
        .routes(routes!(messages::change_issue))
        .routes(routes!(attachments::upload).layer(upload_limit))
        .routes(routes!(attachments::show, attachments::delete))
        .routes(routes!(attachments::download))
        .routes(routes!(permissions::show))
        .routes(routes!(permissions::change))
        .routes(routes!(health::show))
        .routes(routes!(describe::openapi))
        .routes(routes!(describe::asyncapi))
        .routes(routes!(events::upgrade));
    let api = if app.config.faults {
        api.routes(routes!(faults::list, faults::inflict, faults::clear))
    } else {
        api
    };
    let (api, described) = api.split_for_parts();
    // Matches links to files whose names begin with `#` or `?`.
    let api = api.route("/attachments/{id}/", get(attachments::download_nameless));
    let documents = Documents::new(&described, &app.config);
    let api = if app.config.quirks.rewrites() {
        api.layer(middleware::from_fn_with_state(app.clone(), quirks::rewrite))
    } else {
        api
    };
    let api = api
        .layer(Extension(documents))
        .fallback(no_such_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), disturb::disturb))
        .layer(middleware::from_fn_with_state(app.clone(), guard::check_origin))
        .layer(guard::cors(&app.config))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ));
    let router = Router::new().nest(PREFIX, api);
    let router = match &app.config.www {
        Some(folder) => router.merge(pages::folder(folder)),
        None => router.fallback(no_such_path),
    };
    metrics::add(router, &app)
        .layer(middleware::from_fn_with_state(app.clone(), guard::check_host))
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

/// A success: the fields of `T` and `httpStatusCode`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Success<T> {
    #[schema(minimum = 200, maximum = 200)]
    http_status_code: u16,
    #[serde(flatten)]
    body: T,
}

/// A success without fields.
#[derive(Serialize, ToSchema)]
struct Nothing {}

fn success<T: Serialize>(body: T) -> Response {
    axum::Json(Success {
        http_status_code: 200,
        body,
    })
    .into_response()
}

/// Serialises a success.
fn success_text<T: Serialize>(body: T) -> serde_json::Result<String> {
    serde_json::to_string(&Success {
        http_status_code: 200,
        body,
    })
}

/// A success without fields.
fn done() -> Response {
    success(Nothing {})
}
