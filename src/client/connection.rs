//! The life of a connection: when to open or close a socket, and how long to wait.
//!
//! ```text
//!                    opened, nothing to catch up with
//!      ┌──────────┐ ─────────────────────────────────▶ ┌──────┐
//!   ┌─▶│Connecting│      ┌───────────┐   caught up     │ Open │
//!   │  └──────────┘ ────▶│CatchingUp │ ──────────────▶ └──────┘
//!   │     │   │   opened └───────────┘ ◀────────────── compare │
//!   │     │   │ refused, timeout   │ closed, recycled          │ closed, recycled
//!   │     │   ▼                    ▼                           ▼
//!   │     │  ┌─────────────────────────────────────────────────────┐
//!   ├─────│──│ Waiting: after the delay, or when the page is shown │
//!   │     │  └─────────────────────────────────────────────────────┘
//!   │     │ no network, page suspended¹              │ unauthorized close code, or GET /status²
//!   │     ▼                                          ▼
//!   │  ┌───────┐                              ┌────────────┐
//!   ├──│Offline│ network, page resumed, delay │Unauthorized│──┐ reconnect_now, a login, or GET /status
//!   │  └───────┘                              └────────────┘  │
//!   └─────────────────────────────────────────────────────────┘      close(), attempts used up, from any: Closed
//! ```
//!
//! ¹ Not from Unauthorized. Without a network, an open socket is kept, as the browser may be wrong. Suspended pages
//! are frozen or in the back/forward cache.
//!
//! ² From Connecting, CatchingUp or Open.
//!
//! A browser does not report why an upgrade was refused. The driver then requests `GET /status`
//! (`Action::AskStatus`); until the response, the connection is still connecting. It also requests it when a page
//! with a refused session is shown, as the user may have logged in elsewhere, and when a request is refused while the
//! connection is open. Every socket has an id; reports of replaced sockets are ignored.

use std::time::Duration;

use super::backoff::{Backoff, BackoffConfig};
use super::clock::{Micros, earliest, micros};
use super::rest::Reply;
use super::session::{Authorized, Session, StatusReply, Verdict};
use super::state::{Cause, ConnectionState, ConnectionStatus};

/// Identifies a socket of a connection. Sockets are numbered in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketId(u64);

/// An instruction for the driver. Instructions must be followed in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Open a socket and report its events under this id.
    OpenSocket(SocketId),
    /// Close that socket.
    CloseSocket {
        socket: SocketId,
        code: u16,
        reason: &'static str,
    },
    /// Request `GET /status`. Abort it once [`awaits_status`](Connection::awaits_status) is false.
    AskStatus,
    /// Ask the application to log the user in again.
    Authorize,
    /// Report the state to the application.
    Emit(ConnectionState),
}

/// The least time between two `GET /status` requests of a page that is shown repeatedly.
const STATUS_EVERY: Micros = 5_000_000;

/// The times and limits of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// The bounds of the delay between attempts.
    pub backoff: BackoffConfig,
    /// The time after which a socket that has not opened is closed. Default: 15 s.
    pub connect_timeout: Duration,
    /// How long a connection must stay open to reset the backoff, so that a server that accepts and drops connections
    /// is not flooded. Default: 5 s.
    pub stable_after: Duration,
    /// The number of consecutive failures after which the client closes for good. Default: `None`, never.
    pub max_attempts: Option<u32>,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            backoff: BackoffConfig::default(),
            connect_timeout: Duration::from_secs(15),
            stable_after: Duration::from_secs(5),
            max_attempts: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Connecting {
        socket: SocketId,
        give_up_at: Micros,
    },
    /// The upgrade was refused with that cause; `GET /status` was requested.
    Probing {
        cause: Cause,
    },
    Open {
        socket: SocketId,
        stable_at: Option<Micros>,
    },
    Waiting {
        until: Micros,
    },
    /// The browser reports no network. It may be wrong, so the next attempt comes anyway.
    Offline {
        until: Micros,
    },
    /// The page is frozen or in the back/forward cache: nothing may be open.
    Suspended,
    Unauthorized {
        /// When to request `GET /status`, as the page was shown.
        check_at: Option<Micros>,
    },
    Closed,
}

/// A client's connection. Times are durations since any fixed moment.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    config: ConnectionConfig,
    backoff: Backoff,
    stage: Stage,
    state: ConnectionState,
    session: Session,
    /// Whether `GET /status` was requested for the current stage, and its response is pending.
    awaits_status: bool,
    status_asked_at: Option<Micros>,
    online: bool,
    sockets: u64,
    actions: Vec<Action>,
}

impl Connection {
    /// Creates a connection that opens its first socket at once. The seed randomises its delays.
    pub(super) fn new(config: ConnectionConfig, seed: u64, now: Micros) -> Self {
        let mut connection = Self {
            config,
            backoff: Backoff::new(config.backoff, seed),
            stage: Stage::Closed,
            state: ConnectionState {
                status: ConnectionStatus::Connecting,
                attempt: 1,
                retry_at: None,
                cause: None,
            },
            session: Session::new(config.backoff, !seed),
            awaits_status: false,
            status_asked_at: None,
            online: true,
            sockets: 0,
            actions: Vec::new(),
        };
        connection.open(now);
        connection
    }

    pub(super) const fn state(&self) -> &ConnectionState {
        &self.state
    }

    pub(super) fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    pub(super) fn poll_timeout(&self) -> Option<Micros> {
        match self.stage {
            Stage::Connecting { give_up_at, .. } => Some(give_up_at),
            Stage::Open { stable_at, .. } => stable_at,
            Stage::Waiting { until } | Stage::Offline { until } => Some(until),
            Stage::Unauthorized { check_at } => earliest(check_at, self.session.retry_at()),
            Stage::Probing { .. } | Stage::Suspended | Stage::Closed => None,
        }
    }

    /// Whether that socket is the open one.
    pub(super) fn is_live(&self, socket: SocketId) -> bool {
        matches!(self.stage, Stage::Open { socket: current, .. } if current == socket)
    }

    /// Whether that socket is the one opening or open.
    pub(super) fn is_current(&self, socket: SocketId) -> bool {
        matches!(self.stage, Stage::Connecting { socket: current, .. } | Stage::Open { socket: current, .. }
            if current == socket)
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open { .. })
    }

    /// Whether a response to `GET /status` is awaited.
    pub(super) const fn awaits_status(&self) -> bool {
        self.awaits_status
    }

    /// Handles an opened socket. Returns whether it is the current one.
    pub(super) fn handle_opened(&mut self, socket: SocketId, catch_up: bool, now: Micros) -> bool {
        let counts = matches!(self.stage, Stage::Connecting { socket: current, .. } if current == socket);
        if counts {
            self.set_stage(Stage::Open {
                socket,
                stable_at: Some(now + micros(self.config.stable_after)),
            });
            if catch_up {
                // The cause of the gap.
                let cause = self.state.cause.take();
                self.enter(ConnectionStatus::CatchingUp, None, cause);
            } else {
                self.enter(ConnectionStatus::Open, None, None);
            }
        }
        counts
    }

    /// Reports that the open connection is catching up, unless it already is.
    pub(super) fn set_catching_up(&mut self, cause: Cause) {
        if self.is_open() && self.state.status != ConnectionStatus::CatchingUp {
            self.enter(ConnectionStatus::CatchingUp, None, Some(cause));
        }
    }

    /// Reports that no request of the catch-up fails any more, if a failure was reported.
    pub(super) fn catch_up_goes_on(&mut self) {
        if self.state.status == ConnectionStatus::CatchingUp && self.state.retry_at.is_some() {
            self.enter(ConnectionStatus::CatchingUp, None, None);
        }
    }

    /// Reports that the open connection has caught up.
    pub(super) fn set_caught_up(&mut self) {
        if self.is_open() && self.state.status != ConnectionStatus::Open {
            self.enter(ConnectionStatus::Open, None, None);
            self.settle_session();
        }
    }

    /// Reports a failed request of the catch-up, which is sent again at `retry_at`.
    pub(super) fn catch_up_failed(&mut self, cause: Cause, retry_at: Micros, now: Micros) {
        // Many requests may fail for one reason: it is reported once per retry.
        let told = &self.state;
        let is_told = told.status == ConnectionStatus::CatchingUp
            && told.retry_at.is_some_and(|at| micros(at) > now)
            && told
                .cause
                .as_ref()
                .is_some_and(|told| told.reason == cause.reason);
        if self.is_open() && !is_told {
            self.enter(ConnectionStatus::CatchingUp, Some(retry_at), Some(cause));
        }
    }

    /// Handles a socket that was refused, broken or closed by the server.
    pub(super) fn handle_closed(&mut self, socket: SocketId, cause: Cause, now: Micros) {
        self.settle_stability(now);
        match self.stage {
            Stage::Connecting { socket: current, .. } | Stage::Open { socket: current, .. }
                if current != socket => {}
            Stage::Connecting { .. } | Stage::Open { .. } if is_unauthorized(cause.code) => {
                self.refuse(cause);
            }
            // The socket could not be created, so the server refused nothing.
            Stage::Connecting { .. } if cause.code == 0 => self.wait(cause, now),
            Stage::Connecting { .. } => {
                self.set_stage(Stage::Probing { cause });
                self.ask_status(now);
            }
            Stage::Open { .. } => self.wait(cause, now),
            _ => {}
        }
    }

    /// Handles the response to [`Action::AskStatus`], or its failure.
    pub(super) fn handle_status(&mut self, reply: Reply<'_>, now: Micros) {
        if !std::mem::take(&mut self.awaits_status) {
            return;
        }
        let reply = StatusReply(reply);
        let verdict = reply.verdict();
        match &self.stage {
            Stage::Probing { cause } => {
                let cause = reply.explain(cause.clone(), "the server refused the connection");
                if verdict == Verdict::Refused {
                    self.refuse(cause);
                } else {
                    self.wait(cause, now);
                }
            }
            Stage::Open { .. } if verdict == Verdict::Refused => self.end_session(reply, now),
            Stage::Unauthorized { .. } if verdict == Verdict::Accepted => self.open(now),
            _ => {}
        }
    }

    /// Handles the response to the watchdog's `GET /status`. While events may flow, only the API's own 401 ends the
    /// session: other statuses may come from a proxy.
    pub(super) fn handle_probe(&mut self, reply: Reply<'_>, now: Micros) {
        if matches!(reply, Reply::Answer { status: 401, .. }) {
            self.end_session(StatusReply(reply), now);
        }
    }

    /// Requests `GET /status`, as another request was answered with 401 while the connection is open. Only this
    /// response decides whether the session has ended.
    pub(super) fn verify_session(&mut self, now: Micros) {
        if self.is_open() {
            self.ask_status(now);
        }
    }

    /// Closes the open connection, as the server refuses its session.
    fn end_session(&mut self, reply: StatusReply<'_>, now: Micros) {
        if self.is_open() {
            self.settle_stability(now);
            self.let_go(4000, "unauthorized");
            self.refuse(reply.explain(Cause::other(""), "the session has ended"));
        }
    }

    /// Handles the outcome of [`Action::Authorize`].
    pub(super) fn handle_authorized(&mut self, outcome: Authorized, now: Micros) {
        self.session.answered(outcome, now);
        if outcome == Authorized::Yes && matches!(self.stage, Stage::Unauthorized { .. }) {
            self.open(now);
        }
    }

    /// Replaces the open connection, as it cannot be trusted.
    pub(super) fn recycle(&mut self, reason: &'static str, now: Micros) {
        if self.is_open() {
            self.let_go(4000, reason);
            self.wait(Cause::abnormal(reason), now);
        }
    }

    /// Handles the timeout that [`poll_timeout`](Self::poll_timeout) named. Early or late calls are harmless.
    pub(super) fn handle_timeout(&mut self, now: Micros) {
        self.settle_stability(now);
        match self.stage {
            Stage::Connecting { give_up_at, .. } if give_up_at <= now => {
                self.let_go(4000, "connect timeout");
                self.wait(Cause::abnormal("connect timeout"), now);
            }
            Stage::Waiting { until } | Stage::Offline { until } if until <= now => self.open(now),
            Stage::Unauthorized { check_at } => {
                if check_at.is_some_and(|at| at <= now) {
                    self.stage = Stage::Unauthorized { check_at: None };
                    self.ask_status(now);
                }
                if self.session.retry(now) {
                    self.actions.push(Action::Authorize);
                }
            }
            _ => {}
        }
    }

    /// Reconnects without a delay, if the connection waits for something.
    pub(super) fn reconnect_now(&mut self, now: Micros) {
        if matches!(
            self.stage,
            Stage::Waiting { .. } | Stage::Offline { .. } | Stage::Suspended | Stage::Unauthorized { .. }
        ) {
            self.session.rearm();
            self.open(now);
        }
    }

    /// Handles a page that becomes visible: ends a delay or, without a valid session, checks for a login elsewhere.
    pub(super) fn handle_shown(&mut self, now: Micros) {
        match self.stage {
            Stage::Waiting { .. } => self.open(now),
            Stage::Unauthorized { .. } => {
                let at = self
                    .status_asked_at
                    .map_or(now, |asked| now.max(asked + STATUS_EVERY));
                self.stage = Stage::Unauthorized { check_at: Some(at) };
                self.handle_timeout(now);
            }
            _ => {}
        }
    }

    /// Handles a change of the browser's online state. Open sockets are kept, as the browser may be wrong.
    pub(super) fn handle_online(&mut self, online: bool, now: Micros) {
        self.online = online;
        match self.stage {
            Stage::Connecting { .. } | Stage::Probing { .. } | Stage::Waiting { .. } if !online => {
                self.let_go(4000, "offline");
                self.go_offline(now);
            }
            Stage::Offline { .. } if online => {
                // After a short random delay, as other clients notice at the same moment. The failures stay counted:
                // a network that comes and goes proves nothing about the server.
                let until = now + self.backoff.first_micros();
                self.set_stage(Stage::Waiting { until });
                self.enter(
                    ConnectionStatus::Waiting,
                    Some(until),
                    Some(Cause::other("online")),
                );
            }
            _ => {}
        }
    }

    /// Handles a page that is frozen or enters the back/forward cache: nothing may stay open.
    pub(super) fn suspend(&mut self, reason: &'static str) {
        if matches!(
            self.stage,
            Stage::Suspended | Stage::Unauthorized { .. } | Stage::Closed
        ) {
            return;
        }
        self.let_go(1000, reason);
        self.set_stage(Stage::Suspended);
        self.enter(ConnectionStatus::Offline, None, Some(Cause::other(reason)));
    }

    /// Handles a page that is resumed.
    pub(super) fn resume(&mut self, now: Micros) {
        match self.stage {
            Stage::Suspended => self.open(now),
            Stage::Unauthorized { .. } => self.handle_shown(now),
            _ => {}
        }
    }

    /// Closes the connection for the application.
    pub(super) fn close(&mut self) {
        if self.stage != Stage::Closed {
            self.let_go(1000, "");
            self.set_stage(Stage::Closed);
            let cause = Cause::closed(1000, "closed by the application", true);
            self.enter(ConnectionStatus::Closed, None, Some(cause));
        }
    }

    fn open(&mut self, now: Micros) {
        let socket = SocketId(self.sockets);
        self.sockets += 1;
        self.set_stage(Stage::Connecting {
            socket,
            give_up_at: now + micros(self.config.connect_timeout),
        });
        self.actions.push(Action::OpenSocket(socket));
        let cause = self.state.cause.take();
        self.enter(ConnectionStatus::Connecting, None, cause);
    }

    /// Enters a stage. A response awaited by the previous stage no longer matters.
    fn set_stage(&mut self, stage: Stage) {
        self.stage = stage;
        self.awaits_status = false;
    }

    fn ask_status(&mut self, now: Micros) {
        if !std::mem::replace(&mut self.awaits_status, true) {
            self.status_asked_at = Some(now);
            self.actions.push(Action::AskStatus);
        }
    }

    /// Resets the backoff once a connection has been open long enough. It may end before its timer fires.
    fn settle_stability(&mut self, now: Micros) {
        if let Stage::Open { stable_at, .. } = &mut self.stage
            && stable_at.is_some_and(|at| at <= now)
        {
            *stable_at = None;
            self.backoff.reset();
            self.settle_session();
        }
    }

    /// Marks the session as good once a connection is stable and caught up: stream and REST API both accept it.
    fn settle_session(&mut self) {
        if self.state.status == ConnectionStatus::Open
            && matches!(self.stage, Stage::Open { stable_at: None, .. })
        {
            self.session.proved();
        }
    }

    fn let_go(&mut self, code: u16, reason: &'static str) {
        if let Stage::Connecting { socket, .. } | Stage::Open { socket, .. } = self.stage {
            self.actions.push(Action::CloseSocket { socket, code, reason });
        }
    }

    fn refuse(&mut self, cause: Cause) {
        self.set_stage(Stage::Unauthorized { check_at: None });
        self.enter(ConnectionStatus::Unauthorized, None, Some(cause));
        if self.session.refused() {
            self.actions.push(Action::Authorize);
        }
    }

    fn go_offline(&mut self, now: Micros) {
        let until = now + micros(self.config.backoff.ceiling);
        self.set_stage(Stage::Offline { until });
        self.enter(
            ConnectionStatus::Offline,
            Some(until),
            Some(Cause::other("offline")),
        );
    }

    fn wait(&mut self, cause: Cause, now: Micros) {
        self.settle_stability(now);
        if self
            .config
            .max_attempts
            .is_some_and(|limit| self.backoff.failures() + 1 >= limit)
        {
            self.set_stage(Stage::Closed);
            return self.enter(ConnectionStatus::Closed, None, Some(cause));
        }
        if !self.online {
            return self.go_offline(now);
        }
        let until = now + self.backoff.next_micros();
        self.set_stage(Stage::Waiting { until });
        self.enter(ConnectionStatus::Waiting, Some(until), Some(cause));
    }

    fn enter(&mut self, status: ConnectionStatus, retry_at: Option<Micros>, cause: Option<Cause>) {
        let attempt = match status {
            ConnectionStatus::Waiting => self.backoff.failures(),
            _ => self.backoff.failures() + 1,
        };
        self.state = ConnectionState {
            status,
            attempt,
            retry_at: retry_at.map(Duration::from_micros),
            cause,
        };
        self.actions.push(Action::Emit(self.state.clone()));
    }
}

/// Whether a server rejects the credentials with this close code. 3000 and 3003 are registered for that; the others
/// are in use.
const fn is_unauthorized(code: u16) -> bool {
    matches!(code, 1008 | 3000 | 3003 | 4401 | 4403)
}
