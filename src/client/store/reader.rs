//! Reads a list page by page.
//!
//! Cursors are ids from the list itself, or the one that a view is opened at. A server may treat them as inclusive or
//! exclusive. A short page proves nothing. A page without progress is the beginning of the list only if the server is
//! certain to know the cursor: it may answer with an empty page, or refuse, if the cursor was deleted or has not yet
//! reached it.

use super::list::{Messages, Page};
use super::ranges::END;
use crate::client::backoff::Backoff;
use crate::client::clock::Micros;
use crate::client::rest::{Request, RequestId};
use crate::client::sync::{MIN_PAGE, REPLICATION_LAG};
use crate::protocol::decode::digest::{List, MessageDigest};
use crate::protocol::ids::MessageId;

/// The largest page, to get past unreadable entries.
const MAX_PAGE: u32 = 1_000;

/// How many other cursors are tried if the server does not seem to know one.
const MAX_TRIES: u8 = 5;

/// Why something is read. Lower values are more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purpose {
    /// A view is opened, or jumps.
    Open,
    /// Like `Open`, back to the oldest unread message.
    Unread,
    Older,
    Newer,
    /// Fills the gap below the range with that serial.
    Fill(u32),
    /// Looks for messages whose delivery is unconfirmed.
    Confirm,
    /// Reads the end of the list after a gap.
    End,
    /// Verifies loaded messages after a gap.
    Verify,
    /// Resolves conflicting evidence.
    Look,
}

/// A list or a part of it to be read, possibly over several pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) purpose: Purpose,
    pub(super) way: Way,
    /// The pages left, not counting those above `ceiling` or those that reach `floor`.
    pages: u32,
    ceiling: MessageId,
    /// For `Purpose::End`: the previous end of the list.
    floor: MessageId,
    tries: u8,
    /// How often its cursor was refused; for a job that condemns a range, how often it failed.
    pub(super) refusals: u8,
    /// Do not request it before this moment. Set if its cursor was refused, which does not affect other jobs.
    pub(super) retry_at: Micros,
    /// A range whose cursors are all refused. It is dropped if this page succeeds.
    pub(super) condemns: Option<u32>,
    /// When its first page was requested.
    began: Option<Micros>,
    /// Whether all entries were readable.
    is_clear: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Back from the cursor, or from the newest message, to `until`. `is_listed`: whether the previous page listed
    /// the cursor.
    Back {
        cursor: Option<MessageId>,
        until: MessageId,
        is_listed: bool,
    },
    /// Forward from the cursor.
    Ahead { cursor: MessageId },
    /// Back from a message, or from the cursor below it, then forward so that the message itself is read. Continues
    /// back to `until`.
    Around {
        id: MessageId,
        cursor: MessageId,
        until: Option<MessageId>,
    },
    /// The second half of `Around`: forward from just below the message. `back` is where reading back continues.
    Above {
        id: MessageId,
        cursor: Option<MessageId>,
        until: Option<MessageId>,
        back: Option<MessageId>,
    },
}

impl Job {
    pub(super) const fn new(purpose: Purpose, way: Way, pages: u32) -> Self {
        Self {
            purpose,
            way,
            pages,
            ceiling: END,
            floor: MessageId::ZERO,
            tries: 0,
            refusals: 0,
            retry_at: 0,
            condemns: None,
            began: None,
            is_clear: true,
        }
    }

    /// Reads the newest page, to find out whether the list is readable at all although every cursor of the range is
    /// refused.
    pub(super) const fn condemning(purpose: Purpose, serial: u32) -> Self {
        let mut job = Self::end(purpose, END, 1);
        job.condemns = Some(serial);
        job
    }

    const fn is_possible(&self, knows_user: bool) -> bool {
        knows_user || !matches!(self.purpose, Purpose::Unread)
    }

    pub(super) const fn has_cursor(&self) -> bool {
        self.cursor().0.is_some()
    }

    /// Whether the loaded messages that it verifies have been dropped meanwhile.
    pub(super) fn is_beside(&self, messages: &Messages) -> bool {
        let cursor = match self.way {
            Way::Back { cursor, .. } => cursor,
            _ => None,
        };
        let is_lost = |id| messages.ranges.covering(id).is_none();
        self.purpose >= Purpose::End && cursor.is_some_and(is_lost)
    }

    /// The lowest id that a page covers. Jobs that verify do not extend what is loaded.
    fn clip(&self, lowest: MessageId, until: MessageId) -> MessageId {
        if self.purpose < Purpose::End {
            lowest
        } else {
            lowest.max(until)
        }
    }

    /// Reads from the newest message back to `old_end` for at most `pages` pages, then on to `until`.
    pub(super) const fn rejoin(old_end: MessageId, until: MessageId, pages: u32) -> Self {
        let mut job = Self::end(Purpose::End, until, pages);
        job.floor = old_end;
        job
    }

    /// Verifies the loaded messages from `until` to `id`.
    pub(super) const fn verify(purpose: Purpose, id: MessageId, until: MessageId) -> Self {
        let way = Way::Around {
            id,
            cursor: id,
            until: Some(until),
        };
        Self::new(purpose, way, u32::MAX)
    }

    /// Reads back from a cursor that a page has listed, or may have.
    pub(super) const fn back(purpose: Purpose, cursor: MessageId, until: MessageId, pages: u32) -> Self {
        let way = Way::Back {
            cursor: Some(cursor),
            until,
            is_listed: false,
        };
        Self::new(purpose, way, pages)
    }

    /// Reads forward from the cursor.
    pub(super) const fn ahead(purpose: Purpose, cursor: MessageId) -> Self {
        Self::new(purpose, Way::Ahead { cursor }, 1)
    }

    /// Reads back from the newest message.
    pub(super) const fn end(purpose: Purpose, until: MessageId, pages: u32) -> Self {
        let way = Way::Back {
            cursor: None,
            until,
            is_listed: false,
        };
        Self::new(purpose, way, pages)
    }

    /// Reads the messages around that one.
    pub(super) const fn around(id: MessageId) -> Self {
        let way = Way::Around {
            id,
            cursor: id,
            until: None,
        };
        Self::new(Purpose::Open, way, 1)
    }

    const fn cursor(&self) -> (Option<MessageId>, bool) {
        match self.way {
            Way::Back { cursor, .. } => (cursor, true),
            Way::Around { cursor, .. } => (Some(cursor), true),
            Way::Ahead { cursor } => (Some(cursor), false),
            Way::Above { cursor, .. } => (cursor, false),
        }
    }
}

/// The outcome of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The job continues.
    More(Job),
    /// The job is done, for that purpose. May be followed by another.
    Then(Option<Job>, Purpose),
    /// The job continues at that time.
    Wait(Job, Micros),
    /// The range with that serial can no longer be read.
    Lost(u32),
    /// Unreadable entries hide the rest of the list.
    Blind(Job),
}

/// A request in flight.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    pub(super) id: RequestId,
    pub(super) job: Job,
    pub(super) sent: Micros,
    limit: u32,
}

/// The jobs of a list, at most one of them in flight.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) jobs: Vec<Job>,
    pub(super) in_flight: Option<InFlight>,
    pub(super) backoff: Backoff,
    /// No requests before this moment.
    pub(super) retry_at: Micros,
    /// Why the last request failed.
    pub(super) failure: Option<String>,
    /// Messages per request, if it differs from the usual number.
    pub(super) limit: Option<u32>,
    /// The usual number of messages per request.
    pub(super) usual: u32,
    /// The most messages per request, after the server refused more.
    most: Option<u32>,
    /// Whether a page was read on the way to the oldest unread message.
    pub(super) has_read_unread: bool,
    /// The status that the list was refused with, and how often in a row.
    pub(super) refusal: Option<(u16, u8)>,
    /// The last completed look for unconfirmed messages.
    pub(super) looked: Option<Looked>,
}

/// A completed look for unconfirmed messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Looked {
    /// When its first page was requested.
    pub(super) began: Micros,
    /// The lowest id that it covers.
    pub(super) until: MessageId,
    /// Whether all entries were readable.
    pub(super) is_clear: bool,
}

impl Reader {
    pub(super) const fn new(backoff: Backoff) -> Self {
        Self {
            jobs: Vec::new(),
            in_flight: None,
            backoff,
            retry_at: 0,
            failure: None,
            limit: None,
            usual: MIN_PAGE,
            most: None,
            has_read_unread: false,
            refusal: None,
            looked: None,
        }
    }

    /// Adds a job, unless there is one for the same purpose. Several `Open` jobs may read different places.
    pub(super) fn add(&mut self, job: Job) {
        if !self.is_at(job.purpose) || job.purpose == Purpose::Open {
            let is_same = |other: &Job| other.purpose == job.purpose && other.way == job.way;
            let under_way = self.in_flight.as_ref().map(|in_flight| &in_flight.job);
            if !self.jobs.iter().chain(under_way).any(is_same) {
                self.jobs.push(job);
            }
        }
    }

    /// Whether there is a job for that purpose.
    pub(super) fn is_at(&self, purpose: Purpose) -> bool {
        let under_way = self.in_flight.as_ref().map(|in_flight| &in_flight.job);
        let mut jobs = self.jobs.iter().chain(under_way);
        jobs.any(|job| job.purpose == purpose)
    }

    /// The end of the list before a gap that is being closed.
    pub(super) fn rejoins(&self) -> Option<MessageId> {
        let under_way = self.in_flight.as_ref().map(|in_flight| &in_flight.job);
        let mut jobs = self.jobs.iter().chain(under_way);
        let job = jobs.find(|job| job.purpose == Purpose::End)?;
        Some(job.floor)
    }

    /// Whether a job starts at the newest page.
    pub(super) fn reads_end(&self) -> bool {
        let under_way = self.in_flight.as_ref().map(|in_flight| &in_flight.job);
        let mut jobs = self.jobs.iter().chain(under_way);
        jobs.any(|job| job.purpose == Purpose::End || (job.purpose == Purpose::Open && !job.has_cursor()))
    }

    /// When the next request is due. Unread messages require a known user.
    pub(super) fn due_at(&self, knows_user: bool) -> Option<Micros> {
        if self.in_flight.is_some() {
            return None;
        }
        let jobs = self.jobs.iter().filter(|job| job.is_possible(knows_user));
        jobs.map(|job| job.retry_at.max(self.retry_at)).min()
    }

    /// The most urgent purpose that is due.
    pub(super) fn urgency(&self, knows_user: bool, now: Micros) -> Option<Purpose> {
        let jobs = self.jobs.iter().filter(|job| job.is_possible(knows_user));
        jobs.filter(|job| job.retry_at <= now)
            .map(|job| job.purpose)
            .min()
    }

    /// Takes the most urgent job and returns its next request, in flight as `id`.
    pub(super) fn request(
        &mut self,
        messages: &Messages,
        page: u32,
        urgency: Purpose,
        id: RequestId,
        now: Micros,
    ) -> Option<Request> {
        let is_it = |job: &Job| job.purpose == urgency && job.retry_at <= now;
        let index = self.jobs.iter().position(is_it)?;
        let mut job = self.jobs.remove(index);
        job.began.get_or_insert(now);
        let limit = self.limit.unwrap_or(page).max(MIN_PAGE);
        let (cursor, is_backward) = job.cursor();
        let (room_id, message_id) = (messages.key.room_id, messages.key.parent);
        let is_of_room = message_id == MessageId::ZERO;
        let request = match (is_backward, is_of_room) {
            (true, true) => Request::Messages {
                room_id,
                cursor,
                limit,
            },
            (true, false) => Request::Comments {
                message_id,
                cursor,
                limit,
            },
            (false, true) => Request::MessagesAfter {
                room_id,
                cursor,
                limit,
            },
            (false, false) => Request::CommentsAfter {
                message_id,
                cursor,
                limit,
            },
        };
        let sent = now;
        self.usual = page;
        self.in_flight = Some(InFlight { id, job, sent, limit });
        Some(request)
    }

    /// Aborts the request in flight, as the connection is lost.
    pub(super) fn interrupt(&mut self) -> Option<RequestId> {
        let in_flight = self.in_flight.take();
        let id = in_flight.as_ref().map(|in_flight| in_flight.id);
        self.jobs.extend(in_flight.map(|in_flight| in_flight.job));
        // Jobs that verify start over on the next connection.
        self.jobs.retain(|job| job.purpose < Purpose::End);
        for job in &mut self.jobs {
            job.retry_at = 0;
            if let Way::Back { is_listed, .. } = &mut job.way {
                *is_listed = false;
            }
        }
        self.failure = None;
        self.retry_at = 0;
        id
    }

    /// Halves the page size after a refused limit or a response that was too large. Returns whether that is possible.
    pub(super) fn ask_for_less(&mut self, asked: u32, is_refused: bool) -> bool {
        let less = (asked / 2).max(MIN_PAGE);
        if asked > MIN_PAGE {
            self.limit = Some(less);
            self.most = self.most.or(Some(less).filter(|_| is_refused));
        }
        asked > MIN_PAGE
    }

    /// Doubles the page size. Returns whether that is possible.
    pub(super) fn ask_for_more(&mut self, asked: u32) -> bool {
        let more = asked
            .saturating_mul(2)
            .min(self.most.unwrap_or(MAX_PAGE))
            .min(MAX_PAGE);
        self.limit = Some(more);
        more > asked
    }

    /// Removes the limits on the page size, as they did not cause the failure.
    pub(super) const fn forgive_limit(&mut self) {
        self.limit = None;
        self.most = None;
    }

    /// Raises the page size towards the usual number after a successful page.
    pub(super) fn restore_limit(&mut self, asked: u32, usual: u32) {
        let next = asked.saturating_mul(2).min(self.most.unwrap_or(usual)).min(usual);
        self.limit = Some(next).filter(|next| *next < usual);
    }
}

impl InFlight {
    /// The result of a look for unconfirmed messages, if `list` is its last page.
    pub(super) fn looked(&self, list: &List<MessageDigest>) -> Option<Looked> {
        let (began, is_clear) = (self.job.began?, self.job.is_clear && list.unreadable == 0);
        match self.job.way {
            Way::Back { until, .. } if self.job.purpose == Purpose::Confirm => Some(Looked {
                began,
                until,
                is_clear,
            }),
            _ => None,
        }
    }

    pub(super) const fn limit(&self) -> u32 {
        self.limit
    }

    /// Applies the response to the list and returns what to do next. `list` is `None` if the server refused the
    /// cursor.
    pub(super) fn take(
        self,
        list: Option<(&List<MessageDigest>, &str)>,
        messages: &mut Messages,
        now: Micros,
    ) -> Step {
        let (items, body, unreadable) = match list {
            Some((list, body)) => (&*list.items, body, list.unreadable),
            None => (&[][..], "", 0),
        };
        let page = Page {
            items,
            body,
            unreadable,
            sent: self.sent,
            now,
        };
        let ids = || items.iter().map(|item| item.digest.message_id);
        let ends = ids().min().zip(ids().max());
        let mut job = self.job;
        job.is_clear &= unreadable == 0;
        let is_blind = match (job.cursor(), ends) {
            ((Some(cursor), true), Some((lowest, _))) => lowest >= cursor,
            ((Some(cursor), false), Some((_, highest))) => highest <= cursor,
            ((None, _), Some(_)) => false,
            (_, None) => true,
        };
        if is_blind && unreadable > 0 && items.len() + unreadable >= self.limit as usize {
            // A larger page may reach past these entries.
            return Step::Blind(job);
        }
        match job.way {
            Way::Back {
                cursor,
                until,
                is_listed,
            } => back(job, cursor, until, is_listed, ends, messages, page),
            Way::Ahead { cursor } => match ends {
                Some((_, highest)) if highest > cursor => {
                    let from = if ids().any(|id| id == cursor) {
                        cursor
                    } else {
                        cursor.next()
                    };
                    messages.take(from, highest, page);
                    messages.ranges.add(cursor, highest);
                    Step::Then(None, job.purpose)
                }
                _ => Step::Then(end_of_ahead(&job, cursor, messages), job.purpose),
            },
            Way::Around { id, cursor, until } => {
                let Some((lowest, highest)) = ends else {
                    return not_around(job, id, cursor, until, messages);
                };
                let has = |wanted: MessageId| ids().any(|id| id == wanted);
                let top = if has(cursor) {
                    cursor
                } else {
                    cursor.previous().max(lowest)
                };
                let low = until.map_or(lowest, |until| lowest.max(until));
                messages.take(low.min(top), top, page);
                let back = until.map(|_| lowest);
                let cursor = if has(id) { id } else { highest.min(id) };
                if has(id) && until.is_some() {
                    return Step::Then(go_back(&job, back, until), job.purpose);
                }
                job.way = Way::Above {
                    id,
                    cursor: Some(cursor),
                    until,
                    back,
                };
                Step::More(job)
            }
            Way::Above {
                id,
                cursor,
                until,
                back,
            } => above(job, id, cursor, until, back, ends, messages, page),
        }
    }
}

/// Handles a page read backward.
fn back(
    mut job: Job,
    cursor: Option<MessageId>,
    until: MessageId,
    is_listed: bool,
    ends: Option<(MessageId, MessageId)>,
    messages: &mut Messages,
    page: Page<'_>,
) -> Step {
    let Some(at) = cursor else {
        // The newest page. If it is empty, the list is.
        let lowest = ends.map_or(MessageId::ZERO, |(lowest, _)| lowest);
        messages.take(job.clip(lowest, until), END, page);
        return go_on(job, lowest, until, ends.is_some());
    };
    let Some((lowest, _)) = ends else {
        let seen = messages.entries.get(at).map_or(0, |entry| entry.first_seen);
        let known_from = seen + REPLICATION_LAG;
        // Unreadable entries prove that the server knows the cursor.
        if page.unreadable > 0 || (is_listed && page.sent >= known_from) {
            messages.take(MessageId::ZERO, at.previous(), page);
            messages.ranges.add(MessageId::ZERO, at);
            return Step::Then(None, job.purpose);
        }
        if is_listed && job.tries < MAX_TRIES {
            job.tries += 1;
            return Step::Wait(job, known_from.max(page.now));
        }
        // The cursor may be gone: try the message above it.
        job.tries += 1;
        let range = messages.ranges.covering(at);
        let above = messages.first_from(at.next());
        let above = above.filter(|id| range.is_some_and(|range| range.contains(*id)));
        let is_live = range.is_some_and(|range| range.is_live());
        let cursor = above.filter(|_| job.tries < MAX_TRIES);
        if range.is_none() && job.purpose == Purpose::Confirm {
            // The range was dropped meanwhile: start over.
            return Step::More(Job::end(job.purpose, until, u32::MAX));
        }
        if cursor.is_none() && (!is_live || job.tries > MAX_TRIES) {
            return range.map_or(Step::Then(None, job.purpose), |range| Step::Lost(range.serial));
        }
        // If there is no message above, start at the newest page.
        job.ceiling = job.ceiling.min(at);
        job.way = Way::Back {
            cursor,
            until,
            is_listed: false,
        };
        return Step::More(job);
    };
    let has_cursor = page.items.iter().any(|item| item.digest.message_id == at);
    let high = if has_cursor { at } else { at.previous() };
    if lowest >= at {
        messages.take(MessageId::ZERO, high, page);
        messages.ranges.add(MessageId::ZERO, at);
        return Step::Then(None, job.purpose);
    }
    let low = job.clip(lowest, until).min(high);
    messages.take(low, high, page);
    messages.ranges.add(low, at);
    go_on(job, lowest, until, true)
}

/// Continues backward, unless the job is done.
fn go_on(mut job: Job, lowest: MessageId, until: MessageId, has_more: bool) -> Step {
    if lowest <= until || !has_more {
        return Step::Then(None, job.purpose);
    }
    if job.floor < lowest && lowest < job.ceiling {
        job.pages = job.pages.saturating_sub(1);
    }
    if job.pages == 0 {
        // The rest remains a gap. What was loaded below it is verified separately.
        let is_end = job.purpose == Purpose::End && job.floor > MessageId::ZERO;
        let rest = is_end.then(|| Job::verify(Purpose::Verify, job.floor, until));
        return Step::Then(rest, job.purpose);
    }
    job.way = Way::Back {
        cursor: Some(lowest),
        until,
        is_listed: true,
    };
    Step::More(job)
}

/// Handles a forward page without progress: nothing is newer, or the server does not know the cursor.
fn end_of_ahead(job: &Job, cursor: MessageId, messages: &Messages) -> Option<Job> {
    match job.purpose {
        // The newest page shows which.
        Purpose::Newer => Some(Job::end(Purpose::Newer, cursor, MAX_TRIES.into())),
        Purpose::Fill(serial) => {
            let range = messages.ranges.by_serial(serial)?;
            let below = messages.ranges.below(serial)?;
            let way = Way::Back {
                cursor: messages.first_from(range.low),
                until: below.high,
                is_listed: false,
            };
            Some(Job::new(job.purpose, way, 1))
        }
        _ => None,
    }
}

/// Handles an `Around` page that lists nothing at or below the cursor.
fn not_around(
    mut job: Job,
    id: MessageId,
    cursor: MessageId,
    until: Option<MessageId>,
    messages: &Messages,
) -> Step {
    job.tries += 1;
    let range = messages.ranges.covering(id);
    if until.is_none() {
        // It may be the oldest message.
        job.way = Way::Above {
            id,
            cursor: Some(id),
            until,
            back: None,
        };
        return Step::More(job);
    }
    let Some(range) = range else {
        return Step::Then(None, job.purpose);
    };
    let below = messages.last_up_to(cursor.previous());
    match below.filter(|below| range.contains(*below)) {
        Some(cursor) if job.tries < MAX_TRIES => {
            job.way = Way::Around { id, cursor, until };
            Step::More(job)
        }
        // No other page leads to the oldest one.
        _ if range.low == MessageId::ZERO => {
            job.way = Way::Above {
                id,
                cursor: None,
                until,
                back: None,
            };
            Step::More(job)
        }
        _ => Step::Lost(range.serial),
    }
}

/// The job that continues backward after reading around a message.
fn go_back(job: &Job, back: Option<MessageId>, until: Option<MessageId>) -> Option<Job> {
    let (cursor, until) = back.zip(until).filter(|(back, until)| back > until)?;
    let way = Way::Back {
        cursor: Some(cursor),
        until,
        is_listed: true,
    };
    Some(Job::new(job.purpose, way, u32::MAX))
}

/// Handles a page read forward from just below a message.
#[allow(
    clippy::too_many_arguments,
    reason = "one caller, which has each of them apart"
)]
fn above(
    mut job: Job,
    id: MessageId,
    cursor: Option<MessageId>,
    until: Option<MessageId>,
    back: Option<MessageId>,
    ends: Option<(MessageId, MessageId)>,
    messages: &mut Messages,
    page: Page<'_>,
) -> Step {
    let has = |wanted: MessageId| page.items.iter().any(|item| item.digest.message_id == wanted);
    let is_verifying = until.is_some();
    match (cursor, ends) {
        (Some(at), Some((lowest, highest))) if highest > at => {
            // A page from an unknown id proves nothing about its neighbours.
            let is_known = messages.ranges.covering(at).is_some() || has(at);
            let low = match (has(at), is_known) {
                (true, _) => at,
                (false, true) => at.next(),
                (false, false) => lowest,
            };
            let high = if is_verifying { highest.min(id) } else { highest };
            messages.take(low.min(high), high, page);
            if is_known {
                messages.ranges.add(at, high);
            }
            if is_verifying && highest < id {
                // A short page proves nothing about what follows.
                let cursor = Some(highest);
                job.way = Way::Above {
                    id,
                    cursor,
                    until,
                    back,
                };
                return Step::More(job);
            }
        }
        (None, _) => {
            let highest = ends.map_or(id, |(_, highest)| highest);
            let high = if is_verifying { highest.min(id) } else { highest };
            messages.take(MessageId::ZERO, high, page);
        }
        (Some(at), _) if is_verifying => {
            let seen = messages.entries.get(at).map_or(0, |entry| entry.first_seen);
            if at < id && page.sent >= seen + REPLICATION_LAG {
                messages.take(at.next(), id, page);
            }
        }
        (Some(at), _) if messages.ranges.covering(at).is_none() => {
            // Both directions were empty. The oldest page is the last that may have the message.
            job.way = Way::Above {
                id,
                cursor: None,
                until,
                back,
            };
            return Step::More(job);
        }
        _ => {}
    }
    if is_verifying {
        return Step::Then(go_back(&job, back, until), job.purpose);
    }
    // If the server treats cursors as exclusive, the message is on the page before.
    let is_below = ends.is_some_and(|(lowest, _)| lowest > id && cursor == Some(id));
    let lowest = ends.map_or(id, |(lowest, _)| lowest);
    let before = is_below.then(|| Job::back(job.purpose, lowest, id, 1));
    Step::Then(before, job.purpose)
}
