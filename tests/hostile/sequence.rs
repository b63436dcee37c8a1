//! Runs histories from bytes: actions of a server, a network and a browser in any order.
//!
//! The first eight bytes configure the client. The others are steps with their arguments; missing bytes are 0. After
//! each step the state that a browser would have is checked.

use std::time::Duration;

use room_events::client::{
    Action, Authorized, BackoffConfig, CatchUpConfig, Cause, Client, ClientConfig, ConnectionConfig,
    ConnectionStatus, Delivery, DeliveryQueueConfig, Interest, Pace, Reply, Request, RequestId, Rooms,
    SocketId, WatchdogConfig,
};
use room_events::protocol::event::EventType;
use room_events::protocol::ids::RoomId;
use serde_json::Value;

/// Complete frames to choose from.
const FRAMES: [&str; 10] = [
    include_str!("../fixtures/events/text-messages-created.json"),
    include_str!("../fixtures/events/text-messages-updated.json"),
    include_str!("../fixtures/events/text-message-deleted.json"),
    include_str!("../fixtures/events/room-created.json"),
    include_str!("../fixtures/events/room-updated.json"),
    include_str!("../fixtures/events/room-deleted.json"),
    include_str!("../fixtures/events/issue-and-meeting.json"),
    r#"{"type":"Nudge","data":{}}"#,
    r#"{"type":"RoomDeleted","data":{"roomId":-1}}"#,
    "<html>",
];
const CODES: [u16; 8] = [1000, 1001, 1006, 1008, 1012, 4401, 4403, 0];
/// 0: no response; 1: a response that is too large.
const STATUSES: [u16; 16] = [
    200, 401, 403, 404, 429, 500, 503, 0, 203, 400, 410, 413, 422, 429, 502, 1,
];
/// The most entries of a generated response.
const ENTRIES: usize = 15;
/// The most timers that may be due at one moment.
const TIMERS: usize = 64;

/// Counts of what happened in a history.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) opened: u64,
    pub(crate) live: u64,
    pub(crate) recovered: u64,
    pub(crate) requests: u64,
    pub(crate) errors: u64,
}

impl Done {
    #[allow(dead_code, reason = "the fuzz target runs one history at a time")]
    pub(crate) fn add(&mut self, other: &Self) {
        self.opened += other.opened;
        self.live += other.live;
        self.recovered += other.recovered;
        self.requests += other.requests;
        self.errors += other.errors;
    }
}

/// Runs a history until the client is closed.
///
/// # Panics
/// If the client opens a second socket, forgets one, exceeds its limits of requests, memory or queue, delivers a
/// deletion twice, delivers anything but the state after it was closed, does not come to rest, or leaks anything when
/// it is closed.
pub(crate) fn run(bytes: &[u8]) -> Done {
    let mut input = Input(bytes);
    let mut page = Page::new(&mut input);
    while let Some(step) = input.next() {
        page.step(step, &mut input);
    }
    page.close()
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    fn from(&mut self, low: u8, high: u8) -> usize {
        usize::from(low + self.byte() % (high - low + 1))
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[usize::from(self.byte()) % items.len()]
    }

    /// Reads a text, preceded by its length.
    fn text(&mut self) -> String {
        let length = usize::from(self.byte()).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    fn message(&mut self) -> String {
        let (id, room, parent, modified) = (self.byte(), self.byte() % 4, self.byte(), self.byte());
        // Most messages are not comments.
        let parent = if parent < 64 { parent } else { 0 };
        format!(
            r#"{{"messageId":{id},"messageType":"Regular","roomId":{room},"parentMessageId":{parent},"text":"{modified}","userId":1,"lastModifiedUtc":{modified},"commentCount":{}}}"#,
            self.byte() % 3
        )
    }

    fn room(&mut self) -> String {
        let (id, last, modified) = (self.byte() % 4, self.byte(), self.byte());
        format!(
            r#"{{"roomId":{id},"name":"{modified}","lastModifiedUtc":{modified},"lastMessage":{{"messageId":{last},"userId":1}}}}"#
        )
    }

    fn list(&mut self, entry: impl Fn(&mut Self) -> String) -> String {
        let count = self.from(0, ENTRIES as u8);
        let entries: Vec<_> = (0..count).map(|_| entry(self)).collect();
        entries.join(",")
    }

    fn frame(&mut self) -> String {
        let event = |name: &str, data: String| format!(r#"{{"type":"{name}","data":{data}}}"#);
        match self.byte() % 9 {
            0 => self.text(),
            1 => event(
                "TextMessagesCreated",
                format!(r#"{{"messages":[{}]}}"#, self.list(Self::message)),
            ),
            2 => event(
                "TextMessagesUpdated",
                format!(r#"{{"messages":[{}]}}"#, self.list(Self::message)),
            ),
            3 => {
                let (message, room, parent) = (self.byte(), self.byte() % 4, self.byte() % 64);
                let data = format!(r#"{{"messageId":{message},"roomId":{room},"parentMessageId":{parent}}}"#);
                event("TextMessageDeleted", data)
            }
            4 => event("RoomCreated", format!(r#"{{"room":{}}}"#, self.room())),
            5 => event("RoomUpdated", format!(r#"{{"room":{}}}"#, self.room())),
            6 => event("RoomDeleted", format!(r#"{{"roomId":{}}}"#, self.byte() % 4)),
            7 => event(
                "TextMessagesCreated",
                format!(r#"{{"messages":[{}]}}"#, self.message()),
            ),
            _ => self.pick(&FRAMES).to_owned(),
        }
    }

    /// Interest in all, some or none of the rooms.
    fn interest(&mut self) -> Interest {
        let flags = self.byte();
        let rooms = (0..4).filter(|room| flags & (1 << room) != 0);
        Interest {
            messages: if flags & 16 == 0 {
                Rooms::only(rooms.map(RoomId::from))
            } else {
                Rooms::All
            },
            rooms: flags & 32 == 0,
            watched: if flags & 64 == 0 {
                Rooms::none()
            } else {
                Rooms::All
            },
        }
    }

    fn answer(&mut self, request: Request) -> String {
        match (self.byte() % 4, request) {
            (0, _) => self.text(),
            (_, Request::Status) => r#"{"httpStatusCode":200,"userId":1}"#.to_owned(),
            (_, Request::Rooms) => format!(r#"{{"rooms":[{}]}}"#, self.list(Self::room)),
            (_, _) => format!(r#"{{"messages":[{}]}}"#, self.list(Self::message)),
        }
    }
}

/// Deletions that were delivered and not undone since.
#[derive(Default)]
struct Gone {
    /// Each with the number of earlier deletions.
    told: Vec<(String, usize)>,
    deletions: usize,
    /// Whether queued events were dropped as unwanted. Nothing can be checked about them.
    is_blind: bool,
}

impl Gone {
    /// The least number of deletions that a client remembers.
    const REMEMBERED: usize = 60;

    fn event(&mut self, event_type: EventType, payload: &str) {
        let event: Value = serde_json::from_str(payload).expect("what was decoded is JSON");
        let data = &event["data"];
        match event_type {
            // A generated server may use one id for messages of several rooms.
            EventType::TextMessageDeleted => {
                self.delete(format!(
                    "message {} of room {}",
                    data["messageId"], data["roomId"]
                ));
            }
            EventType::RoomDeleted => self.delete(format!("room {}", data["roomId"])),
            EventType::RoomCreated | EventType::RoomUpdated => {
                self.revive(&format!("room {}", data["room"]["roomId"]));
            }
            EventType::TextMessagesCreated | EventType::TextMessagesUpdated => {
                for message in data["messages"].as_array().into_iter().flatten() {
                    // Ignores the room: a client may assume that message ids are unique.
                    let prefix = format!("message {} ", message["messageId"]);
                    self.told.retain(|(other, _)| !other.starts_with(&prefix));
                    // A room with new messages may be deleted again.
                    self.revive(&format!("room {}", message["roomId"]));
                }
            }
        }
    }

    fn delete(&mut self, what: String) {
        self.deletions += 1;
        let remembered = self.deletions.saturating_sub(Self::REMEMBERED);
        self.told.retain(|(_, at)| *at >= remembered);
        assert!(
            !self.told.iter().any(|(other, _)| *other == what),
            "{what} was reported as deleted twice"
        );
        self.told.push((what, self.deletions));
    }

    fn revive(&mut self, what: &str) {
        self.told.retain(|(other, _)| other != what);
    }
}

/// The state that a browser has about a client.
struct Page {
    client: Client<String>,
    config: ClientConfig,
    now: Duration,
    socket: Option<SocketId>,
    sockets: Vec<SocketId>,
    requests: Vec<(RequestId, Request)>,
    /// The objects sent so far; each known room needs one.
    objects: usize,
    gone: Gone,
    is_closed: bool,
    done: Done,
}

impl Page {
    fn new(input: &mut Input<'_>) -> Self {
        let config = config(input);
        let mut page = Self {
            client: Client::new(config, u64::from(input.byte()), Duration::ZERO),
            config,
            now: Duration::ZERO,
            socket: None,
            sockets: Vec::new(),
            requests: Vec::new(),
            objects: 0,
            gone: Gone::default(),
            is_closed: false,
            done: Done::default(),
        };
        page.act();
        page
    }

    fn step(&mut self, step: u8, input: &mut Input<'_>) {
        let now = self.now;
        match step % 16 {
            0 => {
                if let Some(socket) = self.some_socket(input) {
                    self.done.opened += 1;
                    self.client.handle_opened(socket, now);
                }
            }
            1..=4 => {
                if let Some(socket) = self.some_socket(input) {
                    let frame = input.frame();
                    self.objects += frame.matches('{').count();
                    self.gone.deletions += usize::from(frame.contains("Deleted"));
                    self.client.handle_frame(socket, frame, now);
                }
            }
            5 => {
                if let Some(socket) = self.some_socket(input) {
                    self.client.handle_binary(socket, now);
                }
            }
            6 => {
                if let Some(socket) = self.some_socket(input) {
                    self.socket.take_if(|open| *open == socket);
                    let cause = Cause::closed(input.pick(&CODES), input.text(), false);
                    self.client.handle_closed(socket, cause, now);
                }
            }
            7..=9 => self.answer(input),
            10 => self.pass(Duration::from_millis(u64::from(input.byte()).pow(2))),
            11 => {
                if let Some(at) = self.client.poll_timeout() {
                    self.pass(at.saturating_sub(now));
                }
            }
            12 => match input.byte() % 10 {
                0 => self.client.handle_online(false, now),
                1 => self.client.handle_online(true, now),
                2 => self.client.handle_visible(false, now),
                3 => self.client.handle_visible(true, now),
                4 => self.client.handle_suspended("the page was left", now),
                5 => self.client.handle_resumed(now),
                6 => {
                    let outcomes = [Authorized::Yes, Authorized::No, Authorized::Failed];
                    self.client.handle_authorized(input.pick(&outcomes), now);
                }
                7 | 8 => {
                    self.client.set_interest(input.interest(), now);
                    self.gone.is_blind = true;
                }
                _ => self.client.reconnect_now(now),
            },
            _ => self.deliver(),
        }
        self.act();
        self.check();
    }

    /// The current socket, or sometimes a former one.
    fn some_socket(&self, input: &mut Input<'_>) -> Option<SocketId> {
        let byte = usize::from(input.byte());
        match byte {
            0..224 => self.socket,
            _ => self.sockets.get(byte % self.sockets.len().max(1)).copied(),
        }
    }

    fn answer(&mut self, input: &mut Input<'_>) {
        if self.requests.is_empty() {
            return;
        }
        let (id, request) = self
            .requests
            .remove(usize::from(input.byte()) % self.requests.len());
        // Most requests succeed.
        let status = input.byte();
        let status = if status < 192 {
            200
        } else {
            STATUSES[usize::from(status % 16)]
        };
        let body = input.answer(request);
        self.objects += body.matches('{').count();
        let reply = match status {
            0 => Reply::Failed,
            1 => Reply::TooLarge,
            _ => Reply::Answer {
                status,
                body: &body,
                retry_after: (status == 429).then(|| Duration::from_millis(100 * u64::from(input.byte()))),
            },
        };
        self.client.handle_reply(id, reply, self.now);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        for _ in 0..TIMERS {
            if self.client.poll_timeout().is_none_or(|at| at > self.now) {
                return;
            }
            self.client.handle_timeout(self.now);
            self.act();
        }
        panic!("a timer is due again and again");
    }

    /// Performs the client's actions.
    fn act(&mut self) {
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::OpenSocket(id) => {
                    assert_eq!(self.socket, None, "a second socket was opened");
                    assert!(!self.sockets.contains(&id), "a socket's id was used again");
                    self.socket = Some(id);
                    self.sockets.push(id);
                }
                Action::CloseSocket { socket, code, reason } => {
                    assert_eq!(
                        self.socket.take(),
                        Some(socket),
                        "a socket that is not there was closed"
                    );
                    assert!(code == 1000 || (3000..5000).contains(&code));
                    assert!(reason.len() < 124);
                }
                Action::Fetch(id, request) => {
                    assert!(self.requests.iter().all(|(other, _)| *other != id));
                    self.requests.push((id, request));
                    self.done.requests += 1;
                }
                Action::Abort(id) => self.requests.retain(|(other, _)| *other != id),
                Action::Authorize | Action::StartOver => {}
            }
        }
    }

    /// Takes all deliveries that the application can get.
    fn deliver(&mut self) {
        let mut frames = 0;
        while self.client.wants_turn() {
            self.client.begin_turn(self.now);
            while let Some(delivery) = self.client.poll_delivery(self.now, true) {
                assert!(
                    !self.is_closed || matches!(delivery, Delivery::State(_)),
                    "after close(): {delivery:?}"
                );
                match delivery {
                    Delivery::State(_) => continue,
                    Delivery::Event {
                        event_type,
                        payload,
                        recovered,
                    } => {
                        if recovered {
                            self.done.recovered += 1;
                        } else {
                            self.done.live += 1;
                        }
                        if self.tells_everything() && !self.gone.is_blind {
                            self.gone.event(event_type, &payload);
                        }
                    }
                    Delivery::Unknown { .. } => self.done.live += 1,
                    Delivery::ResyncRequired { .. } => {
                        // The application reloads everything.
                        self.gone.told.clear();
                        self.done.errors += 1;
                    }
                    Delivery::Malformed(_) | Delivery::Binary => self.done.errors += 1,
                    Delivery::Freshness { .. } => {}
                }
                frames += 1;
            }
            assert!(frames <= self.most_frames(), "{frames} frames waited");
            if std::mem::take(&mut self.gone.is_blind) {
                self.gone.told.clear();
            }
            // Requests that waited for the full queue may be sent now.
            self.client.end_turn(self.now);
        }
    }

    /// Whether the application is notified of everything that the client reads.
    const fn tells_everything(&self) -> bool {
        self.config.catch_up.enabled && self.config.catch_up.history
    }

    /// The most frames in the queue: its capacity, as many held frames (each for a message and its comments), and the
    /// results of the requests in flight.
    fn most_frames(&self) -> usize {
        let ClientConfig { queue, catch_up, .. } = self.config;
        let with_comments = 2 * catch_up.window + 2;
        2 * queue.max_frames * with_comments + catch_up.concurrency * (ENTRIES + 255 + with_comments)
    }

    fn check(&self) {
        let CatchUpConfig {
            window, concurrency, ..
        } = self.config.catch_up;
        // The session, the watchdog and the user may each have a `GET /status` in flight.
        let is_status = |(_, request): &&(RequestId, Request)| *request == Request::Status;
        let status = self.requests.iter().filter(is_status).count();
        assert!(
            status <= 3 && self.requests.len() - status <= concurrency,
            "{:?} of {concurrency} requests at once",
            self.requests
        );
        let known = self.client.replica().message_count();
        assert!(
            known <= 2 * window * self.objects,
            "{known} messages of {} objects are remembered",
            self.objects
        );
    }

    fn close(mut self) -> Done {
        self.deliver();
        self.client.close(self.now);
        self.is_closed = true;
        self.act();
        self.deliver();
        assert_eq!(self.client.state().status, ConnectionStatus::Closed);
        assert_eq!(
            (self.socket, self.requests.len()),
            (None, 0),
            "something is left open"
        );
        assert_eq!(self.client.poll_timeout(), None, "a timer is left running");
        self.done
    }
}

/// Small bounds, so that they are reached, and short times.
fn config(input: &mut Input<'_>) -> ClientConfig {
    let millis = |millis: usize| Duration::from_millis(millis as u64);
    let backoff = BackoffConfig {
        initial: millis(10),
        ceiling: millis(1_000),
    };
    let flags = input.byte();
    ClientConfig {
        connection: ConnectionConfig {
            backoff,
            connect_timeout: millis(1_000),
            stable_after: millis(100 * input.from(1, 50)),
            max_attempts: (flags & 4 != 0).then_some(5),
        },
        watchdog: WatchdogConfig {
            silence: millis(100 * input.from(1, 50)),
            answer_timeout: millis(100 * input.from(1, 50)),
            compare_after: millis(1_000 * input.from(1, 50)),
        },
        catch_up: CatchUpConfig {
            enabled: flags & 1 == 0,
            history: flags & 2 == 0,
            window: input.from(1, 16),
            max_messages: input.from(1, 32),
            rooms: 3 - usize::from(flags >> 6),
            page: 4,
            concurrency: 1 + usize::from(flags >> 4) % 4,
            backoff,
        },
        queue: DeliveryQueueConfig {
            max_frames: input.from(1, 16),
            max_bytes: 4_096,
            pace: if flags & 8 == 0 { Pace::Turn } else { Pace::Frame },
            ..DeliveryQueueConfig::default()
        },
        ..ClientConfig::default()
    }
}
