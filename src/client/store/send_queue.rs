//! The messages that the user sends, until they arrive from the server.
//!
//! ```text
//!            posted            accepted
//!   Queued ──────────▶ Posting ─────────▶ Accepted ──┐ the message arrived, or two looks did not find it
//!     ▲ ▲                │  │ no response            ├──▶ over
//!     │ │ two looks      │  ▼                        │
//!     │ └────────────── Unknown ─────────────────────┘ the message arrived
//!     │ resend           │
//!   Failed ◀─────────────┘ refused, or too many attempts
//! ```
//!
//! The API returns no id. A message is identified by its author, its text, and an id above the highest one known when
//! it was posted. It may arrive before the response, after it, or without one. If the outcome is unknown, the list is
//! searched from the newest message back to that id. The search is repeated once, as a response may be out of date,
//! before the message is posted again. The end of a list is read before the first post, so that no older message with
//! the same text matches.
//!
//! Each room has at most one post in flight. A failed message does not block the next one.

use std::rc::Rc;

use super::diff::{Item, Key, Shown};
use super::list::ListKey;
use super::send_state::{SendFailure, SendState};
use crate::client::clock::Micros;
use crate::client::rest::RequestId;
use crate::client::sync::REPLICATION_LAG;
use crate::protocol::decode::fingerprint::combine;
use crate::protocol::ids::{MessageId, RoomId, UserId};

/// How often a message is posted automatically.
const MAX_ATTEMPTS: u8 = 3;

/// The delay before the next attempt, multiplied by the number of attempts.
const RETRY_AFTER: Micros = 1_000_000;

/// The most claimed messages that are remembered, and the most keys.
const MAX_REMEMBERED: usize = 128;

/// How many looks without the message prove that it was not sent.
const LOOKS: u8 = 2;

/// An outgoing message. An application may keep it across a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// The key that the sender chose.
    pub key: u64,
    /// The list that it is sent to.
    pub list: ListKey,
    /// The text.
    pub text: Rc<str>,
    /// Its progress.
    pub state: SendState,
    /// The sender, if known.
    pub user_id: Option<UserId>,
    /// The highest message id known when it was posted, if it may have been sent.
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

/// A search for a message whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Search {
    /// When the next look may begin.
    from: Micros,
    /// The number of looks that did not find it.
    looks: u8,
}

#[derive(Clone, Debug)]
struct Outgoing {
    key: u64,
    list: ListKey,
    text: Rc<str>,
    stage: Stage,
    /// The highest id known when it was posted.
    floor: Option<MessageId>,
    attempts: u8,
    retry_at: Micros,
    /// Whether it failed while its outcome was unknown.
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

    /// Whether a post is in flight or unconfirmed.
    const fn is_out(&self) -> bool {
        matches!(
            self.stage,
            Stage::Posting(_) | Stage::Accepted(_) | Stage::Unknown(_)
        )
    }

    /// Whether a message from the server may be this one.
    const fn may_be_there(&self) -> bool {
        self.is_out() || self.is_doubtful || matches!(self.stage, Stage::Failed(SendFailure::Unclear))
    }

    /// Marks it as failed, whether or not the server has it.
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

/// A message from the server that was matched with an outgoing one.
#[derive(Clone, Debug)]
struct Claim {
    id: MessageId,
    list: ListKey,
    text: Box<str>,
    /// The `floor` of the outgoing message.
    floor: MessageId,
}

/// The outcome of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Posted {
    Accepted,
    /// The server certainly did not take it. It is posted again after that time.
    NotTaken(Micros),
    Refused(u16),
    /// The server may or may not have taken it.
    Unknown,
}

/// All outgoing messages, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct SendQueue {
    queue: Vec<Outgoing>,
    /// The posts in flight. A message may arrive before the response to its post.
    posts: Vec<(RequestId, ListKey)>,
    /// Messages that were matched with outgoing ones.
    claimed: Vec<Claim>,
    /// The keys of finished messages and the ids that they got, or 0 if unknown.
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

    /// Whether any message is being sent to that list.
    pub(super) fn is_for(&self, list: ListKey) -> bool {
        let mut queue = self.queue.iter();
        queue.any(|outgoing| outgoing.list == list && !matches!(outgoing.stage, Stage::Failed(_)))
    }

    /// Adds a message. `posted_above` is set if it may have been posted already. Refuses a known key, such as that of
    /// a second click.
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

    /// Sends a failed message again, after a look if it may have been sent. Returns its list.
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

    /// Marks a message as failed before a restart, so that it is not sent again automatically.
    pub(super) fn note_failure(&mut self, key: u64, failure: SendFailure) {
        if let Some(outgoing) = self.queue.iter_mut().find(|outgoing| outgoing.key == key) {
            outgoing.fail(failure);
        }
    }

    /// Drops a message, unless it is being posted.
    pub(super) fn discard(&mut self, key: u64) -> bool {
        let index = self.queue.iter().position(|outgoing| outgoing.key == key);
        let index = index.filter(|index| !matches!(self.queue[*index].stage, Stage::Posting(_)));
        if let Some(index) = index {
            self.queue.remove(index);
            remember(&mut self.over, (key, MessageId::ZERO));
        }
        index.is_some()
    }

    /// All outgoing messages.
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

    /// The keys of the last finished messages and the ids that they got, or 0.
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

    /// A number that changes whenever the result of [`outgoing`](Self::outgoing) does.
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

    /// The messages that may be posted, the first of each room: their keys, lists, and earliest times.
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
            // One message at a time per room.
            rooms.push(room_id);
        }
        // The post in flight may be of a later message in the queue.
        let is_busy = |room_id: RoomId| {
            let is_out = |stage| matches!(stage, Stage::Posting(_) | Stage::Unknown(_));
            let mut queue = self.queue.iter();
            queue.any(|other| other.list.room_id == room_id && is_out(other.stage))
        };
        posts.retain(|(_, list, _)| !is_busy(list.room_id));
        posts
    }

    /// Marks a message as posted. `floor` is the highest known id.
    pub(super) fn post(&mut self, key: u64, id: RequestId, floor: MessageId) {
        if let Some(outgoing) = self.queue.iter_mut().find(|outgoing| outgoing.key == key) {
            outgoing.stage = Stage::Posting(id);
            outgoing.floor = Some(floor);
            outgoing.attempts = outgoing.attempts.saturating_add(1);
            self.posts.push((id, outgoing.list));
        }
    }

    /// The text of the message that the request posts.
    pub(super) fn text_of(&self, id: RequestId) -> Option<&str> {
        let posting = self
            .queue
            .iter()
            .find(|outgoing| outgoing.stage == Stage::Posting(id));
        posting.map(|outgoing| &*outgoing.text)
    }

    /// Handles the outcome of a post. Returns its list.
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

    /// Whether the request is a post in flight.
    pub(super) fn is_posting(&self, id: RequestId) -> bool {
        self.posts.iter().any(|(post, _)| *post == id)
    }

    /// Matches a message of the user's own with an outgoing one. Returns whether there is one.
    pub(super) fn claim(&mut self, list: ListKey, id: MessageId, text: &str) -> bool {
        let (text, new) = (text.trim(), id);
        if self.claimed.iter().any(|claim| claim.id == id) {
            return false;
        }
        let (mut id, mut found) = (id, self.best(list, id, text));
        if found.is_none() {
            // Messages may arrive in any order: the outgoing message may have been matched with another one.
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

    /// The outgoing message that most likely became this one: accepted ones first, then those whose outcome is
    /// unknown. Of these, the last one posted, as it matches the fewest others.
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

    /// When to look for messages in a list, and the lowest id to cover.
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

    /// Handles a completed look back to `lowest` that began at `began`. Matches have been claimed before.
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
                // It arrived and was deleted, or it is one of the unreadable entries.
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

    /// Handles a list that the server refuses with that status: queued messages fail. If the refusal is lasting,
    /// messages with an unknown outcome fail as well, as no look is possible.
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

    /// Finishes accepted messages that will not be seen to arrive.
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

    /// Fails the messages that have not been sent.
    pub(super) fn fail(&mut self, is_meant: impl Fn(ListKey) -> bool, failure: SendFailure) {
        self.end_accepted(&is_meant);
        for outgoing in self.queue.iter_mut().filter(|outgoing| is_meant(outgoing.list)) {
            // The response to a post in flight decides.
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
