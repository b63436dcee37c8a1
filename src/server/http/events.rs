//! `GET /events`: upgrades a request to a WebSocket.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
#[cfg(target_os = "linux")]
use socket2::SockRef;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
#[cfg(target_os = "linux")]
use tokio_util::either::Either;

use super::App;
use super::allowance::Allowance;
use super::connection::Connection;
use super::error::{ApiError, Failure};
use super::extract::{credential, session};
use super::serve::{Peer, Transport};
use crate::server::config::EventLimits;
use crate::server::hub::Owner;
use crate::server::quirk::Quirk;

/// The size of the read buffer in bytes. Clients send next to nothing, and there may be many.
const READ_BUFFER: usize = 1 << 10;

/// The maximum number of unsent bytes that the system buffers per client. The rest stays in the connection's queue,
/// which has known limits. By default, the system buffers megabytes for each stalled client.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 64 << 10;

/// Open the WebSocket of the events
///
/// `asyncapi.json` describes the events.
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "events",
    tag = "Events",
    responses((status = 101, description = "The connection is a WebSocket from now on"),
        (status = 403, description = "The page has another origin", body = Failure), (status = 400, description = "The handshake is invalid", body = Failure),
        (status = 426, description = "The request is not a WebSocket handshake", body = Failure),
        (status = 429, description = "The user has too many connections", body = Failure),
        (status = 503, description = "The server has too many connections", body = Failure))
)]
pub(super) async fn upgrade(State(app): State<App>, mut request: Request) -> Result<Response, ApiError> {
    let credential = if app.config.quirks.contains(Quirk::CookieUpgrades) {
        session(request.headers())
    } else {
        credential(request.headers())
    };
    let peer = request.extensions().get::<Peer>().cloned();
    let response = match create_response_with_body(&request, Body::empty) {
        Ok(response) => response,
        Err(error) => {
            // Missing or wrong credentials take precedence over handshake errors.
            app.sessions.identify(credential).await?;
            return Ok(not_a_handshake(&error));
        }
    };
    // The connection joins the hub before the response is sent, so no event is lost in between.
    let hub = app.hub.clone();
    let (subscription, identity) = app
        .sessions
        .identify_and(credential, move |identity| {
            let owner = Owner {
                user_id: identity.user_id,
                credential: identity.credential,
            };
            Ok((hub.connect(owner)?, *identity))
        })
        .await?;
    let limits = app.config.events;
    let lifetime = app.sessions.remaining(&identity);
    let upgrade = hyper::upgrade::on(&mut request);
    app.tasks.spawn(async move {
        // The connection counts for its address until it ends.
        let _peer = peer;
        match upgrade.await {
            Ok(upgraded) => match into_websocket(upgraded, &limits).await {
                Some(socket) => Connection::new(socket, subscription, limits).run(lifetime).await,
                None => tracing::error!("an upgraded connection is not what was accepted"),
            },
            Err(error) => tracing::debug!(%error, "an upgrade was not completed"),
        }
    });
    Ok(response)
}

async fn into_websocket(
    upgraded: Upgraded,
    limits: &EventLimits,
) -> Option<WebSocketStream<Allowance<Transport>>> {
    let parts = upgraded.downcast::<TokioIo<Transport>>().ok()?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_frame_size(Some(limits.max_client_message))
        .max_message_size(Some(limits.max_client_message));
    let stream = parts.io.into_inner();
    #[cfg(target_os = "linux")]
    limit_unsent(&stream);
    let stream = Allowance::new(stream, limits.max_client_message, READ_BUFFER);
    let begun = parts.read_buf.to_vec();
    Some(WebSocketStream::from_partially_read(stream, begun, Role::Server, Some(config)).await)
}

#[cfg(target_os = "linux")]
fn limit_unsent(stream: &Transport) {
    let stream = match stream {
        Either::Left(stream) => stream,
        Either::Right(stream) => stream.get_ref().0,
    };
    if let Err(error) = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT) {
        tracing::debug!(%error, "the system decides how much it holds for a client");
    }
}

/// The response to a request without a valid WebSocket handshake.
fn not_a_handshake(error: &Error) -> Response {
    use ProtocolError as P;
    let status = match error {
        Error::Protocol(
            P::MissingConnectionUpgradeHeader | P::MissingUpgradeWebSocketHeader | P::WrongHttpVersion,
        ) => StatusCode::UPGRADE_REQUIRED,
        _ => StatusCode::BAD_REQUEST,
    };
    let text = format!("Events come through a WebSocket, and this is no handshake of one: {error}");
    let mut response = ApiError::new(status, text).into_response();
    if status == StatusCode::UPGRADE_REQUIRED {
        response
            .headers_mut()
            .insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
    response
}
