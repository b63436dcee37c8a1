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

use std::collections::VecDeque;
use std::time::Duration;

use super::catchup::{CatchUp, CatchUpConfig, Finding, Progress};
use super::connection::{self, Connection, ConnectionConfig, SocketId};
use super::delivery::{Delivery, Payload, ResyncReason};
use super::knowledge::Knowledge;
use super::merge::{Verdict, foresee, give_up, merge};
use super::outbox::{Outbox, OutboxConfig};
use super::random::Random;
use super::rest::{Reply, Request, RequestId};
use super::sorted::SortedMap;
use super::state::{Cause, Phase, State};
use super::watchdog::{Due, Watchdog, WatchdogConfig};
use crate::protocol::decode::tape::Tape;
use crate::protocol::decode::{DecodeError, Outcome, decode, decode_onto};
use crate::protocol::event::EventType;

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

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Why was the upgrade refused?
    Refusal,
    /// Is the server there?
    Probe,
    CatchUp,
}

/// What a frame is, apart from its text.
enum Kind {
    Event(EventType),
    Unknown(String),
    Malformed(DecodeError),
}

/// A frame that arrived during a catch-up.
#[derive(Clone, Debug)]
struct Held<P> {
    delivery: Delivery<P>,
    bytes: usize,
}

/// One client. Times are durations since any moment that stays the same.
#[derive(Clone, Debug)]
pub struct Client<P> {
    config: ClientConfig,
    random: Random,
    connection: Connection,
    watchdog: Watchdog,
    knowledge: Knowledge,
    outbox: Outbox<P>,
    catch_up: Option<CatchUp>,
    /// When the run began, if it compares an open connection with the REST API instead of following a gap.
    comparing_since: Option<Duration>,
    held: VecDeque<Held<P>>,
    held_bytes: usize,
    /// Whether the knowledge is complete enough to tell news from what was there before.
    has_baseline: bool,
    /// What was delivered while the baseline was being learnt, to be added to it.
    delivered_meanwhile: Vec<(EventType, String)>,
    delivered_bytes: usize,
    /// Whether there was ever a connection that something could be missed after.
    was_open: bool,
    /// Whether the REST API has ever answered. Where it cannot be reached at all (another origin that does not allow
    /// it), its silence proves nothing.
    rest_answers: bool,
    requests: SortedMap<RequestId, (Purpose, Duration)>,
    next_request: u64,
    visible: bool,
    may_authorize: bool,
    actions: VecDeque<Action>,
}

impl<P: Payload> Client<P> {
    /// A client that opens its first socket at once. The seed makes its delays; any number will do.
    #[must_use]
    pub fn new(config: ClientConfig, seed: u64, now: Duration) -> Self {
        let mut random = Random::new(seed);
        let mut client = Self {
            config,
            connection: Connection::new(config.connection, random.up_to(u64::MAX), now),
            random,
            watchdog: Watchdog::new(config.watchdog, now),
            knowledge: Knowledge::new(config.catch_up.window),
            outbox: Outbox::new(config.outbox),
            catch_up: None,
            comparing_since: None,
            held: VecDeque::new(),
            held_bytes: 0,
            has_baseline: false,
            delivered_meanwhile: Vec::new(),
            delivered_bytes: 0,
            was_open: false,
            rest_answers: false,
            requests: SortedMap::new(),
            next_request: 0,
            visible: true,
            may_authorize: true,
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
        let watching = (self.connection.is_open() && self.visible).then(|| self.watchdog.due_at());
        // While the queue is too long for another request, it is the application that time is given to.
        let retry = self
            .catch_up
            .as_ref()
            .filter(|_| self.outbox.is_low())
            .and_then(CatchUp::retry_at);
        let answers = self.requests.values().map(|(_, deadline)| *deadline).min();
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
        self.outbox.next(now, first)
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
        let behind = catch_up.enabled && (self.has_baseline || catch_up.history);
        if self.connection.handle_opened(socket, behind, now) {
            self.watchdog = Watchdog::new(self.config.watchdog, now);
            if catch_up.enabled {
                self.begin_catch_up();
            }
            if !behind {
                self.may_authorize = true;
            }
            if catch_up.enabled && !behind && self.was_open {
                // The connection broke before anything was learnt: what was missed cannot be told.
                let reason = ResyncReason::NothingKnown;
                self.outbox.push(
                    Delivery::ResyncRequired {
                        room_id: None,
                        reason,
                    },
                    0,
                );
            }
            self.was_open = true;
        }
        self.settle(now);
    }

    /// A text frame arrived.
    pub fn handle_frame(&mut self, socket: SocketId, mut payload: P, now: Duration) {
        if !self.connection.is_live(socket) {
            return;
        }
        let text = payload.text();
        let bytes = text.len();
        let mut tape = Tape::new();
        let kind = match decode_onto(&text, &mut tape) {
            Outcome::Event { event_type, .. } => Kind::Event(event_type),
            Outcome::Unknown { event_type, .. } => Kind::Unknown(event_type.into_owned()),
            Outcome::Invalid(error) => Kind::Malformed(error),
        };
        drop(text);
        payload.keep(tape);
        let delivery = match kind {
            Kind::Event(event_type) => Delivery::Event {
                event_type,
                payload,
                recovered: false,
            },
            Kind::Unknown(event_type) => Delivery::Unknown { event_type, payload },
            Kind::Malformed(error) => Delivery::Malformed(error),
        };
        self.take_in(delivery, bytes, now);
    }

    /// A frame arrived that is not text.
    pub fn handle_binary(&mut self, socket: SocketId, now: Duration) {
        if self.connection.is_live(socket) {
            self.take_in(Delivery::Binary, 0, now);
        }
    }

    /// The socket is gone: refused, broken or closed by the server.
    pub fn handle_closed(&mut self, socket: SocketId, cause: Cause, now: Duration) {
        self.connection.handle_closed(socket, cause, now);
        self.settle(now);
    }

    /// A request was answered, or failed. Answers to requests that were given up are ignored.
    pub fn handle_reply(&mut self, id: RequestId, reply: Reply<'_>, now: Duration) {
        self.rest_answers |= status(reply).is_some();
        match self.requests.remove(id).map(|(purpose, _)| purpose) {
            Some(Purpose::Refusal) => self.connection.handle_probe(status(reply), now),
            Some(Purpose::Probe) => match status(reply) {
                Some(401) => self.connection.handle_unauthorized("the session has ended"),
                Some(_) => {}
                None if self.rest_answers => self.connection.recycle("the server does not answer", now),
                None => {}
            },
            Some(Purpose::CatchUp) => self.advance_catch_up(id, reply, now),
            None => {}
        }
        self.settle(now);
    }

    /// The time that [`poll_timeout`](Self::poll_timeout) named has come. Calling it early or late does no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        let late: Vec<_> = self
            .requests
            .iter()
            .filter(|(_, (_, deadline))| *deadline <= now)
            .map(|(id, _)| id)
            .collect();
        for id in late {
            self.actions.push_back(Action::Abort(id));
            self.handle_reply(id, Reply::Failed, now);
        }
        self.connection.handle_timeout(now);
        if self.connection.is_open() && self.visible && self.catch_up.is_none() {
            match self.watchdog.due(now) {
                Some(Due::Compare) if self.config.catch_up.enabled => {
                    self.comparing_since = Some(now);
                    self.compare();
                }
                Some(_)
                    if !self
                        .requests
                        .values()
                        .any(|(purpose, _)| *purpose == Purpose::Probe) =>
                {
                    self.fetch(Purpose::Probe, Request::Status, now);
                }
                _ => {}
            }
        } else {
            // The period is over all the same; the run in progress says as much as a probe would.
            let _later = self.watchdog.due(now);
        }
        self.settle(now);
    }

    /// Whether the browser says that there is a network.
    pub fn handle_online(&mut self, online: bool, now: Duration) {
        self.connection.handle_online(online, now);
        self.watchdog.doubt(now);
        self.settle(now);
    }

    /// The page is seen, or no longer. Nobody watches an unseen page, and its timers are slow.
    pub fn handle_visible(&mut self, visible: bool, now: Duration) {
        self.visible = visible;
        if visible {
            self.connection.handle_shown(now);
            self.watchdog.doubt(now);
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

    /// What became of [`Action::Authorize`]: whether the application has logged in again.
    pub fn handle_authorized(&mut self, authorized: bool, now: Duration) {
        if authorized && self.state().phase == Phase::Unauthorized {
            self.connection.reconnect_now(now);
        }
        self.settle(now);
    }

    /// The application wants no more. Only the last state is still delivered.
    pub fn close(&mut self, now: Duration) {
        self.connection.close();
        self.outbox.discard_frames();
        self.settle(now);
    }

    /// A frame is to be delivered, or held.
    fn take_in(&mut self, delivery: Delivery<P>, bytes: usize, now: Duration) {
        self.watchdog.heard(now);
        let holds = self.catch_up.is_some() && !self.is_learning();
        let room = if holds {
            self.held.len() < self.config.outbox.max_frames
                && self.held_bytes + bytes <= self.config.outbox.max_bytes
        } else {
            self.outbox.has_room_for(bytes)
        };
        if !room {
            // What is dropped from here on is caught up with.
            self.connection.recycle("more events than the page can take", now);
        } else if holds {
            self.hold(delivery, bytes);
        } else if self.is_learning() {
            self.note(&delivery, bytes);
            self.outbox.push(delivery, bytes);
        } else if let Some(delivery) = self.deliver(delivery, bytes) {
            // It is about a room that nothing is known of: the REST API knows more.
            self.hold(delivery, bytes);
            self.compare();
        }
        self.settle(now);
    }

    /// Whether the first run is under way, beside a connection that has missed nothing.
    const fn is_learning(&self) -> bool {
        self.catch_up.is_some() && !self.has_baseline && !self.config.catch_up.history
    }

    /// Remembers what is delivered before the baseline is known.
    fn note(&mut self, delivery: &Delivery<P>, bytes: usize) {
        let Delivery::Event {
            event_type, payload, ..
        } = delivery
        else {
            return;
        };
        let bounds = self.config.outbox;
        if self.delivered_meanwhile.len() >= bounds.max_frames
            || self.delivered_bytes + bytes > bounds.max_bytes
        {
            // Too much to remember: a baseline from now on holds all of it.
            self.forget_delivered();
            self.abort(|purpose| purpose == Purpose::CatchUp);
            self.begin_catch_up();
        }
        self.delivered_bytes += bytes;
        self.delivered_meanwhile
            .push((*event_type, payload.text().into_owned()));
    }

    fn forget_delivered(&mut self) {
        self.delivered_meanwhile.clear();
        self.delivered_bytes = 0;
    }

    fn hold(&mut self, delivery: Delivery<P>, bytes: usize) {
        self.held_bytes += bytes;
        self.held.push_back(Held { delivery, bytes });
    }

    /// Queues what a frame brings to the application. Gives it back if something has to be caught up with first.
    fn deliver(&mut self, delivery: Delivery<P>, bytes: usize) -> Option<Delivery<P>> {
        let catch_up = self.config.catch_up;
        let verdict = match &delivery {
            Delivery::Event {
                event_type, payload, ..
            } if catch_up.enabled => match decode(&payload.text()) {
                Outcome::Event { data, .. } => {
                    merge(*event_type, data, &mut self.knowledge, catch_up.history)
                }
                _ => Verdict::AsItCame,
            },
            _ => Verdict::AsItCame,
        };
        match verdict {
            Verdict::AsItCame => self.outbox.push(delivery, bytes),
            Verdict::AsItCameThenCatchUp => {
                self.outbox.push(delivery, bytes);
                self.compare();
            }
            Verdict::Instead(frames) => {
                for (event_type, text) in frames {
                    self.push_made(event_type, text, false);
                }
            }
            Verdict::CatchUpFirst => return Some(delivery),
        }
        None
    }

    /// Queues an event about a room that was looked for in vain: whoever sends it knows better.
    fn deliver_unlisted(&mut self, delivery: Delivery<P>, bytes: usize) {
        if let Delivery::Event {
            event_type, payload, ..
        } = &delivery
            && let Outcome::Event { data, .. } = decode(&payload.text())
        {
            give_up(*event_type, data, &mut self.knowledge);
        }
        let _never_again = self.deliver(delivery, bytes);
    }

    /// Begins a run on an open connection.
    fn compare(&mut self) {
        self.begin_catch_up();
        self.connection.set_catching_up(true);
    }

    fn push_made(&mut self, event_type: EventType, text: String, recovered: bool) {
        let bytes = text.len();
        self.outbox.push(
            Delivery::Event {
                event_type,
                payload: P::from_text(text),
                recovered,
            },
            bytes,
        );
    }

    fn begin_catch_up(&mut self) {
        let seed = self.random.up_to(u64::MAX);
        self.catch_up = Some(CatchUp::new(self.config.catch_up, !self.has_baseline, seed));
    }

    fn advance_catch_up(&mut self, id: RequestId, reply: Reply<'_>, now: Duration) {
        let Some(run) = &mut self.catch_up else { return };
        let mut findings = Vec::new();
        let progress = run.handle_reply(id, reply, &mut self.knowledge, &mut findings, now);
        for finding in findings {
            match finding {
                Finding::Event(event_type, text) => self.push_made(event_type, text, true),
                Finding::Malformed(error) => self.outbox.push(Delivery::Malformed(error), 0),
                Finding::ResyncRequired(room_id, reason) => {
                    let room_id = Some(room_id);
                    self.outbox.push(Delivery::ResyncRequired { room_id, reason }, 0);
                }
            }
        }
        let learning = self.is_learning();
        match progress {
            Progress::Done => self.finish_catch_up(now),
            // Nothing was missed, and events flow: there is nothing to tell.
            Progress::Going | Progress::Retrying { .. } if learning => {}
            // The stream is open, so the session is good; the REST API is not for this page.
            Progress::Unauthorized if learning => self.catch_up = None,
            Progress::Going => self.connection.set_catching_up(true),
            Progress::Retrying { status, delay } => {
                let reason = match status {
                    Some(200) => "the answer to a catch-up request is malformed".into(),
                    Some(status) => format!("a catch-up request was answered with HTTP status {status}"),
                    None => "a catch-up request was not answered".into(),
                };
                self.connection.catch_up_failed(Cause::other(reason), delay);
            }
            Progress::Unauthorized => self.connection.handle_unauthorized("the session has ended"),
        }
    }

    fn finish_catch_up(&mut self, now: Duration) {
        if self.is_learning() {
            for (event_type, text) in std::mem::take(&mut self.delivered_meanwhile) {
                if let Outcome::Event { data, .. } = decode(&text) {
                    // It was delivered as it came: only what is known of it counts.
                    let _delivered = merge(event_type, data, &mut self.knowledge, false);
                }
            }
            self.forget_delivered();
        }
        let found = self.catch_up.take().is_some_and(|run| run.found_anything);
        self.has_baseline = true;
        self.may_authorize = true;
        let since = self.comparing_since.take();
        for Held { delivery, .. } in &self.held {
            if let Delivery::Event {
                event_type, payload, ..
            } = delivery
                && let Outcome::Event { data, .. } = decode(&payload.text())
            {
                foresee(*event_type, data, &mut self.knowledge);
            }
        }
        while self.catch_up.is_none()
            && let Some(Held { delivery, bytes }) = self.held.pop_front()
        {
            self.held_bytes -= bytes;
            if let Some(delivery) = self.deliver(delivery, bytes) {
                self.deliver_unlisted(delivery, bytes);
            }
        }
        if self.catch_up.is_some() {
            return;
        }
        self.connection.set_catching_up(false);
        if found && since.is_some_and(|since| !self.watchdog.has_heard_since(since)) {
            // The REST API knew of changes and the stream has said nothing: it is no longer to be trusted.
            self.connection.recycle("the stream has kept events back", now);
        }
    }

    /// Takes over what the connection wants, gives up what belongs to a connection that is gone, and sends what may
    /// be sent.
    fn settle(&mut self, now: Duration) {
        if self.catch_up.is_some() && !self.connection.is_open() {
            self.catch_up = None;
            self.comparing_since = None;
            // The application was not told of these: they are part of the gap.
            self.held.clear();
            self.held_bytes = 0;
            self.forget_delivered();
            self.abort(|purpose| purpose == Purpose::CatchUp);
        }
        while let Some(action) = self.connection.poll_action() {
            match action {
                connection::Action::OpenSocket(id) => self.actions.push_back(Action::OpenSocket(id)),
                connection::Action::CloseSocket { socket, code, reason } => {
                    self.actions
                        .push_back(Action::CloseSocket { socket, code, reason });
                }
                connection::Action::Probe => self.fetch(Purpose::Refusal, Request::Status, now),
                connection::Action::Emit(state) => {
                    match state.phase {
                        Phase::Unauthorized if self.may_authorize => {
                            // Once: a login that does not help is not repeated until a connection was open again.
                            self.may_authorize = false;
                            self.actions.push_back(Action::Authorize);
                        }
                        Phase::Closed => self.abort(|_| true),
                        _ => {}
                    }
                    self.outbox.push(Delivery::State(state), 0);
                }
            }
        }
        if !self.connection.is_open() {
            self.abort(|purpose| purpose == Purpose::Probe);
        }
        while self.outbox.is_low() {
            let id = RequestId(self.next_request);
            let Some(request) = self.catch_up.as_mut().and_then(|run| run.next_request(id, now)) else {
                break;
            };
            self.fetch(Purpose::CatchUp, request, now);
        }
    }

    fn fetch(&mut self, purpose: Purpose, request: Request, now: Duration) {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.requests
            .insert(id, (purpose, now + self.config.watchdog.answer_timeout));
        self.actions.push_back(Action::Fetch(id, request));
    }

    fn abort(&mut self, unwanted: impl Fn(Purpose) -> bool) {
        let ids: Vec<_> = self
            .requests
            .iter()
            .filter(|(_, (purpose, _))| unwanted(*purpose))
            .map(|(id, _)| id)
            .collect();
        for id in ids {
            self.requests.remove(id);
            self.actions.push_back(Action::Abort(id));
        }
    }
}

fn status(reply: Reply<'_>) -> Option<u16> {
    match reply {
        Reply::Answer { status, .. } => Some(status),
        Reply::Failed => None,
    }
}
