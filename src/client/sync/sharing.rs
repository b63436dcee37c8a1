//! Coordinates the synchronisation and the store, which read the same lists from the same server.

use super::scheduler::Sync;
use crate::client::clock::Micros;
use crate::client::rest::RequestId;
use crate::protocol::ids::RoomId;

impl Sync {
    /// From when on messages of that room may be requested.
    pub(crate) fn may_ask_from(&self, room_id: RoomId) -> Micros {
        let unit = self.units.get(room_id).and_then(|unit| unit.not_before);
        let wait = unit.max(self.wait_of(room_id)).max(self.paused_until);
        wait.unwrap_or_default()
    }

    /// Delays requests for messages of that room.
    pub(crate) fn leave_alone(&mut self, room_id: RoomId, until: Micros) {
        self.is_changed = true;
        self.waits.push((room_id, until));
        if let Some(unit) = self.units.get_mut(room_id) {
            unit.not_before = unit.not_before.max(Some(until));
        }
    }

    /// Schedules a reading of the list of rooms.
    pub(crate) fn look_at_list(&mut self, at: Micros) {
        self.is_changed = true;
        if self.opened_at.is_some() {
            self.list.look(at, false);
        }
    }

    /// When the list of rooms was requested, if that request is for it.
    pub(crate) fn list_was_asked_at(&self, id: RequestId) -> Option<Micros> {
        let pass = self.list.pass.as_ref();
        pass.filter(|_| self.list.request == Some(id))
            .map(|pass| pass.began)
    }
}
