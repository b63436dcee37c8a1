//! An application on the store. It opens views, pages and jumps at random, and shows what it receives. Nothing may be
//! false, shown twice or reverted, and in the end each view equals the truth within its range.

use std::collections::{BTreeMap, HashMap};

use room_events::client::store::{
    Anchor, Item, ListKey, Op, SendState, StoreConfig, ViewDiff, ViewId, ViewState,
};
use room_events::client::{ClientConfig, Freshness};
use room_events::protocol::ids::{self, MessageId};

use crate::random::Random;
use crate::sender::Sent;
use crate::truth::{Found, Id, Time, Truth, find};
use crate::world::{Happening, World, at, brief};

/// The time after the last fault in which messages may still be in flight.
const SENDING: Time = 40_000;

/// The most views.
const VIEWS: u32 = 4;

/// The subject of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Of {
    Rooms,
    /// The number of a room.
    Room(usize),
    /// The number of a message.
    Thread(usize),
}

#[derive(Debug)]
struct Shown {
    of: Of,
    opened: Time,
    items: Vec<Item>,
    state: Option<ViewState>,
    /// The version of each message that was shown last.
    versions: HashMap<usize, usize>,
}

/// The application.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) sent: Sent,
    views: BTreeMap<ViewId, Shown>,
    /// The number of operations received.
    pub(crate) ops: u64,
}

fn id<T>(value: Id) -> ids::Id<T> {
    ids::Id::new(value).unwrap_or_default()
}

/// Configures the store for the history.
pub(crate) fn config(config: &mut ClientConfig, world: &crate::options::Options, random: &mut Random) {
    let least = if world.poison > 0 || world.omissions > 0 {
        20
    } else {
        2
    };
    let page = if random.one_in(2) {
        50
    } else {
        random.between(least, 25)
    };
    config.store = StoreConfig {
        page: page as u32,
        items: if random.one_in(3) {
            random.between(page + 10, page + 60) as usize
        } else {
            1_000
        },
        max_missed: if random.one_in(3) { page as usize } else { 500 },
        kept: random.between(0, 4) as usize,
        concurrency: random.between(1, 4) as usize,
        ..StoreConfig::default()
    };
}

impl World {
    /// Performs a random action of the user.
    pub(crate) fn use_store(&mut self) -> Result<(), String> {
        let Some(mut reader) = self.reader.take() else {
            return Ok(());
        };
        if self.now < self.end {
            let again = if self.random.one_in(6) { 2 } else { 1 };
            let view = ViewId(self.random.between(0, VIEWS.into()) as u32);
            let what = self.random.between(0, 22);
            let gap = self.random.next();
            for _ in 0..again {
                self.act_on(&mut reader, view, what, gap);
            }
            let pause = self.random.between(1, 1_500);
            self.plan(pause, Happening::Use);
        }
        self.reader = Some(reader);
        self.drain()
    }

    fn act_on(&mut self, reader: &mut Reader, view: ViewId, what: u64, gap: u64) {
        let now = at(self.now);
        let Some(shown) = reader.views.get(&view) else {
            return self.open_view(reader, view);
        };
        if self.traced {
            println!("{:>6} uses {view:?} {what}", self.now);
        }
        match what {
            0..5 => self.client.load_older(view, now),
            5..8 => self.client.load_newer(view, now),
            8..11 => {
                let gaps = shown.items.iter().filter_map(|item| match item {
                    Item::Gap { key, .. } => Some(*key),
                    _ => None,
                });
                let gaps: Vec<_> = gaps.collect();
                if !gaps.is_empty() {
                    let gap = gaps[gap as usize % gaps.len()];
                    self.client.fill_gap(view, gap, now);
                }
            }
            11 => {
                if let Some(message) = self.some_message_of(shown.of) {
                    self.client.jump_to(view, message, now);
                }
            }
            12 => self.client.jump_to_end(view, now),
            15..20 => {
                // A second click uses the key of the first.
                let key = reader.sent.key_of(gap);
                let of = shown.of;
                self.send_text(reader, of, key);
            }
            20 => self.send_again(reader, gap),
            13 | 14 => {
                self.client.close_view(view, now);
                reader.views.remove(&view);
            }
            _ => {}
        }
    }

    /// A present or former message of a list.
    fn some_message_of(&mut self, of: Of) -> Option<MessageId> {
        let truth = &self.chat.truth;
        let list = match of {
            Of::Rooms => return None,
            Of::Room(room) => &truth.rooms[room].top,
            Of::Thread(parent) => &truth.messages[parent].comments,
        };
        let number = (!list.is_empty()).then(|| list[self.random.index(list.len())])?;
        Some(id(truth.messages[number].id))
    }

    fn open_view(&mut self, reader: &mut Reader, view: ViewId) {
        let of = if view.0 == 0 {
            Of::Rooms
        } else if self.random.one_in(4) && !self.chat.truth.messages.is_empty() {
            let number = self.random.index(self.chat.truth.messages.len());
            let message = &self.chat.truth.messages[number];
            if message.is_poison() {
                return;
            }
            Of::Thread(message.parent.unwrap_or(number))
        } else {
            Of::Room(self.random.index(self.chat.truth.rooms.len()))
        };
        let now = at(self.now);
        if self.traced {
            println!("{:>6} opens {view:?} of {of:?}", self.now);
        }
        match of {
            Of::Rooms => self.client.open_rooms(view, now),
            Of::Room(_) | Of::Thread(_) => {
                let anchor = match self.random.between(0, 5) {
                    0 => Anchor::Unread,
                    1 | 2 => self.some_message_of(of).map_or(Anchor::End, Anchor::Message),
                    _ => Anchor::End,
                };
                let Some(list) = self.list_of(of) else { return };
                self.client.open_timeline(view, list, anchor, now);
            }
        }
        let shown = Shown {
            of,
            opened: self.now,
            items: Vec::new(),
            state: None,
            versions: HashMap::new(),
        };
        reader.views.insert(view, shown);
    }

    pub(crate) fn list_of(&self, of: Of) -> Option<ListKey> {
        let truth = &self.chat.truth;
        match of {
            Of::Thread(parent) => Some(ListKey {
                room_id: id(truth.rooms[truth.messages[parent].room].id),
                parent: id(truth.messages[parent].id),
            }),
            Of::Room(room) => Some(ListKey {
                room_id: id(truth.rooms[room].id),
                parent: MessageId::ZERO,
            }),
            Of::Rooms => None,
        }
    }

    /// Opens the views again, for a new client.
    pub(crate) fn reopen(&mut self, reader: &mut Reader) {
        let now = at(self.now);
        for (view, shown) in &mut reader.views {
            (shown.opened, shown.state) = (self.now, None);
            shown.items.clear();
            shown.versions.clear();
            match self.list_of(shown.of) {
                Some(list) => self.client.open_timeline(*view, list, Anchor::End, now),
                None => self.client.open_rooms(*view, now),
            }
        }
    }

    /// Delivers the changes of the views to the application.
    pub(crate) fn look_at_views(&mut self) -> Result<(), String> {
        let Some(mut reader) = self.reader.take() else {
            return Ok(());
        };
        let mut verdict = Ok(());
        while let Some(diff) = self.client.poll_view() {
            if self.traced {
                println!("{:>6} is shown {}", self.now, brief(&format!("{diff:?}")));
            }
            verdict = verdict.and(self.take_diff(&mut reader, diff));
        }
        self.reader = Some(reader);
        verdict.and_then(|()| self.check_sending())
    }

    /// Checks that messages are sent once the faults are over.
    fn check_sending(&self) -> Result<(), String> {
        if self.now < self.end + SENDING {
            return Ok(());
        }
        let outgoing = self.client.outgoing();
        let mut states = outgoing.iter().map(|outgoing| outgoing.state);
        match states.find(|state| !matches!(state, SendState::Failed(_))) {
            Some(state) => Err(format!("a message is {state:?} long after the last fault")),
            None => Ok(()),
        }
    }

    fn take_diff(&mut self, reader: &mut Reader, diff: ViewDiff) -> Result<(), String> {
        let view = diff.view;
        let Some(shown) = reader.views.get_mut(&view) else {
            return Err(format!("{view:?} has changes, and is not open"));
        };
        reader.ops += diff.ops.len() as u64;
        for op in diff.ops {
            match op {
                Op::Insert(at, item) => {
                    self.check_item(shown, &item, true)?;
                    if at > shown.items.len() {
                        return Err(format!("{view:?}: an item at {at} of {}", shown.items.len()));
                    }
                    shown.items.insert(at, item);
                }
                Op::Update(at, item) => {
                    self.check_item(shown, &item, false)?;
                    let old = shown.items.get_mut(at).ok_or("an update of nothing")?;
                    if *old == item {
                        return Err(format!("{view:?}: {item:?} is repeated"));
                    }
                    *old = item;
                }
                Op::Remove(at) => {
                    if at >= shown.items.len() {
                        return Err(format!("{view:?}: nothing is removed"));
                    }
                    shown.items.remove(at);
                }
            }
        }
        if let Some(state) = diff.state {
            shown.state = Some(state);
        }
        let is_message = |item: &Item| matches!(item, Item::Message { .. });
        if !shown.items.iter().any(is_message) {
            // They may appear again in the same versions.
            shown.versions.clear();
            shown.opened = self.now;
        }
        let texts = crate::sender::texts(&shown.items);
        reader
            .sent
            .check_once(shown.of, &texts)
            .map_err(|what| format!("{view:?}: {what}"))?;
        check_order(&shown.items).map_err(|what| format!("{view:?}: {what}"))?;
        match self.client.snapshot(view) {
            Some((items, state)) if items == shown.items && Some(&state) == shown.state.as_ref() => Ok(()),
            snapshot => Err(format!("{view:?} shows {shown:?}, and is {snapshot:?}")),
        }
    }

    /// Checks that a shown item is true and not older than before.
    fn check_item(&self, shown: &mut Shown, item: &Item, is_new: bool) -> Result<(), String> {
        let truth = &self.chat.truth;
        let Item::Message { id, body } = item else {
            return Ok(());
        };
        let number = truth
            .message(id.get())
            .ok_or_else(|| format!("there never was message {id}"))?;
        let message = &truth.messages[number];
        let is_own = match shown.of {
            Of::Rooms => false,
            Of::Room(room) => message.room == room && message.parent.is_none(),
            Of::Thread(parent) => message.parent == Some(parent),
        };
        if !is_own {
            return Err(format!("message {id} is shown in {:?}", shown.of));
        }
        let before = shown.versions.get(&number).copied();
        let version = match find(&message.versions, body, before) {
            Found::Unknown => return Err(format!("never written: {}", brief(body))),
            Found::Same => before.unwrap_or_default(),
            // A frame in flight on a slow stream may be older than a response.
            Found::Older(version) if self.options.slow_stream => version,
            Found::Older(version) => {
                return Err(format!(
                    "message {id}: version {version} is shown over {before:?}: {}",
                    brief(body)
                ));
            }
            Found::Version(version) => version,
        };
        shown.versions.insert(number, version);
        let is_stalled = self.connection.as_ref().is_none_or(|open| open.stalled);
        let was_told = self.disturbed < message.deleted
            && !is_stalled
            && shown.opened < message.deleted
            && message.deleted.saturating_add(1_000) < self.now
            && truth.rooms[message.room].visible_since() < message.deleted
            && !truth.rooms[message.room].was_hidden(message.deleted, self.now);
        if is_new && was_told {
            return Err(format!("message {id} is shown after its deletion"));
        }
        Ok(())
    }

    /// Compares each view with the truth at the end, within its range.
    pub(crate) fn compare_views(&self) -> Result<(), String> {
        let Some(reader) = &self.reader else { return Ok(()) };
        for (view, shown) in &reader.views {
            let verdict = match shown.of {
                Of::Rooms => compare_rooms(&self.chat.truth, shown),
                of => compare_list(&self.chat.truth, of, shown),
            };
            verdict
                .map_err(|what| format!("{view:?} of {:?}, opened at {}: {what}", shown.of, shown.opened))?;
        }
        Ok(())
    }
}

fn check_order(items: &[Item]) -> Result<(), String> {
    let mut last = None;
    for (place, item) in items.iter().enumerate() {
        let id = match item {
            Item::Message { id, .. } => id.get(),
            Item::Room(room) => room.room_id.get(),
            Item::Gap { .. } if place == 0 => return Err("it begins with a gap".to_owned()),
            _ => continue,
        };
        if last >= Some(id) {
            return Err(format!("{id} is shown after {last:?}"));
        }
        last = Some(id);
    }
    let is_gap = |item: &Item| matches!(item, Item::Gap { .. });
    if items.windows(2).any(|pair| is_gap(&pair[0]) && is_gap(&pair[1])) {
        return Err("there are two gaps in one place".to_owned());
    }
    Ok(())
}

fn compare_rooms(truth: &Truth, shown: &Shown) -> Result<(), String> {
    let there: Vec<_> = truth.rooms.iter().filter(|room| room.is_current()).collect();
    let rooms: Vec<_> = shown
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Room(room) => Some((room.room_id.get(), &*room.body)),
            _ => None,
        })
        .collect();
    let expected: Vec<_> = there.iter().map(|room| (room.id, &**room.text())).collect();
    if rooms != expected {
        return Err(format!("it shows {rooms:?}, and there is {expected:?}"));
    }
    match &shown.state {
        Some(state) if state.freshness == Freshness::Live => Ok(()),
        state => Err(format!("it is {state:?} in the end")),
    }
}

fn compare_list(truth: &Truth, of: Of, shown: &Shown) -> Result<(), String> {
    let (room, list, is_there) = match of {
        Of::Room(room) => (room, &truth.rooms[room].top, true),
        Of::Thread(parent) => {
            let message = &truth.messages[parent];
            (message.room, &message.comments, message.exists())
        }
        Of::Rooms => return Ok(()),
    };
    let state = shown.state.as_ref().ok_or("nothing was told of it")?;
    if !is_there && state.freshness == Freshness::Stale {
        // The client may not know that the message was deleted, but it reports that the comments cannot be read.
        return Ok(());
    }
    if !is_there || !truth.rooms[room].is_current() {
        if shown
            .items
            .iter()
            .all(|item| matches!(item, Item::Outgoing { .. }))
        {
            return Ok(());
        }
        return Err(format!("it is gone, and shows {} items", shown.items.len()));
    }
    if state.freshness != Freshness::Live || state.is_loading_older || state.is_loading_newer {
        return Err(format!("it is {state:?} in the end"));
    }
    let there: Vec<_> = list
        .iter()
        .map(|number| &truth.messages[*number])
        .filter(|message| message.exists() && !message.is_poison())
        .collect();
    let parts: Vec<Vec<(Id, &str)>> = shown
        .items
        .split(|item| matches!(item, Item::Gap { .. }))
        .map(|part| {
            let messages = part.iter().filter_map(|item| match item {
                Item::Message { id, body } => Some((id.get(), &**body)),
                _ => None,
            });
            messages.collect()
        })
        .collect();
    for (place, part) in parts.iter().enumerate() {
        let is_first = place == 0 && state.start;
        let is_last = place + 1 == parts.len() && state.end;
        let ends = part.first().zip(part.last());
        let (low, high) = ends.map_or((Id::MAX, 0), |(first, last)| (first.0, last.0));
        let low = if is_first { 0 } else { low };
        let high = if is_last { Id::MAX } else { high };
        let within = there.iter().filter(|message| (low..=high).contains(&message.id));
        let expected: Vec<_> = within.map(|message| (message.id, &**message.text())).collect();
        if *part != expected {
            let ids = |list: &[(Id, &str)]| list.iter().map(|(id, _)| *id).collect::<Vec<_>>();
            let differs = part.iter().zip(&expected).find(|(one, other)| one != other);
            return Err(format!(
                "it shows {:?}, and there is {:?} ({low}..{high}); {differs:?}",
                ids(part),
                ids(&expected)
            ));
        }
    }
    if shown.items.is_empty() && !(state.start && state.end) && !there.is_empty() {
        return Err(format!("it shows nothing: {state:?}"));
    }
    Ok(())
}
