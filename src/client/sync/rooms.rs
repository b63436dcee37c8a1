//! Compares the list of rooms with the replica.

use super::scheduler::{HeldEvents, Output};
use super::{CONFIRMATION, REPLICATION_LAG};
use crate::client::clock::{Micros, earliest};
use crate::client::delivery::frame;
use crate::client::mutant::{self, Mutant};
use crate::client::replica::{Replica, Subject};
use crate::client::sorted::sort_by_key;
use crate::protocol::decode::digest::{List, RoomDigest};
use crate::protocol::event::EventType;

/// Updates the replica from a list that was requested at `since`. With `is_silent`, new rooms are not delivered.
/// Rooms with held events are left to these. Returns when to read the list again, as evidence conflicts.
#[allow(
    clippy::too_many_arguments,
    reason = "one caller, which has each of them apart"
)]
pub(super) fn reconcile(
    replica: &mut Replica,
    list: &List<RoomDigest>,
    body: &str,
    is_silent: bool,
    events: &dyn HeldEvents,
    since: Micros,
    now: Micros,
    outputs: &mut Vec<Output>,
) -> Option<Micros> {
    let mut look_at = None;
    let held = &events.rooms();
    for item in &list.items {
        let digest = &item.digest;
        let is_held = held.contains(&digest.room_id);
        let subject = Subject::Room(digest.room_id.get());
        let json = item.span.of(body);
        let mut told_at = replica.recent.deleted_at(subject);
        let mut seen_at = None;
        let mut event_type = EventType::RoomCreated;
        if let Some(room) = replica.rooms.get_mut(digest.room_id) {
            room.missing_since = None;
            // A message in a room does not contradict the list's version of the room.
            if room.is_listed {
                told_at = told_at.max(room.told_at);
                seen_at = room.seen_at;
                if room.fingerprint == digest.fingerprint {
                    room.seen_at = Some(since);
                    continue;
                }
                event_type = EventType::RoomUpdated;
            }
        }
        if is_held {
            look_at = earliest(look_at, Some(now + REPLICATION_LAG));
            if event_type == EventType::RoomCreated {
                // It may be one of the most active rooms.
                let room = replica.room_mut(digest.room_id);
                room.active = (digest.last_message_created, digest.modified);
                room.told_at = Some(since);
            }
            continue;
        }
        if told_at >= Some(since) {
            // The stream spoke after the request, so it is newer, and later versions follow on the stream.
            continue;
        }
        if told_at
            .max(seen_at)
            .is_some_and(|at| at + REPLICATION_LAG > since)
        {
            look_at = earliest(look_at, Some(now + REPLICATION_LAG));
            continue;
        }
        let history = replica.history;
        let room = replica.room_mut(digest.room_id);
        if event_type == EventType::RoomCreated {
            // A room that was read before it was listed may lack messages up to its newest.
            room.main.mark.get_or_insert(digest.last_message_id);
        }
        room.revise(digest, history);
        room.seen_at = Some(since);
        replica.recent.revive(subject);
        if !is_silent {
            outputs.push(Output::Event(event_type, frame::room(event_type, json)));
        }
    }
    let was_unreadable = std::mem::replace(&mut replica.unreadable_rooms, list.unreadable);
    if list.unreadable <= was_unreadable {
        // Otherwise, the missing rooms may be among the unreadable entries.
        find_absences(replica, list, events, since, now, &mut look_at, outputs);
    }
    look_at
}

fn find_absences(
    replica: &mut Replica,
    list: &List<RoomDigest>,
    events: &dyn HeldEvents,
    since: Micros,
    now: Micros,
    look_at: &mut Option<Micros>,
    outputs: &mut Vec<Output>,
) {
    let mut listed: Vec<_> = list.items.iter().map(|item| item.digest.room_id).collect();
    sort_by_key(&mut listed, |room_id| *room_id);
    let known: Vec<_> = replica.all_rooms().map(|(id, _)| id).collect();
    for room_id in known {
        if listed.binary_search(&room_id).is_ok() {
            continue;
        }
        let room = replica.room_mut(room_id);
        if events.rooms().contains(&room_id) || !events.mentions(room_id).is_empty() {
            *look_at = earliest(*look_at, Some(now + REPLICATION_LAG));
            continue;
        }
        let told_at = room.told_at.max(room.message_told_at());
        if told_at >= Some(since) {
            continue;
        }
        // Shortly after the stream mentioned it, a response may be too old to have it and proves nothing.
        let told_until = told_at.map_or(0, |at| at + REPLICATION_LAG);
        let seen_until = room.seen_at.map_or(0, |at| at + REPLICATION_LAG);
        let known_until = told_until.max(seen_until);
        let missing_since = room
            .missing_since
            .filter(|at| *at >= known_until)
            .unwrap_or(since);
        room.missing_since = Some(missing_since);
        let confirmed_at = known_until.max(missing_since + CONFIRMATION);
        if since < confirmed_at && !mutant::is(Mutant::TrustsAbsenceOnce) {
            *look_at = earliest(*look_at, Some(confirmed_at));
            continue;
        }
        if replica.forget_room(room_id, now) {
            outputs.push(Output::Event(
                EventType::RoomDeleted,
                frame::room_deleted(room_id),
            ));
        }
    }
}
