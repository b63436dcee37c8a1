//! `GET /metrics`: metrics for Prometheus.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::App;
use super::error::ApiError;

/// The prefix of all names.
const PREFIX: &str = "reference_server";

/// The media type of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The route of unmatched requests. Their paths are arbitrary, and each would create a time series.
const NO_ROUTE: &str = "none";

/// Upper bounds in seconds. A login hashes a password; most other requests query the store.
const BUCKETS: [f64; 10] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

/// The metrics of requests. Clones share them.
#[derive(Clone)]
struct Requests {
    answered: Family<RequestLabels, Counter>,
    duration: Family<RouteLabels, Histogram>,
}

/// Adds `GET /metrics`, and counts the requests for all routes.
pub(super) fn add(router: Router<App>, app: &App) -> Router<App> {
    let requests = Requests {
        answered: Family::default(),
        duration: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
    };
    let mut registry = Registry::with_prefix(PREFIX);
    app.hub.register_metrics(&mut registry);
    app.chat.register_metrics(&mut registry);
    registry.register(
        "http_requests",
        "Requests that were answered, by method, route and status; 101 is a WebSocket",
        requests.answered.clone(),
    );
    registry.register_with_unit(
        "http_request_duration",
        "How long it took until a request was answered",
        Unit::Seconds,
        requests.duration.clone(),
    );
    let registry = Arc::new(registry);
    let show = move |State(app): State<App>| async move { show(&app, &registry) };
    router
        .route("/metrics", get(show))
        .layer(middleware::from_fn_with_state(requests, count))
}

fn show(app: &App, registry: &Registry) -> Result<Response, ApiError> {
    app.hub.refresh_metrics();
    let mut text = String::new();
    encode(&mut text, registry).map_err(|error| ApiError::internal("metrics-failed", &error))?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

async fn count(State(requests): State<Requests>, request: Request, next: Next) -> Response {
    let method = name(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or(NO_ROUTE, MatchedPath::as_str)
        .to_owned();
    let begin = Instant::now();
    let response = next.run(request).await;
    // The duration of a WebSocket is not included, only that of its upgrade.
    requests
        .duration
        .get_or_create(&RouteLabels {
            method,
            route: route.clone(),
        })
        .observe(begin.elapsed().as_secs_f64());
    requests
        .answered
        .get_or_create(&RequestLabels {
            method,
            route,
            status: response.status().as_u16(),
        })
        .inc();
    response
}

/// The name of a standard method. Clients may invent any number of others.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
