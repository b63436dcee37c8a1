//! Serves the folder of static files.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::HandlerWithoutStateExt;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use percent_encoding::percent_decode_str;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use super::App;
use super::error::ApiError;

/// A page may load its own scripts, styles and wasm, show pictures that it creates, call this server and open
/// WebSockets. Inline scripts are forbidden, so that text that is inserted as HTML by mistake runs nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
     style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::REFERRER_POLICY, "same-origin"),
    // The files may change at any time, so browsers have to revalidate them.
    (header::CACHE_CONTROL, "no-cache"),
];

/// Serves the files of a folder, and `index.html` for the folder and for client-side routes.
pub(super) fn folder(folder: &Path) -> Router<App> {
    let root: Arc<Path> = folder.into();
    let index = Arc::clone(&root);
    let fallback = move |request: Request| fall_back(Arc::clone(&index), request);
    let files = ServeDir::new(folder)
        .call_fallback_on_method_not_allowed(true)
        .fallback(fallback.into_service());
    let files = Router::new()
        .fallback_service(files)
        .layer(middleware::from_fn_with_state(root, stay_inside));
    HEADERS.into_iter().fold(files, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::overriding(
            name,
            HeaderValue::from_static(value),
        ))
    })
}

/// The response without a file: `index.html` for a browser's navigation, otherwise an error.
async fn fall_back(root: Arc<Path>, request: Request) -> Response {
    let (method, uri) = (request.method(), request.uri());
    if !matches!(*method, Method::GET | Method::HEAD) {
        return ApiError::method_not_allowed(method, uri).into_response();
    }
    if is_deep_link(&request)
        && let Ok(page) = tokio::fs::read(root.join("index.html")).await
    {
        return Html(page).into_response();
    }
    ApiError::no_such_path(uri).into_response()
}

/// Whether a browser navigates to a client-side route. Missing files are not replaced.
fn is_deep_link(request: &Request) -> bool {
    let accepted = request.headers().get(header::ACCEPT).map(HeaderValue::as_bytes);
    let wants_page = accepted.is_some_and(|types| String::from_utf8_lossy(types).contains("text/html"));
    let path = request.uri().path();
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    wants_page && !is_file && path != "/api" && !path.starts_with("/api/")
}

/// Rejects links that lead out of the folder.
async fn stay_inside(State(root): State<Arc<Path>>, request: Request, next: Next) -> Response {
    let path = percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let asked = root.join(path.trim_start_matches('/'));
    let found = tokio::fs::canonicalize(asked).await;
    let folder = tokio::fs::canonicalize(&root).await;
    if let (Ok(found), Ok(folder)) = (found, folder)
        && !found.starts_with(folder)
    {
        return ApiError::no_such_path(request.uri()).into_response();
    }
    next.run(request).await
}
