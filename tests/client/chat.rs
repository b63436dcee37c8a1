//! The server's side of a story: rooms and messages, as the REST API lists them and as the stream tells of them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use room_events::client::rest::Request;
use room_events::protocol::ids::SafeInt;

use crate::driver::Rest;

#[derive(Clone)]
struct Message {
    room: u64,
    parent: u64,
    text: String,
    modified: u64,
}

#[derive(Default)]
struct State {
    rooms: BTreeMap<u64, String>,
    messages: BTreeMap<u64, Message>,
    clock: u64,
    /// What every request is answered with, as long as it is set.
    status: Option<u16>,
    silent: bool,
}

/// A chat. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Chat(Rc<RefCell<State>>);

impl Chat {
    /// One with room 1, in which there are messages 10 and 11.
    pub(crate) fn with_a_room() -> Self {
        let chat = Self::default();
        chat.room(1, "lobby");
        chat.post(1, 10);
        chat.post(1, 11);
        chat
    }

    /// Makes a room, or renames it.
    pub(crate) fn room(&self, id: u64, name: &str) {
        self.0.borrow_mut().rooms.insert(id, name.to_owned());
    }

    pub(crate) fn remove_room(&self, id: u64) {
        let mut state = self.0.borrow_mut();
        state.rooms.remove(&id);
        state.messages.retain(|_, message| message.room != id);
    }

    pub(crate) fn post(&self, room: u64, id: u64) {
        self.insert(room, 0, id);
    }

    pub(crate) fn comment(&self, parent: u64, id: u64) {
        let room = self.0.borrow().messages[&parent].room;
        self.insert(room, parent, id);
        self.edit(parent, "commented on");
    }

    fn insert(&self, room: u64, parent: u64, id: u64) {
        let mut state = self.0.borrow_mut();
        state.clock += 1;
        let message = Message {
            room,
            parent,
            text: format!("message {id}"),
            modified: state.clock,
        };
        state.messages.insert(id, message);
    }

    pub(crate) fn edit(&self, id: u64, text: &str) {
        let mut state = self.0.borrow_mut();
        state.clock += 1;
        let now = state.clock;
        let message = state.messages.get_mut(&id).expect("there is that message");
        text.clone_into(&mut message.text);
        message.modified = now;
    }

    pub(crate) fn delete(&self, id: u64) {
        self.0.borrow_mut().messages.remove(&id);
    }

    /// Lets every request be answered with that status.
    pub(crate) fn answer_with(&self, status: Option<u16>) {
        self.0.borrow_mut().status = status;
    }

    /// Lets no request be answered.
    pub(crate) fn fall_silent(&self, silent: bool) {
        self.0.borrow_mut().silent = silent;
    }

    /// The frame that tells of a new message, as it is now.
    pub(crate) fn created(&self, id: u64) -> String {
        self.several("TextMessagesCreated", &[id])
    }

    /// The frame that tells of a message that changed, as it is now.
    pub(crate) fn updated(&self, id: u64) -> String {
        self.several("TextMessagesUpdated", &[id])
    }

    /// The frame that tells of several messages, as they are now.
    pub(crate) fn several(&self, name: &str, ids: &[u64]) -> String {
        let state = self.0.borrow();
        let messages: Vec<_> = ids.iter().map(|id| state.message(*id)).collect();
        format!(
            r#"{{"type":"{name}","data":{{"messages":[{}]}}}}"#,
            messages.join(",")
        )
    }

    /// The frame that tells of a room, as it is now.
    pub(crate) fn room_frame(&self, name: &str, id: u64) -> String {
        let room = self.0.borrow().room(id);
        format!(r#"{{"type":"{name}","data":{{"room":{room}}}}}"#)
    }

    /// The REST API.
    pub(crate) fn rest(&self) -> Rest {
        let chat = self.clone();
        Box::new(move |request| chat.0.borrow().answer(request))
    }
}

/// The frame that tells of a message that is gone.
pub(crate) fn deleted(room: u64, parent: u64, id: u64) -> String {
    format!(
        r#"{{"type":"TextMessageDeleted","data":{{"parentMessageId":{parent},"roomId":{room},"messageId":{id}}}}}"#
    )
}

impl State {
    fn message(&self, id: u64) -> String {
        let Message {
            room,
            parent,
            text,
            modified,
        } = &self.messages[&id];
        let comments = self.messages.values().filter(|other| other.parent == id).count();
        format!(
            r#"{{"messageId":{id},"userId":1,"roomId":{room},"parentMessageId":{parent},"text":"{text}","messageType":"Regular","lastModifiedUtc":{modified},"commentCount":{comments}}}"#
        )
    }

    fn room(&self, id: u64) -> String {
        let name = &self.rooms[&id];
        let last = self.messages.iter().rfind(|(_, message)| message.room == id);
        let last = last.map_or("null".to_owned(), |(id, _)| {
            format!(r#"{{"messageId":{id},"userId":1,"createdUtc":1}}"#)
        });
        format!(r#"{{"roomId":{id},"name":"{name}","lastModifiedUtc":1,"lastMessage":{last}}}"#)
    }

    fn answer(&self, request: Request) -> Option<(u16, String)> {
        if self.silent {
            return None;
        }
        if let Some(status) = self.status {
            return Some((status, r#"{"errorText":"no"}"#.to_owned()));
        }
        let list = |name: &str, items: Vec<String>| {
            (
                200,
                format!(r#"{{"httpStatusCode":200,"{name}":[{}]}}"#, items.join(",")),
            )
        };
        let before = |room: u64, parent: u64, cursor: Option<SafeInt>, limit: u32| -> Vec<u64> {
            let in_list = |message: &Message| message.room == room && message.parent == parent;
            let end = cursor.map_or(u64::MAX, |cursor| cursor.get() + 1);
            let found = self.messages.range(..end).filter(|(_, message)| in_list(message));
            let ids: Vec<_> = found.map(|(id, _)| *id).collect();
            ids[ids.len().saturating_sub(limit as usize)..].to_vec()
        };
        let render = |ids: &[u64]| list("messages", ids.iter().map(|id| self.message(*id)).collect());
        Some(match request {
            Request::Status => (200, "{}".to_owned()),
            Request::Rooms => list("rooms", self.rooms.keys().map(|id| self.room(*id)).collect()),
            Request::Messages { room_id, .. } if !self.rooms.contains_key(&room_id.get()) => {
                (404, "{}".to_owned())
            }
            Request::Messages {
                room_id,
                cursor,
                limit,
            } => render(&before(room_id.get(), 0, cursor, limit)),
            Request::Comments {
                message_id,
                cursor,
                limit,
            } => match self.messages.get(&message_id.get()) {
                Some(message) => render(&before(message.room, message_id.get(), cursor, limit)),
                None => (404, "{}".to_owned()),
            },
        })
    }
}
