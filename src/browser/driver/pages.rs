//! The requests of pages, and the values that they can read.

use std::rc::Rc;
use std::time::Duration;

use js_sys::Array;
use wasm_bindgen::JsValue;

use super::Driver;
use crate::browser::bridge;
use crate::browser::page_queue::{PageQueue, Port};
use crate::browser::plain;
use crate::client::tabs::{Presence, TabId, Wants};
use crate::client::{ConnectionState, shared};

impl Driver {
    /// The state that the pages were last told of. The client may have a newer one.
    pub(crate) fn state(&self) -> ConnectionState {
        self.told.borrow().clone()
    }

    /// The value of `connection`, for JavaScript.
    pub(crate) fn connection(&self) -> JsValue {
        let state = self.state();
        let retry_at = state.retry_at.map_or(f64::NAN, |at| self.date(at));
        bridge::build_connection(state.attempt, retry_at, &plain::cause(state.cause.as_ref()))
    }

    /// A moment in whole milliseconds since 1970.
    pub(super) fn date(&self, moment: Duration) -> f64 {
        let mut core = self.core.borrow_mut();
        if core.dated.0 != moment {
            let wait = moment.as_secs_f64() - core.now().as_secs_f64();
            core.dated = (moment, (bridge::wall_ms() + wait * 1000.0).round());
        }
        core.dated.1
    }

    /// The freshness of everything watched: pairs of a room (null for the list of rooms) and its freshness.
    pub(crate) fn freshness(&self) -> Array {
        let all = self.core.borrow().client.freshness_of_all();
        all.into_iter()
            .map(|(room, freshness)| {
                let room = room.map_or(JsValue::NULL, |room| (room.get() as f64).into());
                Array::of2(&room, &freshness.as_str().into())
            })
            .collect()
    }

    /// Counters of what happened so far, for JavaScript.
    pub(crate) fn stats(&self) -> JsValue {
        let client = &self.core.borrow().client;
        let stats = client.stats();
        let (queued_frames, queued_bytes) = client.queued();
        let mut totals = [0.0; shared::TOTALS];
        // Exact up to 2^53.
        totals[shared::TOTAL_ATTEMPTS] = stats.attempts as f64;
        totals[shared::TOTAL_CONNECTIONS] = stats.connections as f64;
        totals[shared::TOTAL_FRAMES] = stats.frames as f64;
        totals[shared::TOTAL_BYTES] = stats.bytes as f64;
        totals[shared::TOTAL_RECOVERED] = stats.recovered as f64;
        totals[shared::TOTAL_QUEUED_FRAMES] = queued_frames as f64;
        totals[shared::TOTAL_QUEUED_BYTES] = queued_bytes as f64;
        let delivered = stats.delivered.map(|count| count as f64);
        bridge::build_stats(&totals, &delivered, &plain::cause(stats.last_close.as_ref()))
    }

    /// A page joins.
    pub(crate) fn join(self: &Rc<Self>, port: Port, presence: Presence) -> TabId {
        let tab = self.tabs.borrow_mut().join(PageQueue::new(port), presence);
        self.tell_presence();
        tab
    }

    /// Sets what a page listens to.
    pub(crate) fn listen(self: &Rc<Self>, tab: TabId, wants: Wants) {
        self.tabs.borrow_mut().listen(tab, wants);
        self.tell_interest();
    }

    /// A page was shown, hidden, suspended or resumed.
    pub(crate) fn set_presence(self: &Rc<Self>, tab: TabId, presence: Presence) {
        self.tabs.borrow_mut().set_presence(tab, presence);
        self.tell_presence();
    }

    /// A page has processed a batch.
    pub(crate) fn acknowledge(self: &Rc<Self>, tab: TabId) {
        self.tabs.borrow_mut().acknowledge(tab);
        // A page in this thread acknowledges from within its batch: the outer run continues.
        if !self.delivering.get() {
            let now = self.core.borrow_mut().tick();
            self.run(now);
        }
    }

    /// Removes a page. Without pages, the client closes.
    pub(crate) fn leave(self: &Rc<Self>, tab: TabId) {
        if !self.tabs.borrow_mut().leave(tab) {
            return;
        }
        self.close_views(tab);
        if self.tabs.borrow().is_empty() {
            self.close();
        } else {
            self.tell_interest();
            self.tell_presence();
        }
    }

    /// Tells the state machine what the pages listen to.
    fn tell_interest(self: &Rc<Self>) {
        let interest = self.tabs.borrow().interest();
        self.input(|client, now| client.set_interest(interest, now));
    }

    /// Tells the state machine whether any page is visible, and whether any is running.
    fn tell_presence(self: &Rc<Self>) {
        let presence = self.tabs.borrow().presence();
        let before = self.presence.replace(presence);
        if before == presence {
            return;
        }
        self.input(|client, now| {
            if let Presence::Away(reason) = presence {
                return client.handle_suspended(reason, now);
            }
            if let Presence::Away(_) = before {
                client.handle_resumed(now);
            }
            client.handle_visible(presence == Presence::Visible, now);
        });
    }
}
