//! Applies responses of the REST API.

use super::rooms;
use super::scheduler::{HeldEvents, Key, Output, Sync};
use super::{MAX_UNCONFIRMED, MIN_PAGE};
use crate::client::clock::{Micros, micros};
use crate::client::mutant::{self, Mutant};
use crate::client::replica::{Coverage, NO_MESSAGE, Replica};
use crate::client::rest::{Reply, RequestId};
use crate::client::state::Freshness;
use crate::protocol::decode::{DecodeError, digest};
use crate::protocol::number::push_number;

/// How long the stream has to go on after a baseline was loaded without telling the application. Events that were
/// sent meanwhile have arrived by then. If the connection is lost before, they may be missing.
pub(super) const YOUNG: Micros = 500_000;

/// What a response means for the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing to do.
    Going,
    /// The request is retried after that delay. `status` is `None` if there was no response.
    Retrying {
        status: Option<u16>,
        failure: String,
        delay: Micros,
    },
    /// The server says that the session is over.
    Unauthorized,
}

/// A failed request.
pub(super) struct Failure {
    status: Option<u16>,
    what: String,
    retry_after: Option<Micros>,
}

impl Failure {
    pub(super) fn new(status: Option<u16>, what: impl Into<String>) -> Self {
        let (what, retry_after) = (what.into(), None);
        Self {
            status,
            what,
            retry_after,
        }
    }

    pub(super) fn malformed(what: &str, error: &DecodeError) -> Self {
        Self::new(Some(200), what.to_owned() + &error.message())
    }
}

/// The context for a response.
pub(crate) struct Answered<'a> {
    pub(crate) replica: &'a mut Replica,
    pub(crate) held: &'a mut dyn HeldEvents,
    pub(crate) out: &'a mut Vec<Output>,
    pub(crate) now: Micros,
}

impl Answered<'_> {
    pub(super) fn tell_errors(&mut self, errors: &[DecodeError]) {
        for error in errors {
            self.out.push(Output::Malformed(error.clone()));
        }
    }
}

impl Sync {
    /// Handles the response to a request, or its failure. Returns `None` if no unit sent the request.
    pub(crate) fn handle_reply(
        &mut self,
        id: RequestId,
        reply: Reply<'_>,
        mut at: Answered<'_>,
    ) -> Option<Progress> {
        let key = self.take_request(id)?;
        self.is_changed = true;
        let result = match reply {
            Reply::Answer {
                status: 200, body, ..
            } => match key {
                None => self.take_rooms(body, &mut at),
                Some(room_id) => self.take_page(room_id, body, &mut at),
            },
            Reply::Answer { status: 401, .. } => {
                self.fail(
                    key,
                    Failure::new(Some(401), "the server does not accept the session"),
                    &at,
                );
                return Some(Progress::Unauthorized);
            }
            Reply::Answer {
                status, retry_after, ..
            } => {
                let mut what = String::from("the server answered with HTTP status ");
                push_number(&mut what, status.into());
                Err(Failure {
                    status: Some(status),
                    what,
                    retry_after: retry_after.map(micros),
                })
            }
            Reply::TooLarge => Err(Failure::new(Some(200), "the answer is too large")),
            Reply::Failed => Err(Failure::new(None, "the server did not answer")),
        };
        Some(match result {
            Ok(()) => Progress::Going,
            Err(failure) if self.asks_for_less(key, &failure, matches!(reply, Reply::TooLarge)) => {
                Progress::Going
            }
            Err(failure) => self.fail(key, failure, &at),
        })
    }

    /// Reduces the page size if the server refused the limit or the response was too large. Returns whether it did.
    fn asks_for_less(&mut self, key: Key, failure: &Failure, is_too_large: bool) -> bool {
        let Some(unit) = key.and_then(|room_id| self.units.get_mut(room_id)) else {
            return false;
        };
        let mut pager = unit.pass.as_mut().and_then(|pass| pass.pager.as_mut());
        let is_first_page = pager.as_ref().is_some_and(|pager| pager.cursor.is_none());
        let is_refused = matches!(failure.status, Some(400 | 413 | 422)) && is_first_page;
        if !(is_too_large || is_refused) {
            return false;
        }
        let less = (unit.asked / 2).max(MIN_PAGE);
        if unit.asked <= MIN_PAGE {
            // The limit did not cause the failure.
            unit.limit = None;
            self.limit = self.config.page;
            return false;
        }
        if let Some(pager) = pager.as_mut().filter(|_| is_first_page) {
            // The page that succeeds will be requested later.
            pager.since = None;
        }
        if is_refused {
            self.limit = self.limit.min(less);
        } else {
            unit.limit = Some(less);
        }
        true
    }

    fn fail(&mut self, key: Key, failure: Failure, at: &Answered<'_>) -> Progress {
        let Failure {
            status,
            what,
            retry_after,
        } = failure;
        let now = at.now;
        let retry_after = retry_after.filter(|_| !mutant::is(Mutant::IgnoresRetryAfter));
        if status == Some(429)
            && let Some(wait) = retry_after
        {
            let until = now + wait.min(super::MAX_RETRY_AFTER);
            match self.throttled {
                // Several units were throttled, so the client as a whole sends too many requests.
                Some((other, others)) if other != key && others > now => {
                    self.paused_until = Some(until.max(others))
                }
                _ => self.throttled = Some((key, until)),
            }
        }
        let Some(unit) = self.unit_mut(key) else {
            return Progress::Going;
        };
        let is_live = unit.freshness == Freshness::Live;
        if is_live {
            unit.is_thorough |= unit.pass.as_ref().is_some_and(|pass| pass.is_thorough);
            unit.look_at = Some(now);
            unit.hold_until.get_or_insert(now + MAX_UNCONFIRMED);
        }
        let delay = unit.fail(what.clone(), retry_after, now);
        if let (Some(room_id), Some(not_before)) = (key, unit.not_before) {
            self.waits.retain(|(_, until)| *until > now);
            self.waits.push((room_id, not_before));
        }
        if is_live {
            return Progress::Going;
        }
        Progress::Retrying {
            status,
            failure: what,
            delay,
        }
    }

    fn take_rooms(&mut self, body: &str, at: &mut Answered<'_>) -> Result<(), Failure> {
        let list =
            digest::rooms(body).map_err(|error| Failure::malformed("invalid list of rooms: ", &error))?;
        let Some(pass) = self.list.pass.take() else {
            return Ok(());
        };
        if pass.is_thorough {
            at.tell_errors(&list.errors);
        }
        let silent = !self.is_list_known && !self.config.history;
        let look_at = rooms::reconcile(
            at.replica, &list, body, silent, at.held, pass.began, at.now, at.out,
        );
        let was_fresh = self.list.freshness;
        self.list.succeed(at.now);
        if was_fresh != Freshness::Live {
            at.out.push(Output::Freshness(None, Freshness::Live, None));
        }
        if silent {
            let young_until = at.now + (at.now - pass.began).max(YOUNG);
            self.list.young_until = Some(young_until);
            at.replica.passes_until = Some(young_until);
            // The application loads the list now, and may get other versions than those from the stream.
            at.replica
                .rooms
                .values_mut()
                .for_each(|room| room.is_silent = true);
        }
        let is_first = !self.is_list_known || was_fresh != Freshness::Live;
        self.is_list_known = true;
        let settled_at = self.settled_at();
        if let Some(look_at) = look_at {
            self.list.look(look_at, false);
        }
        if pass.began < settled_at {
            self.list.look(settled_at, false);
        }
        for (room_id, unit) in self.units.iter_mut() {
            unit.is_suspended = at
                .replica
                .room(room_id)
                .is_some_and(|room| room.missing_since.is_some());
        }
        self.look_for_news(&list, pass.began >= settled_at, at);
        if is_first || pass.is_thorough {
            self.choose_active(at.replica, None);
        }
        self.rooms_changed(at.replica, at.now);
        Ok(())
    }

    /// Finds the rooms whose newest message is unknown.
    fn look_for_news(
        &mut self,
        list: &digest::List<digest::RoomDigest>,
        is_settled: bool,
        at: &mut Answered<'_>,
    ) {
        let settled_at = self.settled_at();
        for item in &list.items {
            let (room_id, last) = (item.digest.room_id, item.digest.last_message_id);
            let coverage = self.coverage(room_id);
            let Some(room) = at.replica.rooms.get_mut(room_id) else {
                continue;
            };
            // In a list that was read after a gap, everything up to its mark is known.
            let place = room.parent_of(last).unwrap_or(NO_MESSAGE);
            let mark = room.timeline(place).and_then(|timeline| timeline.mark);
            let is_behind = room.is_behind && (Some(last) > mark || !room.lost.is_empty());
            if let Some(unit) = self.units.get_mut(room_id) {
                let has_news = is_behind || last > room.newest;
                unit.has_news |= has_news;
                let is_live = unit.freshness == Freshness::Live;
                // The reading in progress may have started too early.
                let is_early = unit.pass.as_ref().is_some_and(|pass| pass.began < settled_at);
                if has_news && (is_live || is_settled && is_early) {
                    unit.look(at.now, false);
                } else if is_live && is_settled {
                    room.settle();
                }
            } else if coverage == Some(Coverage::Passed) && room.is_behind && room.main.mark.is_some() {
                if is_behind {
                    room.newest = room.newest.max(last);
                    self.read_news(room_id, at.now);
                } else if is_settled {
                    room.settle();
                }
            } else if room.main.mark.is_none() {
                room.main.mark = Some(last);
                room.is_behind &= !is_settled;
            }
        }
    }
}
