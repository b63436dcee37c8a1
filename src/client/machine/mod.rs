//! The client, whole: its connection, what the application knows, the catch-up after a gap and the queue to the
//! application, without any I/O.
//!
//! Inputs are the `handle_*` methods, each with the time now; outputs are [`poll_action`](Client::poll_action),
//! [`poll_timeout`](Client::poll_timeout) and the deliveries. A frame takes this way:
//!
//! ```text
//!   handle_frame ─▶ decode ─▶ catching up? ──yes─▶ held ─┐
//!                                 │ no                   │ when the run is done
//!                                 ▼                      ▼
//!                               merge with what the application knows ─▶ outbox ─▶ poll_delivery
//!                                                                           ▲
//!   handle_reply ─▶ catch-up: what differs, recovered ──────────────────────┘
//! ```

mod arrival;
mod intake;
mod recovery;
mod requests;

use std::collections::VecDeque;
use std::time::Duration;

use arrival::{Arrival, Held, Notes};
use recovery::{Recovery, WANTED};
use requests::{Purpose, Requests};

use super::catchup::{CatchUpConfig, Scope};
use super::connection::{self, Connection, ConnectionConfig, SocketId};
use super::delivery::{Delivery, Payload, ResyncReason};
use super::interest::Interest;
use super::knowledge::Knowledge;
use super::outbox::{Outbox, OutboxConfig};
use super::random::Random;
use super::rest::{Reply, Request, RequestId};
use super::session::Authorized;
use super::state::{Cause, Freshness, State};
use super::stats::Stats;
use super::watchdog::{Due, Watchdog, WatchdogConfig};
use crate::protocol::decode::tape::Tape;
use crate::protocol::ids::RoomId;

/// How a client behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientConfig {
    /// Its connection.
    pub connection: ConnectionConfig,
    /// How it notices a connection that is half open.
    pub watchdog: WatchdogConfig,
    /// What it does after a gap.
    pub catch_up: CatchUpConfig,
    /// The queue to the application; the same bounds hold for events that arrive during a catch-up.
    pub outbox: OutboxConfig,
}

/// What the driver is to do, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a socket and report under this id what becomes of it.
    OpenSocket(SocketId),
    /// Let go of that socket: close it with the code, and report no more of it.
    CloseSocket {
        /// Which one.
        socket: SocketId,
        /// The close code: 1000, or one from 3000 to 4999, as browsers demand.
        code: u16,
        /// The close reason, below 124 bytes.
        reason: &'static str,
    },
    /// Send a request to the REST API, with the user's credentials, and report the answer under this id.
    Fetch(RequestId, Request),
    /// Give a request up; its answer is of no interest.
    Abort(RequestId),
    /// Ask the application to log in again, if it has said how, and report what became of it.
    Authorize,
}

/// One client. Times are durations since any moment that stays the same.
#[derive(Clone, Debug)]
pub struct Client<P> {
    config: ClientConfig,
    interest: Interest,
    random: Random,
    connection: Connection,
    watchdog: Watchdog,
    knowledge: Knowledge,
    outbox: Outbox<P>,
    recovery: Recovery,
    held: Held<P>,
    notes: Notes,
    /// What was found in the frame that came last.
    tape: Tape,
    /// Whether there was ever a connection that something could be missed after.
    was_open: bool,
    /// Whether the REST API has ever answered. Where it cannot be reached at all (another origin that does not allow
    /// it), its silence proves nothing.
    rest_answers: bool,
    requests: Requests,
    stats: Stats,
    actions: VecDeque<Action>,
}

impl<P: Payload> Client<P> {
    /// A client that opens its first socket at once. The seed makes its delays; any number will do.
    #[must_use]
    pub fn new(config: ClientConfig, seed: u64, now: Duration) -> Self {
        let mut random = Random::new(seed);
        let mut client = Self {
            config,
            interest: Interest::default(),
            connection: Connection::new(config.connection, random.up_to(u64::MAX), now),
            random,
            watchdog: Watchdog::new(config.watchdog, now),
            knowledge: Knowledge::new(config.catch_up.window),
            outbox: Outbox::new(config.outbox),
            recovery: Recovery::default(),
            held: Held::new(),
            notes: Notes::default(),
            tape: if config.catch_up.enabled {
                Tape::with_fingerprints()
            } else {
                Tape::new()
            },
            was_open: false,
            rest_answers: false,
            requests: Requests::default(),
            stats: Stats::default(),
            actions: VecDeque::new(),
        };
        client.settle(now);
        client
    }

    /// The state of the connection. The application may still have to be told of it.
    #[must_use]
    pub const fn state(&self) -> &State {
        self.connection.state()
    }

    /// What the application has been told, or will be when the deliveries are drained.
    #[must_use]
    pub const fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// How current the client's knowledge of that room is, or, without one, of the list of rooms. `None` where that is
    /// not watched.
    #[must_use]
    pub const fn freshness(&self, _room: Option<RoomId>) -> Option<Freshness> {
        None
    }

    /// What happened so far, in numbers.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// How many frames wait for the application, or for the end of a catch-up, and how many bytes they are.
    #[must_use]
    pub fn queued(&self) -> (usize, usize) {
        let (frames, bytes) = self.held.size();
        (self.outbox.frames() + frames, self.outbox.bytes() + bytes)
    }

    /// The next thing to do, until `None`. To be drained after every input.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Whether [`poll_action`](Self::poll_action) has something to give.
    #[must_use]
    pub fn has_actions(&self) -> bool {
        !self.actions.is_empty()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, if at all.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let watching = self.is_watching().then(|| self.watchdog.due_at());
        // While the queue is long nothing is asked for; the end of a turn sees to that.
        let retry = self.recovery.retry_at().filter(|_| self.outbox.is_low());
        let answers = self.requests.deadline();
        [self.connection.poll_timeout(), watching, retry, answers]
            .into_iter()
            .flatten()
            .min()
    }

    /// A turn of the event loop begins: deliveries are handed out until the turn is over.
    pub const fn begin_turn(&mut self, now: Duration) {
        self.outbox.begin_turn(now);
    }

    /// The next call of the application; `None` when there is none or the turn is over. The `first` of a turn is handed
    /// out in any case.
    pub fn poll_delivery(&mut self, now: Duration, first: bool) -> Option<Delivery<P>> {
        let delivery = self.outbox.next(now, first)?;
        self.stats.delivered[delivery.topic().index()] += 1;
        if let Delivery::Event { recovered, .. } = delivery {
            self.stats.recovered += u64::from(recovered);
        }
        Some(delivery)
    }

    /// Whether a turn begins only when the page draws its next picture.
    #[must_use]
    pub fn gathers(&self) -> bool {
        self.outbox.coalesces()
    }

    /// Whether another turn is wanted, as soon as the event loop has had its own.
    #[must_use]
    pub fn wants_turn(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// A turn is over. There may be room again for what was left with the server.
    pub fn end_turn(&mut self, now: Duration) {
        self.settle(now);
    }

    /// The socket opened.
    pub fn handle_opened(&mut self, socket: SocketId, now: Duration) {
        let catch_up = self.config.catch_up;
        // The first connection misses nothing: what is known is learnt beside it.
        let behind = catch_up.enabled && (self.recovery.has_baseline() || catch_up.history);
        if self.connection.handle_opened(socket, behind, now) {
            self.stats.connections += 1;
            self.watchdog.heard(now);
            if catch_up.enabled {
                let scope = if self.recovery.has_baseline() {
                    Scope::Everything
                } else {
                    Scope::Baseline
                };
                self.begin_run(scope, now);
            }
            if catch_up.enabled && !behind && self.was_open {
                // The connection broke before anything was learnt: what was missed cannot be told.
                let (room_id, reason) = (None, ResyncReason::NothingKnown);
                self.outbox.push(Delivery::ResyncRequired { room_id, reason }, 0);
            }
            self.was_open = true;
        }
        self.settle(now);
    }

    /// A text frame arrived.
    pub fn handle_frame(&mut self, socket: SocketId, payload: P, now: Duration) {
        if self.connection.is_live(socket) {
            self.take_text(payload, now);
        }
    }

    /// Whether there are events that the application does not listen to, so that it is worth looking at a frame's head
    /// first.
    #[must_use]
    pub const fn wants_heads(&self) -> bool {
        self.interest.messages.is_none()
    }

    /// A text frame of `length` characters begins with `head`. Tells whether that was enough; otherwise
    /// [`handle_frame`](Self::handle_frame) is to be called with the whole.
    pub fn handle_head(&mut self, socket: SocketId, head: &str, length: usize, now: Duration) -> bool {
        self.connection.is_live(socket) && self.take_head(head, length, now)
    }

    /// What the application listens to from now on. Before the first call it is everything.
    ///
    /// What a room held before its messages came to be wanted is learnt without a word, as on the first connection.
    pub fn set_interest(&mut self, interest: Interest, now: Duration) {
        self.knowledge.want(interest.messages.clone());
        self.interest = interest;
        self.drop_unwanted();
        self.adapt_run(now);
        let learns =
            self.config.catch_up.enabled && self.connection.is_open() && self.recovery.has_baseline();
        if learns && !self.recovery.is_running() && self.knowledge.has_unlearnt() {
            self.compare(Scope::NewRooms, WANTED, now);
        }
        self.settle(now);
    }

    /// A frame arrived that is not text.
    pub fn handle_binary(&mut self, socket: SocketId, now: Duration) {
        if self.connection.is_live(socket) {
            self.stats.frames += 1;
            self.take_in(Arrival::plain(Delivery::Binary, 0), now);
        }
    }

    /// The socket is gone: refused, broken or closed by the server.
    pub fn handle_closed(&mut self, socket: SocketId, cause: Cause, now: Duration) {
        if self.connection.is_current(socket) {
            self.stats.last_close = Some(cause.clone());
        }
        self.connection.handle_closed(socket, cause, now);
        self.settle(now);
    }

    /// A request was answered, or failed. Answers to requests that were given up are ignored.
    pub fn handle_reply(&mut self, id: RequestId, reply: Reply<'_>, now: Duration) {
        if reply != Reply::Failed {
            self.rest_answers = true;
            self.watchdog.answered(now);
        }
        match self.requests.take(id) {
            Some(Purpose::Session) => self.connection.handle_status(reply, now),
            Some(Purpose::Probe) if reply == Reply::Failed && self.rest_answers => {
                self.connection.recycle("the server does not answer", now);
            }
            Some(Purpose::Probe) => self.connection.handle_probe(reply, now),
            Some(Purpose::CatchUp) => self.advance_run(id, reply, now),
            None => {}
        }
        self.settle(now);
    }

    /// A part of the answer to a request arrived: the answer may take as long again as any may.
    pub fn handle_progress(&mut self, id: RequestId, now: Duration) {
        let deadline = now + self.config.watchdog.answer_timeout;
        if self.requests.extend(id, deadline) {
            self.rest_answers = true;
            self.watchdog.answered(now);
        }
    }

    /// The time that [`poll_timeout`](Self::poll_timeout) named has come. Calling it early or late does no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        while let Some(id) = self.requests.late(now) {
            self.actions.push_back(Action::Abort(id));
            self.handle_reply(id, Reply::Failed, now);
        }
        self.connection.handle_timeout(now);
        if self.is_watching() {
            match self.watchdog.due(now) {
                Some(Due::Compare) if self.config.catch_up.enabled => {
                    self.compare(Scope::Everything, "the stream is silent", now);
                    self.recovery.of_silence = true;
                }
                Some(_) if self.requests.with(Purpose::Probe).is_none() => {
                    self.fetch(Purpose::Probe, Request::Status, now);
                }
                _ => {}
            }
        }
        self.settle(now);
    }

    /// Whether silence is looked into. A run that is under way finds out by itself whether the server is there.
    fn is_watching(&self) -> bool {
        self.connection.is_open() && !self.recovery.is_running()
    }

    /// Whether the browser says that there is a network.
    pub fn handle_online(&mut self, online: bool, now: Duration) {
        self.connection.handle_online(online, now);
        self.watchdog.doubt(now);
        self.settle(now);
    }

    /// The page is seen, or no longer: its timers are slow then, and silence is looked into later.
    pub fn handle_visible(&mut self, visible: bool, now: Duration) {
        self.watchdog.set_visible(visible, now);
        if visible {
            self.connection.handle_shown(now);
        }
        self.settle(now);
    }

    /// The page goes into the back/forward cache or is frozen: nothing may stay open.
    pub fn handle_suspended(&mut self, reason: &'static str, now: Duration) {
        self.connection.suspend(reason);
        self.settle(now);
    }

    /// The page is back from there.
    pub fn handle_resumed(&mut self, now: Duration) {
        self.connection.resume(now);
        self.watchdog.doubt(now);
        self.settle(now);
    }

    /// The application does not want to wait, or has logged in again.
    pub fn reconnect_now(&mut self, now: Duration) {
        self.connection.reconnect_now(now);
        self.settle(now);
    }

    /// What became of [`Action::Authorize`].
    pub fn handle_authorized(&mut self, outcome: Authorized, now: Duration) {
        self.connection.handle_authorized(outcome, now);
        self.settle(now);
    }

    /// The application wants no more. Only the last state is still delivered.
    pub fn close(&mut self, now: Duration) {
        self.connection.close();
        self.outbox.discard_frames();
        self.settle(now);
    }

    /// Takes over what the connection wants, gives up what belongs to a connection that is gone, and sends what may
    /// be sent.
    fn settle(&mut self, now: Duration) {
        if !self.connection.is_open() {
            self.abandon_run(now);
            self.abort(Purpose::Probe);
        }
        if !self.connection.awaits_status() {
            self.abort(Purpose::Session);
        }
        while let Some(action) = self.connection.poll_action() {
            match action {
                connection::Action::OpenSocket(id) => {
                    self.stats.attempts += 1;
                    self.actions.push_back(Action::OpenSocket(id));
                }
                connection::Action::CloseSocket { socket, code, reason } => {
                    self.stats.last_close = Some(Cause::closed(code, reason, true));
                    self.actions
                        .push_back(Action::CloseSocket { socket, code, reason });
                }
                connection::Action::AskStatus => self.fetch(Purpose::Session, Request::Status, now),
                connection::Action::Authorize => self.actions.push_back(Action::Authorize),
                connection::Action::Emit(state) => self.outbox.push(Delivery::State(state), 0),
            }
        }
        self.send_requests(now);
    }

    fn fetch(&mut self, purpose: Purpose, request: Request, now: Duration) {
        let id = self
            .requests
            .add(purpose, now + self.config.watchdog.answer_timeout);
        self.actions.push_back(Action::Fetch(id, request));
    }

    fn abort(&mut self, purpose: Purpose) {
        while let Some(id) = self.requests.with(purpose) {
            self.requests.take(id);
            self.actions.push_back(Action::Abort(id));
        }
    }
}
