//! Connects the store to the client: its views, requests, and outgoing messages.

use std::time::Duration;

use super::requests::Purpose;
use super::{Client, STORE};
use crate::client::clock::{Micros, micros};
use crate::client::delivery::Payload;
use crate::client::rest::{Reply, RequestId, content};
use crate::client::store::{
    Anchor, Consequence, Item, ListKey, OutgoingMessage, ViewDiff, ViewId, ViewState,
};
use crate::protocol::decode::digest::EventDigest;
use crate::protocol::event::EventType;
use crate::protocol::ids::MessageId;

impl<P: Payload> Client<P> {
    /// Opens a view of a room's messages, or of the comments on a message. Replaces a view with the same id.
    pub fn open_timeline(&mut self, view: ViewId, list: ListKey, anchor: Anchor, now: Duration) {
        let now = micros(now);
        self.store.open(view, list, anchor, now);
        self.settle(now);
    }

    /// Opens a view of the list of rooms. Replaces a view with the same id.
    pub fn open_rooms(&mut self, view: ViewId, now: Duration) {
        let now = micros(now);
        self.store.open_rooms(view, now);
        self.settle(now);
    }

    /// Closes a view. It has no more diffs.
    pub fn close_view(&mut self, view: ViewId, now: Duration) {
        let now = micros(now);
        self.store.close(view);
        self.settle(now);
    }

    /// Loads a page of older messages, unless the view starts with the first message.
    pub fn load_older(&mut self, view: ViewId, now: Duration) {
        let now = micros(now);
        self.store.load_older(view);
        self.settle(now);
    }

    /// Loads a page of newer messages, unless the view ends with the newest message.
    pub fn load_newer(&mut self, view: ViewId, now: Duration) {
        let now = micros(now);
        self.store.load_newer(view);
        self.settle(now);
    }

    /// Loads a page of messages into a gap, starting with the oldest.
    pub fn fill_gap(&mut self, view: ViewId, gap: u32, now: Duration) {
        let now = micros(now);
        self.store.fill_gap(view, gap);
        self.settle(now);
    }

    /// Adds the messages around that one to the view.
    pub fn jump_to(&mut self, view: ViewId, message_id: MessageId, now: Duration) {
        let now = micros(now);
        self.store.jump_to(view, message_id);
        self.settle(now);
    }

    /// Adds the newest messages to the view, and follows them.
    pub fn jump_to_end(&mut self, view: ViewId, now: Duration) {
        let now = micros(now);
        self.store.jump_to_end(view);
        self.settle(now);
    }

    /// Sends a message to a room, or a comment on a message. The caller chooses the key, so that a second click is
    /// not a second message. Returns whether the message was queued: not under a known key, and not beyond
    /// [`StoreConfig::outgoing`](crate::client::store::StoreConfig::outgoing).
    pub fn send_message(&mut self, list: ListKey, key: u64, text: &str, now: Duration) -> bool {
        let now = micros(now);
        let is_taken = self.store.send(list, key, text, None, now);
        self.settle(now);
        is_taken
    }

    /// Resumes a message from before a restart, as [`outgoing`](Self::outgoing) returned it.
    pub fn restore_message(&mut self, message: &OutgoingMessage, now: Duration) -> bool {
        let now = micros(now);
        let is_taken = self.store.restore(message, now);
        self.settle(now);
        is_taken
    }

    /// Sends a failed message again. Returns whether there is one.
    pub fn resend_message(&mut self, key: u64, now: Duration) -> bool {
        let now = micros(now);
        let is_sent = self.store.resend(key, now);
        self.settle(now);
        is_sent
    }

    /// Drops an outgoing message. Returns whether it did: not while the message is being posted. If the outcome of a
    /// post is unknown, the message may still arrive.
    pub fn discard_message(&mut self, key: u64, now: Duration) -> bool {
        let now = micros(now);
        let is_gone = self.store.discard(key);
        self.settle(now);
        is_gone
    }

    /// All outgoing messages.
    #[must_use]
    pub fn outgoing(&self) -> Vec<OutgoingMessage> {
        if STORE { self.store.outgoing() } else { Vec::new() }
    }

    /// The keys of the last finished messages, at most 128, each with the id that the message got, or 0 if unknown.
    #[must_use]
    pub fn sent(&self) -> &[(u64, MessageId)] {
        if STORE { self.store.sent() } else { &[] }
    }

    /// A number that changes whenever the result of [`outgoing`](Self::outgoing) does.
    #[must_use]
    pub fn outgoing_version(&self) -> u64 {
        if STORE { self.store.outgoing_version() } else { 0 }
    }

    /// The body of a request that posts; `None` for any other.
    #[must_use]
    pub fn body_of(&self, id: RequestId) -> Option<String> {
        let text = STORE.then(|| self.store.text_of(id)).flatten();
        text.map(content)
    }

    /// The changes of the next changed view; `None` if there is none.
    pub fn poll_view(&mut self) -> Option<ViewDiff> {
        self.store.poll(&|_| true)
    }

    /// The changes of the next changed view that `is_wanted`; `None` if there is none.
    pub fn poll_views(&mut self, is_wanted: &dyn Fn(ViewId) -> bool) -> Option<ViewDiff> {
        STORE.then(|| self.store.poll(is_wanted)).flatten()
    }

    /// Whether a view may have changed since it was last polled.
    #[must_use]
    pub fn has_news(&self, view: ViewId) -> bool {
        STORE && self.store.has_news(view)
    }

    /// All that a view shows, regardless of earlier diffs; `None` if it is not open.
    #[must_use]
    pub fn snapshot(&self, view: ViewId) -> Option<(Vec<Item>, ViewState)> {
        self.store.snapshot(view)
    }

    /// Passes an event to the store.
    pub(super) fn show(&mut self, event_type: EventType, event: &EventDigest, payload: &P, now: Micros) {
        if self.store.is_used() {
            let (store, replica) = (&mut self.store, &self.replica);
            payload.read(|text| store.hear(event_type, event, text, replica, now));
        }
    }

    /// Handles the response to a request of the store, or its failure.
    pub(super) fn take_reply_of_store(&mut self, id: RequestId, reply: Reply<'_>, now: Micros) {
        match self.store.take_reply(id, reply, now) {
            Consequence::Nothing => {}
            Consequence::Unauthorized => self.connection.verify_session(now),
            Consequence::Wait(room_id, until) => self.sync.leave_alone(room_id, until),
            Consequence::NoAnswer if self.is_server_gone(now) => {
                self.connection.recycle("the server does not answer", now);
            }
            Consequence::NoAnswer => {}
        }
    }

    /// Sends the store's due requests, and aborts those that it no longer needs.
    pub(super) fn settle_store(&mut self, now: Micros) {
        for id in self.store.take_given_up() {
            self.give_up(id);
        }
        if let Some(at) = self.store.wants_rooms() {
            self.sync.look_at_list(at);
            self.settle_sync(now);
        }
        if let Some(freshness) = self.freshness(None) {
            self.store.set_rooms_freshness(freshness);
        }
        while !self.identity.is_changed() {
            let sync = &self.sync;
            let id = self.requests.next_id();
            let request = self
                .store
                .next_request(id, &|room_id| sync.may_ask_from(room_id), now);
            let Some(request) = request else { break };
            self.fetch(Purpose::Store, request, now);
        }
    }
}
