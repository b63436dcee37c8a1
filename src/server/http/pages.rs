//! The folder of static files.

use std::path::Path;

use axum::Router;
use axum::handler::HandlerWithoutStateExt;
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use super::App;
use super::error::ApiError;

/// What a page may do: load its own scripts, styles and wasm, show pictures that it has made, talk to this server and
/// open WebSockets. No inline scripts, so that text which ends up as HTML by mistake runs nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::REFERRER_POLICY, "same-origin"),
    // The files may change any time: ask, and get "not modified" where they have not.
    (header::CACHE_CONTROL, "no-cache"),
];

/// Serves the files of a folder, `index.html` for the folder itself.
pub(super) fn folder(folder: &Path) -> Router<App> {
    let files = ServeDir::new(folder)
        .call_fallback_on_method_not_allowed(true)
        .fallback(nothing_there.into_service());
    HEADERS
        .into_iter()
        .fold(Router::new().fallback_service(files), |router, (name, value)| {
            router.layer(SetResponseHeaderLayer::overriding(
                name,
                HeaderValue::from_static(value),
            ))
        })
}

async fn nothing_there(method: Method, uri: Uri) -> ApiError {
    if matches!(method, Method::GET | Method::HEAD) {
        ApiError::no_such_path(&uri)
    } else {
        ApiError::method_not_allowed(&method, &uri)
    }
}
