//! Restricts the pages that may use the API from a browser.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::App;
use super::error::ApiError;
use crate::server::config::Config;
use crate::server::origin;

/// How long a browser may cache a preflight response, in seconds.
const PREFLIGHT_SECONDS: u64 = 600;

/// Lets pages of the allowed origins read responses, with credentials.
pub(super) fn cors(config: &Arc<Config>) -> CorsLayer {
    let config = Arc::clone(config);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| {
            origin.to_str().is_ok_and(|origin| is_allowed(&config, origin))
        }))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            header::RANGE,
        ])
        // Needed by scripts for downloads and for retries. Browsers hide all other headers.
        .expose_headers([
            header::ACCEPT_RANGES,
            header::CONTENT_DISPOSITION,
            header::CONTENT_LENGTH,
            header::CONTENT_RANGE,
            header::DATE,
            header::ETAG,
            header::RETRY_AFTER,
        ])
        .max_age(std::time::Duration::from_secs(PREFLIGHT_SECONDS))
}

/// Rejects writes and upgrades from pages of other origins, which act on behalf of the browser's user. CORS alone does
/// not: it hides responses from such a page, but WebSockets and simple requests still arrive, with the cookie.
///
/// Clients other than browsers send no `Origin` and pass.
pub(super) async fn check_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
        && !request.headers().contains_key(header::UPGRADE);
    if !reads && let Err(error) = require_own_origin(&app.config, request.headers()) {
        return error.into_response();
    }
    next.run(request).await
}

fn require_own_origin(config: &Config, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origin = String::from_utf8_lossy(origin.as_bytes());
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    if origin::is_same_origin(&origin, host) || is_allowed(config, &origin) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        format!("Pages of {origin} may not use this server; --allow-origin {origin} would let them"),
    ))
}

fn is_allowed(config: &Config, origin: &str) -> bool {
    let is_dev = config.dev_origins && config.listen.ip().is_loopback() && origin::is_loopback_origin(origin);
    is_dev
        || config
            .allowed_origins
            .iter()
            .any(|allowed| allowed.matches(origin))
}

/// Rejects requests for unknown host names. A page whose name resolves to this machine would otherwise share the
/// server's origin (DNS rebinding).
pub(super) async fn check_host(State(app): State<App>, request: Request, next: Next) -> Response {
    let in_header = request.headers().get(header::HOST).map(HeaderValue::as_bytes);
    let host = match request.uri().authority() {
        Some(authority) => Some(authority.as_str().into()),
        None => in_header.map(String::from_utf8_lossy),
    };
    // Clients other than browsers may send no host.
    if let Some(host) = host
        && !is_own_host(&app.config, &host)
    {
        let message = format!("This server does not answer as {host}; --allow-host NAME would let it");
        return ApiError::new(StatusCode::FORBIDDEN, message).into_response();
    }
    next.run(request).await
}

fn is_own_host(config: &Config, host: &str) -> bool {
    let Some(name) = origin::host_name(host) else {
        return false;
    };
    // Names without a dot are not public; containers have such names.
    origin::address(&name).is_some()
        || !name.contains('.')
        || origin::is_loopback(&name)
        || config
            .allowed_hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(&name))
        || config.allowed_origins.iter().any(|allowed| allowed.is_of(&name))
}
