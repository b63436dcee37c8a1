//! A chat server, as small as the documented behaviour allows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use room_events::client::rest::Request;
use room_events::protocol::ids::SafeInt;

use crate::truth::{Change, Id, Truth, View};

#[derive(Clone, Debug)]
struct Room {
    name: String,
    members: BTreeSet<Id>,
    created: u64,
    modified: u64,
    pinned_by: BTreeSet<Id>,
    /// How often what a user sees of it has changed.
    revisions: BTreeMap<Id, u64>,
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
pub(crate) struct Model {
    users: Vec<Id>,
    rooms: BTreeMap<Id, Room>,
    messages: BTreeMap<Id, Message>,
    next_id: Id,
    clock: u64,
    connected: BTreeMap<usize, Id>,
    logged_out: BTreeSet<usize>,
    events: Vec<(usize, String)>,
}

/// An event for a user.
type Told = (Id, String);

impl Model {
    pub(crate) fn new(users: &[Id]) -> Self {
        Self {
            users: users.to_vec(),
            ..Self::default()
        }
    }

    /// Every change gets a time of its own, so that times order versions.
    fn tick(&mut self, now: u64) -> u64 {
        self.clock = (self.clock + 1).max(now);
        self.clock
    }

    fn new_id(&mut self) -> Id {
        self.next_id += 1;
        self.next_id
    }

    fn sees(&self, user: Id, room: Id) -> bool {
        self.rooms
            .get(&room)
            .is_some_and(|room| room.members.contains(&user))
    }

    fn comments(&self, id: Id) -> Vec<Id> {
        let comments = self
            .messages
            .range(id..)
            .filter(|(_, message)| message.parent == id);
        comments.map(|(id, _)| *id).collect()
    }

    fn message_json(&self, id: Id) -> String {
        let message = &self.messages[&id];
        let comments = self.comments(id).len();
        let mut json = format!(
            r#"{{"messageId":{id},"userId":{},"roomId":{},"parentMessageId":{},"text":"{}","messageType":"Regular","markupType":"TextPlain","priority":"Normal","createdUtc":{},"lastEditedUtc":{},"lastModifiedUtc":{},"commentCount":{comments},"attachments":[],"readTimestamps":["#,
            message.author,
            message.room,
            message.parent,
            message.text,
            message.created,
            message.edited,
            message.modified,
        );
        for (index, (user, at)) in message.read.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _infallible = write!(json, r#"{comma}{{"userId":{user},"readUtc":{at}}}"#);
        }
        json.push_str("]}");
        json
    }

    /// What a user sees of a room, without its end: the revision.
    fn room_json(&self, id: Id, user: Id) -> String {
        let room = &self.rooms[&id];
        let (mut unread, mut last) = (0, "null".to_owned());
        for (message_id, message) in self.messages.iter().filter(|(_, message)| message.room == id) {
            unread += u64::from(message.author != user && !message.read.contains_key(&user));
            last = format!(
                r#"{{"messageId":{message_id},"userId":{},"createdUtc":{}}}"#,
                message.author, message.created
            );
        }
        format!(
            r#"{{"roomId":{id},"name":"{}","roomType":"Private","createdUtc":{},"lastModifiedUtc":{},"unreadMessageCount":{unread},"isModerator":false,"isArchived":false,"isPinned":{},"lastMessage":{last},"revision":"#,
            room.name,
            room.created,
            room.modified,
            room.pinned_by.contains(&user),
        )
    }

    fn revised(&self, id: Id, user: Id, json: &str) -> String {
        let revision = self.rooms[&id].revisions.get(&user).copied().unwrap_or(1);
        format!("{json}{revision}}}")
    }

    /// Does something to a room and tells each user how it changed for them.
    fn changing(&mut self, room: Id, change: impl FnOnce(&mut Self, &mut Vec<Told>)) {
        let users = self.users.clone();
        let before: Vec<_> = users
            .iter()
            .map(|user| self.sees(*user, room).then(|| self.room_json(room, *user)))
            .collect();
        let mut first = Vec::new();
        change(self, &mut first);
        let (mut created, mut later) = (Vec::new(), Vec::new());
        for (user, before) in users.into_iter().zip(before) {
            let after = self.sees(user, room).then(|| self.room_json(room, user));
            let (name, after) = match (before, after) {
                (None, Some(after)) => ("RoomCreated", after),
                (Some(before), Some(after)) if before != after => ("RoomUpdated", after),
                (Some(_), None) => {
                    later.push((
                        user,
                        format!(r#"{{"type":"RoomDeleted","data":{{"roomId":{room}}}}}"#),
                    ));
                    continue;
                }
                _ => continue,
            };
            if let Some(room) = self.rooms.get_mut(&room) {
                *room.revisions.entry(user).or_insert(1) += 1;
            }
            let text = format!(
                r#"{{"type":"{name}","data":{{"room":{}}}}}"#,
                self.revised(room, user, &after)
            );
            if name == "RoomCreated" {
                &mut created
            } else {
                &mut later
            }
            .push((user, text));
        }
        for (user, text) in created.into_iter().chain(first).chain(later) {
            for (page, _) in self.connected.iter().filter(|(_, owner)| **owner == user) {
                self.events.push((*page, text.clone()));
            }
        }
    }

    fn tell_members(&self, room: Id, name: &str, data: &str, told: &mut Vec<Told>) {
        for user in &self.rooms[&room].members {
            told.push((*user, format!(r#"{{"type":"{name}","data":{data}}}"#)));
        }
    }

    fn touch(&mut self, id: Id, now: u64, told: &mut Vec<Told>) {
        let at = self.tick(now);
        if let Some(message) = self.messages.get_mut(&id) {
            message.modified = at;
            let room = message.room;
            let data = format!(r#"{{"messages":[{}]}}"#, self.message_json(id));
            self.tell_members(room, "TextMessagesUpdated", &data, told);
        }
    }

    /// Sends some messages at once, or comments on a message.
    fn send(&mut self, room: Id, parent: Id, count: u64, author: Id, now: u64) {
        let ids: Vec<_> = (0..count).map(|_| (self.new_id(), self.tick(now))).collect();
        self.changing(room, |server, told| {
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
            let data = format!(r#"{{"messages":[{}]}}"#, messages.join(","));
            server.tell_members(room, "TextMessagesCreated", &data, told);
            if parent != 0 {
                server.touch(parent, now, told);
            }
        });
    }

    /// Deletes a message, its comments first.
    fn delete(&mut self, id: Id, now: u64) {
        let (room, parent) = (self.messages[&id].room, self.messages[&id].parent);
        self.changing(room, |server, told| {
            let comments = server.comments(id).into_iter().map(|comment| (comment, id));
            for (gone, parent) in comments.chain([(id, parent)]) {
                server.messages.remove(&gone);
                let data = format!(r#"{{"parentMessageId":{parent},"roomId":{room},"messageId":{gone}}}"#);
                server.tell_members(room, "TextMessageDeleted", &data, told);
            }
            if parent != 0 {
                server.touch(parent, now, told);
            }
        });
    }

    fn create_room(&mut self, members: BTreeSet<Id>, now: u64) {
        let (id, at) = (self.new_id(), self.tick(now));
        self.changing(id, |server, _| {
            let room = Room {
                name: format!("room {id}"),
                members,
                created: at,
                modified: at,
                pinned_by: BTreeSet::new(),
                revisions: BTreeMap::new(),
            };
            server.rooms.insert(id, room);
        });
    }

    fn change_room(&mut self, id: Id, change: impl FnOnce(&mut Room)) {
        self.changing(id, |server, _| {
            if let Some(room) = server.rooms.get_mut(&id) {
                change(room);
            }
        });
    }

    fn change_message(&mut self, id: Id, now: u64, change: impl FnOnce(&mut Message)) {
        self.changing(self.messages[&id].room, |server, told| {
            if let Some(message) = server.messages.get_mut(&id) {
                change(message);
            }
            server.touch(id, now, told);
        });
    }

    fn page(&self, room: Id, parent: Id, cursor: SafeInt) -> Vec<Id> {
        let in_list = |message: &Message| message.room == room && message.parent == parent;
        let behind = self.messages.range(cursor.get() + 1..);
        behind
            .filter(|(_, message)| in_list(message))
            .map(|(id, _)| *id)
            .collect()
    }
}

fn toggle(set: &mut BTreeSet<Id>, id: Id) {
    if !set.remove(&id) {
        set.insert(id);
    }
}

impl Truth for Model {
    fn change(&mut self, user: Id, change: Change, now: u64) {
        match change {
            Change::CreateRoom { members } => self.create_room(members, now),
            Change::DeleteRoom { room } => self.changing(room, |server, _| {
                server.rooms.remove(&room);
                server.messages.retain(|_, message| message.room != room);
            }),
            Change::RenameRoom { room } => {
                let at = self.tick(now);
                self.change_room(room, |room| {
                    (room.name, room.modified) = (format!("renamed at {at}"), at)
                });
            }
            Change::TogglePin { room } => self.change_room(room, |room| toggle(&mut room.pinned_by, user)),
            Change::ToggleMember { room, member } => {
                self.change_room(room, |room| toggle(&mut room.members, member));
            }
            Change::Send { room, count } => self.send(room, 0, count, user, now),
            Change::Comment { parent } => self.send(self.messages[&parent].room, parent, 1, user, now),
            Change::Edit { message } => {
                let at = self.tick(now);
                self.change_message(message, now, |message| {
                    (message.text, message.edited) = (format!("edited at {at}"), at);
                });
            }
            Change::Read { message } => {
                let at = self.tick(now);
                self.change_message(message, now, |message| {
                    message.read.entry(user).or_insert(at);
                });
            }
            Change::Delete { message } => self.delete(message, now),
        }
    }

    fn connect(&mut self, page: usize, user: Id) -> bool {
        let accepts = !self.logged_out.contains(&page);
        if accepts {
            self.connected.insert(page, user);
        }
        accepts
    }

    fn restart(&mut self) {
        self.connected.clear();
    }

    fn log_out(&mut self, page: usize) {
        self.logged_out.insert(page);
        self.connected.remove(&page);
    }

    fn log_in(&mut self, page: usize, _user: Id) {
        self.logged_out.remove(&page);
    }

    fn take_events(&mut self) -> Vec<(usize, String)> {
        std::mem::take(&mut self.events)
    }

    fn answer(&mut self, page: usize, user: Id, request: Request) -> (u16, String) {
        let list = |name: &str, items: Vec<String>| {
            (
                200,
                format!(r#"{{"httpStatusCode":200,"{name}":[{}]}}"#, items.join(",")),
            )
        };
        let failure = |status: u16| {
            (
                status,
                format!(r#"{{"errorText":"no","httpStatusCode":{status}}}"#),
            )
        };
        let render = |ids: Vec<Id>| ids.into_iter().map(|id| self.message_json(id)).collect();
        match request {
            _ if self.logged_out.contains(&page) => failure(401),
            Request::Status => (200, format!(r#"{{"httpStatusCode":200,"userId":{user}}}"#)),
            Request::Rooms => list("rooms", self.view(user).rooms.into_values().collect()),
            Request::Messages {
                room_id,
                cursor,
                limit,
            } if self.sees(user, room_id.get()) => {
                let mut ids = self.page(room_id.get(), 0, cursor);
                ids.truncate(limit as usize);
                list("messages", render(ids))
            }
            Request::NewestMessages { room_id, limit } if self.sees(user, room_id.get()) => {
                let mut ids = self.page(room_id.get(), 0, SafeInt::ZERO);
                let older = ids.len().saturating_sub(limit as usize);
                list("messages", render(ids.split_off(older)))
            }
            Request::Comments {
                message_id,
                cursor,
                limit,
            } => {
                let room = self.messages.get(&message_id.get()).map(|message| message.room);
                match room.filter(|room| self.sees(user, *room)) {
                    Some(room) => {
                        let mut ids = self.page(room, message_id.get(), cursor);
                        ids.truncate(limit as usize);
                        list("messages", render(ids))
                    }
                    None => failure(404),
                }
            }
            _ => failure(403),
        }
    }

    fn view(&mut self, user: Id) -> View {
        let rooms: BTreeMap<_, _> = self
            .rooms
            .keys()
            .filter(|room| self.sees(user, **room))
            .map(|id| (*id, self.revised(*id, user, &self.room_json(*id, user))))
            .collect();
        let messages = self
            .messages
            .iter()
            .filter(|(_, message)| rooms.contains_key(&message.room))
            .map(|(id, _)| (*id, self.message_json(*id)))
            .collect();
        View { rooms, messages }
    }

    fn rooms(&mut self) -> Vec<Id> {
        self.rooms.keys().copied().collect()
    }

    fn messages(&mut self) -> Vec<(Id, Id)> {
        self.messages
            .iter()
            .map(|(id, message)| (*id, message.parent))
            .collect()
    }
}
