//! The store as pages use it: their requests, and the changes of their views.

use std::rc::Rc;

use js_sys::{Array, JsString};
use wasm_bindgen::JsValue;

use super::Driver;
use crate::browser::page_queue::PageQueue;
use crate::client::shared::{
    SHOW_AROUND, SHOW_DISCARD, SHOW_END, SHOW_GAP, SHOW_MESSAGE, SHOW_NEWER, SHOW_NEWEST, SHOW_NO_MORE,
    SHOW_OLDER, SHOW_RESEND, SHOW_ROOMS, SHOW_SEND, SHOW_SENDING, SHOW_UNREAD, VIEW_END, VIEW_GONE,
    VIEW_LACKS_ANCHOR, VIEW_LOADS_NEWER, VIEW_LOADS_OLDER, VIEW_START,
};
use crate::client::store::{
    Anchor, Item, ListKey, Op, OutgoingMessage, SendFailure, SendState, ViewDiff, ViewState,
};
use crate::client::tabs::TabId;
use crate::protocol::ids::{Id, SafeInt};

/// A number from a page; 0 if it is not a safe integer.
fn whole(value: Option<&f64>) -> SafeInt {
    let value = value.filter(|value| **value >= 0.0);
    value
        .and_then(|value| SafeInt::new(*value as u64))
        .unwrap_or_default()
}

fn id<T>(value: Option<&f64>) -> Id<T> {
    whole(value).cast()
}

fn list(args: &[f64]) -> ListKey {
    ListKey {
        room_id: id(args.get(1)),
        parent: id(args.get(2)),
    }
}

impl Driver {
    /// Handles a request of a page to the store (`SHOW_…`). The arguments are the page's number of the view, or a
    /// message's key; then a room, a parent message, and a message or a gap.
    pub(crate) fn show(self: &Rc<Self>, tab: TabId, what: u8, args: &[f64], text: &str) {
        if what == SHOW_SEND {
            return self.send(tab, args, text);
        }
        let number = args.first().copied().unwrap_or_default();
        let (own, key) = (number as u32, number as u64);
        let mut views = self.views.borrow_mut();
        let view = match what {
            SHOW_ROOMS..=SHOW_MESSAGE => Some(views.open(tab, own)),
            SHOW_NO_MORE => views.close(tab, own),
            SHOW_SENDING => {
                views.follow_sending(tab);
                drop(views);
                return self.tell_sending_to(&[tab], f64::NAN);
            }
            _ => views.get(tab, own),
        };
        drop(views);
        let at = args.get(3);
        self.input(|client, now| match (what, view) {
            (SHOW_RESEND, _) => {
                client.resend_message(key, now);
            }
            (SHOW_DISCARD, _) => {
                client.discard_message(key, now);
            }
            (_, None) => {}
            (SHOW_ROOMS, Some(view)) => client.open_rooms(view, now),
            (SHOW_END, Some(view)) => client.open_timeline(view, list(args), Anchor::End, now),
            (SHOW_UNREAD, Some(view)) => client.open_timeline(view, list(args), Anchor::Unread, now),
            (SHOW_MESSAGE, Some(view)) => {
                client.open_timeline(view, list(args), Anchor::Message(id(at)), now);
            }
            (SHOW_NO_MORE, Some(view)) => client.close_view(view, now),
            (SHOW_OLDER, Some(view)) => client.load_older(view, now),
            (SHOW_NEWER, Some(view)) => client.load_newer(view, now),
            (SHOW_GAP, Some(view)) => client.fill_gap(view, whole(at).get() as u32, now),
            (SHOW_AROUND, Some(view)) => client.jump_to(view, id(at), now),
            (SHOW_NEWEST, Some(view)) => client.jump_to_end(view, now),
            _ => {}
        });
    }

    /// Sends a message. The arguments are its key, its room, and its parent message. For a message taken over from
    /// another engine, they continue with the highest id known when it was posted (-1 if it was not posted), its
    /// author (NaN if unknown), the HTTP status of its refusal, and the index of the reason of its failure (-1 for
    /// none).
    fn send(self: &Rc<Self>, tab: TabId, args: &[f64], text: &str) {
        let number = |index: usize| args.get(index).copied().unwrap_or(f64::NAN);
        let posted_above = (number(3) >= 0.0).then(|| id(args.get(3)));
        let user_id = (number(4) >= 0.0).then(|| id(args.get(4)));
        let failed = SendFailure::numbered(number(6), number(5) as u16);
        let message = OutgoingMessage {
            key: number(0) as u64,
            list: list(args),
            text: text.into(),
            state: failed.map_or(SendState::Queued, SendState::Failed),
            user_id,
            posted_above,
        };
        self.input(|client, now| {
            client.restore_message(&message, now);
        });
        // The response to the page, whether or not the message was queued.
        self.tell_sending_to(&[tab], number(0));
    }

    /// Closes the views of a page that leaves.
    pub(super) fn close_views(self: &Rc<Self>, tab: TabId) {
        let views = self.views.borrow_mut().leave(tab);
        for view in views {
            self.input(|client, now| client.close_view(view, now));
        }
    }

    /// Sends the pages the outgoing messages, if they have changed. Called before any of them is posted, so that
    /// pages know which may have been sent if the engine ends.
    pub(super) fn tell_sending(&self) {
        let version = self.core.borrow().client.outgoing_version();
        if self.told_sending.replace(version) == version {
            return;
        }
        let senders = self.views.borrow().senders().to_vec();
        self.tell_sending_to(&senders, f64::NAN);
    }

    fn tell_sending_to(&self, tabs: &[TabId], heard: f64) {
        let core = self.core.borrow();
        let pairs = core.client.sent().iter();
        let sent: Vec<_> = pairs
            .flat_map(|(key, id)| [*key as f64, id.get() as f64])
            .collect();
        let outgoing = core.client.outgoing();
        drop(core);
        for tab in tabs {
            let all = outgoing.iter().map(sending).collect();
            let port = self.tabs.borrow().handle(*tab).map(PageQueue::port);
            if let Some(port) = port {
                port.post_sending(all, heard, &sent);
            }
        }
    }

    /// Marks the pages whose views have changed.
    pub(super) fn note_news(&self) {
        for (tab, view) in self.views.borrow().all() {
            if self.core.borrow().client.has_news(view) {
                self.tabs.borrow_mut().note_news(tab);
            }
        }
    }

    /// Takes the changes of a page's views: for each, the page's number of it, the steps and the state. `None` if there
    /// are none.
    pub(super) fn take_views(&self, tab: TabId) -> Option<Array> {
        let mut changes = None;
        let is_own = |view| {
            let owner = self.views.borrow().owner(view);
            owner.is_some_and(|(owner, _)| owner == tab)
        };
        loop {
            // No borrow is held while JavaScript values are created.
            let diff = self.core.borrow_mut().client.poll_views(&is_own);
            let Some(ViewDiff { view, ops, state }) = diff else {
                break;
            };
            let owner = self.views.borrow().owner(view);
            let Some((_, own)) = owner else { continue };
            let told = changes.get_or_insert_with(Array::new);
            told.push(&own.into());
            told.push(&steps(ops));
            told.push(&state.map_or(JsValue::NULL, |state| told_state(&state)));
        }
        changes
    }
}

/// Encodes each step as two values: twice the position, plus one for an update, and the item; or the bitwise
/// complement of the position and null for a removal.
fn steps(ops: Vec<Op>) -> JsValue {
    let steps = Array::new();
    for op in ops {
        let (place, item) = match op {
            Op::Insert(at, item) => (at as f64 * 2.0, told_item(item)),
            Op::Update(at, item) => (at as f64 * 2.0 + 1.0, told_item(item)),
            Op::Remove(at) => (-1.0 - at as f64, JsValue::NULL),
        };
        steps.push(&place.into());
        steps.push(&item);
    }
    steps.into()
}

/// Encodes a message or a room as its JSON, a gap as two values, and an outgoing message as more than two.
fn told_item(item: Item) -> JsValue {
    match item {
        Item::Message { body, .. } => JsValue::from_str(&body),
        Item::Room(room) => JsValue::from_str(&room.body),
        Item::Gap { key, is_loading } => Array::of2(&key.into(), &is_loading.into()).into(),
        Item::Outgoing { key, text, state } => {
            let told = Array::of2(&(key as f64).into(), &JsValue::from_str(&text));
            push_state(&told, state);
            told.into()
        }
    }
}

/// Appends the state of an outgoing message and, if it failed, the reason, the HTTP status, and whether a retry may
/// succeed.
fn push_state(told: &Array, state: SendState) {
    told.push(&state.as_str().into());
    if let SendState::Failed(failure) = state {
        told.push(&failure.as_str().into());
        told.push(&failure.status().into());
        told.push(&failure.may_be_resent().into());
    }
}

/// Encodes an outgoing message with everything that another engine needs to take it over.
fn sending(message: &OutgoingMessage) -> JsValue {
    let number = |value: Option<f64>, without: f64| JsValue::from(value.unwrap_or(without));
    let told = Array::new();
    for value in [
        JsValue::from(message.key as f64),
        JsString::from(&*message.text).into(),
        (message.list.room_id.get() as f64).into(),
        (message.list.parent.get() as f64).into(),
        number(message.posted_above.map(|id| id.get() as f64), -1.0),
        number(message.user_id.map(|id| id.get() as f64), f64::NAN),
    ] {
        told.push(&value);
    }
    push_state(&told, message.state);
    told.into()
}

/// Encodes a view's state: freshness, its cause, flags (`VIEW_…`) and the oldest unread message.
fn told_state(state: &ViewState) -> JsValue {
    let mut flags = 0;
    for (is_set, flag) in [
        (state.start, VIEW_START),
        (state.end, VIEW_END),
        (state.is_loading_older, VIEW_LOADS_OLDER),
        (state.is_loading_newer, VIEW_LOADS_NEWER),
        (state.is_anchor_missing, VIEW_LACKS_ANCHOR),
        (state.is_gone, VIEW_GONE),
    ] {
        if is_set {
            flags |= flag;
        }
    }
    let cause = state.cause.as_deref().map_or(JsValue::NULL, JsValue::from_str);
    let unread = state.first_unread_id;
    let unread = unread.map_or(JsValue::NULL, |id| (id.get() as f64).into());
    Array::of4(&state.freshness.as_str().into(), &cause, &flags.into(), &unread).into()
}
