//! Connects the synchronisation to the client: requests, responses, and the release of held events.

use super::held::Inbound;
use super::requests::Purpose;
use super::{Client, STORE};
use crate::client::clock::Micros;
use crate::client::delivery::{Delivery, Payload};
use crate::client::rest::{Reply, RequestId};
use crate::client::state::Cause;
use crate::client::sync::{Answered, Output, Progress};
use crate::protocol::decode::digest::EventDigest;

impl<P: Payload> Client<P> {
    /// Sends the requests that are due.
    pub(super) fn send_requests(&mut self, now: Micros) {
        while self.queue.is_low() && !self.identity.is_changed() {
            let Some((key, request)) = self.sync.next_request(&mut self.replica, now) else {
                break;
            };
            let id = self.fetch(Purpose::Sync, request, now);
            self.sync.sent(key, id);
        }
    }

    /// Queues the outputs of the synchronisation.
    pub(super) fn tell(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Event(event_type, text) => self.push_made(event_type, text, true),
                Output::Malformed(error) => self.queue.push(Delivery::Malformed(error), 0),
                Output::Resync(room_id, reason) => {
                    self.queue.push(Delivery::ResyncRequired { room_id, reason }, 0);
                }
                Output::Freshness(room_id, freshness, cause) => {
                    self.queue.push(
                        Delivery::Freshness {
                            room_id,
                            freshness,
                            cause,
                        },
                        0,
                    );
                }
            }
        }
    }

    /// Handles the response to a request of the synchronisation, or its failure.
    pub(super) fn take_reply(&mut self, id: RequestId, reply: Reply<'_>, now: Micros) {
        if STORE
            && let Reply::Answer {
                status: 200, body, ..
            } = reply
            && let Some(sent) = self.sync.list_was_asked_at(id)
        {
            self.store.take_rooms(body, sent, now);
        }
        let mut outputs = Vec::new();
        let answered = Answered {
            replica: &mut self.replica,
            held: &mut self.held,
            out: &mut outputs,
            now,
        };
        let progress = self.sync.handle_reply(id, reply, answered);
        let tells = outputs.iter().any(|output| matches!(output, Output::Event(..)));
        self.tell(outputs);
        match progress {
            None | Some(Progress::Going) if self.sync.is_failing() => {}
            None | Some(Progress::Going) => self.connection.catch_up_goes_on(),
            Some(Progress::Retrying { status: None, .. }) if self.is_server_gone(now) => {
                self.connection.recycle("the server does not answer", now);
            }
            Some(Progress::Retrying { failure, delay, .. }) => {
                if self.sync.is_catching_up() {
                    self.connection
                        .catch_up_failed(Cause::other(failure), now + delay, now);
                }
            }
            Some(Progress::Unauthorized) => self.connection.verify_session(now),
        }
        if tells && self.is_comparing_silence {
            // The REST API reported changes that the stream did not, so the stream is broken.
            self.connection.recycle("the stream has dropped events", now);
        }
    }

    /// Whether the server seems unreachable: the stream is as silent as the watchdog tolerates, and the REST API does
    /// not respond, either.
    pub(super) fn is_server_gone(&self, now: Micros) -> bool {
        self.rest_answers && self.watchdog.is_probe_due(now)
    }

    /// Delivers all held events unchecked.
    pub(super) fn stop_holding(&mut self, now: Micros) {
        let mut outputs = Vec::new();
        self.sync.stop_holding_all(&mut self.replica, now, &mut outputs);
        self.tell(outputs);
        self.release(now);
    }

    /// Delivers the held events whose units have been compared.
    pub(super) fn release(&mut self, now: Micros) {
        if self.held.is_empty() {
            return;
        }
        let events = self.held.take();
        // Rooms go before their messages, as an event about a room may be its first.
        let has_deletion = events
            .iter()
            .any(|held| matches!(held.event, EventDigest::RoomDeleted(_)));
        let mut rest = Vec::new();
        for held in events {
            if matches!(held.event, EventDigest::Room(_)) && !has_deletion {
                self.deliver_or_hold(held, now);
            } else {
                rest.push(held);
            }
        }
        for held in rest {
            self.deliver_or_hold(held, now);
        }
    }

    /// Delivers the part of an event that is not held, and holds the rest.
    pub(super) fn deliver_or_hold(&mut self, event: Inbound<P>, now: Micros) {
        if let Some(held) = self.deliver(event, now) {
            self.held.push(held);
        }
    }

    /// Applies what the synchronisation wants after any change.
    pub(super) fn settle_sync(&mut self, now: Micros) {
        let is_due = self.sync_due_at.is_some_and(|at| at <= now);
        let has_room = self.waits_for_queue && self.queue.is_low();
        if !self.sync.take_changed() && !is_due && !has_room {
            return;
        }
        self.release(now);
        for id in self.sync.take_given_up() {
            self.give_up(id);
        }
        if self.sync.is_catching_up() {
            self.connection
                .set_catching_up(Cause::other("events may have been missed"));
        } else {
            self.connection.set_caught_up();
        }
        self.send_requests(now);
        self.waits_for_queue = !self.queue.is_low();
        // While the queue is long, no requests are sent. The end of a turn calls this again.
        self.sync_due_at = self.sync.due_at(!self.waits_for_queue);
    }
}
