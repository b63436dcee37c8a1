//! What the stream and the connection say to the store.

use super::job::{Job, Purpose};
use super::list::ListKey;
use super::ranges::END;
use super::rooms_reader::RoomsReader;
use super::send_state::SendFailure;
use super::{Gone, List, Store};
use crate::client::clock::Micros;
use crate::client::replica::Replica;
use crate::client::sync::SECOND_COMPARISON;
use crate::protocol::decode::digest::EventDigest;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

impl Store {
    /// Applies an event. `replica` knows which versions were delivered before.
    pub(crate) fn hear(
        &mut self,
        event_type: EventType,
        event: &EventDigest,
        text: &str,
        replica: &Replica,
        now: Micros,
    ) {
        match event {
            EventDigest::Messages(items) => {
                for item in items {
                    let digest = &item.digest;
                    let key = ListKey {
                        room_id: digest.room_id,
                        parent: digest.parent_message_id,
                    };
                    if let Some(list) = self.list_mut(key).filter(|list| list.gone.is_none()) {
                        list.messages
                            .hear(event_type, digest, item.span.of(text), replica, now);
                    }
                }
            }
            EventDigest::MessageDeleted {
                room_id, message_id, ..
            } => {
                let in_room = |list: &&mut List| list.messages.key.room_id == *room_id;
                for list in self.lists.iter_mut().filter(in_room) {
                    list.messages.hear_deletion(*message_id, now);
                }
                self.thread_is_gone(ListKey {
                    room_id: *room_id,
                    parent: *message_id,
                });
            }
            EventDigest::Room(item) => {
                self.rooms.hear(&item.digest, item.span.of(text), now);
                if !self.rooms.is_gone(item.digest.room_id) {
                    self.be_back(item.digest.room_id, now);
                }
            }
            EventDigest::RoomDeleted(room_id) => {
                self.rooms.hear_deletion(*room_id, now);
                self.room_is_gone(*room_id);
            }
        }
        self.settle();
    }

    fn thread_is_gone(&mut self, key: ListKey) {
        let Some(list) = self.list_mut(key) else { return };
        let given_up = list.be_gone(Gone::WithMessage);
        self.given_up.extend(given_up);
        self.sending.fail(|list| list == key, SendFailure::Gone);
        self.version += 1;
    }

    pub(super) fn room_is_gone(&mut self, room_id: RoomId) {
        self.sending
            .fail(|list| list.room_id == room_id, SendFailure::Gone);
        self.version += 1;
        for list in &mut self.lists {
            if list.messages.key.room_id == room_id {
                self.given_up.extend(list.be_gone(Gone::WithRoom));
            }
        }
    }

    /// Reads the lists of a room that is back after it was gone.
    pub(super) fn be_back(&mut self, room_id: RoomId, now: Micros) {
        for list in &mut self.lists {
            let key = list.messages.key;
            if key.room_id != room_id || list.gone != Some(Gone::WithRoom) {
                continue;
            }
            list.gone = None;
            list.messages.tracked_since = self.opened_at.map(|_| now);
            list.messages.version += 1;
            list.messages.follows_end = true;
            list.reader.add(Job::end(Purpose::Open, END, 1));
            for view in self.views.iter_mut().filter(|view| view.list == key) {
                view.show(END);
            }
        }
    }

    /// Handles an opened connection.
    pub(crate) fn opened(&mut self, now: Micros) {
        self.opened_at = Some(now);
        // Another user may have logged in.
        self.user = None;
        self.compare_at = Some(now + SECOND_COMPARISON);
        if let Some(reader) = &mut self.rooms_reader {
            reader.reset();
            reader.look(now);
        }
        let keys: Vec<_> = self.lists.iter().map(|list| list.messages.key).collect();
        for list in &mut self.lists {
            list.messages.tracked_since = Some(now);
            list.messages.version += 1;
            list.reader.backoff.reset();
        }
        for key in keys {
            self.verify_list(key);
        }
    }

    /// Handles the loss of the connection, if there was one.
    pub(crate) fn closed(&mut self) {
        if self.opened_at.take().is_none() {
            return;
        }
        self.compare_at = None;
        self.version += 1;
        let reader = self.rooms_reader.as_mut();
        self.given_up.extend(reader.and_then(RoomsReader::interrupt));
        for list in &mut self.lists {
            let rejoined = list.reader.rejoins();
            self.given_up.extend(list.reader.interrupt());
            let live = list.messages.ranges.live();
            list.messages.look = None;
            list.messages.lose_stream(rejoined);
            let Some(live) = live else { continue };
            // Views of the end keep following it.
            for view in &mut self.views {
                let shows = view.seeds.iter().any(|seed| live.contains(*seed));
                if view.list == list.messages.key && shows {
                    list.messages.follows_end = true;
                    view.show(END);
                    view.show(list.messages.ranges.last_high());
                }
            }
        }
    }

    /// Schedules another reading of everything that is shown.
    pub(crate) fn compare_all(&mut self) {
        self.compare_at = None;
        if let Some(reader) = &mut self.rooms_reader {
            reader.look(0);
        }
        for list in &mut self.lists {
            let messages = &mut list.messages;
            let (first, last) = (messages.ranges.iter().next(), messages.ranges.iter().last());
            if let Some((first, last)) = first.zip(last)
                && (self.views.iter().any(|view| view.list == messages.key)
                    || self.sending.is_for(messages.key))
            {
                let (low, high) = (first.low, last.high);
                messages.doubt(low, high, 0);
            }
        }
    }

    /// Verifies the held part of a list after a gap, if it is watched.
    pub(super) fn verify_list(&mut self, key: ListKey) {
        let Some(opened_at) = self.opened_at else {
            return;
        };
        if !self.is_watched(key) {
            return;
        }
        let pages = (self.config.max_missed as u32)
            .div_ceil(self.config.page.max(1))
            .max(1);
        let Some(list) = self.list_mut(key) else {
            return;
        };
        let List { messages, reader, .. } = list;
        if list.gone.is_some() || messages.verified_at >= Some(opened_at) {
            return;
        }
        messages.verified_at = Some(opened_at);
        if !messages.follows_end {
            // Nothing continues from there, and there may be newer messages.
            messages.old_end = None;
        }
        for range in messages.ranges.iter().copied().collect::<Vec<_>>() {
            let top = messages.last_up_to(range.high).filter(|id| range.contains(*id));
            let low = messages.first_from(range.low).unwrap_or(range.low);
            let is_end = messages.old_end == Some(range.high);
            match top {
                _ if is_end && messages.follows_end => {
                    reader.add(Job::rejoin(top.unwrap_or_default(), low.min(range.high), pages));
                }
                Some(top) => reader.jobs.push(Job::verify(Purpose::Verify, top, low)),
                None => {}
            }
        }
        if messages.follows_end && messages.ranges.live().is_none() && !reader.reads_end() {
            reader.add(Job::end(Purpose::Open, END, 1));
        }
    }

    // Outputs.
}
