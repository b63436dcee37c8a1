//! The stream of events: events become frames, which may be late, repeated and out of order.

use std::rc::Rc;

use room_events::client::SocketId;

use crate::change::Event;
use crate::random::Random;
use crate::truth::{Time, Truth};
use crate::world::{Happening, World};

/// One item of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Item {
    Message(usize, usize),
    MessageGone(usize),
    Room(usize, usize),
    RoomGone(usize),
}

/// A frame and its items.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) text: String,
    pub(crate) items: Vec<Item>,
}

/// A page's connection, as seen by the network.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) socket: SocketId,
    /// Whether the server has accepted it.
    pub(crate) accepted: bool,
    /// Whether nothing reaches the client anymore, without an error.
    pub(crate) stalled: bool,
    /// The latest arrival of a frame. Frames stay in order.
    pub(crate) last_arrival: Time,
    /// Overtaken frames, with their messages.
    late: Vec<(usize, Rc<Frame>)>,
}

impl Connection {
    pub(crate) const fn new(socket: SocketId, now: Time) -> Self {
        Self {
            socket,
            accepted: false,
            stalled: false,
            last_arrival: now,
            late: Vec::new(),
        }
    }
}

fn messages(truth: &Truth, name: &str, list: &[(usize, usize)]) -> Frame {
    let texts = list
        .iter()
        .map(|(number, version)| &truth.messages[*number].versions[*version].text);
    let length: usize = texts.clone().map(|text| text.len() + 1).sum();
    let mut text = String::with_capacity(length + 60);
    text.push_str(r#"{"type":""#);
    text.push_str(name);
    text.push_str(r#"","data":{"messages":["#);
    for (index, message) in texts.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(message);
    }
    text.push_str("]}}");
    let readable = list
        .iter()
        .filter(|(number, _)| !truth.messages[*number].is_poison());
    let items = readable
        .map(|(number, version)| Item::Message(*number, *version))
        .collect();
    Frame { text, items }
}

fn frame(truth: &Truth, event: Event, shuffles: bool, random: &mut Random) -> Frame {
    let disordered = |mut list: Vec<_>, random: &mut Random| {
        if shuffles {
            random.shuffle(&mut list);
        }
        list
    };
    let room = |name: &str, number: usize, version: usize| Frame {
        text: format!(
            r#"{{"type":"{name}","data":{{"room":{}}}}}"#,
            truth.rooms[number].versions[version].text
        ),
        items: vec![Item::Room(number, version)],
    };
    match event {
        Event::Created(list) => messages(truth, "TextMessagesCreated", &disordered(list, random)),
        Event::Updated(list) => messages(truth, "TextMessagesUpdated", &disordered(list, random)),
        Event::Deleted(number) => {
            let message = &truth.messages[number];
            let parent = message.parent.map_or(0, |parent| truth.messages[parent].id);
            Frame {
                text: format!(
                    r#"{{"type":"TextMessageDeleted","data":{{"parentMessageId":{parent},"roomId":{},"messageId":{}}}}}"#,
                    truth.rooms[message.room].id, message.id
                ),
                items: vec![Item::MessageGone(number)],
            }
        }
        Event::RoomCreated(number, version) => room("RoomCreated", number, version),
        Event::RoomUpdated(number, version) => room("RoomUpdated", number, version),
        Event::RoomDeleted(number) => Frame {
            text: format!(
                r#"{{"type":"RoomDeleted","data":{{"roomId":{}}}}}"#,
                truth.rooms[number].id
            ),
            items: vec![Item::RoomGone(number)],
        },
    }
}

impl World {
    /// Sends the server's events.
    pub(crate) fn tell(&mut self) {
        let events = std::mem::take(&mut self.chat.events);
        let Some(socket) = self
            .connection
            .as_ref()
            .filter(|open| open.accepted)
            .map(|open| open.socket)
        else {
            return;
        };
        for event in events {
            self.flush_late(socket, &event);
            let created = match &event {
                Event::Created(list) if list.len() == 1 => Some(list[0].0),
                _ => None,
            };
            let repeatable = !matches!(event, Event::RoomCreated(..) | Event::RoomDeleted(_));
            let frame = frame(&self.chat.truth, event, self.options.shuffles, &mut self.random);
            let frame = Rc::new(frame);
            if let Some(number) = created
                && self.is_hostile()
                && self.random.per_mille(self.options.late_frames)
            {
                let after = self.random.between(1, 800);
                self.plan(after, Happening::Send(socket, Rc::clone(&frame)));
                if let Some(open) = self.connection.as_mut() {
                    open.late.push((number, frame));
                }
                continue;
            }
            if repeatable && self.is_hostile() && self.random.per_mille(self.options.repeats) {
                let after = self.random.between(0, 1_500);
                self.plan(after, Happening::Repeat(socket, Rc::clone(&frame)));
            }
            self.send(|socket| Happening::Frame(socket, frame));
        }
    }

    /// Sends overtaken frames before the deletion of their messages.
    fn flush_late(&mut self, socket: SocketId, event: &Event) {
        let truth = &self.chat.truth;
        let ends = |number: usize| match event {
            Event::Deleted(gone) => *gone == number,
            Event::RoomDeleted(room) => truth.messages[number].room == *room,
            _ => false,
        };
        let Some(open) = self.connection.as_ref() else {
            return;
        };
        let due: Vec<_> = open.late.iter().filter(|(number, _)| ends(*number)).collect();
        let due: Vec<_> = due.into_iter().map(|(_, frame)| Rc::clone(frame)).collect();
        for frame in due {
            self.send_late(socket, &frame);
        }
    }

    /// Sends an overtaken frame unless it was sent already.
    pub(crate) fn send_late(&mut self, socket: SocketId, frame: &Rc<Frame>) {
        let Some(open) = self.connection.as_mut().filter(|open| open.socket == socket) else {
            return;
        };
        let before = open.late.len();
        open.late.retain(|(_, other)| !Rc::ptr_eq(other, frame));
        if open.late.len() < before {
            let frame = Rc::clone(frame);
            self.send(|socket| Happening::Frame(socket, frame));
        }
    }

    /// Repeats a frame unless one of its items was deleted since.
    pub(crate) fn repeat(&mut self, socket: SocketId, frame: &Rc<Frame>) {
        let truth = &self.chat.truth;
        let is_there = |item: &Item| match *item {
            Item::Message(number, _) => truth.is_current(number),
            Item::Room(number, _) => truth.rooms[number].is_current(),
            Item::MessageGone(number) => truth.rooms[truth.messages[number].room].is_current(),
            Item::RoomGone(_) => false,
        };
        let is_same = self.connection.as_ref().is_some_and(|open| open.socket == socket);
        if is_same && frame.items.iter().all(is_there) {
            let frame = Rc::clone(frame);
            self.send(|socket| Happening::Frame(socket, frame));
        }
    }

    /// Sends something to the client, after everything sent before.
    pub(crate) fn send(&mut self, happening: impl FnOnce(SocketId) -> Happening) {
        let latency = self.stream_latency();
        let is_cut = self.has(crate::faults::Ailment::Partition);
        let now = self.now;
        let Some(open) = self
            .connection
            .as_mut()
            .filter(|open| open.accepted && !open.stalled)
        else {
            return;
        };
        if is_cut {
            // The lost frames are never repeated: the connection stalls.
            open.stalled = true;
            return;
        }
        open.last_arrival = open.last_arrival.max(now + latency);
        let (time, socket) = (open.last_arrival, open.socket);
        self.plan_at(time, happening(socket));
    }
}
