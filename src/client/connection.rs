//! The life of a connection: when to open a socket, when to give one up, how long to wait.
//!
//! ```text
//!                    opened, nothing to catch up with
//!      ┌──────────┐ ─────────────────────────────────▶ ┌──────┐
//!   ┌─▶│Connecting│      ┌───────────┐   caught up     │ Open │
//!   │  └──────────┘ ────▶│CatchingUp │ ──────────────▶ └──────┘
//!   │     │   │   opened └───────────┘ ◀────────────── compare │
//!   │     │   │ refused, timeout   │ closed, doubtful          │ closed, doubtful
//!   │     │   ▼                    ▼                           ▼
//!   │     │  ┌─────────────────────────────────────────────────────┐
//!   ├─────│──│ Waiting: after the delay, or when the page is shown │
//!   │     │  └─────────────────────────────────────────────────────┘
//!   │     │ no network, page put away (from any)     │ a close code that says so, or GET /status (from any)
//!   │     ▼                                          ▼
//!   │  ┌───────┐                              ┌────────────┐
//!   ├──│Offline│ network, page back           │Unauthorized│──┐ reconnect_now, a login, or GET /status
//!   │  └───────┘                              └────────────┘  │
//!   └─────────────────────────────────────────────────────────┘      close(), attempts used up, from any: Closed
//! ```
//!
//! A browser does not say why an upgrade was refused: whoever drives this asks `GET /status` then
//! (`Action::AskStatus`), and until the answer the connection is still connecting. It is asked as well when a page is
//! shown whose session was refused, since the user may have logged in elsewhere; and when a request was refused while
//! the connection is open. Every socket has an id; what a socket that was given up still reports is ignored.

use std::time::Duration;

use super::backoff::{Backoff, BackoffConfig};
use super::clock::{Micros, earliest, micros};
use super::rest::Reply;
use super::session::{Authorized, Session, StatusReply, Verdict};
use super::state::{Cause, ConnectionState, ConnectionStatus};

/// Tells the sockets of one connection apart: each is opened under the next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketId(u64);

/// What the driver is to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Open a socket and report under this id what becomes of it.
    OpenSocket(SocketId),
    /// Let go of that socket.
    CloseSocket {
        socket: SocketId,
        code: u16,
        reason: &'static str,
    },
    /// Ask `GET /status`, as long as [`awaits_status`](Connection::awaits_status) says so.
    AskStatus,
    /// Ask the application to log the user in again.
    Authorize,
    /// Tell the application.
    Emit(ConnectionState),
}

/// How often at most `GET /status` is asked for a page that is shown again and again.
const STATUS_EVERY: Micros = 5_000_000;

/// Times and limits that govern a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// How the delay between attempts grows.
    pub backoff: BackoffConfig,
    /// After how long a socket that has not opened is given up. Default: 15 s.
    pub connect_timeout: Duration,
    /// How long a connection has to stay open before its loss counts as a first failure again, so that a server that
    /// accepts and drops at once is not hammered. Default: 5 s.
    pub stable_after: Duration,
    /// After how many failures in a row the connection is closed for good. Default: `None`, never.
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
    /// The upgrade was refused for that reason; `GET /status` was asked.
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
    /// No network. The browser may err: an attempt is made now and then all the same.
    Offline {
        until: Micros,
    },
    /// The page is put away: nothing may be open.
    Suspended,
    Unauthorized {
        /// When `GET /status` is to be asked because the page was shown.
        check_at: Option<Micros>,
    },
    Closed,
}

/// One client's connection. Times are durations since any moment that stays the same.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    config: ConnectionConfig,
    backoff: Backoff,
    stage: Stage,
    state: ConnectionState,
    session: Session,
    /// Whether `GET /status` was asked on behalf of the stage that the connection is in.
    awaits_status: bool,
    status_asked_at: Option<Micros>,
    online: bool,
    sockets: u64,
    actions: Vec<Action>,
}

impl Connection {
    /// A connection that opens its first socket at once. The seed makes its delays; any number will do.
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

    /// Whether what arrives on that socket counts.
    pub(super) fn is_live(&self, socket: SocketId) -> bool {
        matches!(self.stage, Stage::Open { socket: current, .. } if current == socket)
    }

    /// Whether that is the socket that is opening or open.
    pub(super) fn is_current(&self, socket: SocketId) -> bool {
        matches!(self.stage, Stage::Connecting { socket: current, .. } | Stage::Open { socket: current, .. }
            if current == socket)
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open { .. })
    }

    /// Whether `GET /status` was asked, and its answer still matters.
    pub(super) const fn awaits_status(&self) -> bool {
        self.awaits_status
    }

    /// The socket opened. Tells whether it counts.
    pub(super) fn handle_opened(&mut self, socket: SocketId, catch_up: bool, now: Micros) -> bool {
        let counts = matches!(self.stage, Stage::Connecting { socket: current, .. } if current == socket);
        if counts {
            self.set_stage(Stage::Open {
                socket,
                stable_at: Some(now + micros(self.config.stable_after)),
            });
            if catch_up {
                // What the gap is due to.
                let cause = self.state.cause.take();
                self.enter(ConnectionStatus::CatchingUp, None, cause);
            } else {
                self.enter(ConnectionStatus::Open, None, None);
            }
        }
        counts
    }

    /// The open connection has something to catch up with, for that reason.
    pub(super) fn set_catching_up(&mut self, cause: Cause) {
        if self.is_open() && self.state.status != ConnectionStatus::CatchingUp {
            self.enter(ConnectionStatus::CatchingUp, None, Some(cause));
        }
    }

    /// No request of the catch-up fails any more. Only after one that did, that is worth telling.
    pub(super) fn catch_up_goes_on(&mut self) {
        if self.state.status == ConnectionStatus::CatchingUp && self.state.retry_at.is_some() {
            self.enter(ConnectionStatus::CatchingUp, None, None);
        }
    }

    /// The open connection has caught up.
    pub(super) fn set_caught_up(&mut self) {
        if self.is_open() && self.state.status != ConnectionStatus::Open {
            self.enter(ConnectionStatus::Open, None, None);
            self.settle_session();
        }
    }

    /// A request of the catch-up failed and is sent again then.
    pub(super) fn catch_up_failed(&mut self, cause: Cause, retry_at: Micros, now: Micros) {
        // Many may fail for one reason: one is told until it is sent again.
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

    /// The socket is gone: refused, broken or closed by the server.
    pub(super) fn handle_closed(&mut self, socket: SocketId, cause: Cause, now: Micros) {
        self.settle_stability(now);
        match self.stage {
            Stage::Connecting { socket: current, .. } | Stage::Open { socket: current, .. }
                if current != socket => {}
            Stage::Connecting { .. } | Stage::Open { .. } if is_unauthorized(cause.code) => {
                self.refuse(cause);
            }
            // No socket was opened: the server has refused nothing.
            Stage::Connecting { .. } if cause.code == 0 => self.wait(cause, now),
            Stage::Connecting { .. } => {
                self.set_stage(Stage::Probing { cause });
                self.ask_status(now);
            }
            Stage::Open { .. } => self.wait(cause, now),
            _ => {}
        }
    }

    /// What became of the `GET /status` that [`Action::AskStatus`] asked for.
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

    /// What became of the `GET /status` by which the watchdog asks whether the server is there. While events may flow,
    /// only the API's own word ends the session: another status may come from whatever stands before the server.
    pub(super) fn handle_probe(&mut self, reply: Reply<'_>, now: Micros) {
        if matches!(reply, Reply::Answer { status: 401, .. }) {
            self.end_session(StatusReply(reply), now);
        }
    }

    /// A request was answered with 401 while the connection is open: `GET /status` decides whether the session has
    /// ended. Nothing else is to be concluded from that answer.
    pub(super) fn verify_session(&mut self, now: Micros) {
        if self.is_open() {
            self.ask_status(now);
        }
    }

    /// The server does not accept the session of the open connection.
    fn end_session(&mut self, reply: StatusReply<'_>, now: Micros) {
        if self.is_open() {
            self.settle_stability(now);
            self.let_go(4000, "unauthorized");
            self.refuse(reply.explain(Cause::other(""), "the session has ended"));
        }
    }

    /// What became of [`Action::Authorize`].
    pub(super) fn handle_authorized(&mut self, outcome: Authorized, now: Micros) {
        self.session.answered(outcome, now);
        if outcome == Authorized::Yes && matches!(self.stage, Stage::Unauthorized { .. }) {
            self.open(now);
        }
    }

    /// The open connection is not to be trusted: another one takes its place.
    pub(super) fn recycle(&mut self, reason: &'static str, now: Micros) {
        if self.is_open() {
            self.let_go(4000, reason);
            self.wait(Cause::abnormal(reason), now);
        }
    }

    /// The time that [`poll_timeout`](Self::poll_timeout) named has come. Calling it early or late does no harm.
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

    /// The application, or the person before it, does not want to wait. Tells whether there is anything to hurry.
    pub(super) fn reconnect_now(&mut self, now: Micros) -> bool {
        let waits = matches!(
            self.stage,
            Stage::Waiting { .. } | Stage::Offline { .. } | Stage::Suspended | Stage::Unauthorized { .. }
        );
        if waits {
            self.session.rearm();
            self.open(now);
        }
        waits
    }

    /// The page is seen again: a person is looking at a connection that waits, or may have logged in elsewhere.
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

    /// The browser says that there is a network, or that there is none. A socket that is open may know better.
    pub(super) fn handle_online(&mut self, online: bool, now: Micros) {
        self.online = online;
        match self.stage {
            Stage::Connecting { .. } | Stage::Probing { .. } | Stage::Waiting { .. } if !online => {
                self.let_go(4000, "offline");
                self.go_offline(now);
            }
            Stage::Offline { .. } if online => {
                // Soon, but everyone in the building has noticed at the same moment. The failures stay counted: a
                // network that comes and goes proves nothing of the server.
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

    /// The page is put away, and nothing may stay open.
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

    /// The page is back.
    pub(super) fn resume(&mut self, now: Micros) {
        match self.stage {
            Stage::Suspended => self.open(now),
            Stage::Unauthorized { .. } => self.handle_shown(now),
            _ => {}
        }
    }

    /// The application wants no more.
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

    /// What was asked on behalf of the stage before does not matter any more.
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

    /// A connection that has lasted long enough has proved itself. It may end before the timer that would have said so
    /// has fired.
    fn settle_stability(&mut self, now: Micros) {
        if let Stage::Open { stable_at, .. } = &mut self.stage
            && stable_at.is_some_and(|at| at <= now)
        {
            *stable_at = None;
            self.backoff.reset();
            self.settle_session();
        }
    }

    /// The session is good once a connection was stable and had caught up: both the stream and the REST API accept it.
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

/// Close codes by which a server says that the credentials are not, or no longer, good. 3000 and 3003 are registered
/// for that; the others are in use.
const fn is_unauthorized(code: u16) -> bool {
    matches!(code, 1008 | 3000 | 3003 | 4401 | 4403)
}
