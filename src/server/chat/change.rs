//! A change of the store, and its events.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::ChatError;
use crate::protocol::Extra;
use crate::protocol::event::{Event, RoomData, RoomDeleted, TextMessageDeleted, TextMessages};
use crate::protocol::ids::{MessageId, RoomId, UnixMillis, UserId};
use crate::protocol::message::Message;
use crate::protocol::room::RoomType;
use crate::server::hub::{Audience, Delivery, Frame};
use crate::server::quirk::{Quirk, Quirks};
use crate::server::store::messages;
use crate::server::store::rooms::{self, RoomFacts, RoomView};

/// The changes of one transaction, and their recipients.
///
/// Callers name the events about messages. Events about rooms follow from a comparison of each [watched](Self::watch)
/// room before and after, for each connected user. A user who sees it only afterwards gets RoomCreated, one who saw it
/// only before gets RoomDeleted, and one who sees it differently gets RoomUpdated.
pub(super) struct Change<'a> {
    pub(super) connection: &'a Connection,
    pub(super) now: UnixMillis,
    pub(super) quirks: Quirks,
    /// Whether RoomCreated and RoomDeleted are suppressed.
    hides_membership: bool,
    connected: Vec<UserId>,
    watched: Vec<Watched>,
    deliveries: Vec<Delivery>,
}

struct Watched {
    room_id: RoomId,
    before: Option<Snapshot>,
}

/// A room as the connected users see it.
struct Snapshot {
    facts: RoomFacts,
    views: BTreeMap<UserId, RoomView>,
}

/// An event about a room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RoomEvent {
    Created(RoomView),
    Updated(RoomView),
    Deleted,
}

impl<'a> Change<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        connected: Vec<UserId>,
        now: UnixMillis,
        quirks: Quirks,
    ) -> Self {
        Self {
            connection,
            now,
            quirks,
            hides_membership: false,
            connected,
            watched: Vec::new(),
            deliveries: Vec::new(),
        }
    }

    /// Watches a room. Call this before anything about the room or its messages changes.
    pub(super) fn watch(&mut self, room_id: RoomId) -> Result<(), ChatError> {
        if self.watched.iter().all(|watched| watched.room_id != room_id) {
            let before = self.snapshot(room_id)?;
            self.watched.push(Watched { room_id, before });
        }
        Ok(())
    }

    /// Applies [`Quirk::SilentMembership`]. Call this when members are added or removed.
    pub(super) fn changes_membership(&mut self) {
        self.hides_membership = self.quirks.contains(Quirk::SilentMembership);
    }

    /// Watches a room that did not exist before.
    pub(super) fn watch_new(&mut self, room_id: RoomId) {
        self.watched.push(Watched {
            room_id,
            before: None,
        });
    }

    /// Adds TextMessagesCreated for messages of a watched room.
    pub(super) fn messages_created(&mut self, room_id: RoomId, ids: &[MessageId]) -> Result<(), ChatError> {
        let at_once = if self.quirks.contains(Quirk::SingleMessageEvents) {
            1
        } else {
            ids.len().max(1)
        };
        for ids in ids.chunks(at_once) {
            let messages = self.load(ids)?;
            self.tell(room_id, &Event::TextMessagesCreated(messages))?;
        }
        Ok(())
    }

    /// Adds TextMessagesUpdated for messages of a watched room.
    pub(super) fn messages_updated(&mut self, room_id: RoomId, ids: &[MessageId]) -> Result<(), ChatError> {
        let messages = self.load(ids)?;
        self.tell(room_id, &Event::TextMessagesUpdated(messages))
    }

    /// Adds TextMessageDeleted for a message of a watched room.
    pub(super) fn message_deleted(&mut self, message: &Message) -> Result<(), ChatError> {
        self.tell(
            message.room_id,
            &Event::TextMessageDeleted(TextMessageDeleted {
                parent_message_id: message.parent_message_id,
                room_id: message.room_id,
                message_id: message.message_id,
                extra: Extra::new(),
            }),
        )
    }

    /// The deliveries in order: first about messages, then about rooms.
    pub(super) fn finish(mut self) -> Result<Vec<Delivery>, ChatError> {
        for Watched { room_id, before } in std::mem::take(&mut self.watched) {
            let after = self.snapshot(room_id)?;
            for (event, users) in compare(before.as_ref(), after.as_ref(), self.quirks) {
                let room = |view| {
                    after.as_ref().map(|after| RoomData {
                        room: after.facts.render(view, self.quirks),
                        extra: Extra::new(),
                    })
                };
                let event = match event {
                    RoomEvent::Created(_) | RoomEvent::Deleted if self.hides_membership => None,
                    RoomEvent::Created(view) => room(view).map(Event::RoomCreated),
                    RoomEvent::Updated(view) => room(view).map(Event::RoomUpdated),
                    RoomEvent::Deleted => Some(Event::RoomDeleted(RoomDeleted {
                        room_id,
                        extra: Extra::new(),
                    })),
                };
                if let Some(event) = event {
                    let frame = self.frame(&event)?;
                    self.deliveries.push(Delivery {
                        audience: Audience::Users(users.into()),
                        frame,
                    });
                }
            }
        }
        Ok(self.deliveries)
    }

    fn load(&self, ids: &[MessageId]) -> Result<TextMessages, ChatError> {
        let messages = ids
            .iter()
            .map(|id| messages::find(self.connection, *id)?.ok_or(ChatError::MessageNotFound))
            .collect::<Result<_, _>>()?;
        Ok(TextMessages {
            messages,
            extra: Extra::new(),
        })
    }

    fn tell(&mut self, room_id: RoomId, event: &Event) -> Result<(), ChatError> {
        let before = self
            .watched
            .iter()
            .find(|watched| watched.room_id == room_id)
            .and_then(|watched| watched.before.as_ref())
            .ok_or(ChatError::RoomNotFound)?;
        let audience = match before.facts.room_type {
            RoomType::Public => Audience::Everyone,
            _ => Audience::Users(before.views.keys().copied().collect()),
        };
        if !matches!(&audience, Audience::Users(users) if users.is_empty()) {
            self.deliveries.push(Delivery {
                audience,
                frame: self.frame(event)?,
            });
        }
        Ok(())
    }

    fn frame(&self, event: &Event) -> Result<Frame, ChatError> {
        if !self.quirks.rewrites() {
            return Ok(Frame::new(event)?);
        }
        let mut event = serde_json::to_value(event)?;
        self.quirks.rewrite_event(&mut event);
        Ok(Frame::raw(&event.to_string()))
    }

    fn snapshot(&self, room_id: RoomId) -> Result<Option<Snapshot>, ChatError> {
        let Some(facts) = rooms::find(self.connection, room_id)? else {
            return Ok(None);
        };
        let parts = rooms::parts(self.connection, room_id)?;
        let views = self
            .connected
            .iter()
            .filter_map(|user_id| {
                let part = parts.get(user_id).copied().unwrap_or_default();
                facts.is_visible_to(part).then(|| (*user_id, facts.view(part)))
            })
            .collect();
        Ok(Some(Snapshot { facts, views }))
    }
}

/// The event for each user. Users with the same event share its bytes.
fn compare(
    before: Option<&Snapshot>,
    after: Option<&Snapshot>,
    quirks: Quirks,
) -> BTreeMap<RoomEvent, Vec<UserId>> {
    let is_personal = !quirks.contains(Quirk::ImpersonalRooms);
    let facts_changed = match (before, after) {
        (Some(before), Some(after)) => !before.facts.looks_like(&after.facts),
        _ => true,
    };
    let users: BTreeSet<UserId> = before
        .into_iter()
        .chain(after)
        .flat_map(|snapshot| snapshot.views.keys().copied())
        .collect();
    let mut events: BTreeMap<RoomEvent, Vec<UserId>> = BTreeMap::new();
    for user_id in users {
        let view =
            |snapshot: Option<&Snapshot>| snapshot.and_then(|snapshot| snapshot.views.get(&user_id).copied());
        let event = match (view(before), view(after)) {
            (None, Some(view)) => RoomEvent::Created(view),
            (Some(_), None) => RoomEvent::Deleted,
            (Some(old), Some(new)) if facts_changed || (is_personal && old != new) => RoomEvent::Updated(new),
            _ => continue,
        };
        events.entry(event).or_default().push(user_id);
    }
    events
}
