//! The list of rooms, how events and responses change it, and its views.
//!
//! The synchronisation reads the list. Its responses are evidence, as pages of messages are. Rooms whose messages are
//! held are tracked even if no view shows the list.

use std::rc::Rc;

use super::ViewDiff;
use super::diff::{self, Item, Key, RoomItem, Shown};
use super::view::{ViewId, ViewState};
use crate::client::clock::Micros;
use crate::client::replica::{Recent, Subject};
use crate::client::sorted::SortedMap;
use crate::client::state::Freshness;
use crate::client::sync::REPLICATION_LAG;
use crate::protocol::decode::digest::{List, RoomDigest};
use crate::protocol::ids::RoomId;

/// A room.
#[derive(Clone, Debug, Default)]
struct Room {
    /// What views show of it; `None` if that is not known.
    content: Option<(RoomDigest, Rc<str>)>,
    told_at: Option<Micros>,
    seen_at: Option<Micros>,
    missing_since: Option<Micros>,
    /// When it was deleted.
    gone_at: Option<Micros>,
}

impl Room {
    fn outweighs_until(&self) -> Micros {
        let at = self.told_at.max(self.seen_at);
        at.map_or(0, |at| at + REPLICATION_LAG)
    }
}

/// A view of the list of rooms.
#[derive(Clone, Debug)]
struct RoomsView {
    id: ViewId,
    shown: Vec<Shown>,
    state: Option<ViewState>,
    seen: Option<u64>,
}

/// The known rooms.
#[derive(Clone, Debug)]
pub(super) struct Rooms {
    rooms: SortedMap<RoomId, Room>,
    versions: Recent,
    views: Vec<RoomsView>,
    /// Whether the list has ever been read.
    is_loaded: bool,
    /// When the list has to be read.
    wish: Option<Micros>,
    freshness: Freshness,
    version: u64,
}

impl Rooms {
    pub(super) const fn new() -> Self {
        Self {
            rooms: SortedMap::new(),
            versions: Recent::new(),
            views: Vec::new(),
            is_loaded: false,
            wish: None,
            freshness: Freshness::Loading,
            version: 0,
        }
    }

    pub(super) fn is_used(&self) -> bool {
        !self.views.is_empty()
    }

    pub(super) fn take_wish(&mut self) -> Option<Micros> {
        self.wish.take()
    }

    pub(super) fn open(&mut self, id: ViewId, now: Micros) {
        if !self.is_loaded {
            self.wish = Some(now);
        }
        self.views.push(RoomsView {
            id,
            shown: Vec::new(),
            state: None,
            seen: None,
        });
    }

    /// Closes a view. Returns whether it was a view of the rooms.
    pub(super) fn close(&mut self, id: ViewId) -> bool {
        let before = self.views.len();
        self.views.retain(|view| view.id != id);
        self.views.len() < before
    }

    /// Sets how current the list is.
    pub(super) fn set_freshness(&mut self, freshness: Freshness) {
        if self.freshness != freshness {
            self.freshness = freshness;
            self.version += 1;
        }
    }

    /// Tracks a room whose messages are held.
    pub(super) fn track(&mut self, room_id: RoomId) {
        self.rooms.get_or_insert_with(room_id, Room::default);
    }

    /// Whether the room existed and is gone.
    pub(super) fn is_gone(&self, room_id: RoomId) -> bool {
        self.rooms.get(room_id).is_some_and(|room| room.gone_at.is_some())
    }

    fn doubt(&mut self, at: Micros) {
        self.wish = Some(self.wish.map_or(at, |other| other.min(at)));
    }

    /// Applies a created or updated room from the stream.
    pub(super) fn hear(&mut self, digest: &RoomDigest, body: &str, now: Micros) {
        let subject = Subject::Room(digest.room_id.get());
        let is_repeat = self.versions.has_version(subject, digest.fingerprint);
        let room = self.rooms.get_or_insert_with(digest.room_id, Room::default);
        room.missing_since = None;
        let known = room.content.as_ref().map(|(known, _)| known.fingerprint);
        if known == Some(digest.fingerprint) {
            room.told_at = Some(now);
        } else if is_repeat {
            self.doubt(now + REPLICATION_LAG);
        } else {
            room.told_at = Some(now);
            self.put(digest, body);
        }
    }

    fn put(&mut self, digest: &RoomDigest, body: &str) {
        let subject = Subject::Room(digest.room_id.get());
        let room = self.rooms.get_or_insert_with(digest.room_id, Room::default);
        room.gone_at = None;
        if let Some((old, _)) = room.content.replace((*digest, body.into())) {
            self.versions.note_version(subject, old.fingerprint);
        }
        self.version += 1;
    }

    /// Applies a deletion from the stream.
    pub(super) fn hear_deletion(&mut self, room_id: RoomId, now: Micros) {
        if self.rooms.contains(room_id) {
            self.take_away(room_id, now);
        }
    }

    fn take_away(&mut self, room_id: RoomId, now: Micros) {
        let room = self.rooms.get_or_insert_with(room_id, Room::default);
        let content = room.content.take();
        *room = Room {
            gone_at: Some(now),
            ..Room::default()
        };
        if let Some((old, _)) = content {
            self.versions
                .note_version(Subject::Room(room_id.get()), old.fingerprint);
        }
        self.version += 1;
    }

    /// Applies a list that was requested at `sent`. Returns the rooms that are gone and those that are listed anew.
    pub(super) fn take_list(
        &mut self,
        list: &List<RoomDigest>,
        body: &str,
        sent: Micros,
        now: Micros,
    ) -> (Vec<RoomId>, Vec<RoomId>) {
        self.is_loaded = true;
        self.version += 1;
        let (mut gone, mut back) = (Vec::new(), Vec::new());
        let mut listed = Vec::new();
        for item in &list.items {
            let digest = &item.digest;
            listed.push(digest.room_id);
            let room = self.rooms.get_or_insert_with(digest.room_id, Room::default);
            room.missing_since = None;
            let known = room.content.as_ref().map(|(known, _)| known.fingerprint);
            let gone_until = room.gone_at.map_or(0, |at| at + REPLICATION_LAG);
            let until = room.outweighs_until().max(gone_until);
            if known == Some(digest.fingerprint) {
                room.seen_at = room.seen_at.max(Some(sent));
            } else if until > sent {
                self.doubt(until.max(now));
            } else {
                room.seen_at = Some(sent);
                self.put(digest, item.span.of(body));
                back.push(digest.room_id);
            }
        }
        listed.sort_unstable();
        let missing: Vec<_> = self
            .rooms
            .iter()
            .filter(|(id, room)| room.gone_at.is_none() && listed.binary_search(id).is_err())
            .map(|(id, _)| id)
            .collect();
        // Any of them may be one of the unreadable entries.
        let lag = if list.unreadable > 0 {
            20 * REPLICATION_LAG
        } else {
            REPLICATION_LAG
        };
        for room_id in missing {
            let room = self.rooms.get_or_insert_with(room_id, Room::default);
            let missing_since = *room.missing_since.get_or_insert(sent);
            let confirmed_at = room.outweighs_until().max(missing_since + lag);
            if sent < confirmed_at {
                self.doubt(confirmed_at.max(now));
            } else {
                self.take_away(room_id, now);
                gone.push(room_id);
            }
        }
        (gone, back)
    }

    fn items(&self) -> Vec<Shown> {
        let rooms = self.rooms.iter().filter_map(|(id, room)| {
            let (digest, _) = room.content.as_ref()?;
            Some(Shown {
                key: Key::Id(id.cast()),
                version: digest.fingerprint,
            })
        });
        rooms.collect()
    }

    fn item(&self, key: Key) -> Option<Item> {
        let Key::Id(id) = key else { return None };
        let room_id = id.cast();
        let (_, body) = self.rooms.get(room_id)?.content.as_ref()?;
        let body = body.clone();
        Some(Item::Room(RoomItem { room_id, body }))
    }

    fn state(&self) -> ViewState {
        ViewState {
            freshness: if self.is_loaded {
                self.freshness
            } else {
                Freshness::Loading
            },
            start: true,
            end: true,
            ..ViewState::loading()
        }
    }

    pub(super) fn has_news(&self, id: ViewId) -> bool {
        let mut views = self.views.iter();
        views.any(|view| view.id == id && view.seen != Some(self.version))
    }

    pub(super) fn poll(&mut self, is_wanted: &dyn Fn(ViewId) -> bool) -> Option<ViewDiff> {
        for index in 0..self.views.len() {
            if self.views[index].seen == Some(self.version) || !is_wanted(self.views[index].id) {
                continue;
            }
            let (items, state) = (self.items(), self.state());
            let ops = diff::diff(&self.views[index].shown, &items, &|key| self.item(key));
            let view = &mut self.views[index];
            view.seen = Some(self.version);
            view.shown = items;
            let state = (view.state.as_ref() != Some(&state)).then_some(state);
            view.state = state.clone().or(view.state.take());
            if !ops.is_empty() || state.is_some() {
                let view = view.id;
                return Some(ViewDiff { view, ops, state });
            }
        }
        None
    }

    pub(super) fn snapshot(&self, id: ViewId) -> Option<(Vec<Item>, ViewState)> {
        self.views.iter().find(|view| view.id == id)?;
        let items = self.items();
        let items = items.iter().filter_map(|shown| self.item(shown.key));
        Some((items.collect(), self.state()))
    }
}
