//! A simulated server: its rooms and messages, as listed by the REST API and sent on the stream, with the habits and
//! faults of real servers.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use room_events::client::Request;
use room_events::protocol::ids::MessageId;

use crate::driver::Rest;

#[derive(Clone)]
struct Message {
    user: u64,
    room: u64,
    parent: u64,
    text: String,
    created: u64,
    modified: u64,
}

#[derive(Clone)]
struct Room {
    name: String,
    modified: u64,
}

/// A faulty response.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    Status(u16),
    /// Status 200 with this body.
    Body(String),
    /// No response, ever.
    Hangs,
}

/// How a server writes `lastModifiedUtc`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Times {
    #[default]
    Millis,
    Seconds,
    Zero,
    Absent,
    /// Decreasing with every change.
    SetBack,
}

/// How a server pages lists of messages.
#[derive(Clone, Copy, Default)]
pub(crate) struct Habits {
    /// The most messages in a page, whatever the limit.
    pub(crate) cap: Option<u32>,
    /// Requests above this limit are refused with this status.
    pub(crate) refuses_above: Option<(u32, u16)>,
    /// Whether a page begins after its cursor instead of with it.
    pub(crate) is_exclusive: bool,
    /// The status for a cursor that is not in the list. `None`: an empty page.
    pub(crate) unknown_cursor: Option<u16>,
    /// Whether comments are listed among a room's messages.
    pub(crate) lists_comments: bool,
    pub(crate) times: Times,
}

#[derive(Clone, Default)]
struct State {
    rooms: BTreeMap<u64, Room>,
    messages: BTreeMap<u64, Message>,
    clock: u64,
    habits: Habits,
    /// The status of every response while it is set.
    status: Option<u16>,
    silent: bool,
    /// How often another user has logged in.
    others: u64,
    list_fault: Option<Fault>,
    room_faults: BTreeMap<u64, Fault>,
    /// Existing rooms and messages that every response omits.
    hidden_rooms: BTreeSet<u64>,
    hidden_messages: BTreeSet<u64>,
}

/// A chat. Clones share their state.
#[derive(Clone, Default)]
pub(crate) struct Chat(Rc<RefCell<State>>);

impl Chat {
    /// A chat with room 1, which has messages 10 and 11.
    pub(crate) fn with_a_room() -> Self {
        let chat = Self::default();
        chat.room(1, "lobby");
        chat.post(1, 10);
        chat.post(1, 11);
        chat
    }

    /// A chat with rooms from 1 on. The message of each has an id that is 1,000 greater.
    pub(crate) fn with_rooms(count: u64) -> Self {
        let chat = Self::default();
        for id in 1..=count {
            chat.room(id, "room");
            chat.post(id, 1_000 + id);
        }
        chat
    }

    /// A snapshot of the chat, for a server that lags.
    pub(crate) fn as_of_now(&self) -> Self {
        Self(Rc::new(RefCell::new(self.0.borrow().clone())))
    }

    /// Creates or renames a room.
    pub(crate) fn room(&self, id: u64, name: &str) {
        let mut state = self.0.borrow_mut();
        state.clock += 1;
        let (name, modified) = (name.to_owned(), state.clock);
        state.rooms.insert(id, Room { name, modified });
    }

    pub(crate) fn remove_room(&self, id: u64) {
        let mut state = self.0.borrow_mut();
        state.rooms.remove(&id);
        state.messages.retain(|_, message| message.room != id);
    }

    pub(crate) fn post(&self, room: u64, id: u64) {
        self.insert(room, 0, id);
    }

    /// Posts a message with a text of this many bytes.
    pub(crate) fn post_large(&self, room: u64, id: u64, bytes: usize) {
        self.post(room, id);
        self.edit(id, &"x".repeat(bytes));
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
            user: 1,
            room,
            parent,
            text: format!("message {id}"),
            created: state.clock,
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

    pub(crate) fn set_habits(&self, habits: Habits) {
        self.0.borrow_mut().habits = habits;
    }

    /// Writes a text as a user, with the next id.
    pub(crate) fn write(&self, user: u64, room: u64, parent: u64, text: &str) -> u64 {
        let mut state = self.0.borrow_mut();
        state.clock += 1;
        let id = state.messages.last_key_value().map_or(1, |(id, _)| id + 1);
        let message = Message {
            user,
            room,
            parent,
            text: text.to_owned(),
            created: state.clock,
            modified: state.clock,
        };
        state.messages.insert(id, message);
        id
    }

    /// Answers every request with this status.
    pub(crate) fn answer_with(&self, status: Option<u16>) {
        self.0.borrow_mut().status = status;
    }

    /// Logs in another user, in the same browser.
    pub(crate) fn change_user(&self) {
        self.0.borrow_mut().others += 1;
    }

    /// Stops or resumes answering requests.
    pub(crate) fn fall_silent(&self, silent: bool) {
        self.0.borrow_mut().silent = silent;
    }

    /// Makes the messages of a room unreadable.
    pub(crate) fn break_room(&self, id: u64, fault: Fault) {
        self.0.borrow_mut().room_faults.insert(id, fault);
    }

    /// Makes the list of rooms unreadable.
    pub(crate) fn break_list(&self, fault: Fault) {
        self.0.borrow_mut().list_fault = Some(fault);
    }

    /// Removes all faults.
    pub(crate) fn repair(&self) {
        let mut state = self.0.borrow_mut();
        state.list_fault = None;
        state.room_faults.clear();
        state.hidden_rooms.clear();
        state.hidden_messages.clear();
    }

    /// Omits a room from the list of rooms, although it exists.
    pub(crate) fn hide_room(&self, id: u64) {
        self.0.borrow_mut().hidden_rooms.insert(id);
    }

    /// Omits a message from every page, although it exists.
    pub(crate) fn hide_message(&self, id: u64) {
        self.0.borrow_mut().hidden_messages.insert(id);
    }

    /// The frame about a new message, in its current version.
    pub(crate) fn created(&self, id: u64) -> String {
        self.several("TextMessagesCreated", &[id])
    }

    /// The frame about a changed message, in its current version.
    pub(crate) fn updated(&self, id: u64) -> String {
        self.several("TextMessagesUpdated", &[id])
    }

    /// A frame about several messages, in their current versions.
    pub(crate) fn several(&self, name: &str, ids: &[u64]) -> String {
        let state = self.0.borrow();
        let messages: Vec<_> = ids.iter().map(|id| state.message(*id)).collect();
        format!(
            r#"{{"type":"{name}","data":{{"messages":[{}]}}}}"#,
            messages.join(",")
        )
    }

    /// A frame about a room, in its current version.
    pub(crate) fn room_frame(&self, name: &str, id: u64) -> String {
        let room = self.0.borrow().room(id);
        format!(r#"{{"type":"{name}","data":{{"room":{room}}}}}"#)
    }

    /// The REST API.
    pub(crate) fn rest(&self) -> Rest {
        let chat = self.clone();
        Box::new(move |request| chat.0.borrow().answer(request))
    }

    /// The REST API. Only requests that match are answered.
    pub(crate) fn rest_if(&self, is_answered: impl Fn(Request) -> bool + 'static) -> Rest {
        let chat = self.clone();
        Box::new(move |request| {
            is_answered(request)
                .then(|| chat.0.borrow().answer(request))
                .flatten()
        })
    }
}

/// The frame about a deleted message.
pub(crate) fn deleted(room: u64, parent: u64, id: u64) -> String {
    format!(
        r#"{{"type":"TextMessageDeleted","data":{{"parentMessageId":{parent},"roomId":{room},"messageId":{id}}}}}"#
    )
}

/// The frame about a deleted room.
pub(crate) fn room_deleted(room: u64) -> String {
    format!(r#"{{"type":"RoomDeleted","data":{{"roomId":{room}}}}}"#)
}

impl State {
    fn modified(&self, at: u64) -> String {
        match self.habits.times {
            Times::Millis => format!(r#""lastModifiedUtc":{},"#, 1_700_000_000_000 + at),
            Times::Seconds => r#""lastModifiedUtc":1700000000000,"#.to_owned(),
            Times::Zero => r#""lastModifiedUtc":0,"#.to_owned(),
            Times::Absent => String::new(),
            Times::SetBack => format!(r#""lastModifiedUtc":{},"#, 1_700_000_000_000 - at),
        }
    }

    fn message(&self, id: u64) -> String {
        let Message {
            user,
            room,
            parent,
            text,
            modified,
            ..
        } = &self.messages[&id];
        let comments = self.messages.values().filter(|other| other.parent == id).count();
        let modified = self.modified(*modified);
        format!(
            r#"{{"messageId":{id},"userId":{user},"roomId":{room},"parentMessageId":{parent},"text":"{text}","messageType":"Regular",{modified}"commentCount":{comments}}}"#
        )
    }

    fn room(&self, id: u64) -> String {
        let Room { name, modified } = &self.rooms[&id];
        let last = self.messages.iter().rfind(|(_, message)| message.room == id);
        let at = last.map_or(0, |(_, message)| message.created).max(*modified);
        let last = last.map_or("null".to_owned(), |(id, message)| {
            format!(
                r#"{{"messageId":{id},"userId":1,"createdUtc":{}}}"#,
                message.created
            )
        });
        let modified = self.modified(at);
        format!(r#"{{"roomId":{id},"name":"{name}",{modified}"lastMessage":{last}}}"#)
    }

    fn answer(&self, request: Request) -> Option<(u16, String)> {
        if self.silent {
            return None;
        }
        let refused = |status| Some((status, r#"{"errorText":"no"}"#.to_owned()));
        if let Some(status) = self.status {
            return refused(status);
        }
        let fault = match request {
            Request::Status | Request::Send { .. } => None,
            Request::Rooms => self.list_fault.as_ref(),
            Request::Messages { room_id, .. } | Request::MessagesAfter { room_id, .. } => {
                self.room_faults.get(&room_id.get())
            }
            Request::Comments { message_id, .. } | Request::CommentsAfter { message_id, .. } => {
                let message = self.messages.get(&message_id.get());
                message.and_then(|message| self.room_faults.get(&message.room))
            }
        };
        match fault {
            Some(Fault::Status(status)) => return refused(*status),
            Some(Fault::Body(body)) => return Some((200, body.clone())),
            Some(Fault::Hangs) => return None,
            None => {}
        }
        match request {
            Request::Send { .. } => None,
            Request::Status => Some((
                200,
                format!(r#"{{"httpStatusCode":200,"userId":{}}}"#, 9 + self.others),
            )),
            Request::Rooms => {
                let rooms = self.rooms.keys().filter(|id| !self.hidden_rooms.contains(id));
                Some(list("rooms", rooms.map(|id| self.room(*id))))
            }
            Request::Messages { room_id, .. } | Request::MessagesAfter { room_id, .. }
                if !self.rooms.contains_key(&room_id.get()) =>
            {
                refused(404)
            }
            Request::Messages {
                room_id,
                cursor,
                limit,
            } => Some(self.page(room_id.get(), 0, cursor, limit, true)),
            Request::MessagesAfter {
                room_id,
                cursor,
                limit,
            } => Some(self.page(room_id.get(), 0, cursor, limit, false)),
            Request::Comments {
                message_id,
                cursor,
                limit,
            } => match self.messages.get(&message_id.get()) {
                Some(message) => Some(self.page(message.room, message_id.get(), cursor, limit, true)),
                None => refused(404),
            },
            Request::CommentsAfter {
                message_id,
                cursor,
                limit,
            } => match self.messages.get(&message_id.get()) {
                Some(message) => Some(self.page(message.room, message_id.get(), cursor, limit, false)),
                None => refused(404),
            },
        }
    }

    /// The newest messages of a list or those before a cursor; or the oldest or those after it.
    fn page(
        &self,
        room: u64,
        parent: u64,
        cursor: Option<MessageId>,
        limit: u32,
        is_backward: bool,
    ) -> (u16, String) {
        let Habits {
            cap,
            refuses_above,
            is_exclusive,
            unknown_cursor,
            lists_comments,
            ..
        } = self.habits;
        if let Some((_, status)) = refuses_above.filter(|(most, _)| limit > *most) {
            return (status, "{}".to_owned());
        }
        let is_in_list = |message: &Message| {
            message.room == room && (message.parent == parent || (lists_comments && parent == 0))
        };
        if let Some(cursor) = cursor
            && !self.messages.get(&cursor.get()).is_some_and(is_in_list)
        {
            return match unknown_cursor {
                Some(status) => (status, "{}".to_owned()),
                None => list("messages", std::iter::empty()),
            };
        }
        let ends = match cursor.map(|cursor| cursor.get()) {
            None => 0..u64::MAX,
            Some(cursor) if is_backward => 0..cursor + u64::from(!is_exclusive),
            Some(cursor) => cursor + u64::from(is_exclusive)..u64::MAX,
        };
        let found = self
            .messages
            .range(ends)
            .filter(|(id, message)| is_in_list(message) && !self.hidden_messages.contains(id));
        let ids: Vec<_> = found.map(|(id, _)| *id).collect();
        let count = limit.min(cap.unwrap_or(limit)) as usize;
        let page = if is_backward {
            &ids[ids.len().saturating_sub(count)..]
        } else {
            &ids[..count.min(ids.len())]
        };
        list("messages", page.iter().map(|id| self.message(*id)))
    }
}

fn list(name: &str, items: impl Iterator<Item = String>) -> (u16, String) {
    let items: Vec<_> = items.collect();
    (
        200,
        format!(r#"{{"httpStatusCode":200,"{name}":[{}]}}"#, items.join(",")),
    )
}
