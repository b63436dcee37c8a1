//! Applies pages of messages: compares them once enough were read.

use super::batch;
use super::pager::{Found, Goal, Pager, Step};
use super::reconcile::{Differences, Rule, reconcile};
use super::replies::{Answered, Failure, YOUNG};
use super::scheduler::{Output, Sync};
use super::{Mention, RETRY, Said};
use crate::client::clock::earliest;
use crate::client::delivery::{ResyncReason, frame};
use crate::client::replica::{Coverage, NO_MESSAGE, Passing, Replica, Subject};
use crate::client::state::Freshness;
use crate::protocol::decode::digest;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

impl Sync {
    pub(super) fn take_page(
        &mut self,
        room_id: RoomId,
        body: &str,
        at: &mut Answered<'_>,
    ) -> Result<(), Failure> {
        let list = digest::messages(body)
            .map_err(|error| Failure::malformed("invalid list of messages: ", &error))?;
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
        if pager.goal.expected.is_some() {
            // Comments that the stream brought may be newer than their number.
            let mentions = at.held.mentions(room_id);
            let is_new = |mention: &&Mention| {
                mention.parent == pager.parent && matches!(mention.said, Said::Created(_))
            };
            let live = timeline.iter();
            let live = live.filter(|(_, entry)| entry.told_at >= Some(pass.began));
            pager.newer = mentions.iter().filter(is_new).count() + live.count();
        }
        let step = pager.take(room_id, &list, body, limit, &mut self.cap, timeline);
        match step {
            Step::More => {
                if pager.parent == NO_MESSAGE {
                    pass.pager = Some(pager);
                } else {
                    pass.threads.insert(0, pager);
                }
                unit.go_on();
            }
            Step::Broken if !std::mem::replace(&mut unit.is_broken, true) => {
                // A page with only unreadable entries may have been too small.
                unit.limit = None;
                self.limit = self.config.page;
                unit.start_over(at.now + RETRY);
            }
            Step::TooMuch => self.fall_behind(room_id, pager, at),
            Step::Done | Step::Broken => {
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

    /// Delivers the differences and drops the held events that are older.
    pub(super) fn tell(&mut self, room_id: RoomId, differences: &Differences, at: &mut Answered<'_>) {
        for (id, fingerprint) in at.held.drop_outdated(room_id, &differences.outdated) {
            // The stream brought this version and may repeat it.
            at.replica
                .recent
                .note_version(Subject::Message(id.get()), fingerprint);
        }
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

    /// Compares the messages of a room, once all pages were read.
    pub(super) fn compare_messages(&mut self, room_id: RoomId, pager: Pager, at: &mut Answered<'_>) {
        let history = self.config.history;
        let Some(unit) = self.units.get(room_id) else {
            return;
        };
        let Some(pass) = &unit.pass else { return };
        let is_watched = unit.is_watched;
        let is_holding = unit.freshness == Freshness::CatchingUp;
        let room = at.replica.room_mut(room_id);
        let had_baseline = room.has_baseline;
        let lists = room.threads.values().chain([&room.main]);
        let has_forgotten = lists.map(|list| list.floor).max() > Some(NO_MESSAGE);
        let rule = Rule {
            room_id,
            // Delivered messages may have been trimmed meanwhile.
            news_from: pass.news_from.max(had_baseline.then_some(room.main.floor)),
            finds_absence: is_watched && had_baseline,
            learns: pass.learns,
            now: at.now,
        };
        let (is_thorough, began) = (pass.is_thorough, pass.began);
        let differences = reconcile(at.replica, &pager, at.held, rule);
        self.tell(room_id, &differences, at);
        let room = at.replica.room_mut(room_id);
        // Deletions that are held still have to pass.
        if had_baseline && history && !is_holding {
            room.passing = Passing::Nothing;
        }
        if is_watched && !had_baseline {
            room.has_baseline = true;
            room.main.floor = pager.cursor.filter(|_| !pager.is_exhausted).unwrap_or_default();
            if history {
                // The page may lag the room's `lastMessage`, so messages below it may be missing.
                room.main.mark = None;
                // All comments are delivered, regardless of what passed before.
                room.comment_floor = NO_MESSAGE;
                for thread in room.threads.values_mut() {
                    thread.floor = NO_MESSAGE;
                }
                if has_forgotten {
                    // A held deletion may be of a message that was delivered before and is forgotten.
                    room.passing = Passing::Deletions;
                }
            } else {
                room.comment_floor = room.newest.max(room.last_message);
                let young_until = at.now + (at.now - began).max(YOUNG);
                room.passing = Passing::Until(young_until);
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
            // The list begins with the known messages, so there is nothing below. A list that ends above proves
            // nothing, as the response to an unknown cursor may be empty.
            room.main.floor = NO_MESSAGE;
        }
        let newest = pager.found.last().map(|found| found.digest.message_id);
        room.main.mark = room.main.mark.max(newest).or(Some(NO_MESSAGE));
        let coverage = if is_watched {
            Coverage::Watched
        } else {
            Coverage::Passed
        };
        at.replica.trim(room_id, coverage);
        if is_watched && (had_baseline || history) {
            let mut threads = self.threads_of(room_id, &pager, is_thorough, at.replica);
            // Comments above the baseline are news. The window must not cut them off.
            let floor = at.replica.room(room_id).map(|room| room.comment_floor);
            for thread in &mut threads {
                thread.goal.mark = thread.goal.mark.or(floor);
            }
            if let Some(pass) = self.units.get_mut(room_id).and_then(|unit| unit.pass.as_mut()) {
                pass.threads.extend(threads);
            }
        }
    }

    /// The threads of a room that may have changed.
    pub(super) fn threads_of(
        &self,
        room_id: RoomId,
        pager: &Pager,
        is_thorough: bool,
        replica: &Replica,
    ) -> Vec<Pager> {
        let Some(room) = replica.room(room_id) else {
            return Vec::new();
        };
        let due = pager.found.iter().filter_map(|found| {
            let (id, count) = (found.digest.message_id, found.digest.comment_count.get());
            let entry = room.main.get(id)?;
            let thread = room.threads.get(id);
            let known = thread.map_or(0, |thread| thread.len() as u64);
            let is_doubtful = thread.is_some_and(|thread| thread.is_doubtful);
            // One comment may have been deleted and another one created.
            let may_differ = entry.unlisted > 0 && !entry.is_silent && !found.json.is_empty();
            let is_due =
                entry.unlisted + known != count || (known > 0 && is_thorough) || is_doubtful || may_differ;
            is_due.then(|| {
                let mark = thread.and_then(|thread| thread.mark);
                // If known comments are missing, read back to those that an earlier reading did not find.
                let listed = count.saturating_sub(entry.unlisted);
                let expected = match mark {
                    None => Some(count),
                    Some(_) => Some(listed).filter(|listed| *listed > known),
                };
                let goal = Goal {
                    mark,
                    oldest_known: thread.and_then(|thread| thread.oldest()),
                    fills_window: false,
                    is_modest: false,
                    expected,
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

    /// Compares the comments on a message, once all pages were read.
    pub(super) fn compare_thread(&mut self, room_id: RoomId, pager: Pager, at: &mut Answered<'_>) {
        let parent = pager.parent;
        let Some(room) = at.replica.room(room_id) else {
            return;
        };
        let Some(entry) = room.main.get(parent) else {
            return;
        };
        let thread = room.timeline(parent);
        let thread_floor = thread.map_or(NO_MESSAGE, |thread| thread.floor);
        let (unlisted, floor) = (entry.unlisted, room.comment_floor.max(thread_floor.previous()));
        let known_from = thread
            .filter(|thread| thread.mark.is_some())
            .map(|thread| thread.floor);
        let news_from = known_from.unwrap_or(if unlisted == 0 { thread_floor } else { floor.next() });
        let rule = Rule {
            room_id,
            news_from: Some(news_from),
            finds_absence: true,
            learns: known_from.is_none(),
            now: at.now,
        };
        let differences = reconcile(at.replica, &pager, at.held, rule);
        let old = pager
            .found
            .iter()
            .filter(|found| found.digest.message_id <= floor)
            .count() as u64;
        let is_unclear = !self.config.history && known_from.is_none() && old < unlisted;
        if is_unclear && !differences.created.is_empty() {
            // It is unknown which of these comments existed before.
            at.out
                .push(Output::Resync(Some(room_id), ResyncReason::NothingKnown));
        }
        self.tell(room_id, &differences, at);
        let room = at.replica.room_mut(room_id);
        let thread = room.timeline_mut(parent);
        let newest = pager.found.last().map(|found| found.digest.message_id);
        thread.mark = thread.mark.max(newest).max(thread.newest()).or(Some(NO_MESSAGE));
        if known_from.is_none() {
            let rest = pager.goal.expected.unwrap_or_default();
            let rest = rest.saturating_sub(thread.len() as u64);
            // The comments that the response lacks may include some that passed before the thread was read.
            let has_passed = rest > 0 && thread_floor > NO_MESSAGE;
            // A list that was read to its end may lack comments that become visible later.
            let is_whole = pager.is_exhausted || pager.is_complete() || pager.unreadable > 0;
            let is_whole = is_whole && !has_passed;
            if is_whole {
                thread.floor = NO_MESSAGE;
            } else if !has_passed {
                let read_from = pager.cursor.unwrap_or_default();
                thread.floor = thread.oldest().map_or(read_from, |oldest| oldest.min(read_from));
            }
            if let Some(entry) = room.main.get_mut(parent) {
                entry.unlisted = match (is_whole, has_passed) {
                    (true, _) => 0,
                    // Comments that came after the message was loaded are missing.
                    (false, true) => rest.min(unlisted),
                    (false, false) => rest,
                };
            }
        }
        at.replica.trim(room_id, Coverage::Watched);
    }

    /// Gives up on the news of a room, as there is more than the limit: the application has to load it.
    pub(super) fn fall_behind(&mut self, room_id: RoomId, mut pager: Pager, at: &mut Answered<'_>) {
        at.out
            .push(Output::Resync(Some(room_id), ResyncReason::TooFarBehind));
        let is_watched = self.units.get(room_id).is_some_and(|unit| unit.is_watched);
        // With history, a room that comes to be watched is delivered, unless the application has loaded it.
        let is_kept = is_watched || self.config.history;
        // The application may load newer messages than this response has, until another one has been compared. It
        // merges by id, so an update of one that no response had is delivered as its creation.
        at.replica.room_mut(room_id).passing = Passing::Deletions;
        if pager.parent != NO_MESSAGE {
            // Start the thread over from the newest comment.
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
        at.replica.room_mut(room_id).forget_threads();
        let rule = Rule {
            room_id,
            news_from: None,
            finds_absence: false,
            learns: true,
            now: at.now,
        };
        let _nothing_is_told = reconcile(at.replica, &pager, at.held, rule);
        let room = at.replica.room_mut(room_id);
        for Found { digest, .. } in &pager.found {
            if let Some(entry) = room.main.get_mut(digest.message_id) {
                entry.unlisted = digest.comment_count.get();
            }
        }
        room.lost.clear();
        room.has_baseline = is_kept;
        room.main.floor = if is_kept {
            oldest.unwrap_or_default()
        } else {
            newest.unwrap_or_default().next()
        };
        room.main.mark = newest;
        room.comment_floor = room.newest.max(room.last_message);
        self.finish(room_id, at);
    }

    /// Finishes a room once all of its threads have been read.
    pub(super) fn finish_if_over(&mut self, room_id: RoomId, at: &mut Answered<'_>) {
        let pass = self.units.get(room_id).and_then(|unit| unit.pass.as_ref());
        if pass.is_some_and(|pass| pass.threads.is_empty()) {
            self.finish(room_id, at);
        }
    }

    /// Finishes a room that has been compared with all threads.
    pub(super) fn finish(&mut self, room_id: RoomId, at: &mut Answered<'_>) {
        let settled_at = self.settled_at();
        let Some(unit) = self.units.get_mut(room_id) else {
            return;
        };
        let Some(pass) = unit.pass.take() else {
            return;
        };
        let was_fresh = unit.freshness;
        let is_first = unit.is_watched && unit.synced_at.is_none() && was_fresh != Freshness::Live;
        unit.succeed(at.now);
        if let Some(look_at) = pass.look_at {
            unit.look(look_at, false);
        }
        let room = at.replica.room_mut(room_id);
        room.is_behind = true;
        if pass.began >= settled_at {
            room.settle();
        }
        if is_first && !self.config.history {
            room.expect_other_versions();
        }
        if unit.is_watched {
            if was_fresh != Freshness::Live {
                at.out
                    .push(Output::Freshness(Some(room_id), Freshness::Live, None));
            }
        } else {
            if was_fresh == Freshness::Stale {
                at.out
                    .push(Output::Freshness(Some(room_id), Freshness::Live, None));
            }
            self.remove_unit(room_id);
        }
    }
}
