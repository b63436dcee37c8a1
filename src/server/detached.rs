//! The server without a network, for tests with their own.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, header};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::clock::Clock;
use super::config::Config;
use super::error::ServerError;
use super::http::{self, App};
use super::hub::{CloseReason, Farewell, Frame, Owner, Subscription};
use super::lifecycle::{assemble, check};
use super::session::{Credential, SessionError};
use crate::protocol::ids::UnixMillis;

/// A server without sockets: its database, rules, REST API and hub, called directly.
///
/// The caller supplies network and clock: it decides which requests arrive, when, and what happens to the events. This
/// way clients, a simulated network and this server run together in virtual time, and the outcome is reproducible. The
/// simulated network is responsible for faults, [`Config::listen`] is ignored, and dropping the value ends the server.
pub struct Detached {
    app: App,
    router: TowerToHyperService<Router>,
    clock: Arc<Clock>,
}

/// A response of the REST API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The session that a login started.
    pub session: Option<String>,
    /// The body as text.
    pub body: String,
}

impl Detached {
    /// Opens the database and everything else that a server needs. The clock stands still at `now`.
    ///
    /// # Errors
    /// Fails if the database cannot be opened or a limit is invalid.
    pub async fn start(config: Config, now: UnixMillis) -> Result<Self, ServerError> {
        let passwords = check(&config)?;
        let clock = Arc::new(Clock::standing(now));
        let app = assemble(config, passwords, Arc::clone(&clock)).await?;
        let router = TowerToHyperService::new(http::router(app.clone()));
        Ok(Self { app, router, clock })
    }

    /// Sets the clock forward. Earlier times are ignored.
    pub fn set_time(&self, now: UnixMillis) {
        self.clock.set(now);
    }

    /// Sends a request to the REST API. `path` begins with `/api/v1`, `body` is JSON, and `session` comes from the
    /// response to a login.
    ///
    /// The response to an invalid request (a method or path that HTTP does not allow) is 400.
    pub async fn request(
        &self,
        method: &str,
        path: &str,
        session: Option<&str>,
        body: Option<String>,
    ) -> DetachedAnswer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(session) = session {
            request = request.header(header::COOKIE, format!("{}={session}", http::SESSION_COOKIE));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let Ok(request) = request.body(Body::from(body.unwrap_or_default())) else {
            return DetachedAnswer {
                status: 400,
                session: None,
                body: String::new(),
            };
        };
        let answer: Result<_, Infallible> = self.router.call(request).await;
        let Ok(answer) = answer;
        let status = answer.status().as_u16();
        let cookie = answer.headers().get(header::SET_COOKIE);
        let session = cookie.and_then(|cookie| session_of(cookie.to_str().ok()?));
        // The body comes from this process, so reading it fails only if the caller may no longer see the room.
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap_or_default();
        DetachedAnswer {
            status,
            session,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Closes all connections like a server that shuts down. Queued events can still be taken.
    pub fn close_connections(&self) {
        self.app.hub.end(None, &CloseReason::GoingAway.farewell());
    }

    /// Connects to the events with a session from a login. `None` if the session is rejected.
    pub async fn connect(&self, session: &str) -> Option<DetachedEvents> {
        let hub = self.app.hub.clone();
        let credential = Credential::Session(session.to_owned());
        let connected = self.app.sessions.identify_and(Some(credential), move |identity| {
            let owner = Owner {
                user_id: identity.user_id,
                credential: identity.credential,
            };
            Ok::<_, SessionError>(hub.connect(owner)?)
        });
        Some(DetachedEvents {
            subscription: connected.await.ok()?,
        })
    }
}

fn session_of(cookie: &str) -> Option<String> {
    let (name, rest) = cookie.split_once('=')?;
    let value = rest.split(';').next()?;
    (name == http::SESSION_COOKIE).then(|| value.to_owned())
}

impl std::fmt::Debug for Detached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detached").finish_non_exhaustive()
    }
}

/// The events of one connection. Dropping the value disconnects.
pub struct DetachedEvents {
    subscription: Subscription,
}

impl DetachedEvents {
    /// Takes the frames since the last call, in order. Does not wait: a request's events are queued before its
    /// response.
    pub fn take(&mut self) -> Vec<String> {
        let mut frames = Vec::new();
        self.subscription.take_ready(&mut frames, usize::MAX);
        let text = |frame: &Frame| String::from_utf8_lossy(frame.payload()).into_owned();
        frames.iter().map(text).collect()
    }

    /// Why the server closed the connection; `None` if it is open. Take the queued frames first.
    pub fn closed(&self) -> Option<CloseReason> {
        match self.subscription.farewell()? {
            Farewell::Close(reason, _) => Some(reason),
            // Only faults drop connections, and here are none.
            Farewell::Drop(_) => None,
        }
    }
}

impl std::fmt::Debug for DetachedEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DetachedEvents").finish_non_exhaustive()
    }
}
