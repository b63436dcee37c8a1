//! What the synchronisation and the store tell each other: both ask the same server for the same lists.

use super::scheduler::Sync;
use crate::client::clock::Micros;
use crate::client::rest::RequestId;
use crate::protocol::ids::RoomId;

impl Sync {
    /// Before this moment the server does not want to be asked for messages of that room.
    pub(crate) fn may_ask_from(&self, room_id: RoomId) -> Micros {
        let unit = self.units.get(room_id).and_then(|unit| unit.not_before);
        let wait = unit.max(self.wait_of(room_id)).max(self.paused_until);
        wait.unwrap_or_default()
    }

    /// The server does not want to be asked for messages of that room before that moment.
    pub(crate) fn leave_alone(&mut self, room_id: RoomId, until: Micros) {
        self.is_changed = true;
        self.waits.push((room_id, until));
        if let Some(unit) = self.units.get_mut(room_id) {
            unit.not_before = unit.not_before.max(Some(until));
        }
    }

    /// The list of rooms is to be read at that time.
    pub(crate) fn look_at_list(&mut self, at: Micros) {
        self.is_changed = true;
        if self.opened_at.is_some() {
            self.list.look(at, false);
        }
    }

    /// When the list of rooms was asked for, if that request is about it.
    pub(crate) fn list_was_asked_at(&self, id: RequestId) -> Option<Micros> {
        let pass = self.list.pass.as_ref();
        pass.filter(|_| self.list.request == Some(id))
            .map(|pass| pass.began)
    }
}
