//! The messages that the user sends, until the server shows them.
//!
//! ```text
//!            posted            accepted
//!   Queued ──────────▶ Posting ─────────▶ Accepted ──┐ the message is there, or two looks have not found it
//!     ▲ ▲                │  │ no answer              ├──▶ over
//!     │ │ two looks      │  ▼                        │
//!     │ └────────────── Unknown ─────────────────────┘ the message is there
//!     │ resend           │
//!   Failed ◀─────────────┘ refused, or too often
//! ```
//!
//! The API returns no id. So a message of the user's own with the same text, above the highest id that was known when it was
//! posted, is taken for it: whether it comes before the answer, after it, or in place of it. An outcome that is not known is
//! looked up from the newest message back to that id, twice, as a late answer may lack it; only then it is posted again. A
//! list is read to its end before the first message is posted into it, so that an older one with the same text is none of these.
//!
//! One message of a room is on its way at a time. One that has failed does not hold up the next.

use std::rc::Rc;

use super::diff::{Item, Key, Shown};
use super::list::ListKey;
use super::send_state::{SendFailure, SendState};
use crate::client::clock::Micros;
use crate::client::rest::RequestId;
use crate::client::sync::REPLICATION_LAG;
use crate::protocol::decode::fingerprint::combine;
use crate::protocol::ids::{MessageId, RoomId, UserId};

/// How often a message is posted by itself.
const MAX_ATTEMPTS: u8 = 3;

/// How long the next attempt waits, times the number of the attempt.
const RETRY_AFTER: Micros = 1_000_000;

/// How many messages that have been taken for sent ones are remembered, and how many keys of these.
const MAX_REMEMBERED: usize = 128;

/// How many looks have to agree that a message is not there.
const LOOKS: u8 = 2;

/// A message that is being sent, as an application may keep it over a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// The key that the sender has chosen.
    pub key: u64,
    /// Where it goes.
    pub list: ListKey,
    /// The text.
    pub text: Rc<str>,
    /// How far it has come.
    pub state: SendState,
    /// Who sends it, if that is known.
    pub user_id: Option<UserId>,
    /// If it may have been sent: the highest message id that was known when it was posted.
    pub posted_above: Option<MessageId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Queued,
    Posting(RequestId),
    Accepted(Search),
    Unknown(Search),
    Failed(SendFailure),
}

/// A message is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Search {
    /// A look has to begin at that time or later.
    from: Micros,
    /// How many have not found it.
    looks: u8,
}

#[derive(Clone, Debug)]
struct Outgoing {
    key: u64,
    list: ListKey,
    text: Rc<str>,
    stage: Stage,
    /// The highest id that was known when it was posted.
    floor: Option<MessageId>,
    attempts: u8,
    retry_at: Micros,
    /// Whether it has failed before it was found out whether the server has it.
    is_doubtful: bool,
}

impl Outgoing {
    const fn state(&self) -> SendState {
        match self.stage {
            Stage::Queued => SendState::Queued,
            Stage::Posting(_) | Stage::Accepted(_) => SendState::Sending,
            Stage::Unknown(_) => SendState::Unconfirmed,
            Stage::Failed(failure) => SendState::Failed(failure),
        }
    }

    /// Whether the server may have it.
    const fn is_out(&self) -> bool {
        matches!(
            self.stage,
            Stage::Posting(_) | Stage::Accepted(_) | Stage::Unknown(_)
        )
    }

    /// Whether a message may turn out to be it.
    const fn may_be_there(&self) -> bool {
        self.is_out() || self.is_doubtful || matches!(self.stage, Stage::Failed(SendFailure::Unclear))
    }

    /// It has failed, whatever the server has made of it.
    const fn fail(&mut self, failure: SendFailure) {
        self.is_doubtful |= matches!(self.stage, Stage::Unknown(_));
        self.stage = Stage::Failed(failure);
    }

    const fn search(&mut self) -> Option<&mut Search> {
        match &mut self.stage {
            Stage::Accepted(search) | Stage::Unknown(search) => Some(search),
            _ => None,
        }
    }
}

/// A message that a sent one was taken for.
#[derive(Clone, Debug)]
struct Claim {
    id: MessageId,
    list: ListKey,
    text: Box<str>,
    /// That of the one that was sent.
    floor: MessageId,
}

/// What became of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Posted {
    Accepted,
    /// It was certainly not taken, and is posted again after that time.
    NotTaken(Micros),
    Refused(u16),
    /// Nobody knows.
    Unknown,
}

/// All messages that are being sent, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct SendQueue {
    queue: Vec<Outgoing>,
    /// The posts that are under way. The message may be there before the answer.
    posts: Vec<(RequestId, ListKey)>,
    /// Messages that sent ones were taken for.
    claimed: Vec<Claim>,
    /// The keys of those that are over, with the messages that they have become; 0 if that is not known.
    over: Vec<(u64, MessageId)>,
}

fn remember<T>(list: &mut Vec<T>, item: T) {
    if list.len() == MAX_REMEMBERED {
        list.remove(0);
    }
    list.push(item);
}

impl SendQueue {
    pub(super) const fn new() -> Self {
        Self {
            queue: Vec::new(),
            posts: Vec::new(),
            claimed: Vec::new(),
            over: Vec::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether anything is being sent to that list.
    pub(super) fn is_for(&self, list: ListKey) -> bool {
        let mut queue = self.queue.iter();
        queue.any(|outgoing| outgoing.list == list && !matches!(outgoing.stage, Stage::Failed(_)))
    }

    /// Takes a message. `posted_above`: it may have been posted already. A key that is known is a second click.
    pub(super) fn add(
        &mut self,
        list: ListKey,
        key: u64,
        text: &str,
        posted_above: Option<MessageId>,
        now: Micros,
    ) -> bool {
        if self.over.iter().any(|(other, _)| *other == key)
            || self.queue.iter().any(|outgoing| outgoing.key == key)
        {
            return false;
        }
        let stage = match posted_above {
            Some(_) => Stage::Unknown(search_from(now)),
            None => Stage::Queued,
        };
        self.queue.push(Outgoing {
            key,
            list,
            text: text.into(),
            stage,
            floor: posted_above,
            attempts: 0,
            retry_at: 0,
            is_doubtful: false,
        });
        true
    }

    /// Sends a message again that has failed, after a look for it if it may be there. Gives where it goes.
    pub(super) fn resend(&mut self, key: u64, now: Micros) -> Option<ListKey> {
        let index = self.queue.iter().position(|outgoing| outgoing.key == key)?;
        if !matches!(self.queue[index].stage, Stage::Failed(_)) {
            return None;
        }
        let mut outgoing = self.queue.remove(index);
        outgoing.stage = if std::mem::take(&mut outgoing.is_doubtful) {
            Stage::Unknown(search_from(now))
        } else {
            Stage::Queued
        };
        outgoing.attempts = 0;
        outgoing.retry_at = 0;
        let list = outgoing.list;
        self.queue.push(outgoing);
        Some(list)
    }

    /// Notes that a message has failed before a restart: nothing is sent again unasked.
    pub(super) fn note_failure(&mut self, key: u64, failure: SendFailure) {
        if let Some(outgoing) = self.queue.iter_mut().find(|outgoing| outgoing.key == key) {
            outgoing.fail(failure);
        }
    }

    /// Lets go of a message, unless it is being posted.
    pub(super) fn discard(&mut self, key: u64) -> bool {
        let index = self.queue.iter().position(|outgoing| outgoing.key == key);
        let index = index.filter(|index| !matches!(self.queue[*index].stage, Stage::Posting(_)));
        if let Some(index) = index {
            self.queue.remove(index);
            remember(&mut self.over, (key, MessageId::ZERO));
        }
        index.is_some()
    }

    /// All that is being sent.
    pub(super) fn outgoing(&self, user_id: Option<UserId>) -> impl Iterator<Item = OutgoingMessage> + '_ {
        self.queue.iter().map(move |outgoing| OutgoingMessage {
            user_id,
            key: outgoing.key,
            list: outgoing.list,
            text: outgoing.text.clone(),
            state: outgoing.state(),
            posted_above: outgoing.floor.filter(|_| outgoing.may_be_there()),
        })
    }

    /// The keys of the messages that were sent last, and the messages that they have become, or 0.
    pub(super) fn sent(&self) -> &[(u64, MessageId)] {
        &self.over
    }

    /// The items that views of a list show.
    pub(super) fn items(&self, list: ListKey) -> impl Iterator<Item = Shown> + '_ {
        let own = self.queue.iter().filter(move |outgoing| outgoing.list == list);
        own.map(|outgoing| Shown {
            key: Key::Outgoing(outgoing.key),
            version: outgoing.state().version(),
        })
    }

    /// Another number whenever something has changed in what [`outgoing`](Self::outgoing) gives.
    pub(super) fn fingerprint(&self) -> u64 {
        self.queue.iter().fold(self.queue.len() as u64, |all, outgoing| {
            let floor = outgoing.floor.filter(|_| outgoing.may_be_there());
            let floor = floor.map_or(0, |floor| floor.get() + 1);
            [outgoing.key, outgoing.state().version(), floor]
                .into_iter()
                .fold(all, combine)
        })
    }

    pub(super) fn item(&self, key: u64) -> Option<Item> {
        let outgoing = self.queue.iter().find(|outgoing| outgoing.key == key)?;
        Some(Item::Outgoing {
            key,
            text: outgoing.text.clone(),
            state: outgoing.state(),
        })
    }

    /// The messages that may be posted, the first of each room: their keys, where they go, and from when on.
    pub(super) fn next_posts(&self) -> Vec<(u64, ListKey, Micros)> {
        let mut rooms: Vec<RoomId> = Vec::new();
        let mut posts = Vec::new();
        for outgoing in &self.queue {
            let room_id = outgoing.list.room_id;
            match outgoing.stage {
                Stage::Failed(_) | Stage::Accepted(_) => continue,
                Stage::Queued if !rooms.contains(&room_id) => {
                    posts.push((outgoing.key, outgoing.list, outgoing.retry_at));
                }
                _ => {}
            }
            // Of a room, one after the other.
            rooms.push(room_id);
        }
        // A message in any place of the queue may be on its way.
        let is_busy = |room_id: RoomId| {
            let is_out = |stage| matches!(stage, Stage::Posting(_) | Stage::Unknown(_));
            let mut queue = self.queue.iter();
            queue.any(|other| other.list.room_id == room_id && is_out(other.stage))
        };
        posts.retain(|(_, list, _)| !is_busy(list.room_id));
        posts
    }

    /// A message is posted. `floor`: the highest id that is known.
    pub(super) fn post(&mut self, key: u64, id: RequestId, floor: MessageId) {
        if let Some(outgoing) = self.queue.iter_mut().find(|outgoing| outgoing.key == key) {
            outgoing.stage = Stage::Posting(id);
            outgoing.floor = Some(floor);
            outgoing.attempts = outgoing.attempts.saturating_add(1);
            self.posts.push((id, outgoing.list));
        }
    }

    /// The text that a request posts.
    pub(super) fn text_of(&self, id: RequestId) -> Option<&str> {
        let posting = self
            .queue
            .iter()
            .find(|outgoing| outgoing.stage == Stage::Posting(id));
        posting.map(|outgoing| &*outgoing.text)
    }

    /// A post was answered, or failed. Gives where it went.
    pub(super) fn take_answer(&mut self, id: RequestId, posted: Posted, now: Micros) -> Option<ListKey> {
        let index = self.posts.iter().position(|(post, _)| *post == id)?;
        let (_, list) = self.posts.swap_remove(index);
        let mut queue = self.queue.iter_mut();
        let Some(outgoing) = queue.find(|outgoing| outgoing.stage == Stage::Posting(id)) else {
            return Some(list);
        };
        outgoing.stage = match posted {
            Posted::Accepted => Stage::Accepted(search_from(now)),
            Posted::Unknown => Stage::Unknown(search_from(now)),
            Posted::Refused(status) => Stage::Failed(SendFailure::Refused(status)),
            Posted::NotTaken(retry_at) => {
                outgoing.retry_at = retry_at;
                outgoing.attempts -= 1;
                Stage::Queued
            }
        };
        Some(list)
    }

    /// Whether the request is a post that is under way.
    pub(super) fn is_posting(&self, id: RequestId) -> bool {
        self.posts.iter().any(|(post, _)| *post == id)
    }

    /// A message of the user's own is there: it may be one that was sent.
    pub(super) fn claim(&mut self, list: ListKey, id: MessageId, text: &str) -> bool {
        let (text, new) = (text.trim(), id);
        if self.claimed.iter().any(|claim| claim.id == id) {
            return false;
        }
        let (mut id, mut found) = (id, self.best(list, id, text));
        if found.is_none() {
            // Messages may become known in any order: another may have been taken for the one that this is.
            for index in 0..self.claimed.len() {
                let Claim { id: other, floor, .. } = self.claimed[index];
                let fits =
                    self.claimed[index].list == list && floor < id && *self.claimed[index].text == *text;
                let best = self.best(list, other, text).filter(|_| fits);
                if best.is_some() {
                    self.claimed[index].id = id;
                    (id, found) = (other, best);
                    break;
                }
            }
        }
        let Some(index) = found else { return false };
        let outgoing = self.queue.remove(index);
        remember(&mut self.over, (outgoing.key, new));
        let claim = Claim {
            id,
            list,
            text: text.into(),
            floor: outgoing.floor.unwrap_or_default(),
        };
        remember(&mut self.claimed, claim);
        true
    }

    /// Of the messages with that text, the one that this id is most likely of: one that the server has taken for certain, then
    /// one that is on its way, and of these the one that fits the fewest others.
    fn best(&self, list: ListKey, id: MessageId, text: &str) -> Option<usize> {
        let mut best = None;
        for (index, outgoing) in self.queue.iter().enumerate() {
            let is_it = outgoing.list == list
                && outgoing.may_be_there()
                && outgoing.floor.is_some_and(|floor| id > floor)
                && outgoing.text.trim() == text;
            let likelihood = match outgoing.stage {
                Stage::Accepted(_) => 2,
                Stage::Posting(_) | Stage::Unknown(_) => 1,
                Stage::Queued | Stage::Failed(_) => 0,
            };
            let rank = (likelihood, outgoing.floor);
            if is_it && best.is_none_or(|(other, _)| rank > other) {
                best = Some((rank, index));
            }
        }
        best.map(|(_, index)| index)
    }

    /// When a list is to be looked through, and back to which message.
    pub(super) fn next_look(&self, list: ListKey) -> Option<(Micros, MessageId)> {
        let mut look: Option<(Micros, MessageId)> = None;
        for outgoing in self.queue.iter().filter(|outgoing| outgoing.list == list) {
            let (Stage::Accepted(search) | Stage::Unknown(search), Some(floor)) =
                (outgoing.stage, outgoing.floor)
            else {
                continue;
            };
            look = Some(look.map_or((search.from, floor), |(at, lowest)| {
                (at.min(search.from), lowest.min(floor))
            }));
        }
        look
    }

    /// A list was looked through, from a request at `began` on, back to `lowest`. What was found has been claimed before.
    pub(super) fn looked(
        &mut self,
        list: ListKey,
        began: Micros,
        lowest: MessageId,
        is_clear: bool,
        now: Micros,
    ) {
        let mut over = Vec::new();
        for outgoing in &mut self.queue {
            let reaches = outgoing.list == list && outgoing.floor.is_some_and(|floor| lowest <= floor);
            let (attempts, key) = (outgoing.attempts, outgoing.key);
            let Some(search) = outgoing.search().filter(|search| reaches && began >= search.from) else {
                continue;
            };
            search.looks += 1;
            search.from = began + REPLICATION_LAG;
            if search.looks < LOOKS {
                continue;
            }
            match outgoing.stage {
                // It was there, and is gone; or it is one of the entries that cannot be read.
                Stage::Accepted(_) => over.push(key),
                _ if !is_clear => outgoing.stage = Stage::Failed(SendFailure::Unclear),
                _ if attempts >= MAX_ATTEMPTS => outgoing.stage = Stage::Failed(SendFailure::Unreachable),
                _ => {
                    outgoing.stage = Stage::Queued;
                    outgoing.retry_at = now + RETRY_AFTER * Micros::from(attempts);
                }
            }
        }
        self.queue.retain(|outgoing| !over.contains(&outgoing.key));
        over.into_iter()
            .for_each(|key| remember(&mut self.over, (key, MessageId::ZERO)));
    }

    /// A list is refused with that status: what waits cannot be sent to it. If that lasts, what may have been sent cannot be
    /// looked up.
    pub(super) fn give_up(&mut self, list: ListKey, status: u16, is_lasting: bool) {
        for outgoing in self.queue.iter_mut().filter(|outgoing| outgoing.list == list) {
            match outgoing.stage {
                Stage::Queued => outgoing.fail(SendFailure::Refused(status)),
                Stage::Unknown(_) if is_lasting => outgoing.fail(SendFailure::Unclear),
                _ => {}
            }
        }
        if is_lasting {
            self.end_accepted(|other| other == list);
        }
    }

    /// What the server has taken is sent, though nobody will see it come.
    fn end_accepted(&mut self, is_meant: impl Fn(ListKey) -> bool) {
        let Self { queue, over, .. } = self;
        queue.retain(|outgoing| {
            let is_over = is_meant(outgoing.list) && matches!(outgoing.stage, Stage::Accepted(_));
            if is_over {
                remember(over, (outgoing.key, MessageId::ZERO));
            }
            !is_over
        });
    }

    /// What is not sent yet cannot be sent any more.
    pub(super) fn fail(&mut self, is_meant: impl Fn(ListKey) -> bool, failure: SendFailure) {
        self.end_accepted(&is_meant);
        for outgoing in self.queue.iter_mut().filter(|outgoing| is_meant(outgoing.list)) {
            // What is being posted is answered.
            if !matches!(outgoing.stage, Stage::Posting(_) | Stage::Failed(_)) {
                outgoing.fail(failure);
            }
        }
    }
}

const fn search_from(now: Micros) -> Search {
    Search {
        from: now + REPLICATION_LAG,
        looks: 0,
    }
}
