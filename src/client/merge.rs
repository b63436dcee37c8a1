//! What an event of the stream brings to an application that may have caught up with part of it already.

use super::delivery::frame;
use super::knowledge::{Knowledge, Novelty};
use crate::protocol::decode::digest::{EventDigest, Item, MessageDigest, digest};
use crate::protocol::event::EventType;
use crate::protocol::ids::{MessageId, RoomId, SafeInt};

/// What to do with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Deliver it as it came.
    AsItCame,
    /// Deliver these frames in its place; none where all of it is known.
    Instead(Vec<(EventType, String)>),
    /// It is about a room that the application was never told of: catch up first.
    CatchUpFirst,
}

const DROP: Verdict = Verdict::Instead(Vec::new());

/// Compares an event with what the application was told, and notes it.
pub(super) fn merge(event_type: EventType, data: &str, knowledge: &mut Knowledge) -> Verdict {
    match digest(event_type, data) {
        Some(EventDigest::Messages(messages)) => merge_messages(event_type, &messages, knowledge),
        Some(EventDigest::MessageDeleted { room_id, message_id }) => {
            merge_deletion(room_id, message_id, data, knowledge)
        }
        Some(EventDigest::Room(item)) => {
            let room_id = item.digest.room_id;
            let floor = item.digest.last_message_id.next();
            let novelty =
                knowledge.room_from_stream(&item.digest, floor, event_type == EventType::RoomCreated);
            match (event_type, novelty) {
                (_, Novelty::Stale) => DROP,
                (EventType::RoomCreated, Novelty::New) | (EventType::RoomUpdated, Novelty::Changed) => {
                    Verdict::AsItCame
                }
                // The application may never have heard of it, but from the stream.
                (_, Novelty::Changed) if knowledge.passes_room(room_id) => Verdict::AsItCame,
                // The application has it already, or was never told of it: it gets what fits what it knows.
                (_, Novelty::Changed) => instead_room(EventType::RoomUpdated, item.json),
                (_, Novelty::New) => instead_room(EventType::RoomCreated, item.json),
            }
        }
        Some(EventDigest::RoomDeleted(room_id)) => {
            if knowledge.remove_room(room_id) {
                Verdict::AsItCame
            } else {
                DROP
            }
        }
        // The decoder accepted it, so this does not happen; if it did, nothing should be lost by it.
        None => Verdict::AsItCame,
    }
}

/// Notes that even the REST API does not know the rooms that the event speaks of: it passes as it came.
pub(super) fn give_up(event_type: EventType, data: &str, knowledge: &mut Knowledge) {
    if let Some(EventDigest::Messages(messages)) = digest(event_type, data) {
        for room_id in messages.iter().map(|item| item.digest.room_id) {
            if !knowledge.can_judge(room_id) {
                knowledge.room_unlisted(room_id);
            }
        }
    }
}

/// Takes note of a deletion that is still to be merged. A message that came and went while a run was under way is no
/// news: the run has delivered newer ones already, and its creation would come behind them.
pub(super) fn foresee(event_type: EventType, data: &str, knowledge: &mut Knowledge) {
    if let Some(EventDigest::MessageDeleted { room_id, message_id }) = digest(event_type, data)
        && knowledge.was_never_told(room_id, message_id)
    {
        knowledge.message_gone(room_id, message_id);
    }
}

fn instead_room(event_type: EventType, room: &str) -> Verdict {
    Verdict::Instead(vec![(event_type, frame::room(event_type, room))])
}

/// The comments go with the message that they comment on. Usually the server has said so of each before.
fn merge_deletion(room_id: RoomId, message_id: MessageId, data: &str, knowledge: &mut Knowledge) -> Verdict {
    let comments = knowledge.between(room_id, message_id, SafeInt::ZERO, SafeInt::MAX);
    if !knowledge.message_deleted(room_id, message_id) {
        return DROP;
    }
    if comments.is_empty() {
        return Verdict::AsItCame;
    }
    let comments = comments
        .into_iter()
        .map(|comment| frame::message_deleted(room_id, message_id, comment));
    let frames = comments.chain([format!(r#"{{"type":"TextMessageDeleted","data":{data}}}"#)]);
    Verdict::Instead(frames.map(|text| (EventType::TextMessageDeleted, text)).collect())
}

fn merge_messages(
    event_type: EventType,
    messages: &[Item<'_, MessageDigest>],
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
    for Item { json, digest } in messages {
        let novelty = knowledge.message_from_stream(digest, is_creation);
        let followed = knowledge.knows(digest.room_id, digest.message_id);
        match novelty {
            Novelty::Stale => {}
            // Whoever has it already, in an older version, gets an update; whoever was never told of it, a creation.
            // The application knows of it what it has loaded, and what the stream has told.
            _ if knowledge.passes_messages(digest.room_id) => {
                if is_creation {
                    created.push(*json);
                } else {
                    updated.push(*json);
                }
            }
            Novelty::New => created.push(*json),
            Novelty::Changed if followed || !is_creation => updated.push(*json),
            Novelty::Changed => created.push(*json),
        }
    }
    let as_announced = if is_creation { &created } else { &updated };
    if as_announced.len() == messages.len() {
        return Verdict::AsItCame;
    }
    let frames = [
        (EventType::TextMessagesCreated, created),
        (EventType::TextMessagesUpdated, updated),
    ];
    let frames = frames.into_iter().filter(|(_, messages)| !messages.is_empty());
    Verdict::Instead(
        frames
            .map(|(name, messages)| (name, frame::messages(name, &messages)))
            .collect(),
    )
}
