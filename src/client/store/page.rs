//! What a page of a list brings, and what is to be read next.

use super::job::{Job, Purpose, Step, Way};
use super::list::{Messages, Page};
use super::ranges::END;
use crate::client::clock::Micros;
use crate::client::rest::RequestId;
use crate::client::sync::REPLICATION_LAG;
use crate::protocol::decode::digest::{List, MessageDigest};
use crate::protocol::ids::MessageId;

/// How many other cursors are tried if the server does not seem to know one.
const MAX_TRIES: u8 = 5;

/// A request in flight.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    pub(super) id: RequestId,
    pub(super) job: Job,
    pub(super) sent: Micros,
    pub(super) limit: u32,
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
