//! Reads a list of messages page by page, from the newest back.
//!
//! Pages begin at ids that the list itself gave; a server may take such a cursor as inclusive or exclusive. A page that is
//! shorter than asked for says nothing, as servers have caps of their own: the list ends with a page that brings nothing
//! older.

use super::MAX_GATHERED_BYTES;
use crate::client::clock::Micros;
use crate::client::mutant::{self, Mutant};
use crate::client::replica::{NO_MESSAGE, Timeline};
use crate::client::sorted::sort_by_key;
use crate::protocol::decode::digest::{List, MessageDigest};
use crate::protocol::ids::{MessageId, RoomId};

/// A message that was found, with its JSON if it differs from what is known.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) digest: MessageDigest,
    pub(super) json: Box<str>,
    /// When the page was asked for.
    pub(super) since: Micros,
}

/// How far back a list is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Goal {
    /// Back to this id: from there on, everything is known.
    pub(super) mark: Option<MessageId>,
    /// Back to the oldest message that is known, within the window.
    pub(super) oldest_known: Option<MessageId>,
    /// Whether the window is to be filled.
    pub(super) fills_window: bool,
    /// Whether a page that is less than half full is far enough.
    pub(super) is_modest: bool,
    /// How many messages there are, if the server has said so.
    pub(super) expected: Option<u64>,
    pub(super) window: usize,
    /// How many messages above the mark are read.
    pub(super) max_messages: usize,
}

/// What follows from a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    More,
    Done,
    /// It is done, but seems to end too early.
    Broken,
    /// There is more than is caught up with.
    TooMuch,
}

/// One list that is being read.
#[derive(Clone, Debug)]
pub(super) struct Pager {
    /// The message whose comments are read; zero for the messages of a room.
    pub(super) parent: MessageId,
    pub(super) goal: Goal,
    pub(super) found: Vec<Found>,
    /// Where the next page begins.
    pub(super) cursor: Option<MessageId>,
    /// When the first page was asked for, and when the latest was.
    pub(super) since: Option<Micros>,
    pub(super) asked_at: Micros,
    /// How many entries could not be read.
    pub(super) unreadable: usize,
    /// Whether the beginning of the list was reached.
    pub(super) is_exhausted: bool,
    /// The oldest message that was listed.
    lowest: Option<MessageId>,
    /// How far the end of the list is confirmed: 1 if the first page is asked for again, 2 if it has been.
    looks: u8,
    /// How many entries the last page had, if they are fewer than it was asked for.
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
            lowest: None,
            looks: 0,
            short: 0,
            bytes: 0,
        }
    }

    /// Takes the next page, which was asked for with that limit. `cap` is the most entries that a page ever had which was
    /// shorter than its limit and not the last: 0 if there was none.
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
                // A server may list comments among the messages. They are read with their threads. What is said to be of
                // another room is not of this list.
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
            // The message that the page was to begin at may be gone since, or not be there yet, and a server that does not
            // know it may answer with nothing: the one after it tells or, if a page is one message, the first page and
            // another try.
            let has_other = next.is_some() || *cap == 1;
            let is_doubtful = count == 0 && lowest.is_some() && has_other && self.is_further_expected();
            if self.looks == 1 || (is_doubtful && self.looks == 0) {
                self.cursor = if self.looks == 0 { next } else { lowest };
                self.looks = if self.cursor.is_none() { 1 } else { 2 };
                self.short = 0;
                return Step::More;
            }
            let is_doubtful = is_doubtful && next.is_some();
            // What is older may be there all the same, behind a page of which nothing can be read.
            self.is_exhausted = list.unreadable == 0 || count < limit as usize;
            let is_broken = is_doubtful || !self.is_exhausted;
            return if is_broken { Step::Broken } else { Step::Done };
        }
        self.looks = 0;
        // A server may have a limit of its own.
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

    /// Whether the list should go on: to fill the window, or down to the mark.
    fn is_further_expected(&self) -> bool {
        self.goal.fills_window || self.goal.mark.is_some_and(|mark| self.lowest > Some(mark))
    }

    /// Whether as many messages were found as there are said to be.
    pub(super) fn is_complete(&self) -> bool {
        let expected = self.goal.expected;
        expected.is_some_and(|expected| self.found.len() as u64 >= expected)
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
        // What came live is no news.
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
            // What became visible late may be on the page after.
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
