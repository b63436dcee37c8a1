//! All units of a client: which there are, which of them asks next, and what follows from time and connection.

use crate::client::clock::{Micros, earliest};

use super::pager::{Goal, Pager};
use super::unit::{Pass, Unit};
use super::{CatchUpConfig, MAX_HOLD, MIN_PAGE, REPLICATION_LAG, SECOND_COMPARISON};
use crate::client::delivery::ResyncReason;
use crate::client::interest::{Interest, Rooms};
use crate::client::mutant::{self, Mutant};
use crate::client::random::Random;
use crate::client::replica::{Coverage, NO_MESSAGE, Replica, Room};
use crate::client::rest::{Request, RequestId};
use crate::client::sorted::SortedMap;
use crate::client::state::Freshness;
use crate::protocol::decode::DecodeError;
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId};

/// How long rooms wait for the list of rooms, which says in which of them there is news.
const WAIT_FOR_LIST: Micros = 1_000_000;

/// Which unit: a room, or the list of rooms.
pub(crate) type Key = Option<RoomId>;

/// What the application is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Event(EventType, String),
    Malformed(DecodeError),
    Resync(Key, ResyncReason),
    Freshness(Key, Freshness, Option<String>),
}

/// Events that are held back until their unit has been compared.
pub(crate) trait HeldEvents {
    /// What they say of messages in a room, in their order.
    fn mentions(&self, room_id: RoomId) -> Vec<super::Mention>;
    /// The rooms whose own changes they tell of.
    fn rooms(&self) -> Vec<RoomId>;
    /// Drops, of each of these messages in the room, the first so many versions.
    fn drop_outdated(&mut self, room_id: RoomId, outdated: &[(MessageId, usize)]);
    /// Drops what they say of messages in the room, which is gone.
    fn forget_room(&mut self, room_id: RoomId);
}

/// All units.
#[derive(Clone, Debug)]
pub(crate) struct Sync {
    pub(super) config: CatchUpConfig,
    pub(super) messages: Rooms,
    watched: Rooms,
    pub(super) list: Unit,
    pub(super) units: SortedMap<RoomId, Unit>,
    /// The rooms that are watched as they are the most recently active ones.
    active: Vec<RoomId>,
    random: Random,
    /// When the connection opened; `None` without one.
    pub(super) opened_at: Option<Micros>,
    /// When everything is compared once more.
    compare_at: Option<Micros>,
    /// Whether the list of rooms was ever read.
    pub(super) is_list_known: bool,
    /// How many messages one request asks for: fewer than configured if the server refuses that many.
    pub(super) limit: u32,
    /// The unit that was last asked to wait by HTTP status 429, and until when.
    pub(super) throttled: Option<(Key, Micros)>,
    /// Until when nobody asks, as several units were told to wait.
    pub(super) paused_until: Option<Micros>,
    /// Until when the server wants that rooms are not asked for.
    pub(super) waits: Vec<(RoomId, Micros)>,
    in_flight: usize,
    /// Requests whose answers are of no interest any more.
    pub(super) given_up: Vec<RequestId>,
    /// Whether anything has changed that requests, timers or held events depend on.
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

    /// Whether anything has changed since this was last asked.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// Whether the list of rooms was ever read.
    pub(crate) const fn is_list_known(&self) -> bool {
        self.is_list_known
    }

    /// How fresh a unit is; `None` for a room that is not watched.
    pub(crate) fn freshness(&self, key: Key) -> Option<Freshness> {
        match key {
            None => Some(self.list.freshness),
            Some(room_id) => self.units.get(room_id).map(|unit| unit.freshness),
        }
    }

    fn holds_back(&self, unit: &Unit) -> bool {
        match unit.freshness {
            Freshness::CatchingUp => true,
            Freshness::Loading => self.config.history && self.opened_at.is_some(),
            Freshness::Stale => mutant::is(Mutant::HoldsAllForOne),
            Freshness::Live => false,
        }
    }

    /// Whether events about rooms themselves are held back, and those about messages of rooms that are no units.
    pub(crate) fn holds_rooms(&self) -> bool {
        self.holds_back(&self.list)
    }

    /// Whether events about messages of that room are.
    pub(crate) fn holds(&self, room_id: RoomId) -> bool {
        if mutant::is(Mutant::HoldsAllForOne) && self.is_catching_up() {
            return true;
        }
        match self.units.get(room_id) {
            Some(unit) => self.holds_back(unit),
            None => self.holds_rooms(),
        }
    }

    /// Whether anything is held back.
    pub(crate) fn is_catching_up(&self) -> bool {
        self.holds_rooms() || self.units.values().any(|unit| self.holds_back(unit))
    }

    /// Whether messages of the room are wanted, and how they are followed.
    pub(crate) fn coverage(&self, room_id: RoomId) -> Option<Coverage> {
        if self.units.get(room_id).is_some_and(|unit| unit.is_watched) {
            Some(Coverage::Watched)
        } else {
            self.messages.contains(room_id).then_some(Coverage::Passed)
        }
    }

    /// What the application listens to from now on.
    pub(crate) fn set_interest(&mut self, interest: &Interest, replica: &mut Replica, now: Micros) {
        self.is_changed = true;
        let widened: Vec<_> = replica
            .rooms()
            .map(|(id, _)| id)
            .filter(|id| interest.messages.contains(*id) && !self.messages.contains(*id))
            .collect();
        self.messages = interest.messages.clone();
        self.watched = interest.watched.clone();
        for room_id in &widened {
            // What was said in it while nobody listened is no news.
            if let Some(room) = replica.rooms.get_mut(*room_id) {
                room.forget_messages();
            }
        }
        if !widened.is_empty() && self.opened_at.is_some() && self.is_list_known {
            self.list.look(now, false);
        }
        self.choose_active(replica);
        self.update_units(replica, now);
    }

    /// Chooses the rooms that are watched for their activity.
    pub(super) fn choose_active(&mut self, replica: &Replica) {
        let before = std::mem::take(&mut self.active);
        let is_awaited = !self.is_list_known && self.list.freshness != Freshness::Stale;
        if self.messages.is_restricted() || is_awaited {
            return;
        }
        // A few of many: the largest of the rest, again and again, is as quick as a sort and less code.
        while self.active.len() < self.config.rooms {
            let is_candidate = |id: &RoomId, room: &Room| {
                (room.is_listed || room.told_at.is_some()) && !self.active.contains(id)
            };
            let rest = replica.all_rooms().filter(|(id, room)| is_candidate(id, room));
            let Some((next, _)) = rest.max_by_key(|(id, room)| (room.active, *id)) else {
                break;
            };
            self.active.push(next);
        }
        // What was missed in the others is told before they are let go.
        let is_behind = |id: &RoomId| {
            self.units
                .get(*id)
                .is_some_and(|unit| unit.freshness != Freshness::Live)
        };
        let rest: Vec<_> = before
            .into_iter()
            .filter(|id| is_behind(id) && !self.active.contains(id))
            .collect();
        self.active.extend(rest);
    }

    fn is_to_be_watched(&self, room_id: RoomId) -> bool {
        self.messages.contains(room_id) && (self.watched.contains(room_id) || self.active.contains(&room_id))
    }

    /// There is a room that was not there before, or one is gone.
    pub(crate) fn rooms_changed(&mut self, replica: &mut Replica, now: Micros) {
        self.is_changed = true;
        let is_full = self.active.len() >= self.config.rooms;
        self.active.retain(|room_id| replica.room(*room_id).is_some());
        if !is_full || self.active.len() < self.config.rooms {
            self.choose_active(replica);
        }
        self.update_units(replica, now);
    }

    /// Makes the units that there are to be, and gives up the others.
    pub(super) fn update_units(&mut self, replica: &mut Replica, now: Micros) {
        let mut over = Vec::new();
        for (id, unit) in self.units.iter() {
            let is_there = replica.room(id).is_some() || !self.is_list_known;
            if !is_there || (unit.is_watched && !self.is_to_be_watched(id)) || !self.messages.contains(id) {
                over.push(id);
            }
        }
        for room_id in over {
            self.remove_unit(room_id);
            if let Some(room) = replica.rooms.get_mut(room_id) {
                room.has_baseline &= room.passes_until.is_none_or(|until| until <= now);
                room.passes_until = None;
                if !self.messages.contains(room_id) {
                    room.forget_messages();
                }
            }
            replica.trim(room_id, Coverage::Passed);
        }
        let mut wanted: Vec<_> = replica.all_rooms().map(|(id, _)| id).collect();
        if !self.is_list_known {
            wanted.extend(self.watched.listed());
        }
        wanted.retain(|id| self.is_to_be_watched(*id));
        for room_id in wanted {
            if self.units.get(room_id).is_none_or(|unit| !unit.is_watched) {
                self.watch(room_id, replica, now);
            }
        }
    }

    fn watch(&mut self, room_id: RoomId, replica: &mut Replica, now: Micros) {
        self.remove_unit(room_id);
        let seed = self.random.up_to(u64::MAX);
        let mut unit = Unit::new(Freshness::Loading, true, self.config.backoff, seed);
        unit.not_before = self.wait_of(room_id);
        let history = self.config.history;
        // A server that never says which message is the newest does not say that there is none, either.
        let says_newest = replica.rooms().any(|(_, room)| room.last_message != NO_MESSAGE);
        let room = replica.room_mut(room_id);
        let is_empty = room.is_listed && says_newest && room.last_message == NO_MESSAGE;
        if is_empty && room.told_at == Some(now) && !room.is_behind {
            // It was made just now, and nothing was said in it.
            room.has_baseline = true;
            room.main.mark = Some(NO_MESSAGE);
            unit.freshness = Freshness::Live;
            self.units.insert(room_id, unit);
            return;
        }
        if self.opened_at.is_some() {
            if room.has_baseline || (room.is_behind && room.main.mark.is_some()) {
                // What was said in it during the gap is news.
                unit.begin_catching_up(now);
                unit.has_news = true;
            } else {
                unit.hold_until = Some(now + MAX_HOLD);
            }
        }
        // The application loads what is in a room once it is told of the room.
        if !history && !room.has_baseline && (room.is_listed || !self.is_list_known) {
            room.passes_until = Some(Micros::MAX);
        }
        self.units.insert(room_id, unit);
    }

    fn wait_of(&self, room_id: RoomId) -> Option<Micros> {
        let waits = self.waits.iter().filter(|(other, _)| *other == room_id);
        waits.map(|(_, until)| *until).max()
    }

    pub(super) fn remove_unit(&mut self, room_id: RoomId) {
        let removed = self.units.remove(room_id);
        if let Some(id) = removed.and_then(|unit| unit.request) {
            self.in_flight -= 1;
            self.given_up.push(id);
        }
    }

    /// Reads a room that is not watched, as there is news in it.
    pub(super) fn read_news(&mut self, room_id: RoomId, now: Micros) {
        let seed = self.random.up_to(u64::MAX);
        let (backoff, room) = (self.config.backoff, self.units.get(room_id));
        if room.is_none() {
            let mut unit = Unit::new(Freshness::Loading, false, backoff, seed);
            unit.not_before = self.wait_of(room_id);
            unit.begin_catching_up(now);
            unit.has_news = true;
            self.units.insert(room_id, unit);
        }
    }

    /// Requests whose answers are of no interest any more.
    pub(crate) fn take_given_up(&mut self) -> Vec<RequestId> {
        std::mem::take(&mut self.given_up)
    }

    /// The connection opened.
    pub(crate) fn opened(
        &mut self,
        replica: &mut Replica,
        was_open: bool,
        now: Micros,
        out: &mut Vec<Output>,
    ) {
        self.is_changed = true;
        self.opened_at = Some(now);
        self.limit = self.config.page;
        self.compare_at = Some(now + SECOND_COMPARISON);
        let silent = !self.config.history;
        if self.is_list_known {
            replica.begin_gap();
            self.list.begin_catching_up(now);
            out.push(Output::Freshness(None, Freshness::CatchingUp, None));
        } else {
            if was_open && silent {
                out.push(Output::Resync(None, ResyncReason::NothingKnown));
            }
            self.list.freshness = Freshness::Loading;
            self.list.is_thorough = true;
            self.list.hold_until = Some(now + MAX_HOLD);
            replica.passes_until = silent.then_some(Micros::MAX);
        }
        self.list.look(now, true);
        for (room_id, unit) in self.units.iter_mut() {
            let room = replica.room_mut(room_id);
            if room.has_baseline {
                unit.begin_catching_up(now);
                out.push(Output::Freshness(Some(room_id), Freshness::CatchingUp, None));
            } else {
                unit.freshness = Freshness::Loading;
                unit.hold_until = Some(now + MAX_HOLD);
                if silent && was_open && self.is_list_known {
                    out.push(Output::Resync(Some(room_id), ResyncReason::NothingKnown));
                    room.forget_messages();
                }
                if silent {
                    room.passes_until = Some(Micros::MAX);
                }
            }
        }
    }

    /// The connection is gone.
    pub(crate) fn closed(&mut self, replica: &mut Replica, now: Micros, out: &mut Vec<Output>) {
        if self.opened_at.take().is_none() {
            return;
        }
        self.is_changed = true;
        self.compare_at = None;
        let silent = !self.config.history;
        let is_young = |unit: &Unit| unit.young_until.is_some_and(|until| now < until);
        let news: Vec<_> = self
            .units
            .iter()
            .filter(|(_, unit)| !unit.is_watched)
            .map(|(id, _)| id)
            .collect();
        for room_id in news {
            self.remove_unit(room_id);
        }
        if silent && (!self.is_list_known || is_young(&self.list)) {
            // The application may have been told of none of what was learnt.
            self.is_list_known = false;
            replica.rooms.clear();
            self.list.freshness = Freshness::Loading;
        }
        self.given_up.extend(self.list.request);
        self.list.interrupt();
        for (room_id, unit) in self.units.iter_mut() {
            self.given_up.extend(unit.request);
            if silent && is_young(unit) {
                replica.room_mut(room_id).forget_messages();
            }
            unit.interrupt();
            unit.young_until = None;
        }
        self.list.young_until = None;
        self.in_flight = 0;
        let cause = || Some("there is no connection".to_owned());
        if self.is_list_known && self.list.freshness != Freshness::Stale {
            self.list.freshness = Freshness::Stale;
            out.push(Output::Freshness(None, Freshness::Stale, cause()));
        }
        for (room_id, unit) in self.units.iter_mut() {
            if replica.room(room_id).is_some_and(|room| room.has_baseline)
                && unit.freshness != Freshness::Stale
            {
                unit.freshness = Freshness::Stale;
                out.push(Output::Freshness(Some(room_id), Freshness::Stale, cause()));
            }
        }
        if !self.is_list_known {
            self.active.clear();
            self.units.clear();
        }
    }

    /// Everything that is watched is to be compared.
    pub(crate) fn compare_all(&mut self, now: Micros) {
        self.is_changed = true;
        self.compare_at = None;
        self.list.look(now, true);
        for unit in self.units.values_mut() {
            unit.look(now, true);
        }
    }

    /// Something in a unit is in doubt: it is read again once no answer can be late any more.
    pub(crate) fn check(&mut self, key: Key, now: Micros) {
        self.is_changed = true;
        if self.opened_at.is_some()
            && let Some(unit) = self.unit_mut(key)
        {
            unit.look(now + REPLICATION_LAG, true);
        }
    }

    /// Time has passed. Tells whether everything is being compared now.
    pub(crate) fn handle_timeout(&mut self, replica: &Replica, now: Micros, out: &mut Vec<Output>) -> bool {
        self.is_changed = true;
        let compares = self.compare_at.is_some_and(|at| at <= now);
        if compares {
            self.compare_all(now);
        }
        let is_over = |unit: &Unit| unit.hold_until.is_some_and(|until| until <= now);
        if is_over(&self.list) {
            self.stop_holding(None, replica, out);
        }
        let over: Vec<_> = self
            .units
            .iter()
            .filter(|(_, unit)| is_over(unit))
            .map(|(id, _)| id)
            .collect();
        for room_id in over {
            self.stop_holding(Some(room_id), replica, out);
        }
        compares
    }

    /// No more events can be held back.
    pub(crate) fn stop_holding_all(&mut self, replica: &Replica, out: &mut Vec<Output>) {
        self.is_changed = true;
        let held: Vec<_> = self
            .units
            .iter()
            .filter(|(_, unit)| self.holds_back(unit))
            .map(|(id, _)| id)
            .collect();
        if self.holds_rooms() {
            self.stop_holding(None, replica, out);
        }
        for room_id in held {
            self.stop_holding(Some(room_id), replica, out);
        }
    }

    /// The events of a unit were held long enough: they are delivered unchecked.
    fn stop_holding(&mut self, key: Key, replica: &Replica, out: &mut Vec<Output>) {
        let history = self.config.history;
        let is_known = match key {
            None => self.is_list_known,
            Some(room_id) => replica
                .room(room_id)
                .is_some_and(|room| room.has_baseline || room.main.mark.is_some()),
        };
        let Some(unit) = self.unit_mut(key) else { return };
        unit.hold_until = None;
        let is_silent =
            unit.freshness == Freshness::Live || (unit.freshness == Freshness::Loading && !history);
        if is_silent && unit.failure.is_none() {
            return;
        }
        unit.freshness = Freshness::Stale;
        let is_suspended = unit.is_suspended;
        let cause = unit
            .failure
            .clone()
            .unwrap_or_else(|| "the server takes too long to answer".to_owned());
        out.push(Output::Freshness(key, Freshness::Stale, Some(cause)));
        if (is_known || history) && !is_suspended {
            out.push(Output::Resync(key, ResyncReason::Unreadable));
        }
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

    /// Whether the list of rooms was asked for on this connection and has not been answered.
    fn is_list_awaited(&self) -> bool {
        let is_answered = self
            .list
            .synced_at
            .is_some_and(|at| self.opened_at.is_some_and(|opened| at >= opened));
        !is_answered && self.list.failure.is_none() && self.list.freshness != Freshness::Stale
    }

    /// The unit that may ask now, and what it asks.
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
        // What has begun goes on, so that little is gathered at a time; then rooms with news; then what was compared
        // the longest time ago.
        let due = self.units.iter().filter(|(_, unit)| unit.is_due(now));
        let room_id = if mutant::is(Mutant::StartsAtTheFirstRoom) {
            due.map(|(id, _)| id).next()
        } else {
            due.min_by_key(|(_, unit)| {
                let is_idle = unit.freshness == Freshness::Live;
                (unit.pass.is_none(), is_idle, !unit.has_news, unit.synced_at)
            })
            .map(|(id, _)| id)
        }?;
        Some((Some(room_id), self.request_of(room_id, replica, now)?))
    }

    /// The request that was taken is under way.
    pub(crate) fn sent(&mut self, key: Key, id: RequestId) {
        if let Some(unit) = self.unit_mut(key) {
            unit.request = Some(id);
            self.in_flight += 1;
        }
    }

    /// The unit whose request that is; it is no longer under way.
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
        self.list.look_at = None;
        self.list.pass = Some(Pass {
            pager: None,
            threads: Default::default(),
            began: now,
            news_from: None,
            learns: false,
            is_thorough: std::mem::take(&mut self.list.is_thorough),
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
            unit.look_at = None;
            unit.is_thorough = false;
        }
        let limit = page.min(unit.limit.unwrap_or(page));
        unit.asked = limit;
        let pass = unit.pass.as_mut()?;
        let pager = match &mut pass.pager {
            Some(pager) => pager,
            None => pass.threads.first_mut()?,
        };
        pager.since.get_or_insert(now);
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

/// A reading of a room's messages, as far back as is needed.
fn begin_pass(unit: &Unit, room: &Room, config: CatchUpConfig, now: Micros) -> Pass {
    let mark = room.main.mark;
    let goal = Goal {
        mark,
        window: config.window,
        max_messages: config.max_messages,
        ..Goal::default()
    };
    let (goal, news_from, learns) = if !unit.is_watched {
        // Of a room that was watched it is known which messages were told.
        let floor = room.has_baseline.then_some(room.main.floor);
        (goal, floor.or(mark.map(MessageId::next)), false)
    } else if room.has_baseline {
        let oldest_known = room.main.oldest();
        // What is older than all that was ever read was there before.
        (
            Goal { oldest_known, ..goal },
            Some(room.main.floor),
            !config.history,
        )
    } else {
        let known = mark.filter(|_| unit.has_news && !config.history);
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
