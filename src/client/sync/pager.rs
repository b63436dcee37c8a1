//! Reads a list of messages page by page, starting with the newest.
//!
//! Cursors are ids from the list itself. A server may treat them as inclusive or exclusive. A short page proves
//! nothing, as servers may cap pages. The list ends at a page with nothing older.

use super::MAX_GATHERED_BYTES;
use crate::client::clock::Micros;
use crate::client::mutant::{self, Mutant};
use crate::client::replica::{NO_MESSAGE, Timeline};
use crate::client::sorted::sort_by_key;
use crate::protocol::decode::digest::{List, MessageDigest};
use crate::protocol::ids::{MessageId, RoomId};

/// A message from a page, with its JSON if it differs from the known version.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) digest: MessageDigest,
    pub(super) json: Box<str>,
    /// When the page was requested.
    pub(super) since: Micros,
}

/// How far back to read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Goal {
    /// Everything up to this id is known.
    pub(super) mark: Option<MessageId>,
    /// Read back to the oldest known message, within the window.
    pub(super) oldest_known: Option<MessageId>,
    /// Whether to fill the window.
    pub(super) fills_window: bool,
    /// Whether to stop at a page that is less than half full.
    pub(super) is_modest: bool,
    /// The number of messages that the server reported, if any.
    pub(super) expected: Option<u64>,
    pub(super) window: usize,
    /// The most messages above the mark to read.
    pub(super) max_messages: usize,
}

/// What to do after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    More,
    Done,
    /// Done, but the list seems to end too early.
    Broken,
    /// There are more messages than the limit.
    TooMuch,
}

/// A list that is being read.
#[derive(Clone, Debug)]
pub(super) struct Pager {
    /// The parent of the comments to read; 0 for the messages of a room.
    pub(super) parent: MessageId,
    pub(super) goal: Goal,
    pub(super) found: Vec<Found>,
    /// The cursor of the next page.
    pub(super) cursor: Option<MessageId>,
    /// When the first and the latest page were requested.
    pub(super) since: Option<Micros>,
    pub(super) asked_at: Micros,
    /// The number of unreadable entries.
    pub(super) unreadable: usize,
    /// Whether the beginning of the list was reached.
    pub(super) is_exhausted: bool,
    /// How many messages the reported number may lack.
    pub(super) newer: usize,
    /// The oldest id listed.
    lowest: Option<MessageId>,
    /// How far the end of the list is confirmed: 1 if the first page is requested again, 2 once it has been.
    looks: u8,
    /// The size of the last page if it was shorter than its limit, or 0.
    short: usize,
    bytes: usize,
}

impl Pager {
    pub(super) const fn new(parent: MessageId, goal: Goal) -> Self {
        Self {
            parent,
            goal,
            found: Vec::new(),
            cursor: None,
            since: None,
            asked_at: 0,
            unreadable: 0,
            is_exhausted: false,
            newer: 0,
            lowest: None,
            looks: 0,
            short: 0,
            bytes: 0,
        }
    }

    /// Applies a page that was requested with `limit`. `cap` is the size of the largest page that was shorter than
    /// its limit and not the last; 0 if there was none.
    pub(super) fn take(
        &mut self,
        room_id: RoomId,
        list: &List<MessageDigest>,
        body: &str,
        limit: u32,
        cap: &mut usize,
        known: &Timeline,
    ) -> Step {
        let count = list.items.len() + list.unreadable;
        self.unreadable += list.unreadable;
        let lowest = self.lowest;
        for item in &list.items {
            let digest = item.digest;
            let lower = self
                .lowest
                .map_or(digest.message_id, |id| id.min(digest.message_id));
            self.lowest = Some(lower);
            if digest.parent_message_id != self.parent || digest.room_id != room_id {
                // Comments are read with their threads, even if the server lists them among the messages. Messages of
                // other rooms do not belong here.
                continue;
            }
            let is_known = known
                .get(digest.message_id)
                .is_some_and(|entry| entry.fingerprint == digest.fingerprint);
            let json: Box<str> = if is_known {
                "".into()
            } else {
                item.span.of(body).into()
            };
            self.bytes += json.len();
            self.found.push(Found {
                digest,
                json,
                since: self.asked_at,
            });
        }
        sort_by_key(&mut self.found, |found| found.digest.message_id);
        self.found.dedup_by_key(|found| found.digest.message_id);
        let is_further = self.lowest != lowest;
        self.cursor = self.lowest;
        let is_short = mutant::is(Mutant::TrustsAShortPage) && count < limit as usize;
        if !is_further || is_short {
            let next = self.found.get(1).map(|found| found.digest.message_id);
            // An empty page may mean that the cursor was deleted, or that the server does not know it yet. To find
            // out, try the cursor above or, if pages have one message, the first page and then this one again.
            let has_other = next.is_some() || *cap == 1;
            let is_doubtful = count == 0 && lowest.is_some() && has_other && self.is_further_expected();
            if self.looks == 1 || (is_doubtful && self.looks == 0) {
                self.cursor = if self.looks == 0 { next } else { lowest };
                self.looks = if self.cursor.is_none() { 1 } else { 2 };
                self.short = 0;
                return Step::More;
            }
            let is_doubtful = is_doubtful && next.is_some();
            // A full page of unreadable entries may hide older messages.
            self.is_exhausted = list.unreadable == 0 || count < limit as usize;
            let is_broken = is_doubtful || !self.is_exhausted;
            return if is_broken { Step::Broken } else { Step::Done };
        }
        self.looks = 0;
        // The server may cap its pages.
        *cap = self.short.max(*cap);
        let limit = limit as usize;
        self.short = if count < limit { count } else { 0 };
        let is_full = count >= limit || (*cap > 0 && count >= *cap);
        self.judge(
            self.lowest.unwrap_or(NO_MESSAGE),
            is_full,
            count * 2 < limit,
            known,
        )
    }

    /// Whether older messages are expected: to fill the window, or to reach the mark.
    fn is_further_expected(&self) -> bool {
        self.goal.fills_window || self.goal.mark.is_some_and(|mark| self.lowest > Some(mark))
    }

    /// Whether all reported messages were found.
    pub(super) fn is_complete(&self) -> bool {
        let expected = self.goal.expected;
        expected.is_some_and(|expected| self.found.len() as u64 >= expected + self.newer as u64)
    }

    fn judge(&self, oldest: MessageId, is_full: bool, is_far_from_full: bool, known: &Timeline) -> Step {
        let Goal {
            mark,
            oldest_known,
            fills_window,
            is_modest,
            expected,
            window,
            max_messages,
        } = self.goal;
        if self.is_complete() {
            return Step::Done;
        }
        // Messages that came on the stream are not news.
        let above = |mark| {
            let ids = self.found.iter().map(|found| found.digest.message_id);
            ids.filter(|id| *id > mark && known.get(*id).is_none()).count()
        };
        if let Some(mark) = mark
            && oldest > mark
        {
            let is_too_much = above(mark) > max_messages || self.bytes > MAX_GATHERED_BYTES;
            return if is_too_much { Step::TooMuch } else { Step::More };
        }
        let is_within_window = self.found.len() < window;
        let is_wanted = (fills_window && !(is_modest && is_far_from_full))
            // A message that became visible late may be on the next page.
            || oldest_known.is_some_and(|known| known < oldest || (known == oldest && is_full))
            || expected.is_some();
        if is_within_window && is_wanted && self.bytes <= MAX_GATHERED_BYTES {
            Step::More
        } else if mark.is_some_and(|mark| above(mark) > max_messages) {
            Step::TooMuch
        } else {
            Step::Done
        }
    }
}
