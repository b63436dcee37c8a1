//! Learning from the REST API what happened during a gap.
//!
//! The stream has no sequence numbers and no replay. One run asks for the rooms, then for the messages of each room
//! that may have changed, from the oldest that the application follows, then for the threads among them; what differs
//! from what the application was told is delivered as if it had come on the stream, marked as recovered. Events that
//! arrive during the run are held by whoever drives it ([`Client`](super::machine::Client)) and compared afterwards.
//!
//! Bounded: at most [`CatchUpConfig::max_messages`] new messages of a room are held until the room is complete, at
//! most [`CatchUpConfig::concurrency`] rooms at a time.

use std::collections::VecDeque;
use std::time::Duration;

use super::backoff::{Backoff, BackoffConfig};
use super::delivery::{ResyncReason, frame};
use super::knowledge::{Knowledge, Novelty};
use super::rest::{Reply, Request, RequestId};
use super::sorted::SortedMap;
use crate::protocol::decode::DecodeError;
use crate::protocol::decode::digest::{self, Entries, MessageDigest, RoomDigest};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId, SafeInt};

/// How many recovered messages one event carries at most.
const BATCH: usize = 100;

/// What is caught up with, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUpConfig {
    /// Whether anything is. Default: true.
    pub enabled: bool,
    /// Whether rooms and the newest messages that are there already are delivered when the first connection opens,
    /// and when the user is added to a room. Default: false; the application loads them itself.
    pub history: bool,
    /// How many of the newest messages of a room are compared after a gap: edits, receipts and deletions of older
    /// ones are not seen. Default: 100.
    pub window: usize,
    /// How many new messages of one room are delivered after a gap; beyond it the application is told to load the
    /// room again. Default: 500.
    pub max_messages: usize,
    /// How many messages one request asks for. Default: 100.
    pub page: u32,
    /// How many requests are under way at once. Default: 4.
    pub concurrency: usize,
    /// How the delay grows after a request that failed.
    pub backoff: BackoffConfig,
}

impl Default for CatchUpConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            history: false,
            window: 100,
            max_messages: 500,
            page: 100,
            concurrency: 4,
            backoff: BackoffConfig::default(),
        }
    }
}

/// What a run finds, in the order of delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Event(EventType, String),
    Malformed(DecodeError),
    ResyncRequired(RoomId, ResyncReason),
}

/// How a run stands after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Going,
    /// A request failed; the run goes on at that time.
    Retrying {
        status: Option<u16>,
        delay: Duration,
    },
    Unauthorized,
    Done,
}

#[derive(Clone, Debug)]
enum Job {
    Rooms,
    Messages(Scan),
    /// A thread could not be read: is it the thread that is gone, or the room?
    ThreadGone {
        room_id: RoomId,
        parent: MessageId,
    },
}

/// The messages of a room, or the comments on one of them, page by page.
#[derive(Clone, Debug)]
struct Scan {
    room_id: RoomId,
    /// The message whose comments are read; 0 for the messages of the room.
    parent: MessageId,
    /// Whether the newest alone are asked for, because nothing of the room is known.
    newest: bool,
    /// Where reading began.
    above: MessageId,
    cursor: MessageId,
    found: Vec<(MessageDigest, String)>,
    /// How many of them the application does not know.
    fresh: usize,
    malformed: bool,
    /// From where the room is followed if it turns out to be too far behind.
    restart: MessageId,
}

/// One run.
#[derive(Clone, Debug)]
pub(super) struct CatchUp {
    config: CatchUpConfig,
    /// Nothing was known before: what is there already is no news, unless the application wants it.
    baseline: bool,
    waiting: VecDeque<Job>,
    under_way: SortedMap<RequestId, Job>,
    backoff: Backoff,
    retry_at: Option<Duration>,
    pub(super) found_anything: bool,
}

impl CatchUp {
    pub(super) fn new(config: CatchUpConfig, baseline: bool, seed: u64) -> Self {
        Self {
            config,
            baseline,
            waiting: VecDeque::from([Job::Rooms]),
            under_way: SortedMap::new(),
            backoff: Backoff::new(config.backoff, seed),
            retry_at: None,
            found_anything: false,
        }
    }

    /// The next request to send now, if any.
    pub(super) fn next_request(&mut self, id: RequestId, now: Duration) -> Option<Request> {
        if self.retry_at.is_some_and(|at| now < at) || self.under_way.len() >= self.config.concurrency {
            return None;
        }
        self.retry_at = None;
        let job = self.waiting.pop_front()?;
        let limit = self.config.page;
        let request = match &job {
            Job::Rooms | Job::ThreadGone { .. } => Request::Rooms,
            Job::Messages(scan) if scan.newest => {
                let limit = u32::try_from(self.config.window).unwrap_or(u32::MAX);
                Request::NewestMessages {
                    room_id: scan.room_id,
                    limit,
                }
            }
            Job::Messages(scan) if scan.parent == SafeInt::ZERO => Request::Messages {
                room_id: scan.room_id,
                cursor: scan.cursor,
                limit,
            },
            Job::Messages(scan) => Request::Comments {
                message_id: scan.parent,
                cursor: scan.cursor,
                limit,
            },
        };
        self.under_way.insert(id, job);
        Some(request)
    }

    /// When a failed request is to be sent again; `None` while so many are under way that it has to wait for them.
    pub(super) fn retry_at(&self) -> Option<Duration> {
        self.retry_at
            .filter(|_| self.under_way.len() < self.config.concurrency)
    }

    /// Takes an answer in. What it brings to light is appended to `findings`, and noted in `knowledge`.
    pub(super) fn handle_reply(
        &mut self,
        id: RequestId,
        reply: Reply<'_>,
        knowledge: &mut Knowledge,
        findings: &mut Vec<Finding>,
        now: Duration,
    ) -> Progress {
        let Some(job) = self.under_way.remove(id) else {
            return self.progress();
        };
        let before = findings.len();
        let status = match reply {
            Reply::Answer { status: 401, .. } => return Progress::Unauthorized,
            Reply::Answer { status: 200, body } => match self.read(job.clone(), body, knowledge, findings) {
                Ok(()) => {
                    self.backoff.reset();
                    self.found_anything |= findings.len() > before;
                    return self.progress();
                }
                Err(error) => {
                    findings.push(Finding::Malformed(error));
                    Some(200)
                }
            },
            Reply::Answer {
                status: 403 | 404, ..
            } if matches!(job, Job::Messages(_)) => {
                self.inaccessible(job, knowledge);
                return self.progress();
            }
            Reply::Answer { status, .. } => Some(status),
            Reply::Failed => None,
        };
        self.waiting.push_front(job);
        let delay = self.backoff.next_delay();
        self.retry_at = Some(now + delay);
        Progress::Retrying { status, delay }
    }

    fn progress(&self) -> Progress {
        if self.waiting.is_empty() && self.under_way.is_empty() {
            Progress::Done
        } else {
            Progress::Going
        }
    }

    fn read(
        &mut self,
        job: Job,
        body: &str,
        knowledge: &mut Knowledge,
        findings: &mut Vec<Finding>,
    ) -> Result<(), DecodeError> {
        match job {
            Job::Rooms => self.read_rooms(digest::rooms(body)?, knowledge, findings),
            Job::ThreadGone { room_id, parent } => {
                let rooms = digest::rooms(body)?;
                if rooms.iter().flatten().any(|room| room.digest.room_id == room_id) {
                    comments_gone(room_id, parent, knowledge, findings);
                }
            }
            Job::Messages(scan) => self.read_page(scan, digest::messages(body)?, knowledge, findings),
        }
        Ok(())
    }

    fn read_rooms(
        &mut self,
        entries: Entries<'_, RoomDigest>,
        knowledge: &mut Knowledge,
        findings: &mut Vec<Finding>,
    ) {
        let silent = self.baseline && !self.config.history;
        let mut present = SortedMap::new();
        let mut malformed = false;
        for entry in entries {
            let item = match entry {
                Ok(item) => item,
                Err(error) => {
                    malformed = true;
                    findings.push(Finding::Malformed(error));
                    continue;
                }
            };
            let room = item.digest;
            present.insert(room.room_id, ());
            let behind = next_id(room.last_message_id);
            let floor = if silent { behind } else { SafeInt::ZERO };
            let novelty = knowledge.room_from_rest(&room, floor);
            match novelty {
                _ if silent => {}
                Novelty::New => {
                    findings.push(Finding::Event(
                        EventType::RoomCreated,
                        frame::room(EventType::RoomCreated, item.json),
                    ));
                }
                Novelty::Changed => {
                    findings.push(Finding::Event(
                        EventType::RoomUpdated,
                        frame::room(EventType::RoomUpdated, item.json),
                    ));
                }
                Novelty::Stale => {}
            }
            let floor = knowledge.floor(room.room_id).unwrap_or(behind);
            if knowledge.follows_messages(room.room_id) || room.last_message_id >= floor.max(SafeInt::from(1))
            {
                let newest = floor == SafeInt::ZERO && !knowledge.follows_messages(room.room_id);
                self.waiting.push_back(Job::Messages(Scan::new(
                    room.room_id,
                    SafeInt::ZERO,
                    newest,
                    floor,
                    behind,
                )));
            }
        }
        if malformed || silent {
            // Which room a malformed entry stands for is not known: nothing can be said of those that are missing.
            return;
        }
        let gone: Vec<_> = knowledge
            .rooms()
            .filter(|room_id| !present.contains(*room_id))
            .collect();
        for room_id in gone {
            knowledge.room_gone(room_id);
            findings.push(Finding::Event(
                EventType::RoomDeleted,
                frame::room_deleted(room_id),
            ));
        }
    }

    fn read_page(
        &mut self,
        mut scan: Scan,
        entries: Entries<'_, MessageDigest>,
        knowledge: &mut Knowledge,
        findings: &mut Vec<Finding>,
    ) {
        let limit = if scan.newest {
            self.config.window
        } else {
            self.config.page as usize
        };
        let last_page = scan.newest || entries.len() < limit;
        if scan.newest && entries.len() >= limit {
            // There may be older ones; they are not followed.
            let oldest = entries.iter().flatten().map(|item| item.digest.message_id).min();
            knowledge.restart_room(scan.room_id, oldest.unwrap_or(scan.restart));
        }
        for entry in entries {
            match entry {
                Ok(item) => {
                    scan.cursor = scan.cursor.max(item.digest.message_id);
                    scan.fresh += usize::from(!knowledge.knows(scan.room_id, item.digest.message_id));
                    scan.found.push((item.digest, item.json.to_owned()));
                }
                Err(error) => {
                    scan.malformed = true;
                    findings.push(Finding::Malformed(error));
                }
            }
        }
        if scan.fresh > self.config.max_messages {
            knowledge.restart_room(scan.room_id, scan.restart);
            self.waiting
                .retain(|job| !matches!(job, Job::Messages(other) if other.room_id == scan.room_id));
            findings.push(Finding::ResyncRequired(scan.room_id, ResyncReason::TooFarBehind));
        } else if last_page {
            self.finish(scan, knowledge, findings);
        } else {
            self.waiting.push_front(Job::Messages(scan));
        }
    }

    /// All pages are there: compares them with what the application was told.
    fn finish(&mut self, scan: Scan, knowledge: &mut Knowledge, findings: &mut Vec<Finding>) {
        let mut present = SortedMap::new();
        for (digest, _) in &scan.found {
            present.insert(digest.message_id, ());
        }
        if !scan.malformed {
            let known = knowledge.between(scan.room_id, scan.parent, scan.above, SafeInt::MAX);
            for gone in known.into_iter().filter(|id| !present.contains(*id)) {
                if scan.parent == SafeInt::ZERO {
                    // The comments go before the message that they comment on.
                    comments_gone(scan.room_id, gone, knowledge, findings);
                }
                message_gone(scan.room_id, scan.parent, gone, knowledge, findings);
            }
        }
        let (mut created, mut updated) = (Vec::new(), Vec::new());
        for (digest, json) in &scan.found {
            match knowledge.message_from_rest(digest) {
                Novelty::New => created.push(&**json),
                Novelty::Changed => updated.push(&**json),
                Novelty::Stale => {}
            }
        }
        for (event_type, messages) in [
            (EventType::TextMessagesUpdated, updated),
            (EventType::TextMessagesCreated, created),
        ] {
            for batch in messages.chunks(BATCH) {
                findings.push(Finding::Event(event_type, frame::messages(event_type, batch)));
            }
        }
        if scan.parent == SafeInt::ZERO {
            self.read_threads(&scan, knowledge);
        }
    }

    /// The threads of a room that may have changed: those whose comments the application follows, and those that have
    /// another number of comments than it was told of. All comments on a message that is followed are newer than it,
    /// and so are followed too.
    fn read_threads(&mut self, scan: &Scan, knowledge: &Knowledge) {
        let mut threads = SortedMap::<MessageId, u64>::new();
        for parent in knowledge.commented(scan.room_id) {
            *threads.get_or_insert_with(parent, || 0) += 1;
        }
        for (digest, _) in &scan.found {
            let told = threads.get(digest.message_id).copied().unwrap_or_default();
            if told != digest.comment_count.get() {
                threads.insert(digest.message_id, told);
            }
        }
        let floor = knowledge.floor(scan.room_id).unwrap_or_default();
        while let Some((parent, _)) = threads.pop_last() {
            let thread = Scan::new(scan.room_id, parent, false, floor, scan.restart);
            self.waiting.push_front(Job::Messages(thread));
        }
    }

    /// The room may no longer be seen, or the message whose comments were asked for is gone.
    fn inaccessible(&mut self, job: Job, knowledge: &Knowledge) {
        let Job::Messages(scan) = job else { return };
        // Of a room, and of a message that is followed, the stream tells what has just become of it. A message that
        // is older than what is followed may have gone during the gap, or else the room may.
        if scan.parent != SafeInt::ZERO && !knowledge.knows(scan.room_id, scan.parent) {
            self.waiting.push_front(Job::ThreadGone {
                room_id: scan.room_id,
                parent: scan.parent,
            });
        }
    }
}

fn comments_gone(room_id: RoomId, parent: MessageId, knowledge: &mut Knowledge, findings: &mut Vec<Finding>) {
    for gone in knowledge.between(room_id, parent, SafeInt::ZERO, SafeInt::MAX) {
        message_gone(room_id, parent, gone, knowledge, findings);
    }
}

fn message_gone(
    room_id: RoomId,
    parent: MessageId,
    gone: MessageId,
    knowledge: &mut Knowledge,
    findings: &mut Vec<Finding>,
) {
    knowledge.message_gone(room_id, gone);
    let text = frame::message_deleted(room_id, parent, gone);
    findings.push(Finding::Event(EventType::TextMessageDeleted, text));
}

impl Scan {
    fn new(room_id: RoomId, parent: MessageId, newest: bool, floor: MessageId, restart: MessageId) -> Self {
        let above = SafeInt::new(floor.get().saturating_sub(1)).unwrap_or_default();
        Self {
            room_id,
            parent,
            newest,
            above,
            cursor: above,
            found: Vec::new(),
            fresh: 0,
            malformed: false,
            restart,
        }
    }
}

fn next_id(id: SafeInt) -> SafeInt {
    SafeInt::new(id.get() + 1).unwrap_or(id)
}
