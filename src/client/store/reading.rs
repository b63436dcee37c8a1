//! Chooses the next request of the store and applies responses.

use super::job::{Job, Purpose, Step};
use super::list::Messages;
use super::ranges::END;
use super::rooms_reader::RoomsReader;
use super::send_state::SendFailure;
use super::{List, ListKey, Store};
use crate::client::clock::{Micros, earliest, micros};
use crate::client::rest::{Reply, Request, RequestId};
use crate::client::sync::MAX_RETRY_AFTER;
use crate::protocol::decode::digest;
use crate::protocol::ids::{MessageId, RoomId, UserId};
use crate::protocol::number::push_number;

/// The most messages that are loaded to find the oldest unread one.
const MAX_UNREAD: usize = 500;

/// How often a request with a cursor may be refused before the cursor counts as unknown.
const MAX_REFUSALS: u8 = 3;

/// What a response means for the rest of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    Nothing,
    /// The server says that the session is over.
    Unauthorized,
    /// The server did not respond.
    NoAnswer,
    /// No requests for this room before that time.
    Wait(RoomId, Micros),
}

impl Store {
    /// When [`next_request`](Self::next_request) or [`handle_timeout`](Self::handle_timeout) has something to do.
    /// `may_ask` returns from when on a room may be requested.
    pub(crate) fn due_at(&self, may_ask: &dyn Fn(RoomId) -> Micros) -> Option<Micros> {
        self.opened_at?;
        let mut due_at = self.compare_at;
        if !self.is_used() {
            return None;
        }
        for (_, list, at) in self.sending.next_posts() {
            if self.is_ready(list) {
                due_at = earliest(due_at, Some(at.max(may_ask(list.room_id))));
            }
        }
        if self.in_flight() >= self.config.concurrency {
            return due_at;
        }
        let reader = self.rooms_reader.as_ref();
        due_at = earliest(due_at, reader.and_then(RoomsReader::due_at));
        for list in &self.lists {
            let at = self.list_due_at(list);
            let gate = may_ask(list.messages.key.room_id);
            due_at = earliest(due_at, at.map(|at| at.max(gate)));
        }
        due_at
    }

    /// Handles the passage of time.
    pub(crate) fn handle_timeout(&mut self, now: Micros) {
        if self.compare_at.is_some_and(|at| at <= now) {
            self.compare_all();
        }
    }

    /// When a list has something to request.
    fn list_due_at(&self, list: &List) -> Option<Micros> {
        let key = list.messages.key;
        if !self.is_watched(key) {
            return None;
        }
        let knows_user = self.user.is_some();
        let look = self
            .sending
            .next_look(key)
            .filter(|_| knows_user && list.gone.is_none());
        let look = look.filter(|_| list.reader.in_flight.is_none() && !list.reader.is_at(Purpose::Confirm));
        let look = look.map(|(at, _)| at.max(list.reader.retry_at));
        earliest(list.due_at(knows_user), look)
    }

    fn in_flight(&self) -> usize {
        let lists = self.lists.iter().filter(|list| list.reader.in_flight.is_some());
        let reader = self.rooms_reader.as_ref();
        let reads_rooms = reader.is_some_and(RoomsReader::is_in_flight);
        lists.count() + usize::from(reads_rooms)
    }

    /// Returns the next request, in flight as `id`.
    pub(crate) fn next_request(
        &mut self,
        id: RequestId,
        may_ask: &dyn Fn(RoomId) -> Micros,
        now: Micros,
    ) -> Option<Request> {
        self.opened_at?;
        if !self.is_used() {
            return None;
        }
        for (key, list, at) in self.sending.next_posts() {
            if at.max(may_ask(list.room_id)) <= now && self.is_ready(list) {
                return self.post(key, list, id);
            }
        }
        if self.in_flight() >= self.config.concurrency {
            return None;
        }
        let reader = self.rooms_reader.as_mut();
        if let Some(request) = reader.and_then(|reader| reader.request(id, now)) {
            return Some(request);
        }
        let knows_user = self.user.is_some();
        let mut best: Option<(Purpose, usize)> = None;
        for index in 0..self.lists.len() {
            let due_at = self.list_due_at(&self.lists[index]);
            let look = self.sending.next_look(self.lists[index].messages.key);
            let list = &mut self.lists[index];
            if due_at.is_none_or(|at| at.max(may_ask(list.messages.key.room_id)) > now) {
                continue;
            }
            list.begin_look(now);
            if let Some((_, floor)) = look.filter(|(at, _)| *at <= now && knows_user) {
                list.reader.add(Job::end(Purpose::Confirm, floor, u32::MAX));
            }
            if let Some(urgency) = list.reader.urgency(knows_user, now)
                && best.is_none_or(|(other, _)| urgency < other)
            {
                best = Some((urgency, index));
            }
        }
        let (urgency, index) = best?;
        let page = self.config.page;
        let List { messages, reader, .. } = &mut self.lists[index];
        messages.version += 1;
        reader.request(messages, page, urgency, id, now)
    }

    /// Handles a response to a request of the store, or its failure.
    pub(crate) fn take_reply(&mut self, id: RequestId, reply: Reply<'_>, now: Micros) -> Consequence {
        if self.rooms_reader.as_ref().is_some_and(|reader| reader.is_at(id)) {
            return self.take_rooms_read(reply, now);
        }
        if self.sending.is_posting(id) {
            return self.take_posted(id, reply, now);
        }
        let is_own = |list: &&mut List| {
            let in_flight = list.reader.in_flight.as_ref();
            in_flight.is_some_and(|in_flight| in_flight.id == id)
        };
        let Some(list) = self.lists.iter_mut().find(is_own) else {
            return Consequence::Nothing;
        };
        let consequence = list.take_reply(reply, now);
        let key = list.messages.key;
        self.go_on_to_unread(key);
        self.settle();
        self.end_look(key, now);
        self.refuse_unreadable(key);
        consequence
    }

    fn take_rooms_read(&mut self, reply: Reply<'_>, now: Micros) -> Consequence {
        let reader = self.rooms_reader.as_mut();
        if let Some((body, sent)) = reader.and_then(|reader| reader.take(reply, now)) {
            self.take_rooms(body, sent, now);
        }
        match reply {
            Reply::Answer { status: 401, .. } => Consequence::Unauthorized,
            Reply::Failed => Consequence::NoAnswer,
            _ => Consequence::Nothing,
        }
    }

    /// Sets the user that the server named.
    pub(crate) fn set_user(&mut self, user: UserId) {
        if self.last_user.replace(user).is_some_and(|last| last != user) {
            self.sending.fail(|_| true, SendFailure::OtherUser);
        }
        self.user = Some(user);
        self.version += 1;
        for list in &mut self.lists {
            list.messages.set_user(self.user);
        }
    }

    /// Loads another page on the way to the oldest unread message, unless the last page had only read messages.
    fn go_on_to_unread(&mut self, key: ListKey) {
        let page = self.config.page as usize;
        let most = MAX_UNREAD.min(self.config.items.saturating_sub(page));
        let Some(List { messages, reader, .. }) = self.list_mut(key) else {
            return;
        };
        if !std::mem::take(&mut reader.has_read_unread) {
            return;
        }
        let Some(range) = messages.ranges.live() else {
            return;
        };
        let mut entries = messages.entries.range(range.low.previous(), END);
        let is_unread = entries.by_ref().take(page).any(|(_, entry)| !entry.is_read);
        let Some(oldest) = messages.first_from(range.low) else {
            return;
        };
        if is_unread && range.low != MessageId::ZERO && messages.entries.len() < most {
            reader.add(Job::back(Purpose::Unread, oldest, MessageId::ZERO, 1));
        }
    }

    /// Handles what follows from any change: missing jump targets, lost places, bounds.
    pub(super) fn settle(&mut self) {
        for index in 0..self.views.len() {
            let Self { views, lists, .. } = self;
            let view = &mut views[index];
            let Some(list) = lists.iter_mut().find(|list| list.messages.key == view.list) else {
                continue;
            };
            let List { messages, reader, .. } = list;
            if let Some(id) = view.awaits
                && (messages.entries.get(id).is_some() || !reader.is_at(Purpose::Open))
            {
                view.awaits = None;
                view.seen = None;
                if messages.entries.get(id).is_none() {
                    view.is_anchor_missing = true;
                    let near = messages.last_up_to(id).or_else(|| messages.first_from(id));
                    match near.filter(|_| messages.ranges.covering(id).is_some() || near_is_loaded(messages))
                    {
                        Some(near) => view.show(near),
                        None => {
                            view.show(END);
                            messages.follows_end = true;
                            if messages.ranges.live().is_none() {
                                reader.add(Job::end(Purpose::Open, END, 1));
                            }
                        }
                    }
                }
            }
            let is_looked_for = reader.is_at(Purpose::Open) || reader.is_at(Purpose::Unread);
            if list.gone.is_none() && !is_looked_for && !view.has_place(messages) {
                // Everything that it showed is gone or could not be verified.
                view.show(END);
                messages.follows_end = true;
                if !reader.is_at(Purpose::End) {
                    reader.add(Job::end(Purpose::Open, END, 1));
                }
            }
            view.tidy(messages);
        }
        self.claim_arrived();
        for index in 0..self.lists.len() {
            self.shrink(index);
        }
        self.settle_sending();
    }

    /// Keeps a list within its bounds.
    fn shrink(&mut self, index: usize) {
        let has_view = self.is_watched(self.lists[index].messages.key);
        let config = self.config;
        let is_sending = self.sending.is_for(self.lists[index].messages.key);
        let List {
            messages, reads_up, ..
        } = &mut self.lists[index];
        // A list that messages are sent to keeps its end. A reader at older messages needs room for them as well.
        let scale = if *reads_up && is_sending { 2 } else { 1 };
        let (most, most_bytes) = if has_view {
            (config.items * scale, config.bytes * scale)
        } else {
            (config.page as usize, config.bytes)
        };
        let is_large = messages.entries.len() > most || messages.bytes() > most_bytes;
        if !is_large {
            return;
        }
        // Cuts deeper than necessary, so that the next message does not exceed the bound again.
        let target = (most - most / 8).max(1);
        let ids: Vec<_> = messages.entries.iter().map(|(id, _)| id).collect();
        let mut count = ids.len();
        let mut bytes = messages.bytes();
        let cuts_end = *reads_up && has_view && !is_sending;
        let size = |place: usize| {
            let id = if cuts_end {
                ids[ids.len() - 1 - place]
            } else {
                ids[place]
            };
            messages.entries.get(id).map_or(0, |entry| entry.body.len())
        };
        let mut cut = 0;
        while count > 1 && (count > target || bytes > most_bytes - most_bytes / 8) {
            bytes -= size(cut);
            count -= 1;
            cut += 1;
        }
        if cut == 0 {
            return;
        }
        let key = messages.key;
        let kept = if cuts_end {
            ids[ids.len() - 1 - cut]
        } else {
            ids[cut]
        };
        if cuts_end {
            messages.cut_above(kept);
            messages.follows_end = false;
        } else {
            messages.cut_below(kept);
        }
        for view in self.views.iter_mut().filter(|view| view.list == key) {
            view.seen = None;
            for seed in &mut view.seeds {
                let is_cut = if cuts_end { *seed > kept } else { *seed < kept };
                if is_cut && Some(*seed) != view.awaits {
                    *seed = kept;
                }
            }
        }
    }

    /// Drops lists without a view or outgoing messages, except for the last few.
    pub(super) fn let_lists_go(&mut self) {
        let mut unseen: Vec<_> = self
            .lists
            .iter()
            .filter(|list| !self.is_watched(list.messages.key))
            .map(|list| {
                (
                    list.messages.ranges.live().is_some(),
                    list.used,
                    list.messages.key,
                )
            })
            .collect();
        unseen.sort_unstable_by_key(|(is_live, used, _)| (*is_live, *used));
        let live = unseen.iter().filter(|(is_live, ..)| *is_live).count();
        let over = unseen.len() - live + live.saturating_sub(self.config.kept);
        for (_, _, key) in unseen.drain(..over) {
            if let Some(index) = self.lists.iter().position(|list| list.messages.key == key) {
                let mut list = self.lists.remove(index);
                self.given_up.extend(list.reader.interrupt());
            }
        }
        for (_, _, key) in unseen {
            if let Some(list) = self.list_mut(key) {
                let id = list.reader.interrupt();
                list.reader.jobs.clear();
                self.given_up.extend(id);
            }
        }
        for index in 0..self.lists.len() {
            self.shrink(index);
        }
    }
}

/// Whether anything was loaded around a message that does not exist.
fn near_is_loaded(messages: &Messages) -> bool {
    !messages.entries.is_empty()
}

impl List {
    /// When it has something to request.
    fn due_at(&self, knows_user: bool) -> Option<Micros> {
        if self.reader.in_flight.is_some() || self.gone.is_some() {
            return None;
        }
        let jobs = self.reader.due_at(knows_user);
        let look = self.messages.look.filter(|_| !self.reader.is_at(Purpose::Look));
        let look = look.map(|look| look.at.max(self.reader.retry_at));
        earliest(jobs, look)
    }

    /// Begins to resolve conflicting evidence, if it is time.
    fn begin_look(&mut self, now: Micros) {
        let Self { messages, reader, .. } = self;
        if messages.look.is_none_or(|look| look.at > now) || reader.is_at(Purpose::Look) {
            return;
        }
        let Some(look) = messages.look.take() else {
            return;
        };
        for range in messages.ranges.iter().copied().collect::<Vec<_>>() {
            let (low, high) = (range.low.max(look.low), range.high.min(look.high));
            if low > high {
                continue;
            }
            let above = messages.first_from(high.next()).filter(|id| range.contains(*id));
            let top = messages.last_up_to(range.high).filter(|id| range.contains(*id));
            let job = match (above, top) {
                (Some(above), _) if high < END => Job::back(Purpose::Look, above, low, u32::MAX),
                _ if range.is_live() => Job::end(Purpose::Look, low, u32::MAX),
                (_, Some(top)) => Job::verify(Purpose::Look, top, low),
                _ => continue,
            };
            reader.jobs.push(job);
        }
    }

    fn take_reply(&mut self, reply: Reply<'_>, now: Micros) -> Consequence {
        let Self { messages, reader, .. } = self;
        messages.version += 1;
        let Some(in_flight) = reader.in_flight.take() else {
            return Consequence::Nothing;
        };
        let mut job = in_flight.job.clone();
        let asked = in_flight.limit();
        let (status, why, retry_after) = match reply {
            Reply::Answer {
                status: 200, body, ..
            } => match digest::messages(body) {
                Ok(list) => {
                    reader.backoff.reset();
                    reader.failure = None;
                    reader.refusal = None;
                    reader.retry_at = 0;
                    let looked = in_flight.looked(&list);
                    let step = in_flight.take(Some((&list, body)), messages, now);
                    if matches!(step, Step::Then(None, _)) {
                        reader.looked = looked;
                    }
                    if !matches!(step, Step::Blind(_)) {
                        reader.restore_limit(asked, reader.usual);
                    }
                    let condemned = job.condemns.and_then(|serial| messages.ranges.by_serial(serial));
                    if let Some(range) = condemned.filter(|range| !range.is_live()) {
                        match messages.last_up_to(range.high).filter(|_| job.refusals > 0) {
                            // The list was refused as a whole and is readable again, so its cursors may work, too.
                            Some(top) => reader.jobs.push(Job::verify(Purpose::Verify, top, range.low)),
                            None => messages.drop_range(range.serial),
                        }
                    }
                    self.follow(step, asked, now);
                    return Consequence::Nothing;
                }
                Err(error) => {
                    let why = "invalid list of messages: ".to_owned() + &error.message();
                    (Some(200), why, None)
                }
            },
            Reply::Answer {
                status, retry_after, ..
            } => {
                let mut what = String::from("the server answered with HTTP status ");
                push_number(&mut what, status.into());
                (Some(status), what, retry_after.map(micros))
            }
            Reply::TooLarge => (Some(200), "the answer is too large".to_owned(), None),
            Reply::Failed => (None, "the server did not answer".to_owned(), None),
        };
        let is_too_much = matches!(status, Some(400 | 413 | 422));
        let may_be_limit = reply == Reply::TooLarge || is_too_much;
        if may_be_limit && reader.ask_for_less(asked, is_too_much) {
            reader.jobs.push(job);
            return Consequence::Nothing;
        }
        let is_refused = matches!(status, Some(400..=499)) && !matches!(status, Some(401 | 408 | 429));
        if let Some(status) = status.filter(|_| is_refused && !job.has_cursor()) {
            let times = reader.refusal.map_or(0, |(_, times)| times);
            reader.refusal = Some((status, times.saturating_add(1)));
        }
        if job.condemns.is_some() || (is_refused && job.has_cursor()) {
            job.refusals = job.refusals.saturating_add(1);
        }
        if is_refused && job.has_cursor() {
            reader.forgive_limit();
            if job.refusals >= MAX_REFUSALS {
                // The server may not know the cursor.
                job.refusals = 0;
                let mut known = in_flight;
                known.job = job.clone();
                match known.take(None, messages, now) {
                    // Or it refuses every request.
                    Step::Lost(serial) => job = Job::condemning(job.purpose, serial),
                    step => {
                        self.follow(step, asked, now);
                        return Consequence::Nothing;
                    }
                }
            } else if retry_after.is_none() {
                reader.failure = Some(why);
                job.retry_at = now + reader.backoff.first_micros();
                reader.jobs.push(job);
                return Consequence::Nothing;
            }
        }
        let wait = self.fail(job, why, retry_after, now);
        match (status, wait) {
            (Some(401), _) => Consequence::Unauthorized,
            (None, _) => Consequence::NoAnswer,
            (_, Some(until)) => Consequence::Wait(self.messages.key.room_id, until),
            _ => Consequence::Nothing,
        }
    }

    /// Continues after a page.
    fn follow(&mut self, step: Step, asked: u32, now: Micros) {
        let Self { messages, reader, .. } = self;
        match step {
            // Messages that were dropped meanwhile are not verified.
            Step::More(job) if job.is_beside(messages) => {}
            Step::More(job) => reader.jobs.push(job),
            Step::Then(job, of) => {
                reader.has_read_unread |= of == Purpose::Unread;
                reader.jobs.extend(job);
            }
            Step::Wait(mut job, at) => {
                job.retry_at = at;
                reader.jobs.push(job);
            }
            Step::Lost(serial) => messages.drop_range(serial),
            Step::Blind(job) if reader.ask_for_more(asked) => reader.jobs.push(job),
            Step::Blind(job) => {
                self.fail(job, "the page has no readable entry".to_owned(), None, now);
            }
        }
    }

    /// Schedules a retry after a failed request. Returns the end of the delay if the server asked for one.
    fn fail(&mut self, job: Job, why: String, retry_after: Option<Micros>, now: Micros) -> Option<Micros> {
        let reader = &mut self.reader;
        let delay = reader.backoff.next_micros();
        let until = retry_after.map(|wait| now + wait.min(MAX_RETRY_AFTER));
        reader.retry_at = (now + delay).max(until.unwrap_or_default());
        reader.failure = Some(why);
        reader.jobs.push(job);
        until
    }
}
