//! One page: a client, the application that it calls back, and the ways in which its surroundings can be out of order.

use std::time::Duration;

use room_events::client::backoff::BackoffConfig;
use room_events::client::catchup::CatchUpConfig;
use room_events::client::connection::{ConnectionConfig, SocketId};
use room_events::client::interest::{Interest, Rooms};
use room_events::client::machine::{Client, ClientConfig};
use room_events::client::outbox::{OutboxConfig, Pace};
use room_events::client::watchdog::WatchdogConfig;
use room_events::protocol::ids::SafeInt;

use crate::app::App;
use crate::mutant::Mutant;
use crate::random::Random;
use crate::truth::Id;
use crate::world::Happening;

/// What is out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ailment {
    /// Nothing passes in either direction.
    Partition,
    /// The machine sleeps.
    Asleep,
    /// The browser says that there is no network.
    Offline,
    Hidden,
    Suspended,
    /// The session has expired.
    LoggedOut,
    /// REST requests are answered with 503.
    RestDown,
}

/// A page's connection, seen from the network.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) socket: SocketId,
    /// Whether the server has accepted it.
    pub(crate) accepted: bool,
    /// Nothing reaches the client any more, and nobody is told.
    pub(crate) stalled: bool,
    /// What was sent arrives in order.
    pub(crate) last_arrival: u64,
}

/// A page.
pub(crate) struct Page {
    pub(crate) user: Id,
    pub(crate) client: Client<String>,
    pub(crate) app: App,
    pub(crate) connection: Option<Connection>,
    pub(crate) ailments: Vec<Ailment>,
    /// What reached the machine while it slept.
    pub(crate) missed: Vec<Happening>,
    /// Frames that a mutant keeps from the client.
    pub(crate) diverted: Vec<String>,
    /// Whether its event loop takes its time.
    pub(crate) slow: bool,
    pub(crate) turn_planned: bool,
}

/// What the histories differ in from the beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Every loss is noticed at once, and nothing is ever compared but after a gap: the catch-up alone has to do.
    /// Otherwise connections stall and events are lost, silently.
    pub(crate) noticed: bool,
    /// The applications load what is there by themselves, and the client only learns it. Only where losses are
    /// noticed: of what a connection that is silently dead kept back while the application was loading, nobody can
    /// ever know. (Where one has to load a room again in the other histories, that is left out of the comparison.)
    pub(crate) loads: bool,
    /// Few messages are followed, and few are caught up with.
    pub(crate) narrow: bool,
    /// The applications want the messages of some rooms alone, now of these and then of those.
    pub(crate) selective: bool,
}

/// The rooms whose messages an application wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Selection {
    #[default]
    All,
    Even,
    Odd,
}

impl Selection {
    /// Rooms with larger ids are wanted only with all.
    const BELOW: Id = 1_000;

    pub(crate) fn has(self, room: Id) -> bool {
        match self {
            Self::All => true,
            Self::Even => room < Self::BELOW && room.is_multiple_of(2),
            Self::Odd => room < Self::BELOW && !room.is_multiple_of(2),
        }
    }

    pub(crate) fn interest(self) -> Interest {
        let rooms = (0..Self::BELOW).filter(|room| self.has(*room));
        let messages = match self {
            Self::All => Rooms::All,
            _ => Rooms::only(rooms.map(|room| SafeInt::new(room).unwrap_or_default())),
        };
        Interest {
            messages,
            rooms: true,
            watched: Rooms::none(),
        }
    }
}

impl Setting {
    pub(crate) fn new(random: &mut Random, choices: &mut Random) -> Self {
        let noticed = random.one_in(2);
        Self {
            noticed,
            loads: noticed && random.one_in(2),
            narrow: random.one_in(4),
            selective: choices.one_in(4),
        }
    }

    /// Whether a connection may keep events back without anybody noticing.
    pub(crate) const fn keeps_back(self) -> bool {
        !self.noticed
    }
}

impl Page {
    pub(crate) fn new(user: Id, setting: Setting, random: &mut Random, mutant: Mutant) -> Self {
        let config = config(random, mutant, setting);
        let mut app = App::new(setting.loads, setting.narrow);
        app.gathers = config.outbox.pace == Pace::Frame;
        let mut client = Client::new(config, random.next(), Duration::ZERO);
        if setting.selective {
            app.select(Selection::Even);
            client.set_interest(Selection::Even.interest(), Duration::ZERO);
        }
        Self {
            user,
            client,
            app,
            connection: None,
            ailments: Vec::new(),
            missed: Vec::new(),
            diverted: Vec::new(),
            slow: random.one_in(3),
            turn_planned: false,
        }
    }

    pub(crate) fn has(&self, ailment: Ailment) -> bool {
        self.ailments.contains(&ailment)
    }

    /// The connection with that socket, if it is the current one.
    pub(crate) fn on(&mut self, socket: SocketId) -> Option<&mut Connection> {
        self.connection.as_mut().filter(|open| open.socket == socket)
    }
}

fn config(random: &mut Random, mutant: Mutant, setting: Setting) -> ClientConfig {
    let millis = Duration::from_millis;
    let backoff = BackoffConfig {
        initial: millis(100),
        ceiling: millis(3_000),
    };
    let bound = |random: &mut Random, high| {
        if setting.narrow {
            random.between(2, high) as usize
        } else {
            10_000
        }
    };
    let mut config = ClientConfig {
        connection: ConnectionConfig {
            backoff,
            connect_timeout: millis(3_000),
            stable_after: millis(2_000),
            max_attempts: None,
        },
        watchdog: WatchdogConfig {
            silence: millis(5_000),
            answer_timeout: millis(2_000),
            compare_after: millis(if setting.noticed { 3_600_000 } else { 15_000 }),
        },
        catch_up: CatchUpConfig {
            enabled: mutant != Mutant::NoCatchUp,
            history: !setting.loads,
            window: bound(random, 30),
            max_messages: bound(random, 40),
            rooms: 10,
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
    };
    if config.catch_up.page.is_multiple_of(4) {
        config.outbox.pace = Pace::Frame;
    }
    config
}
