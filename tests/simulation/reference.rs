//! The client with the hub, rules and database of the reference server, in virtual time.
//!
//! This compares how both interpret the protocol, so the network is kinder than in the other histories: frames and
//! responses are late, connections break, and requests fail.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::time::Duration;

use room_events::client::{
    Action, Authorized, BackoffConfig, CatchUpConfig, Cause, Client, ClientConfig, ConnectionConfig,
    ConnectionStatus, Delivery, Interest, Reply, Request, RequestId, Rooms, SocketId, WatchdogConfig,
};
use room_events::protocol::event::EventType;
use room_events::protocol::ids::{SafeInt, UnixMillis};
use room_events::server::{Config, Detached, DetachedEvents, PasswordCost, Quirk};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::campaign;
use crate::random::Random;
use crate::truth::{Id, Time};
use crate::world::{Totals, at};

/// The number of histories of a plain run.
const HISTORIES: u64 = 6;
/// The users of a new server; their passwords are their names. The client's user is the last one.
const NAMES: [&str; 3] = ["admin", "bob", "alice"];
const CLIENT: usize = 2;
/// The server's clock at the beginning of a history.
const BEGIN: u64 = 1_750_000_000_000;
/// How long changes continue, and how long it is quiet afterwards.
const BUSY: Time = 30_000;
const QUIET: Time = 120_000;
/// The most happenings in one millisecond.
const AT_ONCE: u32 = 20_000;

/// Something that happens at a time.
enum Happening {
    Change,
    Fault,
    Upgrade(SocketId),
    Opened(SocketId),
    Frame(SocketId, String),
    Closed(SocketId),
    Asked(RequestId, Request),
    Answered(RequestId, Option<(u16, String)>),
    LoggedIn,
}

/// What a user sees, as JSON in canonical order.
#[derive(Debug, Default, PartialEq, Eq)]
struct View {
    rooms: BTreeMap<Id, String>,
    messages: BTreeMap<Id, (Id, String)>,
}

struct World {
    random: Random,
    now: Time,
    plan: BinaryHeap<Reverse<(Time, usize)>>,
    happenings: Vec<Option<Happening>>,
    runtime: Runtime,
    server: Detached,
    /// The session of each user; the client's changes.
    sessions: Vec<String>,
    client: Client<String>,
    socket: Option<SocketId>,
    events: Option<DetachedEvents>,
    /// The arrival of the latest frame in flight. Frames stay in order.
    latest_frame: Time,
    /// Until when requests are answered with 503.
    failing_until: Time,
    given_up: BTreeSet<RequestId>,
    view: View,
    totals: Totals,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        // Each interpretation of cursors has its own seeds.
        let cursors = [Quirk::ExclusiveCursors, Quirk::StrictCursors];
        let quirks = cursors
            .into_iter()
            .zip(0..)
            .filter(|(_, bit)| seed >> bit & 1 == 1);
        let config = Config {
            password_cost: PasswordCost::MINIMAL,
            quirks: quirks.map(|(quirk, _)| quirk).collect(),
            ..Config::default()
        };
        let server = runtime
            .block_on(Detached::start(config, time(0)))
            .expect("the server starts");
        let sessions = NAMES.map(|name| log_in(&runtime, &server, name)).to_vec();
        let mut world = Self {
            client: client(&mut random),
            random,
            now: 0,
            plan: BinaryHeap::new(),
            happenings: Vec::new(),
            runtime,
            server,
            sessions,
            socket: None,
            events: None,
            latest_frame: 0,
            failing_until: 0,
            given_up: BTreeSet::new(),
            view: View::default(),
            totals: Totals::default(),
        };
        world.plan(200, Happening::Change);
        world.plan(2_000, Happening::Fault);
        world
    }

    fn plan(&mut self, after: Time, happening: Happening) {
        self.plan.push(Reverse((self.now + after, self.happenings.len())));
        self.happenings.push(Some(happening));
    }

    /// Runs the history to its quiet end and compares.
    fn run(mut self) -> Result<Totals, String> {
        let ended = self.run_to_end();
        ended.map_err(|what| format!("at {} ms: {what}", self.now))?;
        Ok(self.totals)
    }

    fn run_to_end(&mut self) -> Result<(), String> {
        self.drain()?;
        let mut at_once = 0;
        loop {
            let planned = self.plan.peek().map(|Reverse((time, _))| *time);
            let timer = self.client.poll_timeout();
            let timer = timer.map(|due| (due.as_nanos().div_ceil(1_000_000) as u64).max(self.now));
            let next = planned.into_iter().chain(timer).min();
            let Some(time) = next.filter(|time| *time <= BUSY + QUIET) else {
                break;
            };
            at_once = if time == self.now { at_once + 1 } else { 0 };
            if at_once > AT_ONCE {
                return Err("a client's timer fires without end".to_owned());
            }
            self.now = time;
            self.server.set_time(self::time(time));
            if timer.is_some_and(|due| planned.is_none_or(|planned| due <= planned)) {
                self.client.handle_timeout(at(time));
            } else if let Some(Reverse((_, number))) = self.plan.pop()
                && let Some(happening) = self.happenings[number].take()
            {
                self.happen(happening);
            }
            self.drain()?;
        }
        self.compare()
    }

    fn happen(&mut self, happening: Happening) {
        let now = at(self.now);
        match happening {
            Happening::Change if self.now < BUSY => {
                self.totals.changes += 1;
                self.change();
                let pause = if self.random.one_in(10) { 3_000 } else { 250 };
                let after = self.random.between(1, pause);
                self.plan(after, Happening::Change);
            }
            Happening::Fault if self.now < BUSY => {
                self.totals.faults += 1;
                self.fault();
                let after = self.random.between(500, 8_000);
                self.plan(after, Happening::Fault);
            }
            Happening::Upgrade(socket) if self.socket == Some(socket) => {
                self.events = self.runtime.block_on(self.server.connect(&self.sessions[CLIENT]));
                let latency = self.random.between(1, 30);
                if self.events.is_some() {
                    self.latest_frame = self.now + latency;
                    self.plan(latency, Happening::Opened(socket));
                } else {
                    self.plan(latency, Happening::Closed(socket));
                }
            }
            Happening::Opened(socket) => self.client.handle_opened(socket, now),
            Happening::Frame(socket, text) => self.client.handle_frame(socket, text, now),
            Happening::Closed(socket) => {
                let cause = Cause::abnormal("");
                self.client.handle_closed(socket, cause, now);
            }
            Happening::Asked(id, request) => {
                let answer = self.answer(request);
                let latency = self.random.between(1, 60);
                self.plan(latency, Happening::Answered(id, answer));
            }
            Happening::Answered(id, answer) if !self.given_up.contains(&id) => {
                let reply = match &answer {
                    Some((status, body)) => Reply::Answer {
                        status: *status,
                        body,
                        retry_after: None,
                    },
                    None => Reply::Failed,
                };
                self.client.handle_reply(id, reply, now);
            }
            Happening::LoggedIn => {
                self.sessions[CLIENT] = log_in(&self.runtime, &self.server, NAMES[CLIENT]);
                self.client.handle_authorized(Authorized::Yes, now);
                if self.client.state().status == ConnectionStatus::Unauthorized {
                    // The client asks once. After a second end of the session in a row, the user logs in by hand.
                    self.client.reconnect_now(now);
                }
            }
            _ => {}
        }
    }

    fn fault(&mut self) {
        match self.random.between(0, 6) {
            0 => self.failing_until = self.now + self.random.between(100, 6_000),
            1 => {
                let session = self.sessions[CLIENT].clone();
                self.request(Some(&session), "POST", "/logout", None);
                self.lose();
            }
            2 => {
                self.server.close_connections();
                self.lose();
            }
            _ => self.lose(),
        }
    }

    /// Breaks the connection and loses the frames in flight.
    fn lose(&mut self) {
        self.events = None;
        if let Some(socket) = self.socket.take() {
            self.plan(1, Happening::Closed(socket));
        }
    }

    /// The server's response to a request of the client. `None`: no response.
    fn answer(&mut self, request: Request) -> Option<(u16, String)> {
        self.totals.requests += 1;
        if self.now < self.failing_until {
            return self.random.one_in(2).then(|| (503, "{}".to_owned()));
        }
        let session = self.sessions[CLIENT].clone();
        Some(self.request(Some(&session), "GET", &request.path(), None))
    }

    /// Performs the client's actions and callbacks, and sends the frames that the server has published.
    fn drain(&mut self) -> Result<(), String> {
        loop {
            while let Some(action) = self.client.poll_action() {
                match action {
                    Action::OpenSocket(socket) => {
                        self.totals.sockets += 1;
                        self.socket = Some(socket);
                        let latency = self.random.between(1, 30);
                        self.plan(latency, Happening::Upgrade(socket));
                    }
                    Action::CloseSocket { .. } => {
                        self.socket = None;
                        self.events = None;
                    }
                    Action::Fetch(id, request) => {
                        let latency = self.random.between(1, 60);
                        self.plan(latency, Happening::Asked(id, request));
                    }
                    Action::Abort(id) => {
                        self.given_up.insert(id);
                    }
                    // The user acts on the state that is delivered as well.
                    Action::Authorize => {}
                    Action::StartOver => return Err("no other user has logged in".to_owned()),
                }
            }
            if !self.client.wants_turn() {
                break;
            }
            self.client.begin_turn(at(self.now));
            while let Some(delivery) = self.client.poll_delivery(at(self.now), true) {
                self.call(delivery)?;
            }
            self.client.end_turn(at(self.now));
        }
        let frames = self.events.as_mut().map(DetachedEvents::take).unwrap_or_default();
        if let Some(socket) = self.socket {
            for text in frames {
                let arrives = self.now + self.random.between(1, 40);
                self.latest_frame = self.latest_frame.max(arrives);
                self.plan(self.latest_frame - self.now, Happening::Frame(socket, text));
            }
        }
        Ok(())
    }

    /// Processes a callback: the application updates its view.
    fn call(&mut self, delivery: Delivery<String>) -> Result<(), String> {
        let (event_type, text) = match delivery {
            Delivery::Event {
                event_type,
                payload,
                recovered,
            } => {
                self.totals.recovered += u64::from(recovered);
                self.totals.live += u64::from(!recovered);
                (event_type, payload)
            }
            Delivery::ResyncRequired { .. } => {
                self.totals.resyncs += 1;
                return Ok(());
            }
            Delivery::State(state) if state.status == ConnectionStatus::Unauthorized => {
                let after = self.random.between(10, 1_000);
                self.plan(after, Happening::LoggedIn);
                return Ok(());
            }
            Delivery::State(_) | Delivery::Freshness { .. } => return Ok(()),
            other => return Err(format!("the server sends what the client cannot read: {other:?}")),
        };
        let data = serde_json::from_str::<Value>(&text).expect("events are JSON")["data"].take();
        let View { rooms, messages } = &mut self.view;
        let is_right = match event_type {
            EventType::RoomCreated => {
                let (id, text) = room_entry(&data["room"]);
                rooms.insert(id, text).is_none()
            }
            EventType::RoomUpdated => {
                let (id, text) = room_entry(&data["room"]);
                rooms.insert(id, text).is_some()
            }
            EventType::RoomDeleted => {
                let room_id = number(&data, "roomId");
                messages.retain(|_, (room, _)| *room != room_id);
                rooms.remove(&room_id).is_some()
            }
            EventType::TextMessageDeleted => messages.remove(&number(&data, "messageId")).is_some(),
            EventType::TextMessagesCreated | EventType::TextMessagesUpdated => {
                let is_created = event_type == EventType::TextMessagesCreated;
                let told = data["messages"].as_array().expect("messages");
                // All of them are applied, even after a wrong one.
                let wrong = told.iter().filter(|message| {
                    let entry = (number(message, "roomId"), message.to_string());
                    let before = messages.insert(number(message, "messageId"), entry);
                    before.is_none() != is_created
                });
                wrong.count() == 0
            }
        };
        if is_right {
            Ok(())
        } else {
            Err(format!("contradicts earlier deliveries: {text}"))
        }
    }

    fn compare(&mut self) -> Result<(), String> {
        let truth = self.truth();
        if truth == self.view {
            return Ok(());
        }
        for (id, room) in &truth.rooms {
            if self.view.rooms.get(id) != Some(room) {
                return Err(format!(
                    "room {id} is {room}, and known as {:?}",
                    self.view.rooms.get(id)
                ));
            }
        }
        for (id, message) in &truth.messages {
            if self.view.messages.get(id) != Some(message) {
                let known = self.view.messages.get(id);
                return Err(format!("message {id} is {message:?}, and known as {known:?}"));
            }
        }
        let gone = |id: &&Id| !truth.messages.contains_key(id) && !truth.rooms.contains_key(id);
        let known = self.view.rooms.keys().chain(self.view.messages.keys());
        Err(format!(
            "known, and gone: {:?}",
            known.filter(gone).collect::<Vec<_>>()
        ))
    }

    fn request(&self, session: Option<&str>, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        let path = format!("/api/v1{path}");
        let body = body.map(|body| body.to_string());
        let answer = self
            .runtime
            .block_on(self.server.request(method, &path, session, body));
        (answer.status, answer.body)
    }

    /// The entries of a user's list; none if the user may not see it.
    fn list(&self, user: usize, path: &str, name: &str) -> Vec<Value> {
        let (status, body) = self.request(Some(&self.sessions[user]), "GET", path, None);
        if status != 200 {
            return Vec::new();
        }
        let mut answer: Value = serde_json::from_str(&body).expect("answers are JSON");
        match answer[name].take() {
            Value::Array(items) => items,
            other => panic!("{name} of {path} is {other}"),
        }
    }

    /// Everything that the client's user sees, read with a new session.
    fn truth(&mut self) -> View {
        self.sessions
            .push(log_in(&self.runtime, &self.server, NAMES[CLIENT]));
        let user = self.sessions.len() - 1;
        let mut view = View::default();
        for room in self.list(user, "/rooms", "rooms") {
            let (id, text) = room_entry(&room);
            view.rooms.insert(id, text);
        }
        let mut paths: Vec<_> = view
            .rooms
            .keys()
            .map(|id| format!("/rooms/{id}/messages"))
            .collect();
        while let Some(path) = paths.pop() {
            for message in self.list(user, &path, "messages") {
                let id = number(&message, "messageId");
                if number(&message, "commentCount") > 0 {
                    paths.push(format!("/messages/{id}/comments"));
                }
                view.messages
                    .insert(id, (number(&message, "roomId"), message.to_string()));
            }
        }
        view
    }

    /// Performs a random action of a user. The server refuses what is not permitted.
    fn change(&mut self) {
        let user = self.random.index(NAMES.len());
        let rooms: Vec<_> = self
            .list(0, "/rooms", "rooms")
            .iter()
            .map(|room| number(room, "roomId"))
            .collect();
        let now = self.now;
        let text = json!({"content": format!("at {now}")});
        let name = json!({"name": format!("named at {now}")});
        let kind = self.random.between(0, 20);
        if rooms.is_empty() || kind == 0 {
            let room = json!({"name": format!("made at {now}"), "memberIds": [1, 2, 3]});
            return self.act(user, "POST", "/rooms", room);
        }
        let room = self.random.of(&rooms);
        let messages: Vec<_> = self
            .list(0, &format!("/rooms/{room}/messages"), "messages")
            .iter()
            .map(|message| number(message, "messageId"))
            .collect();
        if kind < 8 || messages.is_empty() {
            return self.act(user, "POST", &format!("/rooms/{room}/messages"), text);
        }
        let mut message = self.random.of(&messages);
        if self.random.one_in(4) {
            let comments = self.list(0, &format!("/messages/{message}/comments"), "messages");
            if !comments.is_empty() {
                message = number(&comments[self.random.index(comments.len())], "messageId");
            }
        }
        let of_message = format!("/messages/{message}");
        match kind {
            8 => self.act(user, "DELETE", &format!("/rooms/{room}"), Value::Null),
            9 => self.act(user, "PUT", &format!("/rooms/{room}"), name),
            10 => {
                let path = format!("/rooms/{room}/members/{}", self.random.between(1, 4));
                let method = if self.random.one_in(3) { "DELETE" } else { "PUT" };
                self.act(0, method, &path, Value::Null);
            }
            11 => {
                let many: Vec<_> = (0..self.random.between(2, 40))
                    .map(|n| json!({"content": format!("{n} of {now}")}))
                    .collect();
                let path = format!("/reference/rooms/{room}/messages");
                self.act(user, "POST", &path, json!({"messages": many}));
            }
            12..15 => self.act(user, "POST", &format!("{of_message}/comments"), text),
            15..17 => self.act(user, "PUT", &of_message, text),
            17 => self.act(user, "POST", &format!("{of_message}/read"), Value::Null),
            _ => self.act(user, "DELETE", &of_message, Value::Null),
        }
    }

    fn act(&mut self, user: usize, method: &str, path: &str, body: Value) {
        let body = Some(body).filter(|body| !body.is_null());
        let session = self.sessions[user].clone();
        let (status, answer) = self.request(Some(&session), method, path, body);
        let is_refused = matches!(status, 400 | 401 | 403 | 404 | 409);
        assert!(status == 200 || is_refused, "{method} {path}: {status} {answer}");
    }
}

/// A client that delivers history.
fn client(random: &mut Random) -> Client<String> {
    let millis = Duration::from_millis;
    let config = ClientConfig {
        connection: ConnectionConfig {
            backoff: BackoffConfig {
                initial: millis(100),
                ceiling: millis(2_000),
            },
            ..ConnectionConfig::default()
        },
        watchdog: WatchdogConfig {
            silence: millis(10_000),
            answer_timeout: millis(3_000),
            ..WatchdogConfig::default()
        },
        catch_up: CatchUpConfig {
            history: true,
            window: 10_000,
            max_messages: 10_000,
            page: random.between(2, 100) as u32,
            ..CatchUpConfig::default()
        },
        ..ClientConfig::default()
    };
    let mut client = Client::new(config, random.next(), at(0));
    let interest = Interest {
        watched: Rooms::All,
        ..Interest::default()
    };
    client.set_interest(interest, at(0));
    client
}

fn time(now: Time) -> UnixMillis {
    SafeInt::new(BEGIN + now).expect("a time")
}

fn log_in(runtime: &Runtime, server: &Detached, name: &str) -> String {
    let login = json!({"userName": name, "password": name}).to_string();
    let answer = runtime.block_on(server.request("POST", "/api/v1/login", None, Some(login)));
    answer.session.expect("the login is accepted")
}

fn number(value: &Value, name: &str) -> Id {
    value[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name} of {value}"))
}

/// A room with the name field that both the events and the REST API have.
fn room_entry(room: &Value) -> (Id, String) {
    let mut room = room.clone();
    room.as_object_mut().expect("a room").remove("name");
    (number(&room, "roomId"), room.to_string())
}

#[test]
fn after_any_history_with_the_reference_server_the_view_equals_the_truth() {
    campaign::run(HISTORIES, " --server", |seed| World::new(seed).run());
}

#[test]
fn replays_a_history_with_the_reference_server() {
    let [first, again] = [(); 2].map(|()| World::new(1).run());
    assert_eq!(first, again);
}
