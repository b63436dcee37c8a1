//! Reading the messages of a room, or the comments on one of them, page by page, and comparing them with what the
//! application was told.

use super::{CatchUpConfig, Finding};
use crate::client::delivery::{ResyncReason, frame};
use crate::client::knowledge::{Knowledge, Novelty};
use crate::client::rest::Request;
use crate::client::sorted::sort_by_key;
use crate::protocol::decode::digest::{List, MessageDigest};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId, SafeInt};

/// How many recovered messages one event carries at most.
const BATCH: usize = 100;

/// One list of messages that is being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Scan {
    room_id: RoomId,
    /// The message whose comments are read; 0 for the messages of the room.
    parent: MessageId,
    /// How many comments that message has.
    comments: u64,
    /// Whether the newest alone are asked for, because nothing of the room is known.
    newest: bool,
    /// Whether what is found is only learnt, and not told.
    silent: bool,
    /// Why the application has to load the room again. It is told so when what there is has been learnt: the other way
    /// round, a change between the two that the stream keeps back would be lost.
    resync: Option<ResyncReason>,
    /// Where reading began.
    above: MessageId,
    /// Where it has come to.
    cursor: MessageId,
    /// What was found, with its text where it is news.
    found: Vec<(MessageDigest, String)>,
    /// How many of them the application does not know.
    fresh: usize,
    malformed: bool,
}

/// What becomes of a scan after a page.
pub(super) enum Outcome {
    MorePages,
    /// All is read and compared. These threads have to be read as well.
    Complete(Vec<Scan>),
    /// There is too much. The application is told to load the room again.
    TooFarBehind,
}

impl Scan {
    /// The messages of a room from that id on.
    pub(super) fn new(room_id: RoomId, floor: MessageId) -> Self {
        let above = floor.previous();
        Self {
            room_id,
            above,
            cursor: above,
            ..Self::default()
        }
    }

    /// The newest messages of a room of which nothing is known.
    pub(super) fn newest(room_id: RoomId, silent: bool) -> Self {
        Self {
            room_id,
            newest: true,
            silent,
            ..Self::default()
        }
    }

    /// The newest messages of a room that the application has to load again.
    pub(super) fn resync(room_id: RoomId, reason: ResyncReason) -> Self {
        Self {
            resync: Some(reason),
            ..Self::newest(room_id, true)
        }
    }

    pub(super) const fn room_id(&self) -> RoomId {
        self.room_id
    }

    /// The message whose comments are read.
    pub(super) fn parent(&self) -> Option<MessageId> {
        (self.parent != SafeInt::ZERO).then_some(self.parent)
    }

    /// The request for the next page.
    pub(super) fn request(&self, config: &CatchUpConfig) -> Request {
        let (room_id, cursor, limit) = (self.room_id, self.cursor, config.page);
        if self.newest {
            let limit = u32::try_from(config.window).unwrap_or(u32::MAX);
            return Request::NewestMessages { room_id, limit };
        }
        match self.parent() {
            None => Request::Messages {
                room_id,
                cursor,
                limit,
            },
            Some(message_id) => Request::Comments {
                message_id,
                cursor,
                limit,
            },
        }
    }

    /// Takes a page in.
    pub(super) fn read(
        &mut self,
        body: &str,
        list: List<MessageDigest>,
        config: &CatchUpConfig,
        knowledge: &mut Knowledge,
        findings: &mut Vec<Finding>,
    ) -> Outcome {
        let limit = if self.newest {
            config.window
        } else {
            config.page as usize
        };
        let is_full = list.items.len() + list.unreadable >= limit;
        let before = self.cursor;
        self.malformed |= list.unreadable > 0;
        findings.extend(list.errors.into_iter().map(Finding::Malformed));
        for item in list.items {
            let digest = item.digest;
            self.cursor = self.cursor.max(digest.message_id);
            self.fresh += usize::from(!knowledge.knows(self.room_id, digest.message_id));
            // What is known already is compared, and its text needed no more.
            let is_news = !self.silent && knowledge.is_news(&digest);
            let json = if is_news { item.span.of(body) } else { "" };
            self.found.push((digest, json.to_owned()));
        }
        if self.newest {
            self.learn(is_full, knowledge);
            self.tell_resync(findings);
        } else if self.fresh > config.max_messages {
            if self.parent().is_some() {
                knowledge.restart_comments(self.room_id);
                findings.push(Finding::ResyncRequired(self.room_id, ResyncReason::TooFarBehind));
            } else {
                knowledge.restart_room(self.room_id);
            }
            return Outcome::TooFarBehind;
        } else if is_full && self.cursor > before {
            return Outcome::MorePages;
        }
        self.finish(knowledge, findings)
    }

    fn tell_resync(&self, findings: &mut Vec<Finding>) {
        if let Some(reason) = self.resync {
            findings.push(Finding::ResyncRequired(self.room_id, reason));
        }
    }

    /// The room cannot be read. If the application is to be told of all there is in it, it has been told of nothing.
    pub(super) fn leave_unlearnt(&self, knowledge: &mut Knowledge, findings: &mut Vec<Finding>) {
        self.tell_resync(findings);
        if self.newest && !self.silent {
            knowledge.learn_room(self.room_id, SafeInt::ZERO, SafeInt::ZERO, false);
        } else {
            knowledge.leave_unlearnt(self.room_id);
        }
    }

    /// From here on the room is followed from the oldest message that was found, and of comments those that were not
    /// there before.
    fn learn(&mut self, is_full: bool, knowledge: &mut Knowledge) {
        let oldest = self.found.iter().map(|(digest, _)| digest.message_id).min();
        let floor = oldest.filter(|_| is_full).unwrap_or_default();
        let comment_floor = if self.silent {
            knowledge.newest().max(self.cursor).next()
        } else {
            floor
        };
        knowledge.learn_room(self.room_id, floor, comment_floor, self.silent);
        self.above = floor.previous();
    }

    /// All pages are there: compares them with what the application was told.
    fn finish(&mut self, knowledge: &mut Knowledge, findings: &mut Vec<Finding>) -> Outcome {
        let room_id = self.room_id;
        // Sorted in any case: the list comes in the order of the ids.
        sort_by_key(&mut self.found, |(digest, _)| digest.message_id);
        // What is learnt beside the stream may be older than it.
        if !self.malformed && !self.silent {
            let known = knowledge.between(room_id, self.parent, self.above, SafeInt::MAX);
            let found = &self.found;
            let is_there = |id: &MessageId| {
                found
                    .binary_search_by_key(id, |(digest, _)| digest.message_id)
                    .is_ok()
            };
            for gone in known.into_iter().filter(|id| !is_there(id)) {
                if self.parent == SafeInt::ZERO {
                    // The comments go before the message that they comment on.
                    comments_gone(room_id, gone, knowledge, findings);
                }
                message_gone(room_id, self.parent, gone, knowledge, findings);
            }
        }
        let (mut created, mut updated) = (Vec::new(), Vec::new());
        for (digest, json) in &self.found {
            if self.silent && knowledge.knows(room_id, digest.message_id) {
                // The stream has told of it, and tells what becomes of it.
                continue;
            }
            match knowledge.message_from_rest(digest) {
                _ if self.silent => {
                    knowledge.thread_read(room_id, digest.message_id, digest.comment_count.get());
                }
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
        Outcome::Complete(match self.parent() {
            Some(parent) => {
                knowledge.thread_read(room_id, parent, self.comments);
                Vec::new()
            }
            None => self.threads(knowledge),
        })
    }

    /// The threads of a room that may have changed: those whose comments the application follows, and those that
    /// have another number of comments than is known of.
    fn threads(&self, knowledge: &Knowledge) -> Vec<Self> {
        if self.silent {
            return Vec::new();
        }
        let mut followed = knowledge.comments(self.room_id);
        sort_by_key(&mut followed, |pair| *pair);
        let known = |id: MessageId| {
            let begin = followed.partition_point(|(parent, _)| *parent < id);
            let end = followed.partition_point(|(parent, _)| *parent <= id);
            &followed[begin..end]
        };
        let floor = knowledge.comment_floor(self.room_id).unwrap_or_default();
        let thread = |parent, comments| Self {
            parent,
            comments,
            // From the first that is new, or that is followed.
            ..Self::new(
                self.room_id,
                known(parent)
                    .first()
                    .map_or(floor, |(_, first)| floor.min(*first)),
            )
        };
        let mut threads = Vec::new();
        for (digest, _) in &self.found {
            let (id, comments) = (digest.message_id, digest.comment_count.get());
            let known = known(id).len();
            if known != 0 || knowledge.is_thread_due(self.room_id, id, comments, known as u64) {
                threads.push(thread(id, comments));
            }
        }
        // The messages of these have left the window, and their comments have not.
        let found = threads.len();
        for (parent, _) in &followed {
            let is_last = threads[found..]
                .last()
                .is_some_and(|thread| thread.parent == *parent);
            if !is_last
                && threads[..found]
                    .binary_search_by_key(parent, |thread| thread.parent)
                    .is_err()
            {
                threads.push(thread(*parent, 0));
            }
        }
        threads
    }
}

/// Tells that the comments on a message are gone.
pub(super) fn comments_gone(
    room_id: RoomId,
    parent: MessageId,
    knowledge: &mut Knowledge,
    findings: &mut Vec<Finding>,
) {
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
