//! What answers of the REST API bring.

use crate::client::clock::{Micros, earliest, micros};

use super::batch;
use super::pager::{Found, Goal, Pager, Step};
use super::reconcile::{Differences, Rule, reconcile};
use super::rooms;
use super::scheduler::{HeldEvents, Key, Output, Sync};
use super::unit::Pass;
use super::{MAX_UNCONFIRMED, MIN_PAGE, REPLICATION_LAG};
use crate::client::delivery::{ResyncReason, frame};
use crate::client::mutant::{self, Mutant};
use crate::client::replica::{Coverage, NO_MESSAGE, Replica};
use crate::client::rest::{Reply, RequestId};
use crate::client::state::Freshness;
use crate::protocol::decode::{DecodeError, digest};
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;
use crate::protocol::number::push_number;

/// How long at least the stream has to go on after something was learnt without a word to the application. An event that
/// was on its way meanwhile has arrived by then; before, it may be lost without the application having heard of it.
const YOUNG: Micros = 500_000;

/// What follows from an answer for the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing.
    Going,
    /// The request is sent again after that delay. `status` is `None` if there was no answer.
    Retrying {
        status: Option<u16>,
        failure: String,
        delay: Micros,
    },
    /// The server says that the session is over.
    Unauthorized,
}

/// A failed request.
struct Failure {
    status: Option<u16>,
    what: String,
    retry_after: Option<Micros>,
}

impl Failure {
    fn new(status: Option<u16>, what: impl Into<String>) -> Self {
        let (what, retry_after) = (what.into(), None);
        Self {
            status,
            what,
            retry_after,
        }
    }

    fn malformed(what: &str, error: &DecodeError) -> Self {
        Self::new(Some(200), what.to_owned() + &error.message())
    }
}

/// What is needed to take an answer.
pub(crate) struct Answered<'a> {
    pub(crate) replica: &'a mut Replica,
    pub(crate) held: &'a mut dyn HeldEvents,
    pub(crate) out: &'a mut Vec<Output>,
    pub(crate) now: Micros,
}

impl Answered<'_> {
    fn tell_errors(&mut self, errors: &[DecodeError]) {
        for error in errors {
            self.out.push(Output::Malformed(error.clone()));
        }
    }
}

impl Sync {
    /// A request was answered, or failed. `None` if it is none of the units'.
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

    /// A server may refuse a limit, or answer with more than is read: the next request asks for fewer messages.
    fn asks_for_less(&mut self, key: Key, failure: &Failure, is_too_large: bool) -> bool {
        let Some(unit) = key.and_then(|room_id| self.units.get_mut(room_id)) else {
            return false;
        };
        let pager = unit.pass.as_ref().and_then(|pass| pass.pager.as_ref());
        let is_first_page = pager.is_some_and(|pager| pager.cursor.is_none());
        let is_refused = matches!(failure.status, Some(400 | 413 | 422)) && is_first_page;
        if !(is_too_large || is_refused) {
            return false;
        }
        let less = (unit.asked / 2).max(MIN_PAGE);
        if unit.asked <= MIN_PAGE {
            // The limit is not to blame.
            unit.limit = None;
            self.limit = self.config.page;
            return false;
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
                // Not this unit alone, but the client as a whole asks too often.
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
        let list = digest::rooms(body)
            .map_err(|error| Failure::malformed("the answer is no list of rooms: ", &error))?;
        let Some(pass) = self.list.pass.take() else {
            return Ok(());
        };
        if pass.is_thorough {
            at.tell_errors(&list.errors);
        }
        let silent = !self.is_list_known && !self.config.history;
        let held = at.held.rooms();
        let found = rooms::reconcile(at.replica, &list, body, silent, &held, pass.began, at.now, at.out);
        for room_id in found.gone {
            at.held.forget_room(room_id);
        }
        let was_fresh = self.list.freshness;
        self.list.succeed(at.now);
        if was_fresh != Freshness::Live {
            at.out.push(Output::Freshness(None, Freshness::Live, None));
        }
        if silent {
            let young_until = at.now + (at.now - pass.began).max(YOUNG);
            self.list.young_until = Some(young_until);
            at.replica.passes_until = Some(young_until);
        }
        let is_first = !self.is_list_known || was_fresh != Freshness::Live;
        self.is_list_known = true;
        let settled_at = self.opened_at.unwrap_or_default() + REPLICATION_LAG;
        if let Some(look_at) = found.look_at {
            self.list.look(look_at, false);
        }
        if pass.began < settled_at {
            self.list.look(settled_at, false);
        }
        if is_first || pass.is_thorough {
            self.choose_active(at.replica);
        }
        for (room_id, unit) in self.units.iter_mut() {
            unit.is_suspended = at
                .replica
                .room(room_id)
                .is_some_and(|room| room.missing_since.is_some());
        }
        self.look_for_news(&list, pass.began >= settled_at, at);
        self.rooms_changed(at.replica, at.now);
        Ok(())
    }

    /// Finds the rooms whose newest message is not known.
    fn look_for_news(
        &mut self,
        list: &digest::List<digest::RoomDigest>,
        is_settled: bool,
        at: &mut Answered<'_>,
    ) {
        for item in &list.items {
            let (room_id, last) = (item.digest.room_id, item.digest.last_message_id);
            let coverage = self.coverage(room_id);
            let Some(room) = at.replica.rooms.get_mut(room_id) else {
                continue;
            };
            if let Some(unit) = self.units.get_mut(room_id) {
                let is_unknown = last > room.newest;
                unit.has_news |= is_unknown;
                if is_unknown && unit.freshness == Freshness::Live {
                    unit.look(at.now, false);
                }
            } else if coverage == Some(Coverage::Passed) && room.is_behind {
                match room.main.mark {
                    Some(mark) if last > mark => {
                        room.newest = room.newest.max(last);
                        self.read_news(room_id, at.now);
                    }
                    Some(_) => room.is_behind = !is_settled,
                    None => {
                        room.main.mark = Some(last);
                        room.is_behind = !is_settled;
                    }
                }
            } else if room.main.mark.is_none() {
                room.main.mark = Some(last);
            }
        }
    }

    fn take_page(&mut self, room_id: RoomId, body: &str, at: &mut Answered<'_>) -> Result<(), Failure> {
        let list = digest::messages(body)
            .map_err(|error| Failure::malformed("the answer is no list of messages: ", &error))?;
        let Some(unit) = self.units.get_mut(room_id) else {
            return Ok(());
        };
        let limit = unit.asked;
        let Some(pass) = &mut unit.pass else { return Ok(()) };
        if pass.is_thorough {
            at.tell_errors(&list.errors);
        }
        let Some(mut pager) = pass.pager.take().or_else(|| pass.next_thread()) else {
            return Ok(());
        };
        let timeline = at.replica.room_mut(room_id).timeline_mut(pager.parent);
        let step = pager.take(room_id, &list, body, limit, timeline);
        match step {
            Step::More => {
                if pager.parent == NO_MESSAGE {
                    pass.pager = Some(pager);
                } else {
                    pass.threads.insert(0, pager);
                }
                unit.go_on();
            }
            Step::TooMuch => self.fall_behind(room_id, pager, at),
            Step::Done => {
                unit.go_on();
                if pager.parent == NO_MESSAGE {
                    self.compare_messages(room_id, pager, at);
                } else {
                    self.compare_thread(room_id, pager, at);
                }
                self.finish_if_over(room_id, at);
            }
        }
        Ok(())
    }

    /// Tells what was found and has the held events that are older dropped.
    fn tell(&mut self, room_id: RoomId, differences: &Differences, at: &mut Answered<'_>) {
        at.held.drop_outdated(room_id, &differences.outdated);
        for (parent, gone) in &differences.gone {
            let text = frame::message_deleted(room_id, *parent, *gone);
            at.out.push(Output::Event(EventType::TextMessageDeleted, text));
        }
        for (event_type, messages) in [
            (EventType::TextMessagesUpdated, &differences.updated),
            (EventType::TextMessagesCreated, &differences.created),
        ] {
            for text in batch::frames(event_type, messages) {
                at.out.push(Output::Event(event_type, text));
            }
        }
        if let Some(pass) = self.units.get_mut(room_id).and_then(|unit| unit.pass.as_mut()) {
            pass.look_at = earliest(pass.look_at, differences.look_at);
        }
    }

    /// All messages of a room that are needed were read.
    fn compare_messages(&mut self, room_id: RoomId, pager: Pager, at: &mut Answered<'_>) {
        let history = self.config.history;
        let Some(unit) = self.units.get(room_id) else {
            return;
        };
        let Some(pass) = &unit.pass else { return };
        let is_watched = unit.is_watched;
        let had_baseline = at.replica.room(room_id).is_some_and(|room| room.has_baseline);
        let rule = Rule {
            room_id,
            news_from: pass.news_from,
            finds_absence: is_watched && had_baseline,
            learns: pass.learns,
            now: at.now,
        };
        let (is_thorough, learns) = (pass.is_thorough, pass.learns);
        let began = pass.began;
        let mentions = at.held.mentions(room_id);
        let differences = reconcile(at.replica, &pager, &mentions, rule);
        self.tell(room_id, &differences, at);
        let room = at.replica.room_mut(room_id);
        if is_watched && !had_baseline {
            room.has_baseline = true;
            room.main.floor = pager.cursor.filter(|_| !pager.is_exhausted).unwrap_or_default();
            room.comment_floor = if history {
                NO_MESSAGE
            } else {
                room.newest.max(room.last_message)
            };
            if !history {
                let young_until = at.now + (at.now - began).max(YOUNG);
                room.passes_until = Some(young_until);
                if let Some(unit) = self.units.get_mut(room_id) {
                    unit.young_until = Some(young_until);
                }
            }
            room.main.unreadable = pager.unreadable;
        } else if is_watched
            && pager.is_exhausted
            && pager.unreadable == 0
            && pager.found.first().map(|found| found.digest.message_id) == Some(room.main.floor)
        {
            // The list begins with what is known: nothing is below it. One that ends above may only look as if it did, as
            // an unknown cursor may be answered with an empty page.
            room.main.floor = NO_MESSAGE;
        }
        if learns && let Some(oldest) = room.main.oldest() {
            room.main.floor = room.main.floor.min(oldest);
        }
        let newest = pager.found.last().map(|found| found.digest.message_id);
        room.main.mark = room
            .main
            .mark
            .max(newest)
            .max(room.main.newest())
            .or(Some(NO_MESSAGE));
        let coverage = if is_watched {
            Coverage::Watched
        } else {
            Coverage::Passed
        };
        at.replica.trim(room_id, coverage);
        if is_watched && (had_baseline || history) {
            let mut threads = self.threads_of(room_id, &pager, is_thorough, at.replica);
            if had_baseline {
                // What is newer than all that was there before is news, and must not be missed for its number.
                let floor = at.replica.room(room_id).map(|room| room.comment_floor);
                for thread in &mut threads {
                    thread.goal.mark = thread.goal.mark.or(floor);
                }
            }
            if let Some(pass) = self.units.get_mut(room_id).and_then(|unit| unit.pass.as_mut()) {
                pass.threads.extend(threads);
            }
        }
    }

    /// The threads of a room that may have changed.
    fn threads_of(&self, room_id: RoomId, pager: &Pager, is_thorough: bool, replica: &Replica) -> Vec<Pager> {
        let Some(room) = replica.room(room_id) else {
            return Vec::new();
        };
        let due = pager.found.iter().filter_map(|found| {
            let (id, count) = (found.digest.message_id, found.digest.comment_count.get());
            let entry = room.main.get(id)?;
            let thread = room.threads.get(id);
            let known = thread.map_or(0, |thread| thread.len() as u64);
            let is_doubtful = thread.is_some_and(|thread| thread.is_doubtful);
            let is_due = entry.unlisted + known != count || (known > 0 && is_thorough) || is_doubtful;
            is_due.then(|| {
                let mark = thread.and_then(|thread| thread.mark);
                let goal = Goal {
                    mark,
                    oldest_known: thread.and_then(|thread| thread.oldest()),
                    fills_window: false,
                    is_modest: false,
                    expected: Some(count).filter(|_| mark.is_none()),
                    window: if mark.is_none() {
                        self.config.max_messages
                    } else {
                        self.config.window
                    },
                    max_messages: self.config.max_messages,
                };
                Pager::new(id, goal)
            })
        });
        due.collect()
    }

    /// All comments on a message that are needed were read.
    fn compare_thread(&mut self, room_id: RoomId, pager: Pager, at: &mut Answered<'_>) {
        let parent = pager.parent;
        let Some(room) = at.replica.room(room_id) else {
            return;
        };
        let Some(entry) = room.main.get(parent) else {
            return;
        };
        let thread = room.timeline(parent);
        let (unlisted, floor) = (entry.unlisted, room.comment_floor);
        let known_from = thread
            .filter(|thread| thread.mark.is_some())
            .map(|thread| thread.floor);
        let news_from = known_from.unwrap_or(if unlisted == 0 { NO_MESSAGE } else { floor.next() });
        let rule = Rule {
            room_id,
            news_from: Some(news_from),
            finds_absence: true,
            learns: known_from.is_none(),
            now: at.now,
        };
        let mentions = at.held.mentions(room_id);
        let differences = reconcile(at.replica, &pager, &mentions, rule);
        let old = pager
            .found
            .iter()
            .filter(|found| found.digest.message_id <= floor)
            .count() as u64;
        let is_unclear = !self.config.history && known_from.is_none() && old < unlisted;
        if is_unclear && !differences.created.is_empty() {
            // Which of the comments were there before cannot be told from what is known.
            at.out
                .push(Output::Resync(Some(room_id), ResyncReason::NothingKnown));
        }
        self.tell(room_id, &differences, at);
        let room = at.replica.room_mut(room_id);
        let thread = room.timeline_mut(parent);
        let newest = pager.found.last().map(|found| found.digest.message_id);
        thread.mark = thread.mark.max(newest).max(thread.newest()).or(Some(NO_MESSAGE));
        if known_from.is_none() {
            let read_from = pager.cursor.filter(|_| !pager.is_exhausted).unwrap_or_default();
            thread.floor = thread.oldest().map_or(read_from, |oldest| oldest.min(read_from));
        }
        let known = thread.len() as u64;
        if known_from.is_none()
            && let Some(entry) = room.main.get_mut(parent)
        {
            // What a list that was read to its end does not have, it may have, or be able to show, only later.
            let is_whole = pager.is_exhausted || pager.is_complete() || pager.unreadable > 0;
            let rest = pager.goal.expected.unwrap_or_default().saturating_sub(known);
            entry.unlisted = if is_whole { 0 } else { rest };
        }
        at.replica.trim(room_id, Coverage::Watched);
    }

    /// There is more news in a room than is caught up with: the application has to load it.
    fn fall_behind(&mut self, room_id: RoomId, mut pager: Pager, at: &mut Answered<'_>) {
        at.out
            .push(Output::Resync(Some(room_id), ResyncReason::TooFarBehind));
        let is_watched = self.units.get(room_id).is_some_and(|unit| unit.is_watched);
        if pager.parent != NO_MESSAGE {
            // The thread is read anew from what there is now.
            let newest = pager.found.last().map(|found| found.digest.message_id);
            let thread = at.replica.room_mut(room_id).timeline_mut(pager.parent);
            let known = thread.len() as u64;
            thread.clear();
            thread.mark = newest;
            thread.floor = newest.unwrap_or_default().next();
            if let Some(entry) = at.replica.room_mut(room_id).main.get_mut(pager.parent) {
                entry.unlisted = pager.goal.expected.unwrap_or(entry.unlisted + known);
            }
            return self.finish_if_over(room_id, at);
        }
        let surplus = pager.found.len().saturating_sub(self.config.window);
        pager.found.drain(..surplus);
        let oldest = pager.found.first().map(|found| found.digest.message_id);
        let newest = pager.found.last().map(|found| found.digest.message_id);
        at.replica.room_mut(room_id).threads.clear();
        let rule = Rule {
            room_id,
            news_from: None,
            finds_absence: false,
            learns: is_watched,
            now: at.now,
        };
        let mentions = at.held.mentions(room_id);
        let _nothing_is_told = reconcile(at.replica, &pager, &mentions, rule);
        let room = at.replica.room_mut(room_id);
        for Found { digest, .. } in &pager.found {
            if let Some(entry) = room.main.get_mut(digest.message_id) {
                entry.unlisted = digest.comment_count.get();
            }
        }
        room.has_baseline = is_watched;
        room.main.floor = oldest.unwrap_or_default();
        room.main.mark = newest;
        room.comment_floor = room.newest.max(room.last_message);
        self.finish(room_id, at);
    }

    /// A list of a room was read: perhaps the last of them.
    fn finish_if_over(&mut self, room_id: RoomId, at: &mut Answered<'_>) {
        let pass = self.units.get(room_id).and_then(|unit| unit.pass.as_ref());
        if pass.is_some_and(|pass| pass.threads.is_empty()) {
            self.finish(room_id, at);
        }
    }

    /// A room has been compared, threads and all.
    fn finish(&mut self, room_id: RoomId, at: &mut Answered<'_>) {
        let opened_at = self.opened_at.unwrap_or_default();
        let settled_at = opened_at + REPLICATION_LAG;
        let Some(unit) = self.units.get_mut(room_id) else {
            return;
        };
        let Some(Pass { began, look_at, .. }) = unit.pass.take() else {
            return;
        };
        let was_fresh = unit.freshness;
        unit.succeed(at.now);
        let is_settled = began >= settled_at;
        if let Some(look_at) = look_at {
            unit.look(look_at, false);
        }
        if unit.is_watched {
            if was_fresh != Freshness::Live {
                at.out
                    .push(Output::Freshness(Some(room_id), Freshness::Live, None));
            }
            at.replica.room_mut(room_id).is_behind = false;
        } else {
            at.replica.room_mut(room_id).is_behind = !is_settled;
            if was_fresh == Freshness::Stale {
                at.out
                    .push(Output::Freshness(Some(room_id), Freshness::Live, None));
            }
            self.remove_unit(room_id);
        }
    }
}
