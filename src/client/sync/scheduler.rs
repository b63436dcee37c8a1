//! All units of a client, and the order of their requests.

use super::pager::{Goal, Pager};
use super::unit::{Pass, Unit};
use super::{CatchUpConfig, MIN_PAGE, REPLICATION_LAG};
use crate::client::clock::{Micros, earliest};
use crate::client::delivery::ResyncReason;
use crate::client::interest::Rooms;
use crate::client::mutant::{self, Mutant};
use crate::client::random::Random;
use crate::client::replica::{NO_MESSAGE, Replica, Room};
use crate::client::rest::{Request, RequestId};
use crate::client::sorted::SortedMap;
use crate::client::state::Freshness;
use crate::protocol::decode::DecodeError;
use crate::protocol::decode::digest::MessageDigest;
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId};

/// How long rooms wait for the list of rooms, which tells which of them have news.
pub(super) const WAIT_FOR_LIST: Micros = 1_000_000;

/// Identifies a unit: a room, or `None` for the list of rooms.
pub(crate) type Key = Option<RoomId>;

/// What is delivered to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Event(EventType, String),
    Malformed(DecodeError),
    Resync(Key, ResyncReason),
    Freshness(Key, Freshness, Option<String>),
}

/// Events that are held until their unit has been compared.
pub(crate) trait HeldEvents {
    /// What they say about messages in a room, in order.
    fn mentions(&self, room_id: RoomId) -> Vec<super::Mention>;
    /// The newest version of a message that they contain.
    fn latest(&self, room_id: RoomId, message_id: MessageId) -> Option<(MessageDigest, Box<str>)>;
    /// The rooms that they create, update or delete.
    fn rooms(&self) -> Vec<RoomId>;
    /// Drops the given number of oldest versions per message. Returns the fingerprints.
    fn drop_outdated(&mut self, room_id: RoomId, outdated: &[(MessageId, usize)]) -> Vec<(MessageId, u64)>;
}

/// All units.
#[derive(Clone, Debug)]
pub(crate) struct Sync {
    pub(super) config: CatchUpConfig,
    pub(super) messages: Rooms,
    pub(super) watched: Rooms,
    pub(super) list: Unit,
    pub(super) units: SortedMap<RoomId, Unit>,
    /// The watched rooms that were chosen for their recent activity.
    pub(super) active: Vec<RoomId>,
    pub(super) random: Random,
    /// When the connection opened; `None` while disconnected.
    pub(super) opened_at: Option<Micros>,
    /// When everything is compared again.
    pub(super) compare_at: Option<Micros>,
    /// Whether the list of rooms has ever been read.
    pub(super) is_list_known: bool,
    /// Messages per request; fewer than configured if the server refuses that many.
    pub(super) limit: u32,
    /// The size of the largest page that was shorter than its limit and not the last; 0 if there was none.
    pub(super) cap: usize,
    /// The unit that was last throttled by HTTP status 429, and until when.
    pub(super) throttled: Option<(Key, Micros)>,
    /// Until when no unit sends requests, as several were throttled.
    pub(super) paused_until: Option<Micros>,
    /// Until when the server does not want requests for these rooms.
    pub(super) waits: Vec<(RoomId, Micros)>,
    pub(super) in_flight: usize,
    /// Requests whose responses are no longer needed.
    pub(super) given_up: Vec<RequestId>,
    /// Whether requests, timers or held events may have changed.
    pub(super) is_changed: bool,
}

impl Sync {
    pub(crate) fn new(config: CatchUpConfig, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let list = Unit::new(Freshness::Loading, true, config.backoff, random.up_to(u64::MAX));
        Self {
            config,
            messages: Rooms::All,
            watched: Rooms::none(),
            list,
            units: SortedMap::new(),
            active: Vec::new(),
            random,
            opened_at: None,
            compare_at: None,
            is_list_known: false,
            limit: config.page.max(MIN_PAGE),
            cap: 0,
            throttled: None,
            paused_until: None,
            waits: Vec::new(),
            in_flight: 0,
            given_up: Vec::new(),
            is_changed: true,
        }
    }

    pub(super) fn unit_mut(&mut self, key: Key) -> Option<&mut Unit> {
        match key {
            None => Some(&mut self.list),
            Some(room_id) => self.units.get_mut(room_id),
        }
    }

    /// Takes the change flag.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// Whether the list of rooms has ever been read.
    pub(crate) const fn is_list_known(&self) -> bool {
        self.is_list_known
    }

    /// The rooms with a unit.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = RoomId> + '_ {
        self.units.iter().map(|(room_id, _)| room_id)
    }

    /// How current a unit is; `None` for a room without one.
    pub(crate) fn freshness(&self, key: Key) -> Option<Freshness> {
        match key {
            None => Some(self.list.freshness),
            Some(room_id) => self.units.get(room_id).map(|unit| unit.freshness),
        }
    }

    pub(super) fn holds_back(&self, unit: &Unit) -> bool {
        match unit.freshness {
            Freshness::CatchingUp => true,
            Freshness::Loading => self.config.history && self.opened_at.is_some(),
            Freshness::Stale => mutant::is(Mutant::HoldsAllForOne),
            Freshness::Live => false,
        }
    }

    /// Whether events about rooms are held. Also applies to messages of rooms without a unit.
    pub(crate) fn holds_rooms(&self) -> bool {
        self.holds_back(&self.list)
    }

    /// Whether events about messages of that room are held.
    pub(crate) fn holds(&self, room_id: RoomId) -> bool {
        if mutant::is(Mutant::HoldsAllForOne) && self.is_catching_up() {
            return true;
        }
        match self.units.get(room_id) {
            Some(unit) => self.holds_back(unit),
            None => self.holds_rooms(),
        }
    }

    /// Whether any events are held.
    pub(crate) fn is_catching_up(&self) -> bool {
        self.holds_rooms() || self.units.values().any(|unit| self.holds_back(unit))
    }

    /// Whether events are held for a unit whose last request failed.
    pub(crate) fn is_failing(&self) -> bool {
        let mut units = self.units.values().chain([&self.list]);
        units.any(|unit| unit.failure.is_some() && self.holds_back(unit))
    }

    /// Takes the requests whose responses are no longer needed.
    pub(crate) fn take_given_up(&mut self) -> Vec<RequestId> {
        std::mem::take(&mut self.given_up)
    }

    /// When [`handle_timeout`](Self::handle_timeout) or [`next_request`](Self::next_request) has something to do.
    pub(crate) fn due_at(&self, may_ask: bool) -> Option<Micros> {
        let opened_at = self.opened_at?;
        let pause = self.paused_until.unwrap_or_default();
        let has_room = may_ask && self.in_flight < self.config.concurrency;
        let request_at = |unit: &Unit| unit.due_at().filter(|_| has_room).map(|at| at.max(pause));
        let wait = if self.is_list_awaited() {
            opened_at + WAIT_FOR_LIST
        } else {
            0
        };
        let mut due_at = earliest(self.list.hold_until, self.compare_at);
        due_at = earliest(due_at, request_at(&self.list));
        for unit in self.units.values() {
            due_at = earliest(due_at, unit.hold_until);
            due_at = earliest(due_at, request_at(unit).map(|at| at.max(wait)));
        }
        due_at
    }

    /// From when on responses have everything from before the connection.
    pub(super) fn settled_at(&self) -> Micros {
        self.opened_at.unwrap_or_default() + REPLICATION_LAG
    }

    /// Whether the list of rooms has not yet been read on this connection.
    fn is_list_awaited(&self) -> bool {
        let is_answered = self
            .list
            .synced_at
            .is_some_and(|at| self.opened_at.is_some_and(|opened| at >= opened));
        !is_answered && self.list.failure.is_none() && self.list.freshness != Freshness::Stale
    }

    /// The next unit to send a request, and the request.
    pub(crate) fn next_request(&mut self, replica: &mut Replica, now: Micros) -> Option<(Key, Request)> {
        let opened_at = self.opened_at?;
        let is_paused = self.paused_until.is_some_and(|until| now < until);
        if is_paused || self.in_flight >= self.config.concurrency {
            return None;
        }
        if self.list.is_due(now) {
            self.begin_pass_of_list(now);
            return Some((None, Request::Rooms));
        }
        if self.is_list_awaited() && now < opened_at + WAIT_FOR_LIST {
            return None;
        }
        if mutant::is(Mutant::SkipsAUnit) {
            let skipped = self.units.iter_mut().filter(|(id, _)| id.get().is_multiple_of(3));
            skipped.for_each(|(_, unit)| unit.succeed(now));
        }
        // Readings in progress go first, so that few messages are gathered at a time. Then come rooms with news or
        // without a reading, then those compared the longest time ago.
        let due = self.units.iter().filter(|(_, unit)| unit.is_due(now));
        let room_id = if mutant::is(Mutant::StartsAtTheFirstRoom) {
            due.map(|(id, _)| id).next()
        } else {
            due.min_by_key(|(_, unit)| {
                let is_idle = unit.freshness == Freshness::Live;
                let is_new = unit.has_news || unit.synced_at.is_none();
                (unit.pass.is_none(), is_idle, !is_new, unit.synced_at)
            })
            .map(|(id, _)| id)
        }?;
        Some((Some(room_id), self.request_of(room_id, replica, now)?))
    }

    /// Marks a request as in flight.
    pub(crate) fn sent(&mut self, key: Key, id: RequestId) {
        if let Some(unit) = self.unit_mut(key) {
            unit.request = Some(id);
            self.in_flight += 1;
        }
    }

    /// Takes the request out of flight. Returns its unit.
    pub(super) fn take_request(&mut self, id: RequestId) -> Option<Key> {
        let key = if self.list.request == Some(id) {
            None
        } else {
            let found = self.units.iter().find(|(_, unit)| unit.request == Some(id));
            Some(found.map(|(room_id, _)| room_id)?)
        };
        self.unit_mut(key)?.request = None;
        self.in_flight -= 1;
        Some(key)
    }

    fn begin_pass_of_list(&mut self, now: Micros) {
        let is_thorough = self.list.begin_look(now);
        self.list.pass = Some(Pass {
            pager: None,
            threads: Default::default(),
            began: now,
            news_from: None,
            learns: false,
            is_thorough,
            look_at: None,
        });
    }

    fn request_of(&mut self, room_id: RoomId, replica: &mut Replica, now: Micros) -> Option<Request> {
        let config = self.config;
        let page = self.limit;
        let unit = self.units.get_mut(room_id)?;
        if unit.pass.is_none() {
            let room = replica.room_mut(room_id);
            unit.pass = Some(begin_pass(unit, room, config, now));
            unit.begin_look(now);
        }
        let limit = page.min(unit.limit.unwrap_or(page));
        unit.asked = limit;
        let pass = unit.pass.as_mut()?;
        let pager = match &mut pass.pager {
            Some(pager) => pager,
            None => pass.threads.first_mut()?,
        };
        pager.since.get_or_insert(now);
        pager.asked_at = now;
        let cursor = pager.cursor;
        Some(if pager.parent == NO_MESSAGE {
            Request::Messages {
                room_id,
                cursor,
                limit,
            }
        } else {
            let message_id = pager.parent;
            Request::Comments {
                message_id,
                cursor,
                limit,
            }
        })
    }
}

/// Prepares a reading of a room's messages.
fn begin_pass(unit: &Unit, room: &Room, config: CatchUpConfig, now: Micros) -> Pass {
    let mark = room.main.mark;
    let goal = Goal {
        mark: mark.map(|mark| room.lost.iter().fold(mark, |mark, id| mark.min(id.previous()))),
        window: config.window,
        max_messages: config.max_messages,
        ..Goal::default()
    };
    let (goal, news_from, learns) = if !unit.is_watched {
        // In a room that was watched before, it is known which messages were delivered.
        let floor = room.has_baseline.then_some(room.main.floor);
        (goal, floor.or(mark.map(MessageId::next)), false)
    } else if room.has_baseline {
        // Comments disappear with their parent even if the parent was never loaded.
        let orphaned = room.orphaned_from(room.main.floor);
        let oldest_known = room.main.oldest().into_iter().chain(orphaned).min();
        let goal = Goal { oldest_known, ..goal };
        // Messages below everything ever read existed before.
        (goal, Some(room.main.floor), !config.history)
    } else {
        let is_first = config.history && unit.freshness == Freshness::Loading;
        let known = mark.filter(|_| unit.has_news && !is_first);
        let goal = Goal {
            mark: known,
            fills_window: true,
            is_modest: !config.history,
            ..goal
        };
        let news_from = if config.history {
            Some(NO_MESSAGE)
        } else {
            known.map(MessageId::next)
        };
        (goal, news_from, true)
    };
    Pass {
        pager: Some(Pager::new(NO_MESSAGE, goal)),
        threads: Default::default(),
        began: now,
        news_from,
        learns,
        is_thorough: unit.is_thorough,
        look_at: None,
    }
}
