//! The browser's state of a client, and the invariants after every step.

use std::collections::VecDeque;
use std::time::Duration;

use proptest::sample::Index;
use room_events::client::{
    Action, Authorized, Cause, Client, ClientConfig, ConnectionState, ConnectionStatus, Delivery,
    DeliveryQueueConfig, Interest, Reply, Request, RequestId, Rooms, SocketId,
};
use room_events::protocol::ids::RoomId;

use super::steps::{ENTRIES, Step};
use crate::driver;

/// The most timers that may be due at one moment.
const TIMERS: usize = 64;

/// A client and the browser's state of it.
pub(super) struct Page {
    pub(super) client: Client<String>,
    config: ClientConfig,
    pub(super) now: Duration,
    pub(super) socket: Option<SocketId>,
    pub(super) sockets: Vec<SocketId>,
    pub(super) requests: Vec<(RequestId, Request)>,
    pub(super) states: Vec<ConnectionState>,
    suspended: bool,
    pub(super) closed: bool,
    /// Whether the application was asked to log in since the last connection that was open and caught up.
    was_asked: bool,
    /// Without catch-up: the queued deliveries, as far as they are visible from the outside.
    pub(super) waiting: VecDeque<Option<String>>,
}

impl Page {
    pub(super) fn new(config: ClientConfig, seed: u64) -> Self {
        let now = Duration::from_secs(1);
        let mut page = Self {
            client: Client::new(config, seed, now),
            config,
            now,
            socket: None,
            sockets: Vec::new(),
            requests: Vec::new(),
            states: Vec::new(),
            suspended: false,
            closed: false,
            was_asked: false,
            waiting: VecDeque::new(),
        };
        page.act(true);
        page
    }

    pub(super) fn take(&mut self, step: Step) {
        let now = self.now;
        let before = self.client.state().clone();
        let asks = matches!(step, Step::ReconnectNow | Step::Authorized(Authorized::Yes));
        // The user may have logged in elsewhere.
        let answers = matches!(step, Step::Answered(..) | Step::Garbled(..));
        // `Closed` is final; `Unauthorized` and suspension need the application, the server or the page.
        let may_open = match before.status {
            ConnectionStatus::Closed => false,
            ConnectionStatus::Unauthorized => asks || answers,
            _ if self.suspended => matches!(step, Step::ReconnectNow | Step::Resumed),
            _ => true,
        };
        match step {
            Step::Opened(socket) => {
                let socket = *socket.get(&self.sockets);
                self.client.handle_opened(socket, now);
            }
            Step::Frame(text) => self.frame(Some(text)),
            Step::Binary => self.frame(None),
            Step::Lost(socket, code) => {
                let socket = *socket.get(&self.sockets);
                self.lose(socket, code);
            }
            Step::Answered(request, status, rooms, messages) => {
                let body = |request| match request {
                    Request::Status => r#"{"httpStatusCode":200,"userId":1}"#.to_owned(),
                    Request::Rooms => format!(r#"{{"rooms":[{}]}}"#, rooms.join(",")),
                    _ => format!(r#"{{"messages":[{}]}}"#, messages.join(",")),
                };
                self.answer(&request, |request| Some((status, body(request))));
            }
            Step::Garbled(request, body) => self.answer(&request, |_| Some((200, body))),
            Step::Failed(request) => self.answer(&request, |_| None),
            Step::Passes(millis) => self.pass(Duration::from_millis(millis), may_open),
            Step::UntilTimer => {
                if let Some(at) = self.client.poll_timeout() {
                    self.pass(at.saturating_sub(now), may_open);
                }
            }
            Step::Turn(callbacks) => self.turn(callbacks),
            Step::Online(online) => self.client.handle_online(online, now),
            Step::Visible(visible) => self.client.handle_visible(visible, now),
            Step::Suspended => {
                self.suspended |= !matches!(
                    before.status,
                    ConnectionStatus::Closed | ConnectionStatus::Unauthorized
                );
                self.client.handle_suspended("put away", now);
            }
            Step::Resumed => {
                self.suspended = false;
                self.client.handle_resumed(now);
            }
            Step::ReconnectNow => {
                self.suspended = false;
                self.was_asked = false;
                self.client.reconnect_now(now);
            }
            Step::Authorized(outcome) => {
                self.was_asked &= outcome != Authorized::Failed;
                self.client.handle_authorized(outcome, now);
            }
            // Without catch-up, each accepted frame is compared with its delivery, so interest must not change.
            Step::Wants(of, rooms, watched) if self.config.catch_up.enabled => {
                let rooms_of = |ids: Vec<u32>| Rooms::only(ids.into_iter().map(RoomId::from));
                let interest = Interest {
                    messages: if of.len() == 4 { Rooms::All } else { rooms_of(of) },
                    rooms,
                    watched: if watched.len() == 4 {
                        Rooms::All
                    } else {
                        rooms_of(watched)
                    },
                };
                self.client.set_interest(interest, now);
            }
            Step::Wants(..) => {}
        }
        self.act(may_open);
        self.check(&before);
    }

    /// Receives a frame on the current socket. Without catch-up, every accepted frame is delivered, in order.
    fn frame(&mut self, text: Option<String>) {
        let Some(socket) = self.socket else { return };
        let is_open = self.client.state().status == ConnectionStatus::Open;
        match text.clone() {
            Some(text) => self.client.handle_frame(socket, text, self.now),
            None => self.client.handle_binary(socket, self.now),
        }
        if !self.config.catch_up.enabled && is_open {
            if self.client.state().status == ConnectionStatus::Open {
                self.waiting.push_back(text);
                let DeliveryQueueConfig {
                    max_frames,
                    max_bytes,
                    ..
                } = self.config.queue;
                let bytes: usize = self.waiting.iter().flatten().map(String::len).sum();
                assert!(
                    self.waiting.len() <= max_frames,
                    "{} frames wait",
                    self.waiting.len()
                );
                assert!(
                    bytes <= max_bytes || self.waiting.len() == 1,
                    "{bytes} bytes wait"
                );
            } else {
                // Frames may be dropped only if a gap follows, which catch-up can recover.
                let ConnectionState { status, cause, .. } = self.client.state();
                let code = cause.as_ref().map(|cause| cause.code);
                assert!(
                    *status == ConnectionStatus::Offline || code == Some(1006),
                    "a frame was dropped silently"
                );
            }
        }
    }

    pub(super) fn lose(&mut self, socket: SocketId, code: u16) {
        self.socket.take_if(|open| *open == socket);
        let cause = Cause::closed(code, "", code != 1006);
        self.client.handle_closed(socket, cause, self.now);
    }

    fn answer(&mut self, request: &Index, reply: impl FnOnce(Request) -> Option<(u16, String)>) {
        if self.requests.is_empty() {
            return;
        }
        let (id, request) = self.requests.remove(request.index(self.requests.len()));
        let answer = reply(request);
        let reply = match &answer {
            Some((status, body)) => driver::answer(*status, body),
            None => Reply::Failed,
        };
        self.client.handle_reply(id, reply, self.now);
    }

    /// Advances the time and fires timers as they become due.
    fn pass(&mut self, time: Duration, may_open: bool) {
        let end = self.now + time;
        let mut at_once = 0;
        while let Some(at) = self.client.poll_timeout().filter(|at| *at <= end) {
            at_once = if at > self.now { 0 } else { at_once + 1 };
            assert!(at_once < TIMERS, "a timer fires endlessly");
            self.now = self.now.max(at);
            let before = self.client.state().clone();
            self.client.handle_timeout(self.now);
            self.act(may_open);
            self.check(&before);
        }
        self.now = end;
    }

    fn turn(&mut self, callbacks: usize) {
        self.client.begin_turn(self.now);
        for _ in 0..callbacks {
            let Some(delivery) = self.client.poll_delivery(self.now, true) else {
                break;
            };
            self.called(delivery);
        }
        self.client.end_turn(self.now);
    }

    fn called(&mut self, delivery: Delivery<String>) {
        if let Delivery::State(state) = delivery {
            self.states.push(state);
            return;
        }
        assert!(!self.closed, "called after close(): {delivery:?}");
        if self.config.catch_up.enabled {
            return;
        }
        let expected = self.waiting.pop_front().expect("something was taken in");
        match (delivery, expected) {
            (
                Delivery::Event {
                    payload,
                    recovered: false,
                    ..
                }
                | Delivery::Unknown { payload, .. },
                expected,
            ) => {
                assert_eq!(Some(payload), expected);
            }
            (Delivery::Malformed(_), Some(_)) | (Delivery::Binary, None) => {}
            (delivery, expected) => panic!("{expected:?} was handed out as {delivery:?}"),
        }
    }

    /// Performs the client's actions.
    pub(super) fn act(&mut self, may_open: bool) {
        while let Some(action) = self.client.poll_action() {
            assert!(!self.closed, "after close(): {action:?}");
            match action {
                Action::OpenSocket(id) => {
                    assert!(may_open, "a socket is opened in {:?}", self.states.last());
                    assert_eq!(self.socket, None, "a second socket was opened");
                    assert!(!self.sockets.contains(&id), "a socket id was reused");
                    self.socket = Some(id);
                    self.sockets.push(id);
                }
                Action::CloseSocket { socket, .. } => assert_eq!(self.socket.take(), Some(socket)),
                Action::Fetch(id, request) => {
                    assert!(self.requests.iter().all(|(other, _)| *other != id));
                    let status = self.client.state().status;
                    let is_open = matches!(status, ConnectionStatus::Open | ConnectionStatus::CatchingUp);
                    match request {
                        Request::Status => assert!(
                            is_open
                                || matches!(
                                    status,
                                    ConnectionStatus::Connecting | ConnectionStatus::Unauthorized
                                ),
                            "a probe while {status:?}"
                        ),
                        _ => assert!(
                            is_open && self.config.catch_up.enabled,
                            "{request:?} while {status:?}"
                        ),
                    }
                    self.requests.push((id, request));
                }
                Action::Abort(id) => self.requests.retain(|(other, _)| *other != id),
                Action::StartOver => panic!("no other user has logged in"),
                Action::Authorize => {
                    assert!(!self.was_asked, "asked to log in again and again");
                    self.was_asked = true;
                }
            }
        }
        // Requests that were aborted at once are no longer in the list.
        let status = self.client.state().status;
        let is_open = matches!(status, ConnectionStatus::Open | ConnectionStatus::CatchingUp);
        for (_, request) in &self.requests {
            match request {
                // When the page is shown, the client asks whether the user has logged in meanwhile.
                Request::Status => assert!(
                    is_open
                        || matches!(
                            status,
                            ConnectionStatus::Connecting | ConnectionStatus::Unauthorized
                        ),
                    "a probe while {status:?}"
                ),
                _ => assert!(
                    is_open && self.config.catch_up.enabled,
                    "{request:?} while {status:?}"
                ),
            }
        }
    }

    fn check(&mut self, before: &ConnectionState) {
        let state = self.client.state();
        if state.status == ConnectionStatus::Open {
            self.was_asked = false;
        }
        let has_socket = matches!(
            state.status,
            ConnectionStatus::Connecting | ConnectionStatus::CatchingUp | ConnectionStatus::Open
        );
        assert!(
            has_socket || self.socket.is_none(),
            "a socket is left in {state:?}"
        );
        if matches!(
            state.status,
            ConnectionStatus::CatchingUp | ConnectionStatus::Open
        ) {
            assert!(self.socket.is_some(), "no socket in {state:?}");
        }
        if let Some(limit) = self.config.connection.max_attempts {
            let failures = if state.status == ConnectionStatus::Waiting {
                state.attempt
            } else {
                state.attempt - 1
            };
            assert!(
                failures < limit || state.status == ConnectionStatus::Closed,
                "{state:?} with a limit of {limit}"
            );
        }
        match state.status {
            // Without a timer, the client would never reconnect.
            ConnectionStatus::Connecting | ConnectionStatus::Waiting => {
                assert!(self.client.poll_timeout().is_some(), "{state:?}")
            }
            ConnectionStatus::Unauthorized => assert!(
                self.requests
                    .iter()
                    .all(|(_, request)| *request == Request::Status)
            ),
            ConnectionStatus::Closed => {
                assert_eq!(self.client.poll_timeout(), None, "{state:?}");
                assert_eq!(self.requests, [], "{state:?}");
            }
            ConnectionStatus::Offline | ConnectionStatus::CatchingUp | ConnectionStatus::Open => {}
        }
        if before.status == ConnectionStatus::Closed {
            assert_eq!(state, before, "closed is final");
        }
        assert!(self.requests.len() <= self.config.catch_up.concurrency + 3);
    }

    /// Delivers everything that is queued. Checks the bounds.
    pub(super) fn drain(&mut self) {
        let ClientConfig { queue, catch_up, .. } = self.config;
        // A deletion of a message also deletes its comments, and so may each held frame.
        let with_comments = 2 * catch_up.window + 2;
        let most =
            2 * queue.max_frames * with_comments + catch_up.concurrency * (2 * ENTRIES + 40 + with_comments);
        let mut frames = 0;
        while self.client.wants_turn() {
            self.client.begin_turn(self.now);
            while let Some(delivery) = self.client.poll_delivery(self.now, true) {
                frames += usize::from(!matches!(delivery, Delivery::State(_)));
                self.called(delivery);
            }
            assert!(frames <= most, "{frames} frames waited, and {most} may");
            self.client.end_turn(self.now);
            self.act(true);
        }
    }
}
