//! The runs of the catch-up in the life of a client: when one begins, what its answers bring, what follows its end.

use std::time::Duration;

use super::requests::Purpose;
use super::{Action, Client};
use crate::client::catchup::{CatchUp, Finding, Progress, Scope};
use crate::client::delivery::{Delivery, Payload};
use crate::client::merge::merge;
use crate::client::rest::{Reply, RequestId};
use crate::client::state::Cause;
use crate::protocol::ids::RoomId;

/// How long at least the stream has to go on after something was learnt silently. An event that was on its way
/// meanwhile has arrived by then; before, it may be lost without the application having heard of it.
const CONFIRMED_AFTER: Duration = Duration::from_millis(250);

/// Why there is a run when messages of rooms are wanted that were not before.
pub(super) const WANTED: &str = "messages of other rooms are wanted";

/// What is being learnt, and how far what was learnt can be trusted.
#[derive(Clone, Debug, Default)]
pub(super) struct Recovery {
    run: Option<CatchUp>,
    began: Duration,
    /// Whether the run compares a silent connection with the REST API, instead of following a gap.
    pub(super) of_silence: bool,
    /// Whether the knowledge is complete enough to tell news from what was there before.
    has_baseline: bool,
    /// Until when a loss of the connection leaves what was learnt silently in doubt.
    young_until: Option<Duration>,
    baseline_is_young: bool,
    /// The rooms that the application was told to load since all was caught up with.
    loaded: Vec<RoomId>,
}

impl Recovery {
    pub(super) const fn is_running(&self) -> bool {
        self.run.is_some()
    }

    pub(super) fn scope(&self) -> Option<Scope> {
        self.run.as_ref().map(CatchUp::scope)
    }

    pub(super) const fn has_baseline(&self) -> bool {
        self.has_baseline
    }

    /// Whether a run is under way that events have to wait for.
    pub(super) fn holds(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.is_silent())
    }

    /// Whether something is being learnt beside the stream, of which the application hears nothing.
    fn is_silent(&self) -> bool {
        self.run.as_ref().is_some_and(CatchUp::is_silent)
    }

    /// When a failed request is to be sent again.
    pub(super) fn retry_at(&self) -> Option<Duration> {
        self.run.as_ref().and_then(CatchUp::retry_at)
    }
}

impl<P: Payload> Client<P> {
    /// Begins a run, in the place of the one that may be under way.
    pub(super) fn begin_run(&mut self, scope: Scope, now: Duration) {
        self.abort(Purpose::CatchUp);
        // What the run before has learnt stays, and is not read again.
        self.merge_notes();
        self.confirm(now);
        if matches!(scope, Scope::Baseline | Scope::Everything) {
            self.knowledge.stop_passing();
        }
        let seed = self.random.up_to(u64::MAX);
        let run = CatchUp::new(self.config.catch_up, scope, &self.knowledge, seed);
        self.recovery.run = Some(run);
        self.recovery.began = now;
        self.recovery.of_silence = false;
    }

    /// Sends what the run may ask for now.
    pub(super) fn send_requests(&mut self, now: Duration) {
        while self.outbox.is_low() {
            let id = self.requests.next_id();
            let Some(request) = self
                .recovery
                .run
                .as_mut()
                .and_then(|run| run.next_request(id, now))
            else {
                break;
            };
            self.fetch(Purpose::CatchUp, request, now);
        }
    }

    pub(super) fn advance_run(&mut self, id: RequestId, reply: Reply<'_>, now: Duration) {
        let silent = self.recovery.is_silent();
        let Some(run) = &mut self.recovery.run else { return };
        let mut findings = Vec::new();
        let progress = run.handle_reply(id, reply, &mut self.knowledge, &mut findings, now);
        for finding in findings {
            match finding {
                Finding::Event(event_type, text) => self.push_made(event_type, text, true),
                Finding::Malformed(error) => self.outbox.push(Delivery::Malformed(error), 0),
                Finding::ResyncRequired(room_id, reason) => {
                    self.recovery.loaded.push(room_id);
                    let room_id = Some(room_id);
                    self.outbox.push(Delivery::ResyncRequired { room_id, reason }, 0);
                }
            }
        }
        match progress {
            Progress::Done => self.finish_run(now),
            Progress::Retrying { status: None, .. } if self.is_server_gone(now) => {
                self.connection.recycle("the server does not answer", now);
            }
            // The stream is open, so the session is good; the REST API is not for this page.
            Progress::Retrying {
                status: Some(401), ..
            } if silent => {
                self.recovery.run = None;
                self.recovery.loaded.clear();
                self.abort(Purpose::CatchUp);
                self.merge_notes();
            }
            // Nothing was missed, and events flow: there is nothing to tell.
            Progress::Going | Progress::Retrying { .. } if silent => {}
            Progress::Going => self.connection.catch_up_goes_on(),
            Progress::Retrying { status, delay } => {
                let reason = match status {
                    Some(200) => "the answer to a catch-up request is malformed".into(),
                    Some(status) => format!("a catch-up request was answered with HTTP status {status}"),
                    None => "a catch-up request was not answered".into(),
                };
                self.connection.catch_up_failed(Cause::other(reason), delay);
                if status == Some(401) {
                    self.connection.verify_session(now);
                }
            }
        }
    }

    /// The application wants the messages of other rooms than before.
    pub(super) fn adapt_run(&mut self, now: Duration) {
        let Some(run) = &mut self.recovery.run else { return };
        for id in run.give_up_unwanted(self.knowledge.wanted()) {
            self.requests.take(id);
            self.actions.push_back(Action::Abort(id));
        }
        if run.is_done() {
            self.finish_run(now);
        }
    }

    /// Whether the server says nothing at all: nothing came on the stream for as long as the watchdog takes for quiet,
    /// and now the REST API has not answered.
    fn is_server_gone(&self, now: Duration) -> bool {
        self.rest_answers && self.watchdog.is_probe_due(now)
    }

    /// Adds what the stream has told meanwhile to what was learnt.
    fn merge_notes(&mut self) {
        for (event_type, event) in std::mem::take(&mut self.notes).events {
            // It was delivered already: only what is known of it counts.
            let _delivered = merge(event_type, &event, &mut self.knowledge);
        }
    }

    fn finish_run(&mut self, now: Duration) {
        let Some(run) = self.recovery.run.take() else {
            return;
        };
        self.merge_notes();
        // That there is no room is learnt, too: the application may have loaded one that was deleted just now.
        let is_silent_baseline = run.scope() == Scope::Baseline && run.is_silent();
        if is_silent_baseline || self.knowledge.is_young() {
            let took = now.saturating_sub(self.recovery.began);
            self.recovery.young_until = Some(now + took.max(CONFIRMED_AFTER));
            self.recovery.baseline_is_young |= is_silent_baseline;
        }
        self.recovery.has_baseline = true;
        if self.config.catch_up.history && self.knowledge.has_unlearnt() {
            // They came to be wanted meanwhile: what was said in them before comes before what is held.
            self.compare(Scope::NewRooms, WANTED, now);
            return;
        }
        for mut deletion in self.held.foresee(&mut self.knowledge, &self.recovery.loaded) {
            if self.is_wanted(&mut deletion) {
                self.push_as_it_came(deletion);
            }
        }
        while !self.recovery.holds()
            && let Some(mut arrival) = self.held.pop()
        {
            if !self.is_wanted(&mut arrival) {
                continue;
            }
            self.note(&arrival, now);
            if let Some(arrival) = self.deliver(arrival, now) {
                self.deliver_unlisted(arrival, now);
            }
        }
        if !self.recovery.is_running() && self.knowledge.has_unlearnt() {
            self.compare(Scope::NewRooms, "there is a new room", now);
        }
        if self.recovery.holds() {
            return;
        }
        self.recovery.loaded.clear();
        self.connection.set_caught_up();
        let of_silence = std::mem::take(&mut self.recovery.of_silence);
        if of_silence && run.found_anything && !self.watchdog.has_heard_since(self.recovery.began) {
            // The REST API knew of changes and the stream has said nothing: it is no longer to be trusted.
            self.connection.recycle("the stream has kept events back", now);
        }
    }

    /// What was learnt silently and long enough ago is certain now.
    fn confirm(&mut self, now: Duration) {
        if self.recovery.young_until.is_some_and(|until| until <= now) {
            self.recovery.young_until = None;
            self.recovery.baseline_is_young = false;
            self.knowledge.settle_young(true);
        }
    }

    /// The connection is gone, and with it whatever was being learnt, and what was held: the application was not told
    /// of that, it is part of the gap.
    pub(super) fn abandon_run(&mut self, now: Duration) {
        if self.recovery.run.take().is_some() {
            self.abort(Purpose::CatchUp);
            self.held.clear();
            self.notes.clear();
            self.recovery.loaded.clear();
        } else {
            self.confirm(now);
        }
        self.recovery.of_silence = false;
        self.recovery.young_until = None;
        if std::mem::take(&mut self.recovery.baseline_is_young) {
            self.recovery.has_baseline = false;
        }
        if self.recovery.has_baseline || self.config.catch_up.history {
            self.knowledge.settle_young(false);
        } else {
            self.knowledge.forget();
        }
    }
}
