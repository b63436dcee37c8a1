//! Actions of users, and the events that the server sends about them.

use std::rc::Rc;

use crate::options::Options;
use crate::random::Random;
use crate::render::{self, stamp};
use crate::truth::{Body, Id, Message, NEVER, Quirk, Room, Time, Truth};

/// The user of the simulated client.
pub(crate) const USER: Id = 1;

/// An event of the server, with the numbers of its rooms or messages and of their versions.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Created(Vec<(usize, usize)>),
    Updated(Vec<(usize, usize)>),
    Deleted(usize),
    RoomCreated(usize, usize),
    RoomUpdated(usize, usize),
    RoomDeleted(usize),
}

/// A chat server with active users.
pub(crate) struct Chat {
    pub(crate) truth: Truth,
    pub(crate) options: Rc<Options>,
    /// The events that were not sent yet.
    pub(crate) events: Vec<Event>,
    pub(crate) now: Time,
    last_id: Id,
    texts: u64,
    /// The text that the user is posting.
    posting: Option<u64>,
}

impl Chat {
    pub(crate) fn new(options: Rc<Options>, random: &mut Random) -> Self {
        let mut chat = Self {
            truth: Truth::default(),
            options,
            events: Vec::new(),
            now: 0,
            last_id: 0,
            texts: 0,
            posting: None,
        };
        for _ in 0..chat.options.rooms {
            chat.create_room(random);
        }
        for number in 0..chat.options.messages {
            chat.now = 1 + number * 5;
            let room = random.index(chat.truth.rooms.len());
            let parent = chat.truth.rooms[room].top.last().copied();
            let parent =
                parent.filter(|number| random.one_in(5) && !chat.truth.messages[*number].is_poison());
            chat.send(&[(room, parent)], random);
        }
        chat.events.clear();
        chat
    }

    fn next_id(&mut self, room: usize, random: &mut Random) -> Id {
        if self.options.ids_per_room {
            let room = &self.truth.rooms[room];
            let last = room.all.last().map(|number| self.truth.messages[*number].id);
            last.unwrap_or(room.id * 1_000_000) + random.between(1, 3)
        } else {
            self.last_id += random.between(1, 3);
            self.last_id
        }
    }

    fn stamp(&self, random: &mut Random) -> Option<u64> {
        stamp(self.options.times, self.now, random)
    }

    fn quirk(&self, random: &mut Random, is_comment: bool) -> Quirk {
        if random.per_mille(self.options.poison) && !is_comment {
            Quirk::Poison(random.between(0, 3) as u8)
        } else if random.per_mille(self.options.quirks) {
            Quirk::Odd(random.between(0, 6) as u8)
        } else {
            Quirk::None
        }
    }

    fn size(&self, random: &mut Random) -> usize {
        if self.options.big && random.one_in(3) {
            random.between(50_000, 700_000) as usize
        } else {
            0
        }
    }

    /// Sends messages and comments in one event, to one room or several.
    pub(crate) fn send(&mut self, places: &[(usize, Option<usize>)], random: &mut Random) {
        let mut made = Vec::with_capacity(places.len());
        for (room, parent) in places {
            let id = self.next_id(*room, random);
            let at = self.stamp(random);
            let number = self.truth.messages.len();
            self.texts += 1;
            let late = if self.options.late_ids > 0 && random.one_in(3) {
                random.between(0, self.options.late_ids)
            } else {
                0
            };
            let message = Message {
                id,
                room: *room,
                parent: *parent,
                created: self.now,
                deleted: NEVER,
                late,
                hidden: (0, 0),
                omitted: 0,
                passed_over: false,
                quirk: match self.posting {
                    Some(_) => Quirk::None,
                    None => self.quirk(random, parent.is_some()),
                },
                versions: Vec::new(),
                comments: Vec::new(),
                body: Body {
                    author: match self.posting {
                        Some(_) => USER,
                        None => random.between(1, 4),
                    },
                    text: match self.posting {
                        Some(text) => text,
                        None if self.options.same_texts => 1,
                        None => self.texts,
                    },
                    size: match self.posting {
                        Some(_) => 0,
                        None => self.size(random),
                    },
                    created: at,
                    edited: at.map(|_| 0),
                    modified: at,
                    readers: 0,
                    comments: 0,
                },
            };
            let is_unread = message.body.author != USER;
            self.truth.messages.push(message);
            self.truth.message_numbers.insert(id, number);
            let home = &mut self.truth.rooms[*room];
            home.unread += u64::from(is_unread);
            home.all.push(number);
            match parent {
                Some(parent) => {
                    let parent = &mut self.truth.messages[*parent];
                    parent.comments.push(number);
                    parent.body.comments += 1;
                }
                None => home.top.push(number),
            }
            self.write(number);
            made.push((number, 0));
        }
        made.retain(|(number, _)| self.truth.is_current(*number));
        if !made.is_empty() {
            self.events.push(Event::Created(made));
        }
        for (room, parent) in places {
            if let Some(parent) = parent {
                self.update_parent(*parent, random);
            }
            self.touch_room(*room);
        }
    }

    /// Posts a text of the client's user. The message has no quirks.
    pub(crate) fn post(&mut self, room: usize, parent: Option<usize>, text: u64, random: &mut Random) {
        let number = self.truth.messages.len();
        self.posting = Some(text);
        self.send(&[(room, parent)], random);
        self.posting = None;
        self.truth.messages[number].late = 0;
    }

    /// Writes the next version of a message.
    fn write(&mut self, number: usize) -> usize {
        let message = &self.truth.messages[number];
        let parent = message.parent.map_or(0, |parent| self.truth.messages[parent].id);
        let text = render::message(message, self.truth.rooms[message.room].id, parent);
        let message = &mut self.truth.messages[number];
        message.versions.push(crate::truth::Version {
            at: self.now,
            text,
            activity: (0, 0),
        });
        message.versions.len() - 1
    }

    fn update(&mut self, number: usize, random: &mut Random) {
        let at = self.stamp(random);
        self.truth.messages[number].body.modified = at;
        let version = self.write(number);
        if self.truth.is_current(number) {
            self.events.push(Event::Updated(vec![(number, version)]));
        }
    }

    /// Updates the parent after its number of comments changed.
    fn update_parent(&mut self, number: usize, random: &mut Random) {
        if !self.truth.messages[number].exists() {
            return;
        }
        if self.options.tells_parents {
            self.update(number, random);
        } else {
            self.write(number);
        }
    }

    pub(crate) fn edit(&mut self, number: usize, random: &mut Random) {
        self.texts += 1;
        let at = self.stamp(random);
        let same = self.options.same_texts;
        let body = &mut self.truth.messages[number].body;
        body.text = if same { 3 - body.text } else { self.texts };
        body.edited = at;
        self.update(number, random);
    }

    pub(crate) fn read(&mut self, number: usize, random: &mut Random) {
        let reader = random.between(1, 4);
        let message = &mut self.truth.messages[number];
        let bit = 1 << reader;
        if message.body.readers & bit != 0 {
            return;
        }
        message.body.readers |= bit;
        let (room, author) = (message.room, message.body.author);
        if reader == USER && author != USER {
            self.truth.rooms[room].unread -= 1;
        }
        self.update(number, random);
        self.touch_room(room);
    }

    pub(crate) fn delete(&mut self, number: usize, random: &mut Random) {
        let (room, parent) = (
            self.truth.messages[number].room,
            self.truth.messages[number].parent,
        );
        let visible = self.truth.rooms[room].is_current();
        let gone: Vec<_> = self.truth.messages[number]
            .comments
            .iter()
            .copied()
            .filter(|comment| self.truth.messages[*comment].exists())
            .chain([number])
            .collect();
        for number in gone {
            let message = &mut self.truth.messages[number];
            message.deleted = self.now;
            if message.body.author != USER && message.body.readers & (1 << USER) == 0 {
                self.truth.rooms[room].unread -= 1;
            }
            if visible && !self.truth.messages[number].is_poison() {
                self.events.push(Event::Deleted(number));
            }
        }
        if let Some(parent) = parent {
            self.truth.messages[parent].body.comments -= 1;
            self.update_parent(parent, random);
        }
        self.touch_room(room);
    }

    pub(crate) fn create_room(&mut self, random: &mut Random) {
        let number = self.truth.rooms.len();
        let id = number as Id + 1;
        let at = self.stamp(random);
        self.texts += 1;
        self.truth.room_numbers.insert(id, number);
        self.truth.rooms.push(Room {
            id,
            spans: vec![(self.now, NEVER)],
            hidden: (0, 0),
            omitted: 0,
            versions: Vec::new(),
            top: Vec::new(),
            all: Vec::new(),
            name: self.texts,
            pinned: false,
            unread: 0,
            created: at,
            modified: at,
        });
        self.write_room(number);
        self.events.push(Event::RoomCreated(number, 0));
    }

    fn write_room(&mut self, number: usize) -> bool {
        let version = render::room(&self.truth, number, &self.options, self.now);
        let versions = &mut self.truth.rooms[number].versions;
        let differs = versions.last().is_none_or(|last| last.text != version.text);
        if differs {
            versions.push(version);
        }
        differs
    }

    /// Writes a new version of a room if its content changed.
    fn touch_room(&mut self, number: usize) {
        if self.write_room(number) && self.options.tells_rooms {
            self.tell_room(number);
        }
    }

    fn tell_room(&mut self, number: usize) {
        let room = &self.truth.rooms[number];
        if room.is_current() {
            self.events
                .push(Event::RoomUpdated(number, room.versions.len() - 1));
        }
    }

    pub(crate) fn rename(&mut self, number: usize, random: &mut Random) {
        self.texts += 1;
        let at = self.stamp(random);
        let room = &mut self.truth.rooms[number];
        (room.name, room.modified) = (self.texts, at);
        self.write_room(number);
        self.tell_room(number);
    }

    pub(crate) fn pin(&mut self, number: usize) {
        self.truth.rooms[number].pinned ^= true;
        self.write_room(number);
        self.tell_room(number);
    }

    /// Removes the user from the room, or adds the user again.
    pub(crate) fn toggle_membership(&mut self, number: usize) {
        let now = self.now;
        let room = &mut self.truth.rooms[number];
        match room.spans.last_mut() {
            Some(span) if span.1 == NEVER => {
                span.1 = now;
                self.events.push(Event::RoomDeleted(number));
            }
            _ => {
                room.spans.push((now, NEVER));
                self.events
                    .push(Event::RoomCreated(number, room.versions.len() - 1));
            }
        }
    }
}
