//! The client's contract, derived from the truth and the options alone: which rooms it watches, how soon it delivers
//! events, and how many requests it may make.

use std::collections::{HashMap, HashSet, VecDeque};

use room_events::client::RequestId;

use crate::app::{self, Shown};
use crate::contract::{Answer, Ask, List, Path};
use crate::faults::{PathFault, Scope};
use crate::options::{LastMessage, Options, Wants};
use crate::truth::{Time, Truth};
use crate::wire::{Frame, Item};
use crate::world::World;

/// The time limit for the delivery of a live event.
const PROMPT: Time = 6_000;
/// Additional time if its room cannot be read: the delay before another attempt grows up to this.
const UNREADABLE: Time = 30_000;
/// The longest time for which the events of a room are held.
const MOST_HOLD: Time = 5_000;
/// A connection that lasts less than this was cut off before the end of its life.
const SHORT: Time = 2_500;

/// Whether a client is required to watch a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watch {
    Yes,
    /// Sometimes, or unknown.
    Unsure,
    No,
}

/// A history at a moment.
pub(crate) struct Scene<'a> {
    pub(crate) truth: &'a Truth,
    pub(crate) options: &'a Options,
    pub(crate) now: Time,
    faults: &'a [PathFault],
    oracle: &'a Oracle,
}

impl Scene<'_> {
    pub(crate) fn wants(&self, room: usize) -> bool {
        app::wants(&self.options.wants, self.truth.rooms[room].id)
    }

    /// Whether the client may have been unable to read a room, or the list of rooms, recently.
    pub(crate) fn may_be_unread(&self, room: usize) -> bool {
        let is_meant = |fault: &PathFault| !matches!(fault.scope, Scope::Room(other) if other != room);
        let since = self.now.saturating_sub(60_000);
        // A page that wakes finds that its events were held too long before it processes the responses.
        let has_slept = self.oracle.woke.is_some_and(|at| at + 10_000 > self.now);
        // The same applies if the queue had no room for held events.
        self.options.failures > 0
            || self.options.small_queue
            || has_slept
            || self.oracle.parted >= Some(since)
            || self
                .faults
                .iter()
                .any(|fault| is_meant(fault) && fault.until >= since)
    }

    /// Whether events on the stream may be older than an earlier response.
    pub(crate) fn may_be_late(&self) -> bool {
        self.options.slow_stream || self.oracle.woke.is_some_and(|at| at + 10_000 > self.now)
    }

    /// Whether the client may still be reading after the latest connection opened, one list after the other, and no
    /// longer holds events.
    pub(crate) fn may_be_reading(&self) -> bool {
        let threads = self
            .truth
            .messages
            .iter()
            .filter(|message| !message.comments.is_empty());
        let lists = self.truth.rooms.len() + threads.count();
        let is_recent = self.oracle.opened.last().is_some_and(|at| at + 10_000 > self.now);
        is_recent && lists > 15 * self.options.concurrency
    }

    pub(crate) fn watch(&self, room: usize) -> Watch {
        self.oracle.watch(self.options, self.truth, room)
    }
}

pub(crate) struct Oracle {
    /// Whether a room has always been among the most recently active ones, and whether it is now.
    steady: Vec<bool>,
    recent: Vec<bool>,
    /// Live events that have arrived, and when.
    arrived: VecDeque<(Time, Item)>,
    /// The same for rooms that could not be read, with the limits for their delivery.
    later: Vec<(Time, Time, Item)>,
    /// Messages that the stream has mentioned, with their versions.
    pub(crate) announced: HashSet<(usize, usize)>,
    /// Items received on this connection: repeated frames are delivered once.
    told: HashSet<Item>,
    /// Until when each path must not be requested.
    forbidden: HashMap<Path, Time>,
    /// When connections opened.
    pub(crate) opened: Vec<Time>,
    pub(crate) requests: Vec<Time>,
    /// When the messages of each room were last requested.
    asked_rooms: HashMap<usize, Time>,
    /// The rooms that were being read when a connection broke early, and when that was.
    cut_off: HashMap<usize, Time>,
    /// When lists of rooms were requested that are not answered yet, and when those that arrived were: pairs of the
    /// arrival and the request.
    asked_lists: HashMap<RequestId, Time>,
    pub(crate) lists: Vec<(Time, Time)>,
    /// When the machine last woke.
    pub(crate) woke: Option<Time>,
    /// When requests were last lost.
    pub(crate) parted: Option<Time>,
}

impl Oracle {
    pub(crate) fn new(options: &Options, truth: &Truth) -> Self {
        let mut oracle = Self {
            steady: vec![true; truth.rooms.len()],
            recent: Vec::new(),
            arrived: VecDeque::new(),
            later: Vec::new(),
            announced: HashSet::new(),
            told: HashSet::new(),
            forbidden: HashMap::new(),
            opened: Vec::new(),
            requests: Vec::new(),
            asked_rooms: HashMap::new(),
            cut_off: HashMap::new(),
            asked_lists: HashMap::new(),
            lists: Vec::new(),
            woke: None,
            parted: None,
        };
        oracle.observe(options, truth);
        oracle
    }

    pub(crate) fn scene<'a>(
        &'a self,
        options: &'a Options,
        truth: &'a Truth,
        faults: &'a [PathFault],
        now: Time,
    ) -> Scene<'a> {
        Scene {
            truth,
            options,
            now,
            faults,
            oracle: self,
        }
    }

    /// Forgets `Retry-After`, as a new client does not know it.
    pub(crate) fn forget_waits(&mut self) {
        self.forbidden.clear();
    }

    /// Updates the most recently active rooms after a change.
    pub(crate) fn observe(&mut self, options: &Options, truth: &Truth) {
        if !matches!(options.wants, Wants::All(_)) {
            return;
        }
        self.recent.clear();
        self.recent.resize(truth.rooms.len(), true);
        if truth.rooms.len() > options.recent_rooms {
            let current = truth.rooms.iter().filter(|room| room.is_current());
            let mut order: Vec<_> = current.map(crate::truth::Room::activity).collect();
            order.sort_unstable_by(|one, other| other.cmp(one));
            for (number, room) in truth.rooms.iter().enumerate() {
                let activity = room.activity();
                let at_least = order.partition_point(|other| *other >= activity);
                let says = options.last_message != LastMessage::Never;
                self.recent[number] = says && room.is_current() && at_least <= options.recent_rooms;
            }
        }
        self.steady.resize(truth.rooms.len(), true);
        for (steady, recent) in self.steady.iter_mut().zip(&self.recent) {
            *steady &= *recent;
        }
    }

    pub(crate) fn watch(&self, options: &Options, truth: &Truth, room: usize) -> Watch {
        let id = truth.rooms[room].id;
        let has_space = truth.rooms.len() <= options.recent_rooms;
        match &options.wants {
            Wants::Only(rooms) if rooms.contains(&id) => Watch::Yes,
            Wants::Only(_) => Watch::No,
            Wants::Everything => Watch::Yes,
            Wants::All(rooms) if rooms.contains(&id) => Watch::Yes,
            // A response that is late or lacks a room has a different order.
            Wants::All(_) if self.steady[room] && (options.rest_is_well() || has_space) => Watch::Yes,
            Wants::All(_) => Watch::Unsure,
        }
    }

    /// Whether a room must be up to date at the end. A room that was not always watched counts only with history:
    /// changes to what the application has loaded by itself may have been missed.
    pub(crate) fn watches_at_end(&self, options: &Options, truth: &Truth, room: usize) -> bool {
        let is_recent = matches!(options.wants, Wants::All(_)) && self.recent[room];
        self.watch(options, truth, room) == Watch::Yes || (is_recent && options.history)
    }
}

impl World {
    pub(crate) fn note_opened(&mut self) {
        self.oracle.opened.push(self.now);
        self.oracle.told.clear();
    }

    /// Notes the end of a connection.
    pub(crate) fn note_closed(&mut self) {
        let oracle = &mut self.oracle;
        let Some(opened) = oracle.opened.last().filter(|opened| **opened + SHORT > self.now) else {
            return;
        };
        let on_it = oracle.asked_rooms.iter().filter(|(_, at)| *at >= opened);
        oracle.cut_off.extend(on_it.map(|(room, _)| (*room, self.now)));
    }

    /// Whether a short connection cut off the reading of a room, and some other room has not had its turn since.
    pub(crate) fn waits_for_its_turn(&self, room: usize) -> bool {
        let Oracle {
            asked_rooms, cut_off, ..
        } = &self.oracle;
        let has_had_its_turn =
            |number: usize, since: &Time| asked_rooms.get(&number).is_some_and(|at| at > since);
        let rooms = &self.chat.truth.rooms;
        cut_off.get(&room).is_some_and(|since| {
            let waits = |number: usize| rooms[number].is_current() && !has_had_its_turn(number, since);
            let mut others = (0..rooms.len()).filter(|other| *other != room);
            waits(room) && others.any(waits)
        })
    }

    /// Notes the arrival of a frame on an open connection.
    pub(crate) fn note_arrival(&mut self, frame: &Frame) {
        if self.options.small_queue {
            return;
        }
        for item in &frame.items {
            if let Item::RoomGone(room) = item {
                // Messages of a deleted room are removed, and not delivered again if the room exists again.
                let messages = &self.chat.truth.messages;
                let is_in_it =
                    |item: &Item| matches!(item, Item::Message(number, _) if messages[*number].room == *room);
                self.oracle.arrived.retain(|(_, item)| !is_in_it(item));
                self.oracle.later.retain(|(_, _, item)| !is_in_it(item));
            }
            if let Item::Message(number, version) = item {
                self.oracle.announced.insert((*number, *version));
            }
            if self.oracle.told.insert(*item) {
                self.oracle.arrived.push_back((self.now, *item));
            }
        }
    }

    /// Notes a request of the client.
    pub(crate) fn note_request(&mut self, id: RequestId, ask: &Ask) -> Result<(), String> {
        match ask {
            Ask::Status => return Ok(()),
            Ask::Rooms => {
                self.oracle.asked_lists.insert(id, self.now);
            }
            Ask::List {
                list: List::Messages(room),
                ..
            } => {
                let room = self.chat.truth.room(*room);
                self.oracle.asked_rooms.extend(room.map(|room| (room, self.now)));
            }
            _ => {}
        }
        self.oracle.requests.push(self.now);
        let until = self.oracle.forbidden.get(&ask.path()).copied().unwrap_or(0);
        if until > self.now {
            return Err(format!("{ask:?} is sent before {until} ms"));
        }
        Ok(())
    }

    /// Notes a response to the client.
    pub(crate) fn note_answer(&mut self, id: RequestId, path: Path, answer: &Answer) {
        let asked = self.oracle.asked_lists.remove(&id);
        if let (Some(asked), Answer::Http { status: 200, .. }) = (asked, answer) {
            self.oracle.lists.push((self.now, asked));
        }
        if let Answer::Http {
            retry_after: Some(after),
            ..
        } = answer
        {
            let until = self.oracle.forbidden.entry(path).or_insert(0);
            *until = (*until).max(self.now + after);
        }
    }

    /// Checks that everything whose limit expires before `time` was delivered.
    pub(crate) fn check_due(&mut self, time: Time) -> Result<(), String> {
        while let Some((arrived, item)) = self.oracle.arrived.front().copied()
            && arrived + PROMPT < time
        {
            self.oracle.arrived.pop_front();
            if let Err(what) = self.check_told(arrived, item) {
                let (from, until) = (arrived.saturating_sub(12_000), arrived + PROMPT);
                let longer = self.may_take_longer(item, from, until).ok_or(what)?;
                self.oracle.later.push((until + longer, arrived, item));
            }
        }
        let waiting = std::mem::take(&mut self.oracle.later);
        let (due, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(until, ..)| *until < time);
        self.oracle.later = later;
        due.iter()
            .try_for_each(|(_, arrived, item)| self.check_told(*arrived, *item))
    }

    /// The additional time for a delivery whose room, or list of rooms, could not be read in between.
    fn may_take_longer(&self, item: Item, from: Time, until: Time) -> Option<Time> {
        let scope = match item {
            Item::Message(number, _) | Item::MessageGone(number) => {
                Scope::Room(self.chat.truth.messages[number].room)
            }
            Item::Room(..) | Item::RoomGone(_) => Scope::Rooms,
        };
        // A lost request counts as a failed one.
        let is_lost = self.oracle.parted >= Some(from);
        if self.options.failures > 0 || is_lost || self.is_troubled(scope, from, until) {
            Some(UNREADABLE)
        } else if self.is_troubled(Scope::Rooms, from, until) {
            // Before the list is read, the watched rooms are unknown, so the room is waited for.
            Some(MOST_HOLD)
        } else {
            None
        }
    }

    /// Checks that the application shows what arrived at that moment.
    fn check_told(&self, arrived: Time, item: Item) -> Result<(), String> {
        if self.disturbed >= arrived {
            return Ok(());
        }
        let truth = &self.chat.truth;
        let wants = |room: usize| app::wants(&self.options.wants, truth.rooms[room].id);
        let is_shown = |shown: Option<&Shown>, versions: &[crate::truth::Version], version: usize| {
            let text = &versions[version].text;
            let says_something_else = versions[..version].iter().all(|other| other.text != *text);
            let is_current = shown.is_some_and(|shown| {
                let now = &versions[shown.version].text;
                shown.version >= version || versions[version..].iter().any(|later| later.text == *now)
            });
            is_current || !says_something_else
        };
        // Versions beyond the window are not remembered, so an older one may follow.
        let is_forgotten = |number: usize| {
            let shown = self.app.messages.get(&number);
            !truth.is_within(number, self.options.window) && shown.is_some_and(|shown| shown.told >= arrived)
        };
        // A room hidden by the REST API seems to be deleted, with its messages.
        let may_seem_gone = |room: usize| truth.rooms[room].was_hidden(arrived, arrived + PROMPT);
        // If a message seems to be deleted, so do the comments on it.
        let is_hidden = |number: usize| {
            truth.messages[number].was_hidden(arrived.saturating_sub(20_000), arrived + PROMPT)
        };
        let told = match item {
            Item::Message(number, version) => {
                let message = &truth.messages[number];
                !wants(message.room)
                    || !truth.is_current(number)
                    || may_seem_gone(message.room)
                    || truth.rooms[message.room].visible_since() > arrived
                    || is_hidden(number)
                    || message.parent.is_some_and(is_hidden)
                    || is_shown(self.app.messages.get(&number), &message.versions, version)
                    || is_forgotten(number)
            }
            Item::MessageGone(number) => {
                let room = truth.messages[number].room;
                !wants(room) || may_seem_gone(room) || !self.app.messages.contains_key(&number)
            }
            Item::Room(number, version) => {
                let room = &truth.rooms[number];
                !room.is_current()
                    || may_seem_gone(number)
                    || room.visible_since() > arrived
                    || is_shown(self.app.rooms.get(&number), &room.versions, version)
            }
            Item::RoomGone(number) => {
                let shown = self.app.rooms.get(&number);
                truth.rooms[number].is_current() || shown.is_none_or(|shown| shown.told > arrived)
            }
        };
        if told {
            return Ok(());
        }
        let name = match item {
            Item::Message(number, _) | Item::MessageGone(number) => {
                format!(
                    "message {} in room {}",
                    truth.messages[number].id, truth.messages[number].room
                )
            }
            Item::Room(number, _) | Item::RoomGone(number) => format!("room {}", truth.rooms[number].id),
        };
        Err(format!(
            "{item:?} of {name} arrived at {arrived} ms and was not delivered"
        ))
    }
}
