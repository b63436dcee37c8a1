//! The outgoing messages of the store.

use super::job::{Job, Purpose};
use super::list::ListKey;
use super::page::Looked;
use super::ranges::END;
use super::send_queue::{OutgoingMessage, Posted};
use super::send_state::{SendFailure, SendState};
use super::{Consequence, List, Store};
use crate::client::clock::{Micros, micros};
use crate::client::rest::{Reply, Request, RequestId};
use crate::client::sync::MAX_RETRY_AFTER;
use crate::protocol::decode::summary;
use crate::protocol::ids::MessageId;

/// The delay before a message that the server did not take is posted again, unless the server names one.
const NOT_TAKEN: Micros = 2_000_000;

/// How often a list may be refused before its messages fail.
const MAX_REFUSALS: u8 = 3;

impl Store {
    /// Queues a message. `posted_above` is set if it may have been posted before a restart. Returns whether it was
    /// queued.
    pub(crate) fn send(
        &mut self,
        list: ListKey,
        key: u64,
        text: &str,
        posted_above: Option<MessageId>,
        now: Micros,
    ) -> bool {
        let has_room = self.sending.len() < self.config.outgoing;
        if !has_room || !self.sending.add(list, key, text, posted_above, now) {
            return false;
        }
        self.make_ready(list, now);
        true
    }

    /// Queues a message from before a restart.
    pub(crate) fn restore(&mut self, message: &OutgoingMessage, now: Micros) -> bool {
        if self.last_user.is_none() && message.user_id.is_some() {
            // Assumed until the server names the user.
            self.last_user = message.user_id;
            for list in &mut self.lists {
                list.messages.set_user(self.last_user);
            }
        }
        let OutgoingMessage {
            list,
            key,
            text,
            posted_above,
            state,
            ..
        } = message;
        let is_taken = self.send(*list, *key, text, *posted_above, now);
        if let SendState::Failed(failure) = state
            && is_taken
        {
            self.sending.note_failure(*key, *failure);
        }
        is_taken
    }

    /// Sends a failed message again.
    pub(crate) fn resend(&mut self, key: u64, now: Micros) -> bool {
        let list = self.sending.resend(key, now);
        if let Some(list) = list {
            self.make_ready(list, now);
        }
        list.is_some()
    }

    /// Drops an outgoing message.
    pub(crate) fn discard(&mut self, key: u64) -> bool {
        self.version += 1;
        let is_gone = self.sending.discard(key);
        self.let_lists_go();
        is_gone
    }

    /// All outgoing messages.
    pub(crate) fn outgoing(&self) -> Vec<OutgoingMessage> {
        self.sending.outgoing(self.user.or(self.last_user)).collect()
    }

    /// The keys of the last finished messages and the ids that they got, or 0.
    pub(crate) fn sent(&self) -> &[(u64, MessageId)] {
        self.sending.sent()
    }

    /// A number that changes whenever the result of [`outgoing`](Self::outgoing) does.
    pub(crate) fn outgoing_version(&self) -> u64 {
        self.sending.fingerprint()
    }

    /// The text of the message that the request posts.
    pub(crate) fn text_of(&self, id: RequestId) -> Option<&str> {
        self.sending.text_of(id)
    }

    /// Prepares a list for a post: its end has to be loaded.
    fn make_ready(&mut self, key: ListKey, now: Micros) {
        self.version += 1;
        let list = self.hold(key, now);
        list.messages.follows_end = true;
        list.reads_up = false;
        self.verify_list(key);
        self.settle_sending();
    }

    /// Fails the messages to lists that are gone, and loads the ends of the others.
    pub(super) fn settle_sending(&mut self) {
        let Self { lists, sending, .. } = self;
        for List {
            messages,
            reader,
            gone,
            ..
        } in lists
        {
            let key = messages.key;
            if !sending.is_for(key) {
                continue;
            }
            if gone.is_some() {
                sending.fail(|list| list == key, SendFailure::Gone);
            } else if messages.ranges.live().is_none() && !reader.reads_end() {
                messages.follows_end = true;
                reader.add(Job::end(Purpose::Open, END, 1));
            }
        }
    }

    /// Whether messages may be posted to a list.
    pub(super) fn is_ready(&self, key: ListKey) -> bool {
        self.user.is_some()
            && self.list(key).is_some_and(|list| {
                list.gone.is_none() && list.messages.ranges.live().is_some() && !list.reader.reads_end()
            })
    }

    /// Posts a message.
    pub(super) fn post(&mut self, key: u64, list: ListKey, id: RequestId) -> Option<Request> {
        let floor = self.list(list)?.messages.newest;
        self.sending.post(key, id, floor);
        self.version += 1;
        Some(Request::Send {
            room_id: list.room_id,
            parent: list.parent,
        })
    }

    /// Fails the messages to a list that was refused several times in a row.
    pub(super) fn refuse_unreadable(&mut self, key: ListKey) {
        let refusal = self.list(key).and_then(|list| list.reader.refusal);
        if let Some((status, times)) = refusal.filter(|(_, times)| *times >= MAX_REFUSALS) {
            let is_lasting = times >= 2 * MAX_REFUSALS;
            self.sending.give_up(key, status, is_lasting);
            self.version += 1;
        }
    }

    /// Handles the response to a post, or its failure.
    pub(super) fn take_posted(&mut self, id: RequestId, reply: Reply<'_>, now: Micros) -> Consequence {
        self.version += 1;
        let (posted, consequence) = match reply {
            Reply::Answer {
                status: 200, body, ..
            } if summary::is_success(body) => (Posted::Accepted, Consequence::Nothing),
            Reply::Answer { status: 401, .. } => {
                (Posted::NotTaken(now + NOT_TAKEN), Consequence::Unauthorized)
            }
            Reply::Answer {
                status: 429,
                retry_after,
                ..
            } => {
                let wait = retry_after.map_or(NOT_TAKEN, micros).min(MAX_RETRY_AFTER);
                (Posted::NotTaken(now + wait), Consequence::Nothing)
            }
            Reply::Answer { status, .. } if (400..500).contains(&status) && status != 408 => {
                (Posted::Refused(status), Consequence::Nothing)
            }
            Reply::Failed => (Posted::Unknown, Consequence::NoAnswer),
            // The server may have taken it before it failed. A page that is not the API's proves nothing.
            _ => (Posted::Unknown, Consequence::Nothing),
        };
        let list = self.sending.take_answer(id, posted, now);
        self.settle_sending();
        match (reply, list, consequence) {
            // The server asked for a delay, whatever the outcome.
            (
                Reply::Answer {
                    retry_after: Some(wait),
                    ..
                },
                Some(list),
                Consequence::Nothing,
            ) => Consequence::Wait(list.room_id, now + micros(wait).min(MAX_RETRY_AFTER)),
            _ => consequence,
        }
    }

    /// Matches new messages with outgoing ones.
    pub(super) fn claim_arrived(&mut self) {
        let user = self.user.or(self.last_user);
        let Self { lists, sending, .. } = self;
        let mut is_changed = false;
        for list in lists {
            let messages = &mut list.messages;
            for id in std::mem::take(&mut messages.arrived) {
                is_changed |= claim(messages, sending, user, id);
            }
        }
        if is_changed {
            self.version += 1;
        }
    }

    /// Handles a completed look for unconfirmed messages.
    pub(super) fn end_look(&mut self, key: ListKey, now: Micros) {
        let user = self.user.or(self.last_user);
        let Some(index) = self.lists.iter().position(|list| list.messages.key == key) else {
            return;
        };
        let Self { lists, sending, .. } = self;
        let List { messages, reader, .. } = &mut lists[index];
        let Some(looked) = reader.looked.take() else {
            return;
        };
        let Looked {
            began,
            until,
            is_clear,
        } = looked;
        // These may have arrived before the user was known.
        let ids = messages.entries.range(until, END).map(|(id, _)| id);
        for id in ids.collect::<Vec<_>>() {
            claim(messages, sending, user, id);
        }
        sending.looked(key, began, until, is_clear, now);
        self.version += 1;
    }
}

fn claim(
    messages: &super::list::Messages,
    sending: &mut super::send_queue::SendQueue,
    user: Option<crate::protocol::ids::UserId>,
    id: MessageId,
) -> bool {
    let entry = messages.entries.get(id);
    let own = entry.filter(|entry| Some(entry.author) == user && sending.len() > 0);
    own.is_some_and(|entry| {
        let text = summary::message(&entry.body, None).text;
        sending.claim(messages.key, id, &text)
    })
}
