//! The server without its network, for tests that bring their own.

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

/// A server that listens nowhere: its database, its rules, its REST API and its hub, called directly.
///
/// What it does not have are sockets and a clock: whoever drives it decides what reaches it, when, and what becomes of
/// the events. So clients, a simulated network and this server run together in virtual time, and the same history has
/// the same outcome. Faults are the network's business here, [`Config::listen`] means nothing, and the server ends when
/// this is dropped.
pub struct Detached {
    app: App,
    router: TowerToHyperService<Router>,
    clock: Arc<Clock>,
}

/// An answer of the REST API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The session that a login has begun.
    pub session: Option<String>,
    /// The body, as text.
    pub body: String,
}

impl Detached {
    /// Opens the database and whatever else belongs to a server. Its clock stands at `now`.
    ///
    /// # Errors
    /// Where the database cannot be opened, or a limit makes no sense.
    pub async fn start(config: Config, now: UnixMillis) -> Result<Self, ServerError> {
        let passwords = check(&config)?;
        let clock = Arc::new(Clock::standing(now));
        let app = assemble(config, passwords, Arc::clone(&clock)).await?;
        let router = TowerToHyperService::new(http::router(app.clone()));
        Ok(Self { app, router, clock })
    }

    /// Sets the clock. It never goes back: an earlier time than before changes nothing.
    pub fn set_time(&self, now: UnixMillis) {
        self.clock.set(now);
    }

    /// Sends a request to the REST API. `path` begins with `/api/v1`; a body is JSON; `session` is what a login has
    /// answered with.
    ///
    /// A request that is none (a method or path that HTTP does not allow) is answered with 400.
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
        // The body is read from this process: it fails only if the caller loses the room meanwhile.
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap_or_default();
        DetachedAnswer {
            status,
            session,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Closes all connections as a server does that shuts down: what waits for them can still be taken.
    pub fn close_connections(&self) {
        self.app.hub.end(None, &CloseReason::GoingAway.farewell());
    }

    /// Connects to the events with the session that a login has answered with. `None` if it is not accepted.
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

/// The events of one connection. Dropped, it is disconnected.
pub struct DetachedEvents {
    subscription: Subscription,
}

impl DetachedEvents {
    /// The frames that have come since the last call, in their order. It waits for none: a request that was answered
    /// has put its events here already.
    pub fn take(&mut self) -> Vec<String> {
        let mut frames = Vec::new();
        self.subscription.take_ready(&mut frames, usize::MAX);
        let text = |frame: &Frame| String::from_utf8_lossy(frame.payload()).into_owned();
        frames.iter().map(text).collect()
    }

    /// Why the server has closed the connection; `None` while it has not. What was sent before is to be taken first.
    pub fn closed(&self) -> Option<CloseReason> {
        match self.subscription.farewell()? {
            Farewell::Close(reason, _) => Some(reason),
            // Faults do that, and there are none here.
            Farewell::Drop(_) => None,
        }
    }
}

impl std::fmt::Debug for DetachedEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DetachedEvents").finish_non_exhaustive()
    }
}
