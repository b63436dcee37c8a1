//! A driver with the state that a browser would have: the open socket, the requests, and what was delivered.

use std::collections::BTreeMap;
use std::time::Duration;

use room_events::client::{
    Action, Authorized, Cause, Client, ClientConfig, ConnectionConfig, ConnectionState, ConnectionStatus,
    Delivery, Freshness, MAX_BODY_BYTES, Reply, Request, RequestId, ResyncReason, SocketId,
};

/// A response without `Retry-After`.
pub(crate) const fn answer(status: u16, body: &str) -> Reply<'_> {
    Reply::Answer {
        status,
        body,
        retry_after: None,
    }
}

/// The response to a request. `None`: no response, ever.
pub(crate) type Rest = Box<dyn FnMut(Request) -> Option<(u16, String)>>;

/// The response to a POST request with this body.
pub(crate) type Post = Box<dyn FnMut(Request, &str) -> Option<(u16, String)>>;

/// A client, its virtual clock and everything that it has produced.
pub(crate) struct Driver {
    pub(crate) client: Client<String>,
    pub(crate) now: Duration,
    /// The socket that the client has opened and not closed.
    pub(crate) socket: Option<SocketId>,
    /// All sockets so far.
    pub(crate) sockets: Vec<SocketId>,
    pub(crate) states: Vec<ConnectionState>,
    pub(crate) closed_with: Vec<(u16, &'static str)>,
    /// Events in order of delivery: whether recovered, and the frame.
    pub(crate) events: Vec<(bool, String)>,
    /// Reported changes of freshness: of rooms, or of the list of rooms.
    pub(crate) freshness: Vec<(Option<u64>, Freshness)>,
    /// All other deliveries.
    pub(crate) others: Vec<Delivery<String>>,
    /// The requests in flight.
    pub(crate) requests: Vec<(RequestId, Request)>,
    pub(crate) asked: Vec<Request>,
    pub(crate) authorizations: usize,
    pub(crate) starts_over: usize,
    pub(crate) rest: Rest,
    /// The duration of each request.
    pub(crate) latency: Duration,
    /// The `Retry-After` of each unsuccessful response.
    pub(crate) retry_after: Option<Duration>,
    /// The most bytes that are read of a response.
    pub(crate) read_at_most: usize,
    /// When each request is answered.
    due: BTreeMap<RequestId, Duration>,
    /// The bodies of POST requests.
    bodies: BTreeMap<RequestId, String>,
    /// The response to a POST request. `None`: the server never responds.
    pub(crate) post: Post,
}

impl Driver {
    /// A client without catch-up. The REST API only has the session.
    pub(crate) fn new(connection: ConnectionConfig, seed: u64) -> Self {
        let mut config = ClientConfig {
            connection,
            ..ClientConfig::default()
        };
        config.catch_up.enabled = false;
        config.watchdog.silence = Duration::from_secs(1_000_000);
        config.watchdog.compare_after = config.watchdog.silence;
        Self::with(config, seed, Box::new(|_| Some((200, "{}".to_owned()))))
    }

    pub(crate) fn with(config: ClientConfig, seed: u64, rest: Rest) -> Self {
        let now = Duration::from_secs(1_000);
        let mut driver = Self {
            client: Client::new(config, seed, now),
            now,
            socket: None,
            sockets: Vec::new(),
            states: Vec::new(),
            closed_with: Vec::new(),
            events: Vec::new(),
            freshness: Vec::new(),
            others: Vec::new(),
            requests: Vec::new(),
            asked: Vec::new(),
            authorizations: 0,
            starts_over: 0,
            rest,
            latency: Duration::ZERO,
            retry_after: None,
            read_at_most: MAX_BODY_BYTES,
            due: BTreeMap::new(),
            bodies: BTreeMap::new(),
            post: Box::new(|_, _| None),
        };
        driver.drain();
        driver
    }

    /// Performs the client's actions, takes its deliveries, and answers the requests that are due.
    pub(crate) fn drain(&mut self) {
        loop {
            self.act();
            while self.client.wants_turn() {
                self.client.begin_turn(self.now);
                while let Some(delivery) = self.client.poll_delivery(self.now, true) {
                    match delivery {
                        Delivery::State(state) => self.states.push(state),
                        Delivery::Freshness {
                            room_id, freshness, ..
                        } => {
                            self.freshness.push((room_id.map(|id| id.get()), freshness));
                        }
                        Delivery::Event {
                            payload, recovered, ..
                        } => self.events.push((recovered, payload)),
                        other => self.others.push(other),
                    }
                }
                self.client.end_turn(self.now);
            }
            self.act();
            let mut answered = false;
            for (id, request) in std::mem::take(&mut self.requests) {
                let is_due = self.due.get(&id).is_none_or(|at| *at <= self.now);
                let (rest, post, body) = (&mut self.rest, &mut self.post, self.bodies.get(&id));
                let answer = || match body {
                    Some(body) => post(request, body),
                    None => rest(request),
                };
                match is_due.then(answer).flatten() {
                    Some((status, body)) => {
                        answered = true;
                        let retry_after = self.retry_after.filter(|_| status != 200);
                        let body = &body;
                        let reply = if body.len() > self.read_at_most {
                            Reply::TooLarge
                        } else {
                            Reply::Answer {
                                status,
                                body,
                                retry_after,
                            }
                        };
                        self.client.handle_reply(id, reply, self.now);
                    }
                    // A POST request is carried out only once.
                    None if is_due && self.bodies.contains_key(&id) => {}
                    None => self.requests.push((id, request)),
                }
            }
            if !answered && !self.client.has_actions() && !self.client.wants_turn() {
                break;
            }
        }
    }

    fn act(&mut self) {
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::OpenSocket(id) => {
                    assert_eq!(self.socket, None, "a second socket was opened");
                    assert!(!self.sockets.contains(&id), "a socket id was reused");
                    self.socket = Some(id);
                    self.sockets.push(id);
                }
                Action::CloseSocket { socket, code, reason } => {
                    assert_eq!(self.socket.take(), Some(socket), "an unknown socket was closed");
                    assert!(
                        code == 1000 || (3000..5000).contains(&code),
                        "browsers refuse close code {code}"
                    );
                    assert!(reason.len() < 124, "browsers refuse long reasons");
                    self.closed_with.push((code, reason));
                }
                Action::Fetch(id, request) => {
                    self.asked.push(request);
                    assert_eq!(request.method() == "POST", self.client.body_of(id).is_some());
                    self.bodies.extend(self.client.body_of(id).map(|body| (id, body)));
                    self.requests.push((id, request));
                    self.due.insert(id, self.now + self.latency);
                }
                Action::Abort(id) => self.requests.retain(|(other, _)| *other != id),
                Action::Authorize => self.authorizations += 1,
                Action::StartOver => self.starts_over += 1,
            }
        }
    }

    pub(crate) fn frame(&mut self, text: &str) {
        let socket = self.socket.expect("there is a socket");
        self.client.handle_frame(socket, text.to_owned(), self.now);
        self.drain();
    }

    /// Calls the client and processes the results.
    pub(crate) fn happen(&mut self, what: impl FnOnce(&mut Client<String>, Duration)) {
        what(&mut self.client, self.now);
        self.drain();
    }

    /// Reports the outcome of a login to the client.
    pub(crate) fn authorized(&mut self, outcome: Authorized) {
        self.happen(|client, now| client.handle_authorized(outcome, now));
    }

    pub(crate) fn open(&mut self) {
        let socket = self.socket.expect("a socket is opening");
        self.report_opened(socket);
    }

    pub(crate) fn report_opened(&mut self, socket: SocketId) {
        self.client.handle_opened(socket, self.now);
        self.drain();
    }

    pub(crate) fn lose(&mut self, code: u16) {
        let socket = self.socket.expect("there is a socket");
        self.report_closed(socket, code);
    }

    pub(crate) fn report_closed(&mut self, socket: SocketId, code: u16) {
        if self.socket == Some(socket) {
            self.socket = None;
        }
        let cause = Cause {
            code,
            reason: String::new(),
            was_clean: code != 1006,
            status: None,
        };
        self.client.handle_closed(socket, cause, self.now);
        self.drain();
    }

    /// Advances the time. Timers fire and requests are answered as they become due.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let now = self.now;
            let answers = self.requests.iter().filter_map(|(id, _)| self.due.get(id));
            let answer = answers.filter(|at| **at > now).min().copied();
            let timer = self.client.poll_timeout();
            let Some(at) = timer.into_iter().chain(answer).min().filter(|at| *at <= end) else {
                break;
            };
            self.now = now.max(at);
            if timer.is_some_and(|at| at <= self.now) {
                self.client.handle_timeout(self.now);
            }
            self.drain();
        }
        self.now = end;
    }

    /// Advances the time until the next timer fires.
    pub(crate) fn pass_until_timer(&mut self) {
        let at = self.client.poll_timeout().expect("a timer is set");
        self.pass(at.saturating_sub(self.now));
    }

    pub(crate) fn close(&mut self) {
        self.client.close(self.now);
        self.drain();
    }

    pub(crate) fn status(&self) -> ConnectionStatus {
        self.client.state().status
    }

    pub(crate) fn statuses(&self) -> Vec<ConnectionStatus> {
        self.states.iter().map(|state| state.status).collect()
    }

    /// Loses the connection and waits until the next socket is opening. Clears the events.
    pub(crate) fn lose_and_reconnect(&mut self) {
        self.events.clear();
        self.lose_and_reconnect_keeping();
    }

    /// Like [`Self::lose_and_reconnect`], but keeps the events.
    pub(crate) fn lose_and_reconnect_keeping(&mut self) {
        self.lose(1006);
        self.others.clear();
        self.freshness.clear();
        while self.socket.is_none() {
            self.pass_until_timer();
        }
        self.asked.clear();
    }

    /// The delivered events in short: `+` for created, `~` for updated, `-` for deleted, `R` for rooms, and a leading
    /// `!` for live ones.
    pub(crate) fn told(&self) -> Vec<String> {
        let digits = |part: &str| -> String { part.chars().take_while(char::is_ascii_digit).collect() };
        let ids = |text: &str, name: &str| -> String {
            let key = format!("\"{name}\":");
            let ids: Vec<_> = text.split(&*key).skip(1).map(digits).collect();
            ids.join(",")
        };
        let short = |(recovered, text): &(bool, String)| {
            let what = match text.split('"').nth(3) {
                Some("TextMessagesCreated") => format!("+{}", ids(text, "messageId")),
                Some("TextMessagesUpdated") => format!("~{}", ids(text, "messageId")),
                Some("TextMessageDeleted") => format!("-{}", ids(text, "messageId")),
                Some("RoomCreated") => format!("R+{}", ids(text, "roomId")),
                Some("RoomUpdated") => format!("R~{}", ids(text, "roomId")),
                Some("RoomDeleted") => format!("R-{}", ids(text, "roomId")),
                other => format!("{other:?}"),
            };
            format!("{}{what}", if *recovered { "" } else { "!" })
        };
        self.events.iter().map(short).collect()
    }

    /// The same without events about rooms.
    pub(crate) fn told_of_messages(&self) -> Vec<String> {
        let mut told = self.told();
        told.retain(|what| !what.contains('R'));
        told
    }

    /// The required resyncs, of rooms or of the list of rooms, with their reasons.
    pub(crate) fn resyncs(&self) -> Vec<(Option<u64>, ResyncReason)> {
        let resyncs = self.others.iter().filter_map(|other| match other {
            Delivery::ResyncRequired { room_id, reason } => Some((room_id.map(|id| id.get()), *reason)),
            _ => None,
        });
        resyncs.collect()
    }

    /// The last reported freshness of a room, or of the list of rooms.
    pub(crate) fn told_freshness(&self, room: Option<u64>) -> Option<Freshness> {
        let told = self.freshness.iter().rfind(|(other, _)| *other == room);
        told.map(|(_, freshness)| *freshness)
    }

    /// The number of requests except `GET /status`.
    pub(crate) fn requests_of_sync(&self) -> usize {
        self.asked
            .iter()
            .filter(|request| **request != Request::Status)
            .count()
    }
}
