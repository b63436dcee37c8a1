//! Virtual time, the network, its faults, and the clients in it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::fmt;
use std::time::Duration;

use room_events::client::backoff::BackoffConfig;
use room_events::client::catchup::CatchUpConfig;
use room_events::client::connection::{ConnectionConfig, SocketId};
use room_events::client::delivery::Delivery;
use room_events::client::machine::{Action, Client, ClientConfig};
use room_events::client::outbox::OutboxConfig;
use room_events::client::rest::{Reply, Request, RequestId};
use room_events::client::state::{Cause, Phase};
use room_events::client::watchdog::WatchdogConfig;
use room_events::protocol::event::EventType;

use crate::app::App;
use crate::random::Random;
use crate::server::{Id, Server, Told};

const USERS: [Id; 3] = [1, 2, 3];
/// How long faults and changes go on, in milliseconds.
const BUSY: u64 = 60_000;
/// How long the network is quiet before the applications are asked what they know.
const QUIET: u64 = 90_000;

/// A catch-up that is broken on purpose: the simulation has to notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutant {
    None,
    /// There is none.
    NoCatchUp,
    /// What was deleted during a gap is not told.
    ForgetsDeletions,
    /// Comments that were written during a gap are not told.
    SkipsComments,
    /// Only the first entry of a page is read.
    LosesAPage,
    /// What arrives during a run is dropped instead of held.
    Deaf,
}

/// What happened in a history.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) changes: u64,
    pub(crate) faults: u64,
    pub(crate) live: u64,
    pub(crate) recovered: u64,
    pub(crate) sockets: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Self) {
        self.changes += other.changes;
        self.faults += other.faults;
        self.live += other.live;
        self.recovered += other.recovered;
        self.sockets += other.sockets;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            changes,
            faults,
            live,
            recovered,
            sockets,
        } = self;
        write!(
            f,
            "{changes} changes, {faults} faults, {sockets} sockets, {live} events live, {recovered} recovered"
        )
    }
}

enum Happening {
    Change,
    Fault,
    /// A request to open a socket reaches the server.
    Upgrade(usize, SocketId),
    Opened(usize, SocketId),
    Frame(usize, SocketId, String),
    Closed(usize, SocketId, u16),
    /// A REST request reaches the server.
    Asked(usize, RequestId, Request),
    Answered(usize, RequestId, Option<(u16, String)>),
    /// The page's event loop comes to the deliveries that wait.
    Turn(usize),
    Heal(usize, Ailment),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ailment {
    /// Nothing passes in either direction.
    Partition,
    Asleep,
    Offline,
    Hidden,
    Suspended,
    /// The session has expired.
    LoggedOut,
    /// REST requests are answered with 503.
    RestDown,
}

struct Connection {
    socket: SocketId,
    /// Nothing reaches the client any more, and nobody is told.
    stalled: bool,
    /// What was sent arrives in order.
    last_arrival: u64,
}

struct Page {
    client: Client<String>,
    app: App,
    connection: Option<Connection>,
    ailments: Vec<Ailment>,
    /// What reached the machine while it slept.
    missed: Vec<Happening>,
    slow: bool,
    turn_planned: bool,
}

impl Page {
    fn has(&self, ailment: Ailment) -> bool {
        self.ailments.contains(&ailment)
    }
}

/// One history.
pub(crate) struct World {
    random: Random,
    mutant: Mutant,
    /// Every loss is noticed at once, and nothing is ever compared but after a gap: the catch-up alone has to do.
    noticed: bool,
    now: u64,
    plan: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    next: u64,
    server: Server,
    pages: Vec<Page>,
    totals: Totals,
}

fn at(now: u64) -> Duration {
    Duration::from_millis(now)
}

impl World {
    pub(crate) fn new(seed: u64, mutant: Mutant) -> Self {
        let mut random = Random::new(seed);
        let noticed = random.one_in(2);
        let pages = USERS
            .iter()
            .map(|_| {
                let config = config(&mut random, mutant, noticed);
                Page {
                    client: Client::new(config, random.next(), at(0)),
                    app: App::default(),
                    connection: None,
                    ailments: Vec::new(),
                    missed: Vec::new(),
                    slow: random.one_in(3),
                    turn_planned: false,
                }
            })
            .collect();
        let mut world = Self {
            random,
            mutant,
            noticed,
            now: 0,
            plan: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            next: 0,
            server: Server::default(),
            pages,
            totals: Totals::default(),
        };
        world.plan(0, Happening::Change);
        world.plan(1_000, Happening::Fault);
        world
    }

    /// Runs the history to its quiet end and compares.
    pub(crate) fn run(mut self) -> Result<Totals, String> {
        for page in 0..self.pages.len() {
            self.drain(page)?;
        }
        loop {
            let planned = self.plan.peek().map(|Reverse((time, _))| *time);
            let timer = (0..self.pages.len())
                .filter(|page| !self.pages[*page].has(Ailment::Asleep))
                .filter_map(|page| {
                    let due = self.pages[page].client.poll_timeout()?;
                    Some((
                        u64::try_from(due.as_nanos().div_ceil(1_000_000))
                            .ok()?
                            .max(self.now),
                        page,
                    ))
                })
                .min();
            let next = planned.into_iter().chain(timer.map(|(time, _)| time)).min();
            let Some(time) = next.filter(|time| *time <= BUSY + QUIET) else {
                break;
            };
            self.now = time;
            match timer {
                Some((due, page)) if planned.is_none_or(|planned| due <= planned) => {
                    self.pages[page].client.handle_timeout(at(time));
                    self.drain(page)?;
                }
                _ => {
                    let happening = self
                        .plan
                        .pop()
                        .and_then(|Reverse((_, number))| self.happenings.remove(&number));
                    if let Some(happening) = happening {
                        self.happen(happening)?;
                    }
                }
            }
        }
        self.compare()
    }

    fn compare(mut self) -> Result<Totals, String> {
        for (user, page) in USERS.iter().zip(&self.pages) {
            // A silent stream is compared with the REST API now and then: that may be going on.
            if !matches!(page.client.state().phase, Phase::Open | Phase::CatchingUp) {
                return Err(format!(
                    "user {user} is {:?} long after all is quiet",
                    page.client.state()
                ));
            }
            let truth = self.server.view(*user);
            let rooms: BTreeSet<_> = truth.rooms.keys().chain(page.app.view.rooms.keys()).collect();
            for id in rooms {
                let (known, true_one) = (page.app.view.rooms.get(id), truth.rooms.get(id));
                if known != true_one {
                    return Err(format!(
                        "user {user} knows room {id} as {known:?}, and it is {true_one:?}"
                    ));
                }
            }
            let messages: BTreeSet<_> = truth
                .messages
                .keys()
                .chain(page.app.view.messages.keys())
                .collect();
            for id in messages {
                let (known, true_one) = (page.app.view.messages.get(id), truth.messages.get(id));
                if known != true_one {
                    return Err(format!(
                        "user {user} knows message {id} as {known:?}, and it is {true_one:?}"
                    ));
                }
            }
            self.totals.live += page.app.live;
            self.totals.recovered += page.app.recovered;
        }
        Ok(self.totals)
    }

    fn plan(&mut self, after: u64, happening: Happening) {
        self.plan_at(self.now + after, happening);
    }

    fn plan_at(&mut self, time: u64, happening: Happening) {
        self.plan.push(Reverse((time, self.next)));
        self.happenings.insert(self.next, happening);
        self.next += 1;
    }

    fn latency(&mut self) -> u64 {
        if self.random.one_in(10) {
            self.random.between(50, 900)
        } else {
            self.random.between(1, 40)
        }
    }

    fn happen(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Change => self.change(),
            Happening::Fault => self.fault()?,
            Happening::Upgrade(page, socket) => self.upgrade(page, socket),
            Happening::Asked(page, id, request) => self.ask(page, id, request),
            Happening::Heal(page, ailment) => self.heal(page, ailment)?,
            reaches_page => return self.reach(reaches_page),
        }
        Ok(())
    }

    /// Something reaches a page. One that sleeps finds it when it wakes.
    fn reach(&mut self, happening: Happening) -> Result<(), String> {
        let now = at(self.now);
        let (Happening::Opened(page, _)
        | Happening::Frame(page, ..)
        | Happening::Closed(page, ..)
        | Happening::Answered(page, ..)
        | Happening::Turn(page)) = happening
        else {
            return Ok(());
        };
        let state = &mut self.pages[page];
        if state.has(Ailment::Asleep) {
            state.missed.push(happening);
            return Ok(());
        }
        let current = |socket: SocketId| {
            state
                .connection
                .as_ref()
                .is_some_and(|open| open.socket == socket)
        };
        match happening {
            Happening::Opened(_, socket) if current(socket) => state.client.handle_opened(socket, now),
            Happening::Frame(_, socket, text) if current(socket) => {
                let deaf = self.mutant == Mutant::Deaf && state.client.state().phase == Phase::CatchingUp;
                if !deaf {
                    state.client.handle_frame(socket, text, now);
                }
            }
            Happening::Closed(_, socket, code) => {
                state.connection.take_if(|open| open.socket == socket);
                let cause = Cause {
                    code,
                    reason: String::new(),
                    was_clean: code != 1006,
                };
                state.client.handle_closed(socket, cause, now);
            }
            Happening::Answered(_, id, answer) => {
                let reply = match &answer {
                    Some((status, body)) => Reply::Answer {
                        status: *status,
                        body,
                    },
                    None => Reply::Failed,
                };
                state.client.handle_reply(id, reply, now);
            }
            Happening::Turn(_) => {
                state.turn_planned = false;
                state.client.begin_turn(now);
                let delivery = state.client.poll_delivery(now, true);
                self.call(page, delivery)?;
                self.pages[page].client.end_turn(now);
            }
            _ => {}
        }
        self.drain(page)
    }

    fn call(&mut self, page: usize, delivery: Option<Delivery<String>>) -> Result<(), String> {
        let Some(delivery) = delivery else { return Ok(()) };
        let lost = match (&delivery, self.mutant) {
            (
                Delivery::Event {
                    event_type,
                    recovered: true,
                    ..
                },
                Mutant::ForgetsDeletions,
            ) => *event_type == EventType::TextMessageDeleted,
            (
                Delivery::Event {
                    event_type,
                    payload,
                    recovered: true,
                },
                Mutant::SkipsComments,
            ) => *event_type == EventType::TextMessagesCreated && !payload.contains(r#""parentMessageId":0"#),
            _ => false,
        };
        if lost {
            return Ok(());
        }
        if std::env::var_os("SIMULATION_TRACE").is_some() {
            println!("{:>6} user {} is told {delivery:?}", self.now, USERS[page]);
        }
        let called = self.pages[page].app.call(delivery);
        called.map_err(|what| format!("user {} at {} ms: {what}", USERS[page], self.now))
    }

    /// Does what a client wants done, and makes its callbacks.
    fn drain(&mut self, page: usize) -> Result<(), String> {
        while let Some(action) = self.pages[page].client.poll_action() {
            match action {
                Action::OpenSocket(socket) => {
                    self.totals.sockets += 1;
                    self.pages[page].connection = Some(Connection {
                        socket,
                        stalled: false,
                        last_arrival: self.now,
                    });
                    let latency = self.latency();
                    self.plan(latency, Happening::Upgrade(page, socket));
                }
                Action::CloseSocket { socket, .. } => {
                    self.pages[page].connection.take_if(|open| open.socket == socket);
                }
                Action::Fetch(id, request) => {
                    let latency = self.latency();
                    self.plan(latency, Happening::Asked(page, id, request));
                }
                Action::Abort(_) => {}
                Action::Authorize => {
                    // The application logs in again after a while.
                    let after = self.random.between(100, 3_000);
                    self.plan(after, Happening::Heal(page, Ailment::LoggedOut));
                }
            }
        }
        let now = at(self.now);
        if self.pages[page].slow {
            if self.pages[page].client.wants_turn() && !self.pages[page].turn_planned {
                self.pages[page].turn_planned = true;
                self.plan(3, Happening::Turn(page));
            }
            return Ok(());
        }
        while self.pages[page].client.wants_turn() {
            self.pages[page].client.begin_turn(now);
            while let Some(delivery) = self.pages[page].client.poll_delivery(now, true) {
                self.call(page, Some(delivery))?;
            }
            self.pages[page].client.end_turn(now);
            if self.pages[page].client.wants_turn() {
                continue;
            }
        }
        Ok(())
    }

    /// An upgrade reaches the server.
    fn upgrade(&mut self, page: usize, socket: SocketId) {
        let state = &self.pages[page];
        if state.connection.as_ref().is_none_or(|open| open.socket != socket) || state.has(Ailment::Partition)
        {
            return;
        }
        if state.has(Ailment::LoggedOut) || (self.now < BUSY && self.random.one_in(15)) {
            let latency = self.latency();
            return self.plan(latency, Happening::Closed(page, socket, 1006));
        }
        // From here on the server sends events into this connection.
        self.send(page, Happening::Opened);
        if let Some(open) = self.pages[page].connection.as_mut() {
            open.stalled = false;
        }
        self.subscribed(page, socket);
    }

    fn subscribed(&mut self, page: usize, socket: SocketId) {
        if let Some(open) = self.pages[page]
            .connection
            .as_mut()
            .filter(|open| open.socket == socket)
        {
            open.last_arrival = open.last_arrival.max(self.now + 1);
        }
    }

    /// The server sends something: it arrives behind all that was sent before.
    fn send(&mut self, page: usize, happening: impl FnOnce(usize, SocketId) -> Happening) {
        let latency = self.latency();
        let partition = self.pages[page].has(Ailment::Partition);
        let now = self.now;
        let Some(open) = self.pages[page].connection.as_mut().filter(|open| !open.stalled) else {
            return;
        };
        if partition {
            // What is lost now is never made good: the connection stalls.
            open.stalled = true;
            return;
        }
        open.last_arrival = open.last_arrival.max(now + latency);
        let (time, socket) = (open.last_arrival, open.socket);
        self.plan_at(time, happening(page, socket));
    }

    fn ask(&mut self, page: usize, id: RequestId, request: Request) {
        let state = &self.pages[page];
        let answer = if state.has(Ailment::Partition) {
            return;
        } else if state.has(Ailment::LoggedOut) {
            Some((401, r#"{"errorText":"no","httpStatusCode":401}"#.to_owned()))
        } else if state.has(Ailment::RestDown) && request != Request::Status {
            Some((503, "<h1>Service Unavailable</h1>".to_owned()))
        } else if self.now < BUSY && self.random.one_in(25) {
            None
        } else {
            let (status, body) = self.server.answer(USERS[page], request);
            Some((
                status,
                if self.mutant == Mutant::LosesAPage {
                    first_only(&body)
                } else {
                    body
                },
            ))
        };
        let latency = self.latency();
        self.plan(latency, Happening::Answered(page, id, answer));
    }

    fn change(&mut self) {
        if self.now >= BUSY {
            return;
        }
        let now = self.now;
        self.totals.changes += 1;
        let (user, random) = (
            USERS[(self.random.next() % 3) as usize],
            self.random.between(0, 100),
        );
        let room = self.random.pick(&self.server.room_ids());
        let message = self.random.pick(&self.server.message_ids());
        let top_level = self.random.pick(&self.server.top_level_ids());
        let told = match (random, room, message, top_level) {
            (0..6, ..) | (_, None, ..) => {
                let mut members: BTreeSet<_> = USERS.into_iter().filter(|_| !self.random.one_in(4)).collect();
                members.insert(user);
                self.server.create_room(members, &USERS, now)
            }
            (6..8, Some(room), ..) => self.server.delete_room(room, &USERS),
            (8..14, Some(room), ..) => self.server.rename_room(room, &USERS, now),
            (14..18, Some(room), ..) => self.server.pin(room, user, &USERS),
            (18..26, Some(room), ..) => self.server.toggle_member(room, user, &USERS),
            (26..40, _, Some(message), _) => self.server.edit(message, &USERS, now),
            (40..55, _, Some(message), _) => self.server.read(message, user, &USERS, now),
            (55..65, _, Some(message), _) => self.server.delete(message, &USERS, now),
            (65..75, _, _, Some(parent)) => {
                let room = self.server.room_of(parent);
                self.server.send(room, parent, 1, user, &USERS, now)
            }
            (_, Some(room), ..) => {
                let count = if self.random.one_in(8) {
                    self.random.between(2, 30)
                } else {
                    1
                };
                self.server.send(room, 0, count, user, &USERS, now)
            }
        };
        self.tell(told);
        // Bursts and pauses.
        let pause = if self.random.one_in(6) {
            self.random.between(500, 6_000)
        } else {
            self.random.between(0, 300)
        };
        self.plan(pause, Happening::Change);
    }

    fn tell(&mut self, told: Vec<Told>) {
        for (user, text) in told {
            // Now and then an event is silently dropped.
            if !self.noticed && self.now < BUSY && self.random.one_in(200) {
                self.totals.faults += 1;
                continue;
            }
            if let Some(page) = USERS.iter().position(|other| *other == user) {
                self.send(page, |page, socket| Happening::Frame(page, socket, text));
            }
        }
    }

    fn fault(&mut self) -> Result<(), String> {
        if self.now >= BUSY {
            return Ok(());
        }
        self.totals.faults += 1;
        let page = self.random.between(0, self.pages.len() as u64) as usize;
        let socket = self.pages[page].connection.as_ref().map(|open| open.socket);
        let lasts = self.random.between(200, 12_000);
        match self.random.between(0, 11) {
            0 | 1 => {
                let code = self
                    .random
                    .pick(&[1000, 1001, 1006, 1011, 1012, 1013])
                    .unwrap_or(1006);
                self.break_connection(page, socket, code);
            }
            // A dead network does not say so.
            2 if self.noticed => self.break_connection(page, socket, 1006),
            2 => {
                if let Some(open) = self.pages[page].connection.as_mut() {
                    open.stalled = true;
                }
            }
            3 => {
                if self.noticed {
                    self.break_connection(page, socket, 1006);
                }
                self.ail(page, Ailment::Partition, lasts)?;
            }
            4 => {
                // A machine that sleeps may or may not keep its connection.
                if self.random.one_in(2) {
                    self.break_connection(page, socket, 1006);
                }
                self.ail(page, Ailment::Asleep, lasts)?;
            }
            5 => self.ail(page, Ailment::Offline, lasts)?,
            6 => self.ail(page, Ailment::Hidden, lasts)?,
            7 => self.ail(page, Ailment::Suspended, lasts)?,
            8 => {
                let code = self.random.pick(&[1008, 4401, 1006]).unwrap_or(1006);
                self.pages[page].ailments.push(Ailment::LoggedOut);
                self.break_connection(page, socket, code);
                // Somebody notices in the end, even if the client never asks.
                self.plan(lasts + 5_000, Happening::Heal(page, Ailment::LoggedOut));
            }
            9 => self.ail(page, Ailment::RestDown, lasts)?,
            // The server restarts.
            _ => {
                for page in 0..self.pages.len() {
                    let socket = self.pages[page].connection.as_ref().map(|open| open.socket);
                    self.break_connection(page, socket, 1001);
                }
            }
        }
        let pause = self.random.between(500, 8_000);
        self.plan(pause, Happening::Fault);
        Ok(())
    }

    fn break_connection(&mut self, page: usize, socket: Option<SocketId>, code: u16) {
        if let Some(socket) = socket {
            self.send(page, |page, socket| Happening::Closed(page, socket, code));
            if let Some(open) = self.pages[page]
                .connection
                .as_mut()
                .filter(|open| open.socket == socket)
            {
                open.stalled = true;
            }
        }
    }

    fn ail(&mut self, page: usize, ailment: Ailment, lasts: u64) -> Result<(), String> {
        let now = at(self.now);
        let state = &mut self.pages[page];
        if state.has(ailment) || state.has(Ailment::Asleep) {
            return Ok(());
        }
        state.ailments.push(ailment);
        match ailment {
            Ailment::Offline => state.client.handle_online(false, now),
            Ailment::Hidden => state.client.handle_visible(false, now),
            Ailment::Suspended => state.client.handle_suspended("page hidden", now),
            _ => {}
        }
        self.plan(lasts, Happening::Heal(page, ailment));
        self.drain(page)
    }

    fn heal(&mut self, page: usize, ailment: Ailment) -> Result<(), String> {
        let now = at(self.now);
        if ailment != Ailment::Asleep && self.pages[page].has(Ailment::Asleep) {
            self.plan(500, Happening::Heal(page, ailment));
            return Ok(());
        }
        let lost = self.pages[page]
            .connection
            .as_ref()
            .filter(|open| open.stalled)
            .map(|open| open.socket);
        if self.noticed
            && ailment == Ailment::Partition
            && let Some(socket) = lost
        {
            self.plan(1, Happening::Closed(page, socket, 1006));
        }
        let state = &mut self.pages[page];
        state.ailments.retain(|other| *other != ailment);
        match ailment {
            Ailment::Offline => state.client.handle_online(true, now),
            Ailment::Hidden => state.client.handle_visible(true, now),
            Ailment::Suspended => state.client.handle_resumed(now),
            Ailment::LoggedOut if state.client.state().phase == Phase::Unauthorized => {
                if self.random.one_in(2) {
                    state.client.handle_authorized(true, now);
                } else {
                    state.client.reconnect_now(now);
                }
            }
            Ailment::Asleep => {
                for happening in std::mem::take(&mut state.missed) {
                    self.reach(happening)?;
                }
            }
            _ => {}
        }
        self.drain(page)
    }
}

/// A page of which only the first entry is left.
fn first_only(body: &str) -> String {
    let Ok(mut answer) = serde_json::from_str::<serde_json::Value>(body) else {
        return body.to_owned();
    };
    if let Some(messages) = answer
        .get_mut("messages")
        .and_then(serde_json::Value::as_array_mut)
    {
        messages.truncate(1);
    }
    answer.to_string()
}

fn config(random: &mut Random, mutant: Mutant, noticed: bool) -> ClientConfig {
    let millis = Duration::from_millis;
    let backoff = BackoffConfig {
        initial: millis(100),
        ceiling: millis(3_000),
    };
    ClientConfig {
        connection: ConnectionConfig {
            backoff,
            connect_timeout: millis(3_000),
            stable_after: millis(2_000),
            max_attempts: None,
        },
        watchdog: WatchdogConfig {
            silence: millis(5_000),
            answer_timeout: millis(2_000),
            compare_after: millis(if noticed { 3_600_000 } else { 15_000 }),
        },
        catch_up: CatchUpConfig {
            enabled: mutant != Mutant::NoCatchUp,
            history: true,
            window: 10_000,
            max_messages: 10_000,
            page: random.between(2, 20) as u32,
            concurrency: random.between(1, 5) as usize,
            backoff,
        },
        outbox: OutboxConfig {
            max_frames: if random.one_in(3) {
                random.between(2, 20) as usize
            } else {
                10_000
            },
            ..OutboxConfig::default()
        },
    }
}
