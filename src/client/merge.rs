//! What an event of the stream brings to an application that may have caught up with part of it already.

use super::delivery::frame;
use super::knowledge::{Knowledge, Novelty};
use crate::protocol::decode::digest::{EventDigest, Item, MessageDigest, Span};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId, SafeInt};

/// What to do with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Deliver it as it came.
    AsItCame,
    /// Deliver these before it.
    After(Vec<Part>),
    /// Deliver these in its place; none where all of it is known.
    Instead(Vec<Part>),
    /// It is about a room that the application was never told of: catch up first.
    CatchUpFirst,
}

/// An event to be made, out of objects of the one that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Messages(EventType, Vec<Span>),
    Room(EventType, Span),
    MessageDeleted {
        room_id: RoomId,
        parent: MessageId,
        message_id: MessageId,
    },
}

impl Part {
    /// The event's type, and the frame that it would have come in.
    pub(super) fn into_frame(self, text: &str) -> (EventType, String) {
        match self {
            Self::Messages(event_type, spans) => {
                let messages: Vec<_> = spans.into_iter().map(|span| span.of(text)).collect();
                (event_type, frame::messages(event_type, &messages))
            }
            Self::Room(event_type, span) => (event_type, frame::room(event_type, span.of(text))),
            Self::MessageDeleted {
                room_id,
                parent,
                message_id,
            } => (
                EventType::TextMessageDeleted,
                frame::message_deleted(room_id, parent, message_id),
            ),
        }
    }
}

const DROP: Verdict = Verdict::Instead(Vec::new());

/// Compares an event with what the application was told, and notes it.
pub(super) fn merge(event_type: EventType, event: &EventDigest, knowledge: &mut Knowledge) -> Verdict {
    match event {
        EventDigest::Messages(messages) => merge_messages(event_type, messages, knowledge),
        EventDigest::MessageDeleted { room_id, message_id } => {
            merge_deletion(*room_id, *message_id, knowledge)
        }
        EventDigest::Room(Item { span, digest }) => {
            let room_id = digest.room_id;
            let floor = digest.last_message_id.next();
            let novelty = knowledge.room_from_stream(digest, floor, event_type == EventType::RoomCreated);
            let instead = |event_type| Verdict::Instead(vec![Part::Room(event_type, *span)]);
            match (event_type, novelty) {
                (_, Novelty::Stale) => DROP,
                (EventType::RoomCreated, Novelty::New) | (EventType::RoomUpdated, Novelty::Changed) => {
                    Verdict::AsItCame
                }
                // The application may never have heard of it, but from the stream.
                (_, Novelty::Changed) if knowledge.passes_room(room_id) => Verdict::AsItCame,
                // The application has it already, or was never told of it: it gets what fits what it knows.
                (_, Novelty::Changed) => instead(EventType::RoomUpdated),
                (_, Novelty::New) => instead(EventType::RoomCreated),
            }
        }
        EventDigest::RoomDeleted(room_id) => {
            if knowledge.remove_room(*room_id) {
                Verdict::AsItCame
            } else {
                DROP
            }
        }
    }
}

/// Notes that even the REST API does not know the rooms that the event speaks of: it passes as it came.
pub(super) fn give_up(event: &EventDigest, knowledge: &mut Knowledge) {
    if let EventDigest::Messages(messages) = event {
        for room_id in messages.iter().map(|item| item.digest.room_id) {
            if !knowledge.can_judge(room_id) {
                knowledge.room_unlisted(room_id);
            }
        }
    }
}

/// Takes note of a deletion that is still to be merged, and gives its room and the message. A message that came and went
/// while a run was under way is no news: the run has delivered newer ones already, and its creation would come behind
/// them. Where comments on it were told, they go with it when it is merged.
pub(super) fn foresee(event: &EventDigest, knowledge: &mut Knowledge) -> Option<(RoomId, MessageId)> {
    let EventDigest::MessageDeleted { room_id, message_id } = *event else {
        return None;
    };
    let has_comments = !knowledge
        .between(room_id, message_id, SafeInt::ZERO, SafeInt::MAX)
        .is_empty();
    let is_no_news = !has_comments && knowledge.was_never_told(room_id, message_id);
    is_no_news.then(|| {
        knowledge.message_gone(room_id, message_id);
        (room_id, message_id)
    })
}

/// The comments go with the message that they comment on, also where nobody was told of that one. Usually the server has
/// said so of each before.
fn merge_deletion(room_id: RoomId, message_id: MessageId, knowledge: &mut Knowledge) -> Verdict {
    let comments: Vec<_> = knowledge
        .between(room_id, message_id, SafeInt::ZERO, SafeInt::MAX)
        .into_iter()
        .map(|comment| Part::MessageDeleted {
            room_id,
            parent: message_id,
            message_id: comment,
        })
        .collect();
    match knowledge.message_deleted(room_id, message_id) {
        false => Verdict::Instead(comments),
        true if comments.is_empty() => Verdict::AsItCame,
        true => Verdict::After(comments),
    }
}

fn merge_messages(
    event_type: EventType,
    messages: &[Item<MessageDigest>],
    knowledge: &mut Knowledge,
) -> Verdict {
    if messages
        .iter()
        .any(|item| !knowledge.can_judge(item.digest.room_id))
    {
        return Verdict::CatchUpFirst;
    }
    let is_creation = event_type == EventType::TextMessagesCreated;
    let (mut created, mut updated) = (Vec::new(), Vec::new());
    for Item { span, digest } in messages {
        let novelty = knowledge.message_from_stream(digest, is_creation);
        let followed = knowledge.knows(digest.room_id, digest.message_id);
        match novelty {
            Novelty::Stale => {}
            // Whoever has it already, in an older version, gets an update; whoever was never told of it, a creation.
            // The application knows of it what it has loaded, and what the stream has told.
            _ if knowledge.passes_messages(digest.room_id) => {
                if is_creation {
                    created.push(*span);
                } else {
                    updated.push(*span);
                }
            }
            Novelty::New => created.push(*span),
            Novelty::Changed if followed || !is_creation => updated.push(*span),
            Novelty::Changed => created.push(*span),
        }
    }
    let as_announced = if is_creation { &created } else { &updated };
    if as_announced.len() == messages.len() {
        return Verdict::AsItCame;
    }
    let parts = [
        (EventType::TextMessagesCreated, created),
        (EventType::TextMessagesUpdated, updated),
    ];
    let parts = parts.into_iter().filter(|(_, messages)| !messages.is_empty());
    Verdict::Instead(
        parts
            .map(|(event_type, messages)| Part::Messages(event_type, messages))
            .collect(),
    )
}
