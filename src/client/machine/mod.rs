//! The complete client without I/O: its connection, the replica of what the application knows, the synchronisation,
//! and the delivery queue.
//!
//! Inputs are the `handle_*` methods, each with the current time. Outputs are [`poll_action`](Client::poll_action),
//! [`poll_timeout`](Client::poll_timeout) and the deliveries. The way of a frame:
//!
//! ```text
//!   handle_frame ─▶ decode ─▶ is its unit being compared? ──yes──▶ held ─┐
//!                                      │ no                              │ when the unit has been compared
//!                                      ▼                                 ▼
//!                           checked against the replica ─▶ delivery queue ─▶ poll_delivery
//!                                                               ▲
//!   handle_reply ─▶ compared with the replica, recovered ───────┘
//! ```

mod held;
mod identity;
mod inbound;
mod requests;
mod syncing;
mod viewing;

use std::time::Duration;

use held::Held;
use identity::Identity;
use requests::{Purpose, Requests};

use super::clock::{Micros, earliest, micros};
use super::connection::{self, Connection, ConnectionConfig, SocketId};
use super::delivery::{Delivery, Payload};
use super::delivery_queue::{DeliveryQueue, DeliveryQueueConfig};
use super::interest::Interest;
use super::random::Random;
use super::replica::Replica;
use super::rest::{Reply, Request, RequestId};
use super::session::Authorized;
use super::state::{Cause, ConnectionState, Freshness};
use super::stats::Stats;
use super::store::{Store, StoreConfig};
use super::sync::{CatchUpConfig, MAX_RETRY_AFTER, Sync};
use super::watchdog::{Due, Watchdog, WatchdogConfig};
use crate::protocol::decode::tape::Tape;
use crate::protocol::ids::RoomId;

/// The configuration of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientConfig {
    /// The connection.
    pub connection: ConnectionConfig,
    /// How half-open connections are detected.
    pub watchdog: WatchdogConfig,
    /// What is recovered after a gap.
    pub catch_up: CatchUpConfig,
    /// The bounds of the delivery queue. They also apply to held events.
    pub queue: DeliveryQueueConfig,
    /// The bounds of the live store.
    pub store: StoreConfig,
}

/// Whether the live store is compiled in.
const STORE: bool = cfg!(feature = "store");

/// An instruction for the driver. Instructions are to be followed in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a socket, and report its events under this id.
    OpenSocket(SocketId),
    /// Close that socket with the code, and report no more of its events.
    CloseSocket {
        /// The socket.
        socket: SocketId,
        /// The close code: 1000, or one from 3000 to 4999, as browsers demand.
        code: u16,
        /// The close reason, below 124 bytes.
        reason: &'static str,
    },
    /// Send a request to the REST API with the user's credentials, and report the response under this id.
    Fetch(RequestId, Request),
    /// Abort a request. Its response is no longer needed.
    Abort(RequestId),
    /// Call the application's `onUnauthorized`, if there is one, and report the outcome.
    Authorize,
    /// Another user has logged in, so the client's state is void. Nothing more is delivered; create a new client.
    StartOver,
}

/// A client. Times are durations since any fixed moment.
#[derive(Clone, Debug)]
pub struct Client<P> {
    config: ClientConfig,
    interest: Interest,
    connection: Connection,
    watchdog: Watchdog,
    replica: Replica,
    sync: Sync,
    store: Store,
    queue: DeliveryQueue<P>,
    held: Held<P>,
    /// The contents of the latest frame.
    tape: Tape,
    /// When the synchronisation has something to do.
    sync_due_at: Option<Micros>,
    /// Whether everything is being compared because the stream is silent.
    is_comparing_silence: bool,
    /// Whether requests wait until the application has taken what is queued.
    waits_for_queue: bool,
    /// Whether there was ever a connection, so that a later one follows a gap.
    was_open: bool,
    identity: Identity,
    /// Whether the REST API has ever responded. If it cannot be reached at all (another origin without CORS), a
    /// missing response proves nothing.
    rest_answers: bool,
    requests: Requests,
    stats: Stats,
    actions: Vec<Action>,
}

impl<P: Payload> Client<P> {
    /// Creates a client that opens its first socket at once. The seed randomises its delays.
    #[must_use]
    pub fn new(config: ClientConfig, seed: u64, now: Duration) -> Self {
        let now = micros(now);
        let mut random = Random::new(seed);
        let mut client = Self {
            config,
            interest: Interest::default(),
            connection: Connection::new(config.connection, random.up_to(u64::MAX), now),
            watchdog: Watchdog::new(config.watchdog, now),
            replica: Replica::new(config.catch_up.window, config.catch_up.history),
            sync: Sync::new(config.catch_up, random.up_to(u64::MAX)),
            store: Store::new(config.store, config.catch_up, random.up_to(u64::MAX)),
            queue: DeliveryQueue::new(config.queue),
            held: Held::new(),
            sync_due_at: None,
            is_comparing_silence: false,
            waits_for_queue: false,
            tape: Tape::new(),
            was_open: false,
            identity: Identity::default(),
            rest_answers: false,
            requests: Requests::default(),
            stats: Stats::default(),
            actions: Vec::new(),
        };
        client.settle(now);
        client
    }

    /// The state of the connection. The application may not have been told of it yet.
    #[must_use]
    pub const fn state(&self) -> &ConnectionState {
        self.connection.state()
    }

    /// What the application knows once all deliveries are drained.
    #[must_use]
    pub const fn replica(&self) -> &Replica {
        &self.replica
    }

    /// How current the client's knowledge of that room is, or of the list of rooms. `None` if it is not watched.
    #[must_use]
    pub fn freshness(&self, room: Option<RoomId>) -> Option<Freshness> {
        self.config
            .catch_up
            .enabled
            .then(|| self.sync.freshness(room))
            .flatten()
    }

    /// How current the client's knowledge of everything watched is; `None` stands for the list of rooms.
    #[must_use]
    pub fn freshness_of_all(&self) -> Vec<(Option<RoomId>, Freshness)> {
        let rooms = self.sync.rooms().map(Some);
        let all = std::iter::once(None).chain(rooms);
        all.filter_map(|key| Some((key, self.freshness(key)?))).collect()
    }

    /// Counters of what happened so far.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The frames and bytes that wait for the application or for the end of a catch-up.
    #[must_use]
    pub fn queued(&self) -> (usize, usize) {
        let (frames, bytes) = self.held.size();
        (self.queue.frames() + frames, self.queue.bytes() + bytes)
    }

    /// The next instruction for the driver. Drain it after every input.
    pub fn poll_action(&mut self) -> Option<Action> {
        // A handful at most.
        (!self.actions.is_empty()).then(|| self.actions.remove(0))
    }

    /// Whether [`poll_action`](Self::poll_action) returns an instruction.
    #[must_use]
    pub fn has_actions(&self) -> bool {
        !self.actions.is_empty()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if at all.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        if self.identity.is_changed() {
            return None;
        }
        let watching = self.is_watching().then(|| self.watchdog.due_at());
        let connection = earliest(self.connection.poll_timeout(), watching);
        let store = STORE
            .then(|| self.store.due_at(&|room_id| self.sync.may_ask_from(room_id)))
            .flatten();
        let requests = earliest(earliest(self.sync_due_at, store), self.requests.deadline());
        let due_at = earliest(earliest(connection, requests), self.identity_due_at());
        due_at.map(Duration::from_micros)
    }

    /// Begins a turn of the event loop, which bounds the deliveries until [`end_turn`](Self::end_turn).
    pub const fn begin_turn(&mut self, now: Duration) {
        self.queue.begin_turn(now);
    }

    /// The next delivery; `None` if there is none or the turn is over. The `first` of a turn is always returned.
    pub fn poll_delivery(&mut self, now: Duration, first: bool) -> Option<Delivery<P>> {
        if self.identity.is_changed() {
            return None;
        }
        let delivery = self.queue.next(now, first)?;
        self.stats.delivered[delivery.topic().index()] += 1;
        if let Delivery::Event { recovered, .. } = delivery {
            self.stats.recovered += u64::from(recovered);
        }
        Some(delivery)
    }

    /// Whether turns wait for the next animation frame.
    #[must_use]
    pub fn gathers(&self) -> bool {
        self.queue.coalesces()
    }

    /// Whether another turn is needed.
    #[must_use]
    pub fn wants_turn(&self) -> bool {
        !self.queue.is_empty() && !self.identity.is_changed()
    }

    /// Ends a turn. Requests that waited for space in the queue are sent.
    pub fn end_turn(&mut self, now: Duration) {
        let now = micros(now);
        self.settle(now);
    }

    /// Handles an opened socket.
    pub fn handle_opened(&mut self, socket: SocketId, now: Duration) {
        let now = micros(now);
        let catch_up = self.config.catch_up;
        // The first connection follows no gap: a baseline is loaded meanwhile.
        let catches_up = catch_up.enabled && (catch_up.history || self.sync.is_list_known());
        if self.connection.handle_opened(socket, catches_up, now) {
            self.stats.connections += 1;
            self.watchdog.heard(now);
            self.is_comparing_silence = false;
            if catch_up.enabled {
                let mut outputs = Vec::new();
                self.sync
                    .opened(&mut self.replica, self.was_open, now, &mut outputs);
                self.tell(outputs);
            }
            if STORE {
                self.store.opened(now);
            }
            self.identity.opened();
            self.was_open = true;
        }
        self.settle(now);
    }

    /// Handles a text frame.
    pub fn handle_frame(&mut self, socket: SocketId, payload: P, now: Duration) {
        let now = micros(now);
        if self.connection.is_live(socket) {
            self.take_text(payload, now);
        }
    }

    /// Whether the application skips some events, so that checking the head of a frame pays off.
    #[must_use]
    pub fn wants_heads(&self) -> bool {
        self.interest.messages.is_none() && !(STORE && self.store.is_used())
    }

    /// Checks a text frame of `length` characters by its `head`. Returns whether the frame is done; otherwise, call
    /// [`handle_frame`](Self::handle_frame) with all of it.
    pub fn handle_head(&mut self, socket: SocketId, head: &str, length: usize, now: Duration) -> bool {
        let now = micros(now);
        self.connection.is_live(socket) && self.take_head(head, length, now)
    }

    /// Sets what the application listens to. Until the first call, that is everything.
    ///
    /// Messages from before a room was wanted are not delivered, as on the first connection.
    pub fn set_interest(&mut self, interest: Interest, now: Duration) {
        let now = micros(now);
        self.interest = interest;
        if self.config.catch_up.enabled {
            self.sync.set_interest(&self.interest, &mut self.replica, now);
        }
        self.drop_unwanted();
        self.settle(now);
    }

    /// Handles a frame that is not text.
    pub fn handle_binary(&mut self, socket: SocketId, now: Duration) {
        let now = micros(now);
        if self.connection.is_live(socket) {
            self.take_binary(now);
        }
    }

    /// Handles a socket that was refused, broken or closed by the server. With the code 0 it could not be created.
    pub fn handle_closed(&mut self, socket: SocketId, cause: Cause, now: Duration) {
        let now = micros(now);
        if self.connection.is_current(socket) && cause.code != 0 {
            self.stats.last_close = Some(cause.clone());
        }
        self.connection.handle_closed(socket, cause, now);
        self.settle(now);
    }

    /// Handles the response to a request, or its failure. Ignores responses to aborted requests.
    pub fn handle_reply(&mut self, id: RequestId, reply: Reply<'_>, now: Duration) {
        self.take_answer(id, reply, micros(now));
    }

    fn take_answer(&mut self, id: RequestId, reply: Reply<'_>, now: Micros) {
        if reply != Reply::Failed {
            self.rest_answers = true;
            self.watchdog.answered(now);
        }
        match self.requests.take(id) {
            Some(Purpose::Session) => self.connection.handle_status(reply, now),
            Some(Purpose::Probe) if reply == Reply::Failed && self.rest_answers => {
                self.connection.recycle("the server does not answer", now);
            }
            Some(Purpose::Probe) if reply == Reply::Failed => {}
            Some(Purpose::Probe) => self.connection.handle_probe(reply, now),
            Some(Purpose::Identity) => self.take_identity(reply, now),
            Some(Purpose::Sync) => self.take_reply(id, reply, now),
            Some(Purpose::Store) if STORE => self.take_reply_of_store(id, reply, now),
            Some(Purpose::Store) => {}
            None => {}
        }
        self.settle(now);
    }

    /// Handles a part of a response: restarts the request's timeout.
    pub fn handle_progress(&mut self, id: RequestId, now: Duration) {
        let now = micros(now);
        let deadline = now + micros(self.config.watchdog.answer_timeout);
        if self.requests.extend(id, deadline) {
            self.rest_answers = true;
            self.watchdog.answered(now);
        }
    }

    /// Handles the timeout that [`poll_timeout`](Self::poll_timeout) named. Early or late calls are harmless.
    pub fn handle_timeout(&mut self, now: Duration) {
        let now = micros(now);
        while let Some(id) = self.requests.late(now) {
            self.actions.push(Action::Abort(id));
            self.take_answer(id, Reply::Failed, now);
        }
        self.connection.handle_timeout(now);
        if self.connection.is_open() && self.config.catch_up.enabled {
            let mut outputs = Vec::new();
            if self.sync.handle_timeout(&mut self.replica, now, &mut outputs) {
                self.watchdog.compared(now);
            }
            self.tell(outputs);
        }
        if STORE {
            self.store.handle_timeout(now);
        }
        if self.is_watching() {
            match self.watchdog.due(now) {
                Some(Due::Compare) if self.config.catch_up.enabled => {
                    self.sync.compare_all(now);
                    if STORE {
                        self.store.compare_all();
                    }
                    self.is_comparing_silence = true;
                }
                Some(_) if self.requests.with(Purpose::Probe).is_none() => {
                    self.fetch(Purpose::Probe, Request::Status, now);
                }
                _ => {}
            }
        }
        self.settle(now);
    }

    /// When to ask the server for the user: once per connection or, if the store is used, until it names them.
    fn identity_due_at(&self) -> Option<Micros> {
        let needs_user = STORE && self.store.is_used();
        let is_wanted = self.connection.is_open() && (needs_user || self.config.catch_up.enabled);
        let is_asking = self.requests.with(Purpose::Identity).is_some();
        (is_wanted && !is_asking)
            .then(|| self.identity.due_at(needs_user))
            .flatten()
    }

    fn take_identity(&mut self, reply: Reply<'_>, now: Micros) {
        match reply {
            Reply::Answer { status: 401, .. } => self.connection.verify_session(now),
            Reply::Answer {
                retry_after: Some(wait),
                ..
            } => self.identity.wait(now + micros(wait).min(MAX_RETRY_AFTER)),
            Reply::Failed if self.is_server_gone(now) => {
                self.connection.recycle("the server does not answer", now);
            }
            _ => {}
        }
        let named = self.identity.answered(reply);
        if self.identity.is_changed() {
            self.actions.push(Action::StartOver);
        } else if STORE && let Some(user) = named {
            self.store.set_user(user);
        }
    }

    /// Whether the watchdog is active.
    const fn is_watching(&self) -> bool {
        self.connection.is_open()
    }

    /// Handles a change of the browser's online state.
    pub fn handle_online(&mut self, online: bool, now: Duration) {
        let now = micros(now);
        self.connection.handle_online(online, now);
        self.watchdog.doubt(now);
        self.settle(now);
    }

    /// Handles a change of the page's visibility. Hidden pages have slow timers, so the watchdog waits longer.
    pub fn handle_visible(&mut self, visible: bool, now: Duration) {
        let now = micros(now);
        self.watchdog.set_visible(visible, now);
        if visible {
            self.connection.handle_shown(now);
        }
        self.settle(now);
    }

    /// Handles a page that is frozen or enters the back/forward cache: nothing may stay open.
    pub fn handle_suspended(&mut self, reason: &'static str, now: Duration) {
        let now = micros(now);
        self.connection.suspend(reason);
        self.settle(now);
    }

    /// Handles a page that is resumed.
    pub fn handle_resumed(&mut self, now: Duration) {
        let now = micros(now);
        self.connection.resume(now);
        self.watchdog.doubt(now);
        self.settle(now);
    }

    /// Reconnects without a delay, at the application's request or after it logged in again.
    pub fn reconnect_now(&mut self, now: Duration) {
        let now = micros(now);
        self.connection.reconnect_now(now);
        self.settle(now);
    }

    /// Handles the outcome of [`Action::Authorize`].
    pub fn handle_authorized(&mut self, outcome: Authorized, now: Duration) {
        let now = micros(now);
        self.connection.handle_authorized(outcome, now);
        self.settle(now);
    }

    /// Closes the client. Only the last state is still delivered.
    pub fn close(&mut self, now: Duration) {
        let now = micros(now);
        self.connection.close();
        self.settle(now);
        self.queue.discard_frames();
    }

    /// Applies what the connection wants, aborts what belongs to a lost connection, and sends due requests.
    fn settle(&mut self, now: Micros) {
        if !self.connection.is_open() {
            self.lose_connection(now);
        }
        if !self.connection.awaits_status() {
            self.abort(Purpose::Session);
        }
        if self.config.catch_up.enabled {
            self.settle_sync(now);
        }
        if STORE {
            self.settle_store(now);
        }
        if self.identity_due_at().is_some_and(|at| at <= now) {
            self.identity.asked(now);
            self.fetch(Purpose::Identity, Request::Status, now);
        }
        for action in self.connection.take_actions() {
            match action {
                connection::Action::OpenSocket(id) => {
                    self.stats.attempts += 1;
                    self.actions.push(Action::OpenSocket(id));
                }
                connection::Action::CloseSocket { socket, code, reason } => {
                    self.stats.last_close = Some(Cause::closed(code, reason, true));
                    self.actions.push(Action::CloseSocket { socket, code, reason });
                }
                connection::Action::AskStatus => {
                    self.fetch(Purpose::Session, Request::Status, now);
                }
                connection::Action::Authorize => self.actions.push(Action::Authorize),
                connection::Action::Emit(state) => self.queue.push(Delivery::State(state), 0),
            }
        }
    }

    /// Aborts the comparisons of a lost connection and drops held events: the application was not told of them, so
    /// they are part of the gap.
    fn lose_connection(&mut self, now: Micros) {
        self.abort(Purpose::Probe);
        self.abort(Purpose::Identity);
        if STORE {
            self.store.closed();
        }
        if self.config.catch_up.enabled {
            let mut outputs = Vec::new();
            self.sync.closed(&mut self.replica, now, &mut outputs);
            self.tell(outputs);
            for held in self.held.take() {
                self.lose(held, now);
            }
        }
    }

    fn fetch(&mut self, purpose: Purpose, request: Request, now: Micros) -> RequestId {
        let id = self
            .requests
            .add(purpose, now + micros(self.config.watchdog.answer_timeout));
        self.actions.push(Action::Fetch(id, request));
        id
    }

    fn abort(&mut self, purpose: Purpose) {
        while let Some(id) = self.requests.with(purpose) {
            self.give_up(id);
        }
    }

    /// Aborts a request, or removes it if it has not been sent.
    fn give_up(&mut self, id: RequestId) {
        self.requests.take(id);
        let before = self.actions.len();
        self.actions
            .retain(|action| !matches!(action, Action::Fetch(other, _) if *other == id));
        if self.actions.len() == before {
            self.actions.push(Action::Abort(id));
        }
    }
}
