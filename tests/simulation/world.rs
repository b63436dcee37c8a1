//! Virtual time: what happens in a history, and in which order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use room_events::client::{Action, Cause, Client, ConnectionStatus, RequestId, SocketId};

use crate::app::App;
use crate::change::Chat;
use crate::contract::{self, Answer, Ask, List, Path, Told};
use crate::faults::{Ailment, PathFault};
use crate::options::Options;
use crate::oracle::Oracle;
use crate::page;
use crate::random::Random;
use crate::reader::Reader;
use crate::truth::Time;
use crate::wire::{Connection, Frame};

/// When the client begins.
pub(crate) const START: Time = 10_000;
/// How long a few changes continue after the last fault.
pub(crate) const AFTERMATH: Time = 15_000;
/// How long there are no faults before the application is compared.
const QUIET: Time = 400_000;
/// The most happenings in one millisecond.
const AT_ONCE: u32 = 20_000;

/// Counts of what happened in a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) changes: u64,
    pub(crate) faults: u64,
    pub(crate) live: u64,
    pub(crate) recovered: u64,
    pub(crate) sockets: u64,
    pub(crate) requests: u64,
    pub(crate) resyncs: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Self) {
        self.changes += other.changes;
        self.faults += other.faults;
        self.live += other.live;
        self.recovered += other.recovered;
        self.sockets += other.sockets;
        self.requests += other.requests;
        self.resyncs += other.resyncs;
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
            requests,
            resyncs,
        } = self;
        write!(
            f,
            "{changes} changes, {faults} faults, {sockets} sockets, {requests} requests, {live} events live, \
             {recovered} recovered, {resyncs} resyncs"
        )
    }
}

/// Something that happens at a time.
pub(crate) enum Happening {
    Change,
    Fault,
    /// A request to open a socket reaches the server.
    Upgrade(SocketId),
    Opened(SocketId),
    Frame(SocketId, Rc<Frame>),
    /// An overtaken frame is sent; a frame is repeated.
    Send(SocketId, Rc<Frame>),
    Repeat(SocketId, Rc<Frame>),
    /// The server ends a connection.
    Break(SocketId),
    Closed(SocketId, u16),
    /// A REST request reaches the server.
    Asked(RequestId, Ask),
    Progress(RequestId),
    Answered(RequestId, Path, Answer),
    /// The page's event loop runs a turn of deliveries.
    Turn,
    Heal(Ailment),
    /// The user of the store does something.
    Use,
    /// A post of a former client reaches the server.
    Orphan(List, u64),
}

impl Happening {
    /// Whether it reaches the page. Otherwise it concerns the server or the network.
    const fn is_of_page(&self) -> bool {
        matches!(
            self,
            Self::Opened(_)
                | Self::Frame(..)
                | Self::Closed(..)
                | Self::Progress(_)
                | Self::Answered(..)
                | Self::Turn
        )
    }
}

/// One history.
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) options: Rc<Options>,
    pub(crate) now: Time,
    /// Until when there are faults.
    pub(crate) end: Time,
    plan: BinaryHeap<Reverse<(Time, usize)>>,
    pub(crate) happenings: Vec<Option<Happening>>,
    pub(crate) chat: Chat,
    pub(crate) client: Client<String>,
    pub(crate) app: App,
    pub(crate) oracle: Oracle,
    /// An application on the store, instead of one with callbacks.
    pub(crate) reader: Option<Reader>,
    pub(crate) connection: Option<Connection>,
    pub(crate) ailments: Vec<Ailment>,
    pub(crate) path_faults: Vec<PathFault>,
    /// What reached the machine while it slept.
    pub(crate) missed: Vec<Happening>,
    /// Aborted requests. The client does not see their responses.
    pub(crate) given_up: Vec<RequestId>,
    /// The bodies of POST requests.
    pub(crate) bodies: HashMap<RequestId, String>,
    pub(crate) turn_planned: bool,
    /// When the connection or the page last had a fault.
    pub(crate) disturbed: Time,
    pub(crate) totals: Totals,
    pub(crate) traced: bool,
}

pub(crate) fn at(now: Time) -> Duration {
    Duration::from_millis(now)
}

impl World {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let mut random = Random::new(seed);
        let options = Rc::new(options);
        let mut chat = Chat::new(Rc::clone(&options), &mut random);
        chat.now = START;
        let client = page::client(&options, &mut random, at(START));
        let mut world = Self {
            random,
            now: START,
            end: START + options.busy,
            plan: BinaryHeap::new(),
            happenings: Vec::new(),
            client,
            app: App::new(&options),
            oracle: Oracle::new(&options, &chat.truth),
            chat,
            reader: None,
            connection: None,
            ailments: Vec::new(),
            path_faults: Vec::new(),
            missed: Vec::new(),
            given_up: Vec::new(),
            bodies: HashMap::new(),
            turn_planned: false,
            disturbed: START,
            totals: Totals::default(),
            traced: std::env::var_os("SIMULATION_TRACE").is_some(),
            options,
        };
        if world.traced {
            println!("{:?}", world.options);
        }
        world.plan(1, Happening::Change);
        world.plan(1_000, Happening::Fault);
        world
    }

    /// The same with an application on the store.
    pub(crate) fn with_store(seed: u64, options: Options) -> Self {
        let mut world = Self::new(seed, options);
        let (options, random) = (Rc::clone(&world.options), &mut world.random);
        world.client = page::client_with_store(&options, random, at(START));
        world.reader = Some(Reader::default());
        world.plan(1, Happening::Use);
        world
    }

    /// Whether faults still happen.
    pub(crate) const fn is_hostile(&self) -> bool {
        self.now < self.end
    }

    /// Runs the history to its quiet end and compares.
    pub(crate) fn run(mut self) -> Result<Totals, String> {
        let ended = self.run_to_end();
        ended.map_err(|what| format!("at {} ms: {what}", self.now))?;
        Ok(self.totals)
    }

    fn run_to_end(&mut self) -> Result<(), String> {
        self.drain()?;
        let mut at_once = 0;
        loop {
            let planned = self.plan.peek().map(|Reverse((time, _))| *time);
            let timer = (!self.has(Ailment::Asleep))
                .then(|| self.client.poll_timeout())
                .flatten();
            let timer = timer.map(|due| (due.as_nanos().div_ceil(1_000_000) as u64).max(self.now));
            let next = planned.into_iter().chain(timer).min();
            let Some(time) = next.filter(|time| *time <= self.end + QUIET) else {
                break;
            };
            at_once = if time == self.now { at_once + 1 } else { 0 };
            if at_once > AT_ONCE {
                return Err("a client's timer fires endlessly".to_owned());
            }
            if self.reader.is_none() {
                self.check_due(time)?;
                if self.now < self.end && time >= self.end {
                    self.check_progress()?;
                }
            }
            self.now = time;
            self.chat.now = time;
            if timer.is_some_and(|due| planned.is_none_or(|planned| due <= planned)) {
                self.client.handle_timeout(at(time));
                self.drain()?;
            } else if let Some(Reverse((_, number))) = self.plan.pop()
                && let Some(happening) = self.happenings[number].take()
            {
                self.happen(happening)?;
            }
        }
        self.now = self.end + QUIET;
        if self.reader.is_some() {
            self.compare_views()?;
            return self.compare_sent();
        }
        self.check_due(self.now)?;
        self.compare()?;
        self.check_cost()
    }

    pub(crate) fn plan(&mut self, after: Time, happening: Happening) {
        self.plan_at(self.now + after, happening);
    }

    pub(crate) fn plan_at(&mut self, time: Time, happening: Happening) {
        self.plan.push(Reverse((time, self.happenings.len())));
        self.happenings.push(Some(happening));
    }

    pub(crate) fn stream_latency(&mut self) -> Time {
        if self.options.slow_stream && self.random.one_in(10) {
            self.random.between(50, 900)
        } else {
            self.random.between(1, 20)
        }
    }

    /// A response never overtakes earlier events on a fast stream.
    pub(crate) fn answer_latency(&mut self) -> Time {
        if self.options.blinks {
            self.random.between(100, 300)
        } else if self.random.one_in(20) {
            self.random.between(100, 900)
        } else {
            self.random.between(21, 60)
        }
    }

    pub(crate) fn happen(&mut self, happening: Happening) -> Result<(), String> {
        if happening.is_of_page() {
            // A page that sleeps receives it when it wakes.
            if self.has(Ailment::Asleep) {
                self.missed.push(happening);
                return Ok(());
            }
            self.reach(happening)?;
            return self.drain();
        }
        match happening {
            Happening::Change => self.change(),
            Happening::Fault => self.fault()?,
            Happening::Upgrade(socket) => self.upgrade(socket),
            Happening::Asked(id, ask) => self.ask(id, ask),
            Happening::Send(socket, frame) => self.send_late(socket, &frame),
            Happening::Repeat(socket, frame) => self.repeat(socket, &frame),
            Happening::Break(socket) if self.is_on(socket) => self.break_connection(1006),
            Happening::Heal(ailment) => self.heal(ailment)?,
            Happening::Use if self.has(Ailment::Asleep) => self.plan(500, Happening::Use),
            Happening::Use => self.use_store()?,
            Happening::Orphan(list, text)
                if !self.has(Ailment::Partition) && !self.has(Ailment::LoggedOut) =>
            {
                self.accept(list, text);
            }
            _ => {}
        }
        Ok(())
    }

    fn is_on(&self, socket: SocketId) -> bool {
        self.connection.as_ref().is_some_and(|open| open.socket == socket)
    }

    /// Delivers something to a page that is awake.
    fn reach(&mut self, happening: Happening) -> Result<(), String> {
        let now = at(self.now);
        match happening {
            Happening::Opened(socket) if self.is_on(socket) => {
                self.disturbed = self.now;
                self.note_opened();
                self.client.handle_opened(socket, now);
            }
            Happening::Frame(socket, frame) if self.is_on(socket) => {
                if self.traced {
                    println!("{:>6} arrives {}", self.now, brief(&frame.text));
                }
                self.client.handle_frame(socket, frame.text.clone(), now);
                self.note_arrival(&frame);
            }
            Happening::Closed(socket, code) => {
                self.connection.take_if(|open| open.socket == socket);
                self.disturbed = self.now;
                self.note_closed();
                let cause = Cause {
                    code,
                    reason: String::new(),
                    was_clean: code != 1006,
                    status: None,
                };
                self.client.handle_closed(socket, cause, now);
            }
            Happening::Progress(id) => contract::progress(&mut self.client, id, now),
            Happening::Answered(id, path, answer) => {
                if !self.given_up.contains(&id) {
                    self.note_answer(id, path, &answer);
                }
                contract::reply(&mut self.client, id, &answer, now);
            }
            Happening::Turn => {
                self.turn_planned = false;
                self.client.begin_turn(now);
                for place in 0..20 {
                    let Some(delivery) = self.client.poll_delivery(now, place == 0) else {
                        break;
                    };
                    self.call(Told::of(delivery))?;
                }
                self.client.end_turn(now);
            }
            _ => {}
        }
        Ok(())
    }

    /// Processes a callback.
    fn call(&mut self, told: Told) -> Result<(), String> {
        if self.traced {
            println!("{:>6} is told {}", self.now, brief(&format!("{told:?}")));
        }
        if let Told::State(state) = &told
            && state.status == ConnectionStatus::Unauthorized
            && !self.has(Ailment::LoggedOut)
        {
            // The refusal came late: the application has already logged in again, and has to report it.
            self.plan(300, Happening::Heal(Ailment::LoggedOut));
        }
        match &told {
            Told::Event { recovered: true, .. } => self.totals.recovered += 1,
            Told::Event { .. } => self.totals.live += 1,
            Told::Resync(..) => self.totals.resyncs += 1,
            _ => {}
        }
        if self.reader.is_some() {
            return Ok(());
        }
        let scene = self
            .oracle
            .scene(&self.options, &self.chat.truth, &self.path_faults, self.now);
        self.app.call(told, &scene)
    }

    /// Performs the client's actions and callbacks.
    pub(crate) fn drain(&mut self) -> Result<(), String> {
        self.look_at_views()?;
        loop {
            while let Some(action) = self.client.poll_action() {
                self.act(action)?;
            }
            if !self.client.wants_turn() {
                return Ok(());
            }
            if self.options.slow_page {
                if !self.turn_planned {
                    self.turn_planned = true;
                    self.plan(3, Happening::Turn);
                }
                return Ok(());
            }
            let now = at(self.now);
            self.client.begin_turn(now);
            while let Some(delivery) = self.client.poll_delivery(now, true) {
                self.call(Told::of(delivery))?;
            }
            self.client.end_turn(now);
        }
    }

    fn act(&mut self, action: Action) -> Result<(), String> {
        match action {
            Action::OpenSocket(socket) => {
                self.totals.sockets += 1;
                self.connection = Some(Connection::new(socket, self.now));
                let latency = self.random.between(1, 40);
                self.plan(latency, Happening::Upgrade(socket));
            }
            Action::CloseSocket { socket, .. } => {
                self.disturbed = self.now;
                self.note_closed();
                self.connection.take_if(|open| open.socket == socket);
            }
            Action::Fetch(id, request) => {
                let ask = Ask::of(&request);
                self.bodies.extend(self.client.body_of(id).map(|body| (id, body)));
                if self.traced {
                    println!("{:>6} asks {ask:?}", self.now);
                }
                self.totals.requests += 1;
                self.note_request(id, &ask)?;
                let latency = self.random.between(1, 40);
                self.plan(latency, Happening::Asked(id, ask));
            }
            Action::Abort(id) => self.given_up.push(id),
            Action::StartOver => return Err("no other user has logged in".to_owned()),
            Action::Authorize => {
                // The application logs in again after a while.
                let after = self.random.between(100, 3_000);
                self.plan(after, Happening::Heal(Ailment::LoggedOut));
            }
        }
        Ok(())
    }

    /// Receives an upgrade request on the server.
    fn upgrade(&mut self, socket: SocketId) {
        if self.has(Ailment::Partition) || !self.is_on(socket) {
            return;
        }
        let is_refused = self.options.breaks && self.is_hostile() && self.random.one_in(15);
        if is_refused || self.has(Ailment::LoggedOut) {
            let latency = self.stream_latency();
            return self.plan(latency, Happening::Closed(socket, 1006));
        }
        if let Some(open) = self.connection.as_mut() {
            // From here on, the server sends events on this connection.
            open.accepted = true;
        }
        self.send(Happening::Opened);
        if self.options.blinks && self.is_hostile() {
            let lives = self.random.between(2_500, 3_500);
            self.plan(lives, Happening::Break(socket));
        }
    }
}

/// Shortens a text to 1,200 bytes, if a character ends there.
pub(crate) fn brief(text: &str) -> &str {
    text.get(..1_200).unwrap_or(text)
}
