//! Learning from the REST API what happened during a gap.
//!
//! The stream has no sequence numbers and no replay. One run asks for the rooms, then for the messages of each room
//! from the oldest that the application follows, then for the threads among them that may have changed; what differs
//! from what the application was told is delivered as if it had come on the stream, marked as recovered. Events that
//! arrive during the run are held by whoever drives it ([`Client`](super::machine::Client)) and compared afterwards.
//!
//! The first run learns in the same way what there is already, without a word to the application: only who knows
//! what there was can tell what has changed.
//!
//! Bounded: of each room that is being read, and of at most [`CatchUpConfig::concurrency`] at a time, the text of at
//! most [`CatchUpConfig::max_messages`] new messages and of the followed ones that changed is held until the room is
//! complete.

mod scan;

use std::collections::VecDeque;
use std::time::Duration;

use scan::Scan;

use super::backoff::{Backoff, BackoffConfig};
use super::delivery::{ResyncReason, frame};
use super::interest::Rooms;
use super::knowledge::{Knowledge, Novelty};
use super::rest::{Reply, Request, RequestId};
use super::sorted::SortedMap;
use crate::protocol::decode::DecodeError;
use crate::protocol::decode::digest::{self, Entries, RoomDigest};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId, SafeInt};

/// What is caught up with, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUpConfig {
    /// Whether anything is. Default: true.
    pub enabled: bool,
    /// Whether rooms and the newest messages that are there already are delivered when the first connection opens,
    /// and when the user is added to a room. Default: false; the application loads them itself.
    pub history: bool,
    /// How many of the newest messages of a room are remembered and compared after a gap: edits, receipts and
    /// deletions of older ones are not seen. Default: 100.
    pub window: usize,
    /// How many new messages of one room are delivered after a gap; beyond it the application is told to load the
    /// room again. Default: 500.
    pub max_messages: usize,
    /// How many of the most recently active rooms are watched for an application that listens to all rooms. Default: 10.
    pub rooms: usize,
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
            rooms: 10,
            page: 100,
            concurrency: 4,
            backoff: BackoffConfig::default(),
        }
    }
}

/// Why a run is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Nothing was known before: what is there already is no news, unless the application wants it.
    Baseline,
    /// Anything may have changed.
    Everything,
    /// There is a room that the client knows nothing of.
    UnknownRoom,
    /// There are rooms of which it is not known yet what was said in them before.
    NewRooms,
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

/// One run.
#[derive(Clone, Debug)]
pub(super) struct CatchUp {
    config: CatchUpConfig,
    scope: Scope,
    waiting: VecDeque<Job>,
    under_way: Vec<(RequestId, Job)>,
    backoff: Backoff,
    retry_at: Option<Duration>,
    pub(super) found_anything: bool,
}

impl CatchUp {
    pub(super) fn new(config: CatchUpConfig, scope: Scope, knowledge: &Knowledge, seed: u64) -> Self {
        let mut run = Self {
            config,
            scope,
            waiting: VecDeque::new(),
            under_way: Vec::new(),
            backoff: Backoff::new(config.backoff, seed),
            retry_at: None,
            found_anything: false,
        };
        if scope == Scope::NewRooms {
            for room_id in knowledge.unlearnt() {
                run.waiting
                    .push_back(Job::Messages(Scan::newest(room_id, !config.history)));
            }
        }
        if scope != Scope::NewRooms {
            run.waiting.push_back(Job::Rooms);
        }
        run
    }

    /// Whether the application hears nothing of what is found.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self.scope, Scope::Baseline | Scope::NewRooms) && !self.config.history
    }

    pub(super) const fn scope(&self) -> Scope {
        self.scope
    }

    /// The next request to send now, if any.
    pub(super) fn next_request(&mut self, id: RequestId, now: Duration) -> Option<Request> {
        if self.retry_at.is_some_and(|at| now < at) {
            return None;
        }
        self.retry_at = None;
        if self.under_way.len() >= self.config.concurrency {
            return None;
        }
        let job = self.waiting.pop_front()?;
        let request = match &job {
            Job::Rooms | Job::ThreadGone { .. } => Request::Rooms,
            Job::Messages(scan) => scan.request(&self.config),
        };
        self.under_way.push((id, job));
        Some(request)
    }

    /// Gives up what the run would learn of rooms that are not wanted any more. Gives the requests that were sent for it.
    pub(super) fn give_up_unwanted(&mut self, wanted: &Rooms) -> Vec<RequestId> {
        let is_wanted = |job: &Job| match job {
            Job::Messages(scan) => wanted.contains(scan.room_id()),
            Job::ThreadGone { room_id, .. } => wanted.contains(*room_id),
            Job::Rooms => true,
        };
        self.waiting.retain(is_wanted);
        let mut given_up = Vec::new();
        self.under_way.retain(|(id, job)| {
            let stays = is_wanted(job);
            if !stays {
                given_up.push(*id);
            }
            stays
        });
        given_up
    }

    /// Whether nothing is left to be learnt.
    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
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
        let Some(index) = self.under_way.iter().position(|(other, _)| *other == id) else {
            return self.progress();
        };
        let (_, mut job) = self.under_way.swap_remove(index);
        let status = match reply {
            Reply::Answer {
                status: 200, body, ..
            } => match self.read(&mut job, body, knowledge, findings) {
                Ok(()) => {
                    self.backoff.reset();
                    self.found_anything |= !findings.is_empty();
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
                self.inaccessible(&job, knowledge, findings);
                return self.progress();
            }
            Reply::Answer { status, .. } => Some(status),
            Reply::TooLarge | Reply::Failed => None,
        };
        self.waiting.push_front(job);
        let delay = self.backoff.next_delay();
        self.retry_at = Some(now + delay);
        Progress::Retrying { status, delay }
    }

    fn progress(&self) -> Progress {
        if self.is_done() {
            Progress::Done
        } else {
            Progress::Going
        }
    }

    /// Reads an answer. After an error the job is as it was.
    fn read(
        &mut self,
        job: &mut Job,
        body: &str,
        knowledge: &mut Knowledge,
        findings: &mut Vec<Finding>,
    ) -> Result<(), DecodeError> {
        match job {
            Job::Rooms => self.read_rooms(body, digest::rooms(body)?, knowledge, findings),
            Job::ThreadGone { room_id, parent } => {
                let rooms = digest::rooms(body)?;
                if rooms.iter().flatten().any(|room| room.digest.room_id == *room_id) {
                    scan::comments_gone(*room_id, *parent, knowledge, findings);
                }
            }
            Job::Messages(scan) => {
                let outcome = scan.read(body, digest::messages(body)?, &self.config, knowledge, findings);
                self.follow_up(scan, outcome);
            }
        }
        Ok(())
    }

    fn follow_up(&mut self, scan: &mut Scan, outcome: scan::Outcome) {
        match outcome {
            scan::Outcome::MorePages => self.waiting.push_front(Job::Messages(std::mem::take(scan))),
            scan::Outcome::Complete(threads) => {
                for thread in threads.into_iter().rev() {
                    self.waiting.push_front(Job::Messages(thread));
                }
            }
            scan::Outcome::TooFarBehind => {
                let room_id = scan.room_id();
                self.waiting
                    .retain(|job| !matches!(job, Job::Messages(other) if other.room_id() == room_id));
                if scan.parent().is_none() {
                    // The application loads what there is; from then on it is followed.
                    let scan = Scan::resync(room_id, ResyncReason::TooFarBehind);
                    self.waiting.push_front(Job::Messages(scan));
                }
            }
        }
    }

    fn read_rooms(
        &mut self,
        body: &str,
        entries: Entries<RoomDigest>,
        knowledge: &mut Knowledge,
        findings: &mut Vec<Finding>,
    ) {
        let silent = self.is_silent();
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
            if self.scope == Scope::UnknownRoom && knowledge.has_room(room.room_id) {
                continue;
            }
            let behind = room.last_message_id.next();
            let novelty = knowledge.room_from_rest(&room, behind);
            if silent {
                knowledge.pass_stream(room.room_id);
            }
            let event_type = match novelty {
                _ if silent => None,
                Novelty::New => Some(EventType::RoomCreated),
                Novelty::Changed => Some(EventType::RoomUpdated),
                Novelty::Stale => None,
            };
            if let Some(event_type) = event_type {
                findings.push(Finding::Event(
                    event_type,
                    frame::room(event_type, item.span.of(body)),
                ));
            }
            if !knowledge.wanted().contains(room.room_id) {
                continue;
            }
            let scan = if !knowledge.is_learnt(room.room_id) {
                let missed = !silent
                    && novelty != Novelty::New
                    && (!self.config.history || knowledge.is_resynced(room.room_id));
                if missed {
                    // The connection broke before it was learnt what the application has loaded of this room.
                    knowledge.restart_room(room.room_id);
                    Scan::resync(room.room_id, ResyncReason::NothingKnown)
                } else {
                    Scan::newest(room.room_id, silent)
                }
            } else {
                let floor = knowledge.floor(room.room_id).unwrap_or(behind);
                let has_news = room.last_message_id >= floor.max(SafeInt::from(1));
                if silent || !(has_news || knowledge.follows_messages(room.room_id)) {
                    continue;
                }
                Scan::new(room.room_id, floor)
            };
            self.waiting.push_back(Job::Messages(scan));
        }
        if malformed || silent || self.scope == Scope::UnknownRoom {
            // Which room a malformed entry stands for is not known: nothing can be said of those that are missing.
            return;
        }
        let gone: Vec<_> = knowledge
            .rooms()
            .filter(|room_id| !present.contains(*room_id))
            .collect();
        for room_id in gone {
            knowledge.room_gone(room_id);
            let text = frame::room_deleted(room_id);
            findings.push(Finding::Event(EventType::RoomDeleted, text));
        }
    }

    /// The room may no longer be seen, or the message whose comments were asked for is gone.
    fn inaccessible(&mut self, job: &Job, knowledge: &mut Knowledge, findings: &mut Vec<Finding>) {
        let Job::Messages(scan) = job else { return };
        if scan.parent().is_none() {
            scan.leave_unlearnt(knowledge, findings);
            knowledge.room_refused(scan.room_id());
        }
        // Of a room, and of a message that is followed, the stream tells what has just become of it. A message that
        // is older than what is followed may have gone during the gap, or else the room may.
        if let Some(parent) = scan.parent()
            && !knowledge.knows(scan.room_id(), parent)
        {
            self.waiting.push_front(Job::ThreadGone {
                room_id: scan.room_id(),
                parent,
            });
        }
    }
}
