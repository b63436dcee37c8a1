//! The client's contract, derived from the truth and the options alone: which rooms it watches, how soon it delivers
//! events, and how many requests it may make.

use std::collections::{HashMap, HashSet, VecDeque};

use room_events::client::RequestId;

use crate::app::{self, Shown};
use crate::contract::{Answer, Ask, List, Path};
use crate::faults::{PathFault, Scope};
use crate::options::{Lag, LastMessage, Options, Wants};
use crate::truth::{MOST_LAG, NEVER, Time, Truth, version_at};
use crate::wire::{Frame, Item};
use crate::world::World;

/// The time limit for the delivery of a live event.
const PROMPT: Time = 6_000;
/// Additional time if its room cannot be read: the delay before another attempt grows up to this.
const UNREADABLE: Time = 30_000;
/// The longest time for which the events of a room are held.
const MOST_HOLD: Time = 5_000;
/// How much older the responses that a client read may be than what its application loaded at that time.
const LATE: Time = 4_000;
/// A connection that lasts less than this was cut off before the end of its life.
const SHORT: Time = 2_500;
/// The time after a connection opened at which everything is compared once more.
const SECOND_COMPARISON: Time = 60_000;

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
    announced: HashSet<(usize, usize)>,
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
    lists: Vec<(Time, Time)>,
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

    /// Compares what the application shows at the end with the truth.
    pub(crate) fn compare(&self) -> Result<(), String> {
        let status = self.client.state().status;
        if !matches!(
            status,
            room_events::client::ConnectionStatus::Open | room_events::client::ConnectionStatus::CatchingUp
        ) {
            return Err(format!("it is {:?} in the end", self.client.state()));
        }
        let truth = &self.chat.truth;
        for (number, room) in truth.rooms.iter().enumerate() {
            let shown = self.app.rooms.get(&number);
            let known = shown.map(|shown| &room.versions[shown.version].text);
            let there = room.is_current().then(|| room.text());
            let ended = room.spans.last().map_or(NEVER, |span| span.1);
            let was_lacking = room.omitted > 0
                && shown.is_some_and(|shown| shown.loaded && ended < shown.since + SECOND_COMPARISON);
            if known != there && !was_lacking && !self.is_room_undone(number) {
                return Err(format!("room {} is shown as {known:?}, it is {there:?}", room.id));
            }
            if !room.is_current() || !app::wants(&self.options.wants, room.id) {
                continue;
            }
            if self.oracle.watches_at_end(&self.options, truth, number) {
                for message in truth.in_window(number, self.options.window) {
                    if self.is_beyond_reading(message) {
                        continue;
                    }
                    self.compare_message(message)?;
                }
            } else {
                self.compare_unwatched(number)?;
            }
        }
        let in_view = |number: usize| {
            let room = truth.messages[number].room;
            self.oracle.watch(&self.options, truth, room) == Watch::Yes
                && truth.is_within(number, self.options.window)
        };
        // Of comments that existed at the beginning, a client knows only the number, and nothing of a room that the
        // user has left.
        let is_unheard_of =
            |number: usize, shown: &Shown| shown.loaded && truth.messages[number].parent.is_some();
        // A comment is deleted with its parent. A parent that was never delivered may be unreadable.
        let has_unreadable = |room: usize| {
            let mut all = truth.rooms[room]
                .all
                .iter()
                .map(|number| &truth.messages[*number]);
            all.any(|message| message.is_poison() && message.exists())
        };
        let may_be_there = |number: usize| {
            let message = &truth.messages[number];
            let is_untold = message
                .parent
                .is_some_and(|parent| !self.app.heard.contains(&parent));
            is_untold && has_unreadable(message.room)
        };
        let ended = |number: usize| {
            let message = &truth.messages[number];
            let left = truth.rooms[message.room]
                .spans
                .last()
                .map_or(NEVER, |span| span.1);
            message.deleted.min(left)
        };
        for (number, shown) in &self.app.messages {
            // Without the parent, the client does not read its comments. It may have found the parent since, and have
            // reported its deletion.
            let parent = truth.messages[*number].parent;
            let shown_parent = |parent: usize| {
                let gone = self.app.gone.get(&parent).and_then(Option::as_ref);
                self.app.messages.get(&parent).or(gone)
            };
            let lacked = |parent: usize| {
                let shown = shown_parent(parent);
                shown.is_some_and(|shown| self.was_lacking_as(parent, shown, ended(*number)))
            };
            let is_to_be_known = in_view(*number)
                && !is_unheard_of(*number, shown)
                && !may_be_there(*number)
                && !self.is_beyond_reading(*number)
                && !self.was_lacking(*number, ended(*number))
                && !parent.is_some_and(lacked);
            if !truth.is_current(*number) && is_to_be_known {
                let message = &truth.messages[*number];
                return Err(format!(
                    "message {} is shown since {} ms, and it is gone since {} ms",
                    message.id, shown.since, message.deleted
                ));
            }
        }
        Ok(())
    }

    /// Whether the list loaded by the application had a change of a room that the client may not have read and that was
    /// soon reverted.
    fn is_room_undone(&self, number: usize) -> bool {
        let room = &self.chat.truth.rooms[number];
        let shown = self.app.rooms.get(&number);
        let Some(loaded) = self.app.loaded_list_at() else {
            return false;
        };
        let is_loaded = shown.map_or(!room.is_visible(loaded), |shown| shown.loaded);
        // With responses on time and events for all changes, the client would know.
        let may_be_unread = self.options.lag != Lag::None || !self.options.tells_rooms;
        let spans = room.spans.iter().flat_map(|span| [span.0, span.1]);
        let changes: Vec<_> = room
            .versions
            .iter()
            .map(|version| version.at)
            .chain(spans)
            .collect();
        let text_at = |at: Time| {
            let version = version_at(&room.versions, at).filter(|_| room.is_visible(at));
            version.map(|version| &room.versions[version].text)
        };
        let end = room.is_current().then(|| room.text());
        // The list that the client had read by then may have taken long.
        let mut lists = self.oracle.lists.iter().rev();
        let read = lists.find(|(arrived, _)| *arrived <= loaded);
        let early = read.map_or(loaded, |(_, asked)| *asked).saturating_sub(MOST_LAG);
        let mut before = changes
            .iter()
            .filter(|at| (early..=loaded).contains(*at))
            .chain([&early]);
        let last = changes.iter().filter(|at| **at != NEVER).max();
        is_loaded
            && may_be_unread
            && before.any(|at| text_at(*at) == end)
            && last.is_some_and(|at| *at < loaded + SECOND_COMPARISON)
    }

    /// Whether the client did not have to read that far back, or did not have to read the parent of the comment.
    fn is_beyond_reading(&self, number: usize) -> bool {
        let parent = self.chat.truth.messages[number].parent;
        self.is_beyond_first_page(number) || parent.is_some_and(|parent| self.is_beyond_first_page(parent))
    }

    /// Whether the application has loaded it, and the client did not have to read that far back.
    fn is_beyond_first_page(&self, number: usize) -> bool {
        let truth = &self.chat.truth;
        let message = &truth.messages[number];
        let size = self.app.most_read(message.room, &self.options);
        let is_loaded = self
            .app
            .loaded_at(message.room)
            .is_some_and(|at| message.created <= at);
        is_loaded && !truth.is_within(number, size)
    }

    /// Whether the responses that the client read may have lacked it when the application loaded it. If it changes in a
    /// gap before the second comparison, the client cannot know.
    fn was_lacking(&self, number: usize, changed: Time) -> bool {
        let shown = self.app.messages.get(&number);
        shown.is_some_and(|shown| self.was_lacking_as(number, shown, changed))
    }

    /// The same of a message as it is shown, or as it was shown before its deletion was reported.
    fn was_lacking_as(&self, number: usize, shown: &Shown, changed: Time) -> bool {
        let message = &self.chat.truth.messages[number];
        let room = &self.chat.truth.rooms[message.room];
        let is_late = self.options.lag != Lag::None || message.late > 0;
        // A message from a stalled stream that changed before the next connection is known only to the application. So
        // is one in a room that no earlier connection could see.
        let is_unheard = (0..message.versions.len()).all(|version| self.is_unheard(number, version));
        let begun = self.oracle.opened.first().copied().max(Some(message.created));
        let seen = room.spans.iter().find(|span| begun < Some(span.1));
        let readable = seen.map_or(0, |span| span.0).max(message.created);
        let is_passing = is_unheard && self.is_one_connection(readable, changed);
        let was_left_out = |omitted: Time| (1..=shown.since).contains(&omitted);
        shown.was_loaded
            && changed < shown.since + SECOND_COMPARISON
            && (is_passing
                || was_left_out(message.omitted)
                || was_left_out(room.omitted) && !room.is_current()
                || message.was_hidden(shown.since.saturating_sub(LATE), shown.since)
                || is_late && message.created + LATE > shown.since)
    }

    /// Whether no event with that version of a message has arrived.
    fn is_unheard(&self, number: usize, version: usize) -> bool {
        !self.oracle.announced.contains(&(number, version))
    }

    /// Whether no connection opened between these moments.
    fn is_one_connection(&self, one: Time, other: Time) -> bool {
        let connection = |at: Time| self.oracle.opened.partition_point(|opened| *opened <= at);
        connection(one) == connection(other)
    }

    /// Whether a comment was created in the gap in which another one was deleted that the client counted when the
    /// application loaded the room. The number of comments in the unread thread is unchanged.
    fn is_replacement(&self, number: usize) -> bool {
        let truth = &self.chat.truth;
        let message = &truth.messages[number];
        let loaded = self.app.loaded_at(message.room).unwrap_or(0);
        let went = |other: &usize| {
            let other = &truth.messages[*other];
            // A late response has comments that were deleted before the application loaded the room.
            let was_counted = !other.exists() && (other.created..other.deleted + LATE).contains(&loaded);
            was_counted && self.is_one_connection(other.deleted.max(loaded), message.created)
        };
        let parent = message.parent.map(|parent| &truth.messages[parent]);
        !self.options.history && parent.is_some_and(|parent| parent.comments.iter().any(went))
    }

    fn compare_message(&self, number: usize) -> Result<(), String> {
        let message = &self.chat.truth.messages[number];
        if message.is_poison() || !message.exists() {
            return Ok(());
        }
        let shown = self.app.messages.get(&number);
        let known = shown.map(|shown| &message.versions[shown.version].text);
        let is_unheard_of = message.parent.is_some() && shown.is_some_and(|shown| shown.loaded);
        let edited = message.versions.last().map_or(0, |version| version.at);
        let was_lacking = self.was_lacking(number, edited)
            || message
                .parent
                .is_some_and(|parent| self.was_lacking(parent, message.created));
        let is_replaced = shown.is_none() && self.is_replacement(number);
        // A change missing from a late response when the application loaded it, and reverted before the next reading.
        // Without lag, the reading precedes the change only if the stream then lost its event.
        let is_undone = shown.is_some_and(|shown| {
            let (before, rest) = message.versions.split_at(shown.version);
            let was_there = before.iter().any(|other| other.text == *message.text());
            let changed = rest[0].at;
            let is_lost =
                self.is_unheard(number, shown.version) && self.is_one_connection(changed, shown.since);
            let may_be_unread = self.options.lag != Lag::None || is_lost;
            shown.loaded && was_there && may_be_unread && changed + LATE > shown.since
        });
        if known == Some(message.text()) || is_unheard_of || was_lacking || is_replaced || is_undone {
            return Ok(());
        }
        // The number of comments may have changed without an event after the application loaded it and before the
        // client read it.
        let may_miss_comments = !self.options.tells_parents && shown.is_some_and(|shown| shown.loaded);
        if may_miss_comments
            && known.is_some_and(|known| without_count(known) == without_count(message.text()))
        {
            return Ok(());
        }
        Err(format!(
            "message {} of room {} is shown as {known:?}, it is {}",
            message.id,
            message.room + 1,
            crate::world::brief(message.text())
        ))
    }

    /// Checks that every new message of an unwatched room was delivered.
    fn compare_unwatched(&self, number: usize) -> Result<(), String> {
        let truth = &self.chat.truth;
        let room = &truth.rooms[number];
        let begun = self.oracle.opened.first().copied().unwrap_or(NEVER);
        // A room found in the list is read only from then on.
        let found = self.app.found_rooms.get(&number).copied().unwrap_or(0);
        let since = begun.max(room.visible_since()).max(found);
        if self.app.reloaded.contains(&number) || self.options.last_message == LastMessage::Never {
            return Ok(());
        }
        for top in &room.top {
            let message = &truth.messages[*top];
            let is_told = self.app.heard.contains(top) || message.is_poison() || !message.exists();
            // It is read once. Nothing else mentions a message missing from that response.
            let mut opened = self.oracle.opened.iter();
            let next = opened.find(|opened| **opened > message.created);
            let may_be_late = next.is_some_and(|opened| *opened < message.created + MOST_LAG);
            let is_late = self.options.lag != Lag::None && may_be_late;
            let is_left_out = message.omitted > 0 || message.passed_over;
            let is_listed = !is_late && message.late == 0 && !is_left_out && message.hidden == (0, 0);
            if message.created > since && is_listed && !is_told {
                return Err(format!(
                    "message {} of room {} (not watched) was created at {} ms and never delivered",
                    message.id, room.id, message.created
                ));
            }
        }
        Ok(())
    }
}

/// The content of a message without its number of comments.
fn without_count(text: &str) -> (&str, &str) {
    let (before, rest) = text.split_once("\"commentCount\":").unwrap_or((text, ""));
    (before, rest.split_once(',').map_or("", |(_, after)| after))
}
