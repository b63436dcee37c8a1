//! Virtual time: what happens in a history, in which order, and what has to be true at its end.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::fmt;
use std::time::Duration;

use room_events::client::connection::SocketId;
use room_events::client::knowledge::Knowledge;
use room_events::client::rest::{Request, RequestId};
use room_events::client::state::Phase;
use room_events::protocol::ids::SafeInt;

use crate::app::{Load, Thing};
use crate::mutant::Mutant;
use crate::page::{Ailment, Page, Selection, Setting};
use crate::random::Random;
use crate::truth::{Id, Truth, View};

pub(crate) const USERS: [Id; 3] = [1, 2, 3];
/// Whose pages there are: one user has two.
const OWNERS: [Id; 4] = [1, 2, 3, 1];
/// How long faults and changes go on, in milliseconds.
pub(crate) const BUSY: u64 = 60_000;
/// How long the network is quiet before the applications are asked what they know.
const QUIET: u64 = 90_000;

/// How much may happen in one millisecond.
const AT_ONCE: u32 = 20_000;

/// What happened in a history.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) changes: u64,
    pub(crate) faults: u64,
    pub(crate) live: u64,
    pub(crate) recovered: u64,
    pub(crate) sockets: u64,
    pub(crate) resyncs: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Self) {
        self.changes += other.changes;
        self.faults += other.faults;
        self.live += other.live;
        self.recovered += other.recovered;
        self.sockets += other.sockets;
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
            resyncs,
        } = self;
        write!(
            f,
            "{changes} changes, {faults} faults, {sockets} sockets, {live} events live, {recovered} recovered, \
             {resyncs} resyncs"
        )
    }
}

/// Something that happens at a time.
pub(crate) enum Happening {
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
    /// An application's own request reaches the server.
    LoadAsked(usize, Load),
    Loaded(usize, Load, Box<View>),
    /// The page's event loop comes to the deliveries that wait.
    Turn(usize),
    /// The user opens other rooms.
    Select(usize, Selection),
    Heal(usize, Ailment),
}

impl Happening {
    /// The page that it reaches; `None` where it concerns the server or the network.
    fn page(&self) -> Option<usize> {
        match self {
            Self::Opened(page, _)
            | Self::Frame(page, ..)
            | Self::Closed(page, ..)
            | Self::Answered(page, ..)
            | Self::Loaded(page, ..)
            | Self::Turn(page)
            | Self::Select(page, _) => Some(*page),
            Self::Change
            | Self::Fault
            | Self::Upgrade(..)
            | Self::Asked(..)
            | Self::LoadAsked(..)
            | Self::Heal(..) => None,
        }
    }
}

/// One history.
pub(crate) struct World {
    pub(crate) random: Random,
    /// Makes the choices of selective applications.
    pub(crate) choices: Random,
    pub(crate) mutant: Mutant,
    pub(crate) setting: Setting,
    pub(crate) now: u64,
    plan: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    next: u64,
    pub(crate) truth: Box<dyn Truth>,
    pub(crate) pages: Vec<Page>,
    pub(crate) totals: Totals,
    pub(crate) traced: bool,
}

pub(crate) fn at(now: u64) -> Duration {
    Duration::from_millis(now)
}

impl World {
    pub(crate) fn new(seed: u64, mutant: Mutant, mut truth: Box<dyn Truth>) -> Self {
        let mut random = Random::new(seed);
        let mut choices = Random::new(!seed);
        let mut setting = Setting::new(&mut random, &mut choices);
        // What this one tells past its client nobody has chosen from: it is not to be noticed for that.
        setting.selective &= mutant != Mutant::OlderOverNewer;
        let pages = OWNERS
            .iter()
            .map(|user| Page::new(*user, setting, &mut random, mutant))
            .collect();
        for (page, user) in OWNERS.into_iter().enumerate() {
            truth.log_in(page, user);
        }
        let mut world = Self {
            random,
            choices,
            mutant,
            setting,
            now: 0,
            plan: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            next: 0,
            truth,
            pages,
            totals: Totals::default(),
            traced: std::env::var_os("SIMULATION_TRACE").is_some(),
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
        let mut at_once = 0;
        loop {
            let planned = self.plan.peek().map(|Reverse((time, _))| *time);
            let timer = (0..self.pages.len())
                .filter(|page| !self.pages[*page].has(Ailment::Asleep))
                .filter_map(|page| {
                    let due = self.pages[page].client.poll_timeout()?;
                    let millis = u64::try_from(due.as_nanos().div_ceil(1_000_000)).ok()?;
                    Some((millis.max(self.now), page))
                })
                .min();
            let next = planned.into_iter().chain(timer.map(|(time, _)| time)).min();
            let Some(time) = next.filter(|time| *time <= BUSY + QUIET) else {
                break;
            };
            at_once = if time == self.now { at_once + 1 } else { 0 };
            if at_once > AT_ONCE {
                return Err(format!("a client's timer fires without end at {time} ms"));
            }
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

    pub(crate) fn plan(&mut self, after: u64, happening: Happening) {
        self.plan_at(self.now + after, happening);
    }

    pub(crate) fn plan_at(&mut self, time: u64, happening: Happening) {
        self.plan.push(Reverse((time, self.next)));
        self.happenings.insert(self.next, happening);
        self.next += 1;
    }

    pub(crate) fn happen(&mut self, happening: Happening) -> Result<(), String> {
        if let Some(page) = happening.page() {
            // One that sleeps finds it when it wakes.
            if self.pages[page].has(Ailment::Asleep) {
                self.pages[page].missed.push(happening);
                return Ok(());
            }
            self.reach(page, happening)?;
            return self.drain(page);
        }
        match happening {
            Happening::Change => self.change(),
            Happening::Fault => self.fault()?,
            Happening::Upgrade(page, socket) => self.upgrade(page, socket),
            Happening::Asked(page, id, request) => self.ask(page, id, request),
            Happening::LoadAsked(page, load) => self.load(page, load),
            Happening::Heal(page, ailment) => self.heal(page, ailment)?,
            _ => {}
        }
        Ok(())
    }

    /// The end: each application knows the truth.
    fn compare(mut self) -> Result<Totals, String> {
        for page in &self.pages {
            let user = page.user;
            // A silent stream is compared with the REST API now and then: that may be going on.
            if !matches!(page.client.state().phase, Phase::Open | Phase::CatchingUp) {
                return Err(format!(
                    "user {user} is {:?} long after all is quiet",
                    page.client.state()
                ));
            }
            let truth = self.truth.view(user);
            let rooms: BTreeSet<_> = truth.rooms.keys().chain(page.app.rooms.keys()).collect();
            for id in rooms {
                // What comes and goes again leaves no trace but in the revision, which the client does not know.
                let visible = |text: &String| text.split(",\"revision\"").next().map(str::to_owned);
                let room = page.app.rooms.get(id);
                let known = room.and_then(|room| visible(&room.text));
                let truth = truth.rooms.get(id).and_then(visible);
                // What a connection that loses events has kept from its client may have gone again.
                let is_past_the_client = self.setting.keeps_back()
                    && room.is_some_and(|room| room.loaded)
                    && !page
                        .client
                        .knowledge()
                        .has_room(SafeInt::new(*id).unwrap_or_default());
                if known != truth && !is_past_the_client {
                    return Err(format!(
                        "user {user} knows room {id} as {known:?}, and it is {truth:?}"
                    ));
                }
            }
            let messages: BTreeSet<_> = truth.messages.keys().chain(page.app.messages.keys()).collect();
            for id in messages {
                let (known, truth) = (page.app.messages.get(id), truth.messages.get(id));
                if !page.app.wants_message(truth)? && known.is_none() {
                    continue;
                }
                if known.map(|message| &message.text) != truth
                    && follows(page.client.knowledge(), *id, known, truth)?
                    && !(self.setting.keeps_back() && is_past_the_client(page.client.knowledge(), *id, known))
                {
                    let known = known.map(|message| &message.text);
                    return Err(format!(
                        "user {user} knows message {id} as {known:?}, and it is {truth:?}"
                    ));
                }
            }
            self.totals.live += page.app.live;
            self.totals.recovered += page.app.recovered;
            self.totals.resyncs += page.app.resyncs;
        }
        Ok(self.totals)
    }
}

/// Whether a message that there is will be told by its client, which has not heard of it. Of comments nobody can say: they
/// may have been learnt by their number alone.
pub(crate) fn is_to_be_told(knowledge: &Knowledge, id: Id, text: &String) -> bool {
    let safe = |id| SafeInt::new(id).unwrap_or_default();
    let is_unheard_of = Thing::of_message(text).is_ok_and(|message| {
        let room = safe(message.room);
        message.parent == 0 && knowledge.is_learnt(room) && !knowledge.knows(room, safe(id))
    });
    is_unheard_of && follows(knowledge, id, None, Some(text)).is_ok_and(|follows| follows)
}

/// Whether the application has loaded a message by itself of which its client has never heard: a connection that was
/// silently dead kept it back while the client read the room, and what becomes of it nobody can know.
fn is_past_the_client(knowledge: &Knowledge, id: Id, known: Option<&Thing>) -> bool {
    let safe = |id| SafeInt::new(id).unwrap_or_default();
    known.is_some_and(|message| message.loaded && !knowledge.knows(safe(message.room), safe(id)))
}

/// Whether a message is within what its client promises to follow: the window of its room.
fn follows(
    knowledge: &Knowledge,
    id: Id,
    known: Option<&Thing>,
    truth: Option<&String>,
) -> Result<bool, String> {
    let (room, parent) = match (known, truth) {
        (Some(thing), _) => (thing.room, thing.parent),
        (None, Some(text)) => {
            let thing = Thing::of_message(text)?;
            (thing.room, thing.parent)
        }
        (None, None) => return Ok(false),
    };
    let safe = |id| SafeInt::new(id).unwrap_or_default();
    let (room, id, parent) = (safe(room), safe(id), safe(parent));
    let above = |floor: Option<SafeInt>, id| floor.is_none_or(|floor| id >= floor);
    let follows_parent = above(knowledge.floor(room), parent) || knowledge.knows(room, parent);
    Ok(knowledge.knows(room, id)
        || if parent == SafeInt::ZERO {
            above(knowledge.floor(room), id)
        } else {
            follows_parent && above(knowledge.comment_floor(room), id)
        })
}
