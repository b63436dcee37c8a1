//! Views are opened, closed and moved, and give what has changed in them.

use super::diff::{self, Item};
use super::job::{Job, Purpose};
use super::list::ListKey;
use super::ranges::END;
use super::view::{self, Anchor, View, ViewId, ViewState};
use super::{List, Store, ViewDiff};
use crate::client::clock::Micros;
use crate::protocol::ids::MessageId;

impl Store {
    /// Opens a view. Replaces a view with the same id.
    pub(crate) fn open(&mut self, id: ViewId, key: ListKey, anchor: Anchor, now: Micros) {
        self.close(id);
        self.hold(key, now);
        self.views.push(View::new(id, key));
        self.verify_list(key);
        match anchor {
            Anchor::End => self.jump_to_end(id),
            Anchor::Message(message_id) => self.jump_to(id, message_id),
            Anchor::Unread => {
                self.jump_to_end(id);
                if let Some(list) = self.list_mut(key) {
                    list.reader.jobs.retain(|job| job.purpose != Purpose::Open);
                    list.reader.add(Job::end(Purpose::Unread, MessageId::ZERO, 1));
                }
            }
        }
    }

    /// Opens a view of the list of rooms.
    pub(crate) fn open_rooms(&mut self, id: ViewId, now: Micros) {
        self.close(id);
        self.rooms.open(id, now);
    }

    pub(crate) fn close(&mut self, id: ViewId) {
        if self.rooms.close(id) {
            return self.forget_rooms();
        }
        let Some(index) = self.views.iter().position(|view| view.id == id) else {
            return;
        };
        let key = self.views.remove(index).list;
        self.uses += 1;
        let uses = self.uses;
        if let Some(list) = self.list_mut(key) {
            list.used = uses;
        }
        self.let_lists_go();
        self.forget_rooms();
    }

    fn with_view(&mut self, id: ViewId) -> Option<(&mut View, &mut List)> {
        let view = self.views.iter_mut().find(|view| view.id == id)?;
        let mut lists = self.lists.iter_mut();
        let list = lists.find(|list| list.messages.key == view.list)?;
        Some((view, list))
    }

    pub(crate) fn jump_to_end(&mut self, id: ViewId) {
        let is_open = self.opened_at.is_some();
        let Some((view, list)) = self.with_view(id) else {
            return;
        };
        view.show(END);
        view.seen = None;
        if let Some(end) = list.messages.old_end.filter(|_| !is_open) {
            view.show(end);
        }
        list.messages.follows_end = true;
        list.reads_up = false;
        if list.messages.ranges.live().is_none() && !list.reader.is_at(Purpose::End) {
            list.reader.add(Job::end(Purpose::Open, END, 1));
        }
    }

    pub(crate) fn jump_to(&mut self, id: ViewId, message_id: MessageId) {
        let Some((view, list)) = self.with_view(id) else {
            return;
        };
        view.show(message_id);
        view.seen = None;
        view.is_anchor_missing = false;
        if list.messages.entries.get(message_id).is_none() {
            view.awaits = Some(message_id);
            list.reader.add(Job::around(message_id));
        }
    }

    pub(crate) fn load_older(&mut self, id: ViewId) {
        let Some((view, list)) = self.with_view(id) else {
            return;
        };
        view.seen = None;
        list.reads_up = true;
        let messages = &list.messages;
        let Some(range) = view.ranges(messages).first().copied() else {
            return;
        };
        if range.low == MessageId::ZERO {
            return;
        }
        let oldest = messages.first_from(range.low).filter(|id| range.contains(*id));
        list.reader.add(match oldest {
            Some(oldest) => Job::back(Purpose::Older, oldest, MessageId::ZERO, 1),
            None => Job::end(Purpose::Older, range.low, 1),
        });
    }

    pub(crate) fn load_newer(&mut self, id: ViewId) {
        let Some((view, list)) = self.with_view(id) else {
            return;
        };
        view.seen = None;
        list.reads_up = false;
        let messages = &list.messages;
        let Some(range) = view.ranges(messages).last().copied() else {
            return;
        };
        if range.is_live() {
            return;
        }
        let newest = messages.last_up_to(range.high).filter(|id| range.contains(*id));
        list.reader.add(match newest {
            Some(newest) => Job::ahead(Purpose::Newer, newest),
            None => Job::end(Purpose::Newer, range.high, 1),
        });
    }

    pub(crate) fn fill_gap(&mut self, id: ViewId, gap: u32) {
        let Some((view, list)) = self.with_view(id) else {
            return;
        };
        view.seen = None;
        let messages = &list.messages;
        let ranges = view.ranges(messages);
        let Some(index) = ranges.iter().position(|range| range.serial == gap) else {
            return;
        };
        let Some(below) = index.checked_sub(1).and_then(|index| ranges.get(index)) else {
            return;
        };
        let newest = messages.last_up_to(below.high).filter(|id| below.contains(*id));
        list.reader.add(match newest {
            Some(newest) => Job::ahead(Purpose::Fill(gap), newest),
            None => Job::end(Purpose::Fill(gap), below.high, 1),
        });
    }

    // Inputs from the connection.

    /// Whether a view may have changed since it was last polled.
    pub(crate) fn has_news(&self, id: ViewId) -> bool {
        self.rooms.has_news(id)
            || self.views.iter().any(|view| {
                let list = self.list(view.list).filter(|_| view.id == id);
                list.is_some_and(|list| view.seen != Some((list.messages.version, self.version)))
            })
    }

    /// The changes of the next changed view that is wanted.
    pub(crate) fn poll(&mut self, is_wanted: &dyn Fn(ViewId) -> bool) -> Option<ViewDiff> {
        if let Some(diff) = self.rooms.poll(is_wanted) {
            return Some(diff);
        }
        for index in 0..self.views.len() {
            if !is_wanted(self.views[index].id) {
                continue;
            }
            let Self {
                views,
                lists,
                version,
                sending,
                ..
            } = self;
            let view = &mut views[index];
            let Some(list) = lists.iter().find(|list| list.messages.key == view.list) else {
                continue;
            };
            let seen = Some((list.messages.version, *version));
            if view.seen == seen {
                continue;
            }
            view.seen = seen;
            let (items, state) = list.show(view, sending);
            let item = |key| view::item(&list.messages, &list.reader, sending, key);
            let ops = diff::diff(&view.shown, &items, &item);
            view.shown = items;
            let state = (view.state.as_ref() != Some(&state)).then_some(state);
            if let Some(state) = &state {
                view.state = Some(state.clone());
            }
            if !ops.is_empty() || state.is_some() {
                let view = view.id;
                return Some(ViewDiff { view, ops, state });
            }
        }
        None
    }

    /// All that a view shows, regardless of earlier diffs.
    pub(crate) fn snapshot(&self, id: ViewId) -> Option<(Vec<Item>, ViewState)> {
        if let Some(snapshot) = self.rooms.snapshot(id) {
            return Some(snapshot);
        }
        let view = self.views.iter().find(|view| view.id == id)?;
        let list = self.list(view.list)?;
        let (items, state) = list.show(view, &self.sending);
        let items = items
            .iter()
            .filter_map(|shown| view::item(&list.messages, &list.reader, &self.sending, shown.key));
        Some((items.collect(), state))
    }
}
