//! A chat server, as small as the documented behaviour allows: rooms, members, messages, comments, receipts, and who is
//! told what.

use std::collections::{BTreeMap, BTreeSet};

use room_events::client::rest::Request;
use room_events::protocol::ids::SafeInt;
use serde_json::{Value, json};

pub(crate) type Id = u64;

/// What one user may see: rooms and messages by their ids, as JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct View {
    pub(crate) rooms: BTreeMap<Id, Value>,
    pub(crate) messages: BTreeMap<Id, Value>,
}

#[derive(Clone, Debug)]
struct Room {
    name: String,
    members: BTreeSet<Id>,
    created: u64,
    modified: u64,
    pinned_by: BTreeSet<Id>,
}

#[derive(Clone, Debug)]
struct Message {
    room: Id,
    parent: Id,
    author: Id,
    text: String,
    created: u64,
    edited: u64,
    modified: u64,
    read: BTreeMap<Id, u64>,
}

/// The truth.
#[derive(Default)]
pub(crate) struct Server {
    rooms: BTreeMap<Id, Room>,
    messages: BTreeMap<Id, Message>,
    next_id: Id,
    clock: u64,
}

/// An event for a user.
pub(crate) type Told = (Id, String);

impl Server {
    /// Every change gets a time of its own, so that times order versions.
    fn tick(&mut self, now: u64) -> u64 {
        self.clock = (self.clock + 1).max(now);
        self.clock
    }

    fn new_id(&mut self) -> Id {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn room_ids(&self) -> Vec<Id> {
        self.rooms.keys().copied().collect()
    }

    /// Messages that may be commented on.
    pub(crate) fn top_level_ids(&self) -> Vec<Id> {
        self.messages
            .iter()
            .filter(|(_, message)| message.parent == 0)
            .map(|(id, _)| *id)
            .collect()
    }

    pub(crate) fn message_ids(&self) -> Vec<Id> {
        self.messages.keys().copied().collect()
    }

    pub(crate) fn room_of(&self, message: Id) -> Id {
        self.messages[&message].room
    }

    fn comment_count(&self, id: Id) -> usize {
        self.messages
            .values()
            .filter(|message| message.parent == id)
            .count()
    }

    fn message_json(&self, id: Id) -> Value {
        let message = &self.messages[&id];
        let receipts: Vec<_> = message
            .read
            .iter()
            .map(|(user, at)| json!({"userId": user, "readUtc": at}))
            .collect();
        json!({
            "messageId": id, "userId": message.author, "roomId": message.room, "parentMessageId": message.parent,
            "text": message.text, "messageType": "Regular", "markupType": "TextPlain", "priority": "Normal",
            "createdUtc": message.created, "lastEditedUtc": message.edited, "lastModifiedUtc": message.modified,
            "commentCount": self.comment_count(id), "attachments": [], "readTimestamps": receipts,
        })
    }

    fn room_json(&self, id: Id, user: Id) -> Value {
        let room = &self.rooms[&id];
        let in_room = || self.messages.iter().filter(|(_, message)| message.room == id);
        let unread =
            in_room().filter(|(_, message)| message.author != user && !message.read.contains_key(&user));
        let last = in_room().next_back().map(
            |(id, message)| json!({"messageId": id, "userId": message.author, "createdUtc": message.created}),
        );
        json!({
            "roomId": id, "displayName": room.name, "roomType": "Private", "createdUtc": room.created,
            "lastModifiedUtc": room.modified, "unreadMessageCount": unread.count(), "isModerator": false,
            "isArchived": false, "isPinned": room.pinned_by.contains(&user), "lastMessage": last,
        })
    }

    /// The truth for one user.
    pub(crate) fn view(&self, user: Id) -> View {
        let rooms: BTreeMap<_, _> = self
            .rooms
            .iter()
            .filter(|(_, room)| room.members.contains(&user))
            .map(|(id, _)| (*id, self.room_json(*id, user)))
            .collect();
        let messages = self
            .messages
            .iter()
            .filter(|(_, message)| rooms.contains_key(&message.room))
            .map(|(id, _)| (*id, self.message_json(*id)))
            .collect();
        View { rooms, messages }
    }

    /// Does something to a room and tells each user how it changed for them.
    fn changing(
        &mut self,
        room: Id,
        users: &[Id],
        told: &mut Vec<Told>,
        change: impl FnOnce(&mut Self, &mut Vec<Told>),
    ) {
        let see = |server: &Self, user| {
            let member = server
                .rooms
                .get(&room)
                .is_some_and(|room| room.members.contains(&user));
            member.then(|| server.room_json(room, user))
        };
        let before: Vec<_> = users.iter().map(|user| see(self, *user)).collect();
        let mut first = Vec::new();
        change(self, &mut first);
        let (mut created, mut later) = (Vec::new(), Vec::new());
        for (user, before) in users.iter().zip(before) {
            match (before, see(self, *user)) {
                (None, Some(room)) => created.push((*user, event("RoomCreated", &json!({"room": room})))),
                (Some(_), None) => later.push((*user, event("RoomDeleted", &json!({"roomId": room})))),
                (Some(before), Some(after)) if before != after => {
                    later.push((*user, event("RoomUpdated", &json!({"room": after}))));
                }
                _ => {}
            }
        }
        told.extend(created);
        told.extend(first);
        told.extend(later);
    }

    fn tell_members(&self, room: Id, name: &str, data: &Value, told: &mut Vec<Told>) {
        for user in &self.rooms[&room].members {
            told.push((*user, event(name, data)));
        }
    }

    pub(crate) fn create_room(&mut self, members: BTreeSet<Id>, users: &[Id], now: u64) -> Vec<Told> {
        let (id, at) = (self.new_id(), self.tick(now));
        let mut told = Vec::new();
        self.changing(id, users, &mut told, |server, _| {
            let room = Room {
                name: format!("room {id}"),
                members,
                created: at,
                modified: at,
                pinned_by: BTreeSet::new(),
            };
            server.rooms.insert(id, room);
        });
        told
    }

    pub(crate) fn rename_room(&mut self, id: Id, users: &[Id], now: u64) -> Vec<Told> {
        let at = self.tick(now);
        let mut told = Vec::new();
        self.changing(id, users, &mut told, |server, _| {
            if let Some(room) = server.rooms.get_mut(&id) {
                (room.name, room.modified) = (format!("renamed at {at}"), at);
            }
        });
        told
    }

    /// Pins or unpins: a change for one user that leaves no trace in the room's times.
    pub(crate) fn pin(&mut self, id: Id, user: Id, users: &[Id]) -> Vec<Told> {
        let mut told = Vec::new();
        self.changing(id, users, &mut told, |server, _| {
            if let Some(room) = server.rooms.get_mut(&id)
                && !room.pinned_by.remove(&user)
            {
                room.pinned_by.insert(user);
            }
        });
        told
    }

    pub(crate) fn delete_room(&mut self, id: Id, users: &[Id]) -> Vec<Told> {
        let mut told = Vec::new();
        self.changing(id, users, &mut told, |server, _| {
            server.rooms.remove(&id);
            server.messages.retain(|_, message| message.room != id);
        });
        told
    }

    /// Adds a user to a room, or removes it.
    pub(crate) fn toggle_member(&mut self, id: Id, user: Id, users: &[Id]) -> Vec<Told> {
        let mut told = Vec::new();
        self.changing(id, users, &mut told, |server, _| {
            if let Some(room) = server.rooms.get_mut(&id)
                && !room.members.remove(&user)
            {
                room.members.insert(user);
            }
        });
        told
    }

    /// Sends some messages at once, or comments on a message.
    pub(crate) fn send(
        &mut self,
        room: Id,
        parent: Id,
        count: u64,
        author: Id,
        users: &[Id],
        now: u64,
    ) -> Vec<Told> {
        let mut told = Vec::new();
        let ids: Vec<_> = (0..count).map(|_| (self.new_id(), self.tick(now))).collect();
        self.changing(room, users, &mut told, |server, told| {
            for (id, at) in &ids {
                let message = Message {
                    room,
                    parent,
                    author,
                    text: format!("message {id}"),
                    created: *at,
                    edited: *at,
                    modified: *at,
                    read: BTreeMap::new(),
                };
                server.messages.insert(*id, message);
            }
            let messages: Vec<_> = ids.iter().map(|(id, _)| server.message_json(*id)).collect();
            server.tell_members(room, "TextMessagesCreated", &json!({"messages": messages}), told);
            if parent != 0 {
                server.touch(parent, now, told);
            }
        });
        told
    }

    fn touch(&mut self, id: Id, now: u64, told: &mut Vec<Told>) {
        let at = self.tick(now);
        if let Some(message) = self.messages.get_mut(&id) {
            message.modified = at;
            let room = message.room;
            let messages = json!({"messages": [self.message_json(id)]});
            self.tell_members(room, "TextMessagesUpdated", &messages, told);
        }
    }

    pub(crate) fn edit(&mut self, id: Id, users: &[Id], now: u64) -> Vec<Told> {
        let mut told = Vec::new();
        let at = self.tick(now);
        self.changing(self.messages[&id].room, users, &mut told, |server, told| {
            if let Some(message) = server.messages.get_mut(&id) {
                (message.text, message.edited) = (format!("edited at {at}"), at);
            }
            server.touch(id, now, told);
        });
        told
    }

    pub(crate) fn read(&mut self, id: Id, user: Id, users: &[Id], now: u64) -> Vec<Told> {
        let mut told = Vec::new();
        let at = self.tick(now);
        self.changing(self.messages[&id].room, users, &mut told, |server, told| {
            if let Some(message) = server.messages.get_mut(&id) {
                message.read.entry(user).or_insert(at);
            }
            server.touch(id, now, told);
        });
        told
    }

    /// Deletes a message, its comments first.
    pub(crate) fn delete(&mut self, id: Id, users: &[Id], now: u64) -> Vec<Told> {
        let mut told = Vec::new();
        let (room, parent) = (self.messages[&id].room, self.messages[&id].parent);
        self.changing(room, users, &mut told, |server, told| {
            let comments: Vec<_> = server
                .messages
                .iter()
                .filter(|(_, message)| message.parent == id)
                .map(|(id, _)| *id)
                .collect();
            for (gone, parent) in comments
                .into_iter()
                .map(|comment| (comment, id))
                .chain([(id, parent)])
            {
                server.messages.remove(&gone);
                let data = json!({"parentMessageId": parent, "roomId": room, "messageId": gone});
                server.tell_members(room, "TextMessageDeleted", &data, told);
            }
            if parent != 0 {
                server.touch(parent, now, told);
            }
        });
        told
    }

    /// Answers a request of the REST API.
    pub(crate) fn answer(&self, user: Id, request: Request) -> (u16, String) {
        let list =
            |name: &str, items: Vec<Value>| (200, json!({"httpStatusCode": 200, name: items}).to_string());
        let page = |room: Id, parent: Id, cursor: SafeInt| -> Vec<Id> {
            let in_list = |message: &Message| message.room == room && message.parent == parent;
            let behind = self.messages.range(cursor.get() + 1..);
            behind
                .filter(|(_, message)| in_list(message))
                .map(|(id, _)| *id)
                .collect()
        };
        let render = |ids: Vec<Id>| ids.into_iter().map(|id| self.message_json(id)).collect();
        let sees = |room: Id| {
            self.rooms
                .get(&room)
                .is_some_and(|room| room.members.contains(&user))
        };
        match request {
            Request::Status => (200, json!({"httpStatusCode": 200, "userId": user}).to_string()),
            Request::Rooms => list("rooms", self.view(user).rooms.into_values().collect()),
            Request::Messages {
                room_id,
                cursor,
                limit,
            } if sees(room_id.get()) => {
                let mut ids = page(room_id.get(), 0, cursor);
                ids.truncate(limit as usize);
                list("messages", render(ids))
            }
            Request::NewestMessages { room_id, limit } if sees(room_id.get()) => {
                let mut ids = page(room_id.get(), 0, SafeInt::ZERO);
                let older = ids.len().saturating_sub(limit as usize);
                list("messages", render(ids.split_off(older)))
            }
            Request::Comments {
                message_id,
                cursor,
                limit,
            } => {
                match self
                    .messages
                    .get(&message_id.get())
                    .map(|message| message.room)
                    .filter(|room| sees(*room))
                {
                    Some(room) => {
                        let mut ids = page(room, message_id.get(), cursor);
                        ids.truncate(limit as usize);
                        list("messages", render(ids))
                    }
                    None => (
                        404,
                        json!({"errorText": "Message not found", "httpStatusCode": 404}).to_string(),
                    ),
                }
            }
            _ => (
                403,
                json!({"errorText": "No access", "httpStatusCode": 403}).to_string(),
            ),
        }
    }
}

fn event(name: &str, data: &Value) -> String {
    json!({"type": name, "data": data}).to_string()
}
