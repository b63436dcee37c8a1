//! Chooses the rooms to synchronise: those that the application names, and the most recently active ones.

use super::MAX_HOLD;
use super::scheduler::Sync;
use super::unit::Unit;
use crate::client::clock::Micros;
use crate::client::interest::Interest;
use crate::client::replica::{Coverage, NO_MESSAGE, Passing, Replica, Room};
use crate::client::state::Freshness;
use crate::protocol::ids::RoomId;

impl Sync {
    /// How messages of the room are followed; `None` if they are not wanted.
    pub(crate) fn coverage(&self, room_id: RoomId) -> Option<Coverage> {
        if self.units.get(room_id).is_some_and(|unit| unit.is_watched) {
            Some(Coverage::Watched)
        } else {
            self.messages.contains(room_id).then_some(Coverage::Passed)
        }
    }

    /// Sets what the application listens to.
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
            // What happened before anyone listened is not news.
            if let Some(room) = replica.rooms.get_mut(*room_id) {
                room.forget_messages();
            }
        }
        if !widened.is_empty() && self.opened_at.is_some() && self.is_list_known {
            self.list.look(now, false);
        }
        self.choose_active(replica, None);
        self.update_units(replica, now);
    }

    /// Chooses the most recently active rooms. With `only`, new ones are taken only from the rooms that the stream
    /// mentioned at that moment.
    pub(super) fn choose_active(&mut self, replica: &Replica, only: Option<Micros>) {
        let before = std::mem::take(&mut self.active);
        let is_awaited = !self.is_list_known && self.list.freshness != Freshness::Stale;
        if self.messages.is_restricted() || is_awaited {
            return;
        }
        // Repeatedly taking the largest is as fast as sorting for few of many, with less code.
        while self.active.len() < self.config.rooms {
            let is_candidate = |id: &RoomId, room: &Room| {
                let is_open = only.is_none() || room.told_at == only || before.contains(id);
                (room.is_listed || room.told_at.is_some()) && is_open && !self.active.contains(id)
            };
            let rest = replica.all_rooms().filter(|(id, room)| is_candidate(id, room));
            let Some((next, _)) = rest.max_by_key(|(id, room)| (room.active, *id)) else {
                break;
            };
            self.active.push(next);
        }
        // Rooms with missed or uncertain changes are read once more before they are dropped.
        let is_behind = |id: &RoomId| {
            self.units.get(*id).is_some_and(|unit| {
                unit.freshness != Freshness::Live || unit.has_news || unit.check_at.is_some()
            })
        };
        let rest: Vec<_> = before
            .into_iter()
            .filter(|id| is_behind(id) && !self.active.contains(id))
            .collect();
        self.active.extend(rest);
    }

    pub(super) fn is_to_be_watched(&self, room_id: RoomId) -> bool {
        self.messages.contains(room_id) && (self.watched.contains(room_id) || self.active.contains(&room_id))
    }

    /// Handles added or removed rooms.
    pub(crate) fn rooms_changed(&mut self, replica: &mut Replica, now: Micros) {
        self.is_changed = true;
        let is_full = self.active.len() >= self.config.rooms;
        self.active.retain(|room_id| replica.room(*room_id).is_some());
        // With every slot taken, only new rooms are considered: they need no request, others would.
        let is_full = is_full && self.active.len() >= self.config.rooms;
        self.choose_active(replica, is_full.then_some(now));
        self.update_units(replica, now);
    }

    /// Creates the missing units and removes those that are no longer needed.
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
                room.has_baseline &= !room.passes(now);
                room.stop_passing();
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

    pub(super) fn watch(&mut self, room_id: RoomId, replica: &mut Replica, now: Micros) {
        self.remove_unit(room_id);
        let seed = self.random.up_to(u64::MAX);
        let mut unit = Unit::new(Freshness::Loading, true, self.config.backoff, seed);
        unit.not_before = self.wait_of(room_id);
        let history = self.config.history;
        // A server that never names the newest message cannot say that a room is empty.
        let says_newest = replica.rooms().any(|(_, room)| room.last_message != NO_MESSAGE);
        let room = replica.room_mut(room_id);
        let is_empty = room.is_listed && says_newest && room.last_message == NO_MESSAGE;
        if is_empty && room.told_at == Some(now) && !room.is_behind {
            // The room was just created and is empty.
            room.has_baseline = true;
            room.main.mark = Some(NO_MESSAGE);
            unit.freshness = Freshness::Live;
            self.units.insert(room_id, unit);
            return;
        }
        unit.is_suspended = room.missing_since.is_some();
        if self.opened_at.is_some() {
            let is_news = |mark| room.is_behind || room.last_message > mark;
            if room.has_baseline || room.main.mark.is_some_and(is_news) {
                // What happened during the gap, or what the stream kept back, is news.
                unit.begin_catching_up(now);
                unit.has_news = true;
            } else {
                unit.hold_until = Some(now + MAX_HOLD);
            }
        }
        // The application loads the contents of a room when it learns of the room.
        if !history && !room.has_baseline && (room.is_listed || !self.is_list_known) {
            room.passing = Passing::Until(Micros::MAX);
        }
        self.units.insert(room_id, unit);
    }

    /// Suspends a room whose deletion is held: what a reading delivers would be gone with it.
    pub(crate) fn suspend(&mut self, room_id: RoomId) {
        if let Some(unit) = self.units.get_mut(room_id) {
            unit.is_suspended = true;
            unit.pass = None;
        }
    }

    /// Resumes a room that the list of rooms lacked: it is read before the next list. `is_held` tells whether events
    /// of the room wait for that.
    pub(crate) fn resume(&mut self, room_id: RoomId, is_held: bool, now: Micros) {
        if let Some(unit) = self.units.get_mut(room_id)
            && std::mem::take(&mut unit.is_suspended)
        {
            self.is_changed = true;
            if !is_held {
                // It could not be read until now.
                unit.hold_until = unit.hold_until.map(|_| now + MAX_HOLD);
            }
        }
    }

    pub(super) fn wait_of(&self, room_id: RoomId) -> Option<Micros> {
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

    /// Reads a room with news that is not watched.
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
}
