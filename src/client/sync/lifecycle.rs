//! How connections and the passage of time affect the units.

use super::scheduler::{Key, Output, Sync};
use super::unit::Unit;
use super::{MAX_HOLD, REPLICATION_LAG, SECOND_COMPARISON};
use crate::client::clock::Micros;
use crate::client::delivery::ResyncReason;
use crate::client::replica::{NO_MESSAGE, Passing, Replica};
use crate::client::state::Freshness;

impl Sync {
    /// Handles an opened connection.
    pub(crate) fn opened(
        &mut self,
        replica: &mut Replica,
        was_open: bool,
        now: Micros,
        out: &mut Vec<Output>,
    ) {
        self.is_changed = true;
        self.opened_at = Some(now);
        self.compare_at = Some(now + SECOND_COMPARISON);
        let silent = !self.config.history;
        // Events may have created rooms before the list was ever read.
        replica.begin_gap(now);
        if self.is_list_known {
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
            // A deletion that was held is lost.
            unit.is_suspended = room.missing_since.is_some();
            // Missed messages are delivered even if the room could not be read in time.
            let is_known = room.main.mark > Some(NO_MESSAGE);
            let has_news = is_known || (unit.has_news && unit.freshness != Freshness::Loading);
            if room.has_baseline || (!silent && has_news) {
                unit.has_news |= !room.has_baseline;
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
                    room.passing = Passing::Until(Micros::MAX);
                }
            }
        }
    }

    /// Handles the loss of the connection.
    pub(crate) fn closed(&mut self, replica: &mut Replica, now: Micros, out: &mut Vec<Output>) {
        let Some(opened_at) = self.opened_at.take() else {
            return;
        };
        self.is_changed = true;
        self.compare_at = None;
        replica.begin_silence(now);
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
            // The application may not have received any event since the baseline was loaded.
            self.is_list_known = false;
            replica.rooms.clear();
            self.list.freshness = Freshness::Loading;
        }
        self.given_up.extend(self.list.request);
        self.list.interrupt();
        let is_stuck = self.units.values().all(|unit| unit.synced_at < Some(opened_at));
        for (room_id, unit) in self.units.iter_mut() {
            if is_stuck && unit.pass.is_some() {
                // The reading takes longer than connections last: let the others go first.
                unit.has_news |= unit.synced_at.is_none();
                unit.synced_at = Some(now);
            }
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

    /// Schedules a comparison of everything that is watched.
    pub(crate) fn compare_all(&mut self, now: Micros) {
        self.is_changed = true;
        self.compare_at = None;
        // The server may accept a limit that it refused before.
        self.limit = self.config.page;
        self.list.look(now, true);
        for unit in self.units.values_mut() {
            unit.look(now, true);
        }
    }

    /// Schedules another reading of a unit with conflicting evidence, once responses cannot be out of date.
    pub(crate) fn check(&mut self, key: Key, now: Micros) {
        self.is_changed = true;
        if self.opened_at.is_some()
            && let Some(unit) = self.unit_mut(key)
        {
            unit.check(now + REPLICATION_LAG);
        }
    }

    /// Handles the passage of time. Returns whether it started a comparison of everything.
    pub(crate) fn handle_timeout(
        &mut self,
        replica: &mut Replica,
        now: Micros,
        out: &mut Vec<Output>,
    ) -> bool {
        self.is_changed = true;
        let compares = self.compare_at.is_some_and(|at| at <= now);
        if compares {
            self.compare_all(now);
        }
        let is_over = |unit: &Unit| unit.hold_until.is_some_and(|until| until <= now);
        if is_over(&self.list) {
            self.stop_holding(None, replica, now, out);
        }
        let over: Vec<_> = self
            .units
            .iter()
            .filter(|(_, unit)| is_over(unit))
            .map(|(id, _)| id)
            .collect();
        for room_id in over {
            self.stop_holding(Some(room_id), replica, now, out);
        }
        compares
    }

    /// Delivers all held events unchecked.
    pub(crate) fn stop_holding_all(&mut self, replica: &mut Replica, now: Micros, out: &mut Vec<Output>) {
        self.is_changed = true;
        if self.holds_rooms() {
            self.stop_holding(None, replica, now, out);
        }
        let held: Vec<_> = self
            .units
            .iter()
            .filter(|(_, unit)| self.holds_back(unit))
            .map(|(id, _)| id)
            .collect();
        for room_id in held {
            self.stop_holding(Some(room_id), replica, now, out);
        }
    }

    /// Delivers the events of a unit unchecked, as they were held long enough.
    pub(super) fn stop_holding(
        &mut self,
        key: Key,
        replica: &mut Replica,
        now: Micros,
        out: &mut Vec<Output>,
    ) {
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
            .unwrap_or_else(|| "the server responds too slowly".to_owned());
        out.push(Output::Freshness(key, Freshness::Stale, Some(cause)));
        if (is_known || history) && !is_suspended {
            out.push(Output::Resync(key, ResyncReason::Unreadable));
        }
        if key.is_none() {
            // The rooms that held messages mention waited for the list.
            self.rooms_changed(replica, now);
        }
    }
}
