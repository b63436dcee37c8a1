//! Delivers to the pages, one turn of the event loop at a time.

use std::rc::Rc;
use std::time::Duration;

use wasm_bindgen::prelude::*;

use super::Driver;
use crate::browser::bridge;
use crate::browser::dispatch::dispatch;
use crate::browser::plain;
use crate::client::tabs::Due;
use crate::client::{Delivery, Micros, ResyncReason, Topic, micros};

impl Driver {
    /// Delivers until the turn is over, then sends the batches that are due.
    pub(super) fn take_turn(self: &Rc<Self>, mut now: Duration) {
        self.delivering.set(true);
        self.core.borrow_mut().client.begin_turn(now);
        let mut first = true;
        while self.tabs.borrow().can_take() {
            let delivery = self.core.borrow_mut().client.poll_delivery(now, first);
            let Some(delivery) = delivery else { break };
            first = false;
            if let Delivery::State(state) = &delivery
                && self.told.replace(state.clone()) == *state
            {
                continue;
            }
            dispatch(delivery, &mut self.tabs.borrow_mut(), self.bounds, |moment| {
                self.date(moment)
            });
            // Reading the clock takes a tenth of the time of a frame, and few turns have more than one.
            let mut core = self.core.borrow_mut();
            if core.client.wants_turn() {
                now = core.tick();
            }
        }
        // Nothing follows once the client is closed, so batches are sent before they are due.
        self.send_batches(if self.is_closed() {
            Micros::MAX
        } else {
            micros(now)
        });
        self.delivering.set(false);
        if self.is_closed() {
            self.core.borrow_mut().network = None;
            self.itself.take();
            return;
        }
        self.plan_turn();
        if !first && !self.turn_planned.get() {
            // The queue is empty, so requests that waited for room in it can be sent.
            self.core.borrow_mut().client.end_turn(now);
            if self.core.borrow().client.has_actions() {
                return self.run(now);
            }
        }
        self.set_timer(now);
    }

    /// Sends the batches that are due.
    fn send_batches(&self, now: Micros) {
        loop {
            self.note_news();
            let (tab, batch, sent_before) = {
                let mut tabs = self.tabs.borrow_mut();
                let Some(due) = tabs.send(now) else { return };
                let Due { tab, handle, .. } = due;
                if due.was_dropped {
                    handle.push_value(Topic::Resync, &plain::resync(None, ResyncReason::TooFarBehind));
                }
                (tab, handle.take(), due.sent_before)
            };
            let views = self.take_views(tab);
            if batch.is_empty() && views.is_none() {
                self.tabs.borrow_mut().take_back(tab, sent_before);
            } else {
                batch.post(views);
            }
        }
    }

    /// Plans a turn if anything waits for delivery.
    pub(super) fn plan_turn(self: &Rc<Self>) {
        let gathers = {
            let client = &self.core.borrow().client;
            if !client.wants_turn() || !self.tabs.borrow().can_take() {
                return;
            }
            client.gathers()
        };
        self.turn_planned.set(true);
        let weak = Rc::downgrade(self);
        // JavaScript calls it once, which frees it.
        let turn = Closure::once_into_js(move || {
            if let Some(driver) = weak.upgrade() {
                driver.turn_planned.set(false);
                let now = driver.core.borrow_mut().now();
                driver.core.borrow_mut().client.end_turn(now);
                driver.act(now);
                driver.take_turn(now);
            }
        });
        if gathers {
            bridge::next_frame(&turn);
        } else {
            bridge::soon(&turn);
        }
    }
}
