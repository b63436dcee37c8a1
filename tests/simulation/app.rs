//! A simulated application. It shows what its callbacks deliver and what it loads when required. It detects repeated,
//! outdated and false deliveries.

use std::collections::{HashMap, HashSet};

use room_events::client::ConnectionStatus;
use room_events::protocol::event::EventType;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::contract::{Resync, Told};
use crate::options::{Cap, Options, Wants};
use crate::oracle::{Scene, Watch};
use crate::truth::{Found, Id, Time, find};
use crate::world::brief;

/// The most bytes of a recovered event with more than one message, including its envelope.
const LARGEST_BATCH: usize = (1 << 20) + 1_000;

/// The number of newest messages of an unwatched room that are delivered only once.
const REMEMBERED: usize = 32;

/// A room or a message as the application shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) version: usize,
    /// When it was first shown, and when it was last delivered.
    pub(crate) since: Time,
    pub(crate) told: Time,
    /// Whether this version was loaded, and whether it was recovered.
    pub(crate) loaded: bool,
    recovered: bool,
    /// Whether the first version was loaded.
    pub(crate) was_loaded: bool,
    /// Whether it is known only from an update in a room that need not be watched, or before history is loaded.
    in_passing: bool,
}

/// A simulated application.
pub(crate) struct App {
    history: bool,
    pub(crate) rooms: HashMap<usize, Shown>,
    pub(crate) messages: HashMap<usize, Shown>,
    /// The messages delivered or loaded since their room was last deleted or reloaded.
    pub(crate) heard: HashSet<usize>,
    /// The messages that were deleted and reported as deleted, as they were shown before.
    pub(crate) gone: HashMap<usize, Option<Shown>>,
    /// The rooms that required a reload.
    pub(crate) reloaded: HashSet<usize>,
    /// The live units (rooms, and the list of rooms), and those of them that are loaded.
    live: HashSet<Option<Id>>,
    read: HashSet<Option<Id>>,
    /// When it last loaded everything, and single rooms.
    loaded: Option<Time>,
    loaded_rooms: HashMap<usize, Time>,
    /// Rooms that it could not load. They are deleted, and may exist again before the client knows.
    refused: HashSet<usize>,
    /// When it received a room from the list of rooms or a late event, without its creation.
    pub(crate) found_rooms: HashMap<usize, Time>,
    /// The newest created message of each list: of a room, or of the comments on a message.
    newest: HashMap<(usize, Option<usize>), usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    message_id: f64,
    /// An entry without it is unreadable.
    #[serde(rename = "roomId")]
    _room_id: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoomHead {
    room_id: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
    #[serde(borrow)]
    room: Option<&'a RawValue>,
    room_id: Option<f64>,
    message_id: Option<f64>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

type Verdict = Result<(), String>;

/// The circumstances of a delivery.
#[derive(Clone, Copy)]
struct How {
    is_new: bool,
    recovered: bool,
    /// Whether it must be exact.
    strict: bool,
    /// Whether a frame on the stream may be older than a response.
    may_be_late: bool,
    now: Time,
}

impl App {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            history: options.history,
            rooms: HashMap::new(),
            messages: HashMap::new(),
            heard: HashSet::new(),
            gone: HashMap::new(),
            reloaded: HashSet::new(),
            live: HashSet::new(),
            read: HashSet::new(),
            loaded: None,
            loaded_rooms: HashMap::new(),
            refused: HashSet::new(),
            found_rooms: HashMap::new(),
            newest: HashMap::new(),
        }
    }

    /// Processes a callback. The error describes a delivery that breaks the contract.
    pub(crate) fn call(&mut self, told: Told, scene: &Scene<'_>) -> Verdict {
        for room in std::mem::take(&mut self.refused) {
            self.reload(scene.truth.rooms[room].id, scene);
        }
        match told {
            Told::Event {
                event_type,
                payload,
                recovered,
            } => {
                let verdict = self.event(event_type, &payload, recovered, scene);
                let how = if recovered { "recovered" } else { "live" };
                verdict.map_err(|what| format!("{what} ({how}): {}", brief(&payload)))
            }
            Told::State(state) => {
                if !matches!(
                    state.status,
                    ConnectionStatus::Open | ConnectionStatus::CatchingUp
                ) {
                    self.live.clear();
                }
                Ok(())
            }
            Told::Freshness(unit, is_live) => {
                if is_live {
                    self.live.insert(unit);
                } else {
                    self.live.remove(&unit);
                }
                self.load_live(unit, scene);
                Ok(())
            }
            Told::Resync(unit, Resync::NothingKnown) if !self.history => {
                match unit {
                    Some(room) => {
                        self.reloaded.extend(scene.truth.room(room));
                        self.reload(room, scene);
                    }
                    None => {
                        self.read.clear();
                        self.load(scene);
                    }
                }
                // It is loaded once more when it is live.
                self.read.remove(&unit);
                self.load_live(unit, scene);
                Ok(())
            }
            Told::Resync(_, Resync::NothingKnown) => {
                Err("nothing is known, and an application with callbacks alone is to load it".to_owned())
            }
            Told::Resync(Some(room), Resync::TooFarBehind) => {
                self.reloaded.extend(scene.truth.room(room));
                self.reload(room, scene);
                Ok(())
            }
            Told::Resync(None, Resync::TooFarBehind) => Err("all rooms are too far behind".to_owned()),
            Told::Resync(_, Resync::Unreadable) if scene.options.reads_everything() => {
                Err("something cannot be read, and everything can".to_owned())
            }
            Told::Malformed if scene.options.is_well_formed() => {
                Err("a good frame could not be decoded".to_owned())
            }
            Told::Resync(..) | Told::Malformed => Ok(()),
            Told::Strange(what) => Err(format!("a good frame was taken for {what}")),
        }
    }

    fn event(&mut self, event_type: EventType, payload: &str, recovered: bool, scene: &Scene<'_>) -> Verdict {
        let Event { data } = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        let is_new = matches!(
            event_type,
            EventType::TextMessagesCreated | EventType::RoomCreated
        );
        if recovered && payload.len() > LARGEST_BATCH && data.messages.len() > 1 {
            return Err(format!("a batch of {} bytes", payload.len()));
        }
        match event_type {
            EventType::TextMessagesCreated | EventType::TextMessagesUpdated => {
                if data.messages.is_empty() {
                    return Err("an event of nothing".to_owned());
                }
                data.messages
                    .iter()
                    .try_for_each(|message| self.message(message.get(), is_new, recovered, scene))
            }
            EventType::TextMessageDeleted => self.message_deleted(id(data.message_id)?, scene),
            EventType::RoomCreated | EventType::RoomUpdated => {
                let text = data.room.ok_or("no room")?.get();
                self.room(text, is_new, recovered, scene)
            }
            EventType::RoomDeleted => self.room_deleted(id(data.room_id)?, recovered, scene),
        }
    }

    fn message(&mut self, text: &str, is_new: bool, recovered: bool, scene: &Scene<'_>) -> Verdict {
        let truth = scene.truth;
        let head: Head = match serde_json::from_str(text) {
            Ok(head) => head,
            // Live frames are passed on unchanged; applications skip unreadable entries.
            Err(_) if !recovered && scene.options.poison > 0 => return Ok(()),
            Err(error) => return Err(format!("{error} in {}", brief(text))),
        };
        let number = truth
            .message(head.message_id as Id)
            .ok_or("there never was such a message")?;
        let message = &truth.messages[number];
        let watch = scene.watch(message.room);
        if !scene.wants(message.room) {
            return Err("nobody wants to know".to_owned());
        }
        let read = self.most_read(message.room, scene.options);
        let how = How {
            is_new,
            recovered,
            strict: if watch == Watch::Yes {
                truth.is_within(number, scene.options.window.min(read))
            } else {
                // Unwatched rooms are passed on unchanged, and only their newest messages are remembered.
                let is_remembered = truth.is_within(number, REMEMBERED.min(read));
                scene.options.repeats == 0 && scene.options.late_frames == 0 && is_new && is_remembered
            },
            may_be_late: scene.may_be_late(),
            now: scene.now,
        };
        if is_new && message.deleted <= scene.now && self.gone.contains_key(&number) {
            return Err("it was told that it is gone".to_owned());
        }
        if is_new {
            self.check_order(number, how.strict, scene)?;
        }
        let shown = self.messages.get(&number).copied();
        // An application that loads by itself merges by id, so an event may be about something newer.
        if shown.is_none() && !is_new && how.strict && self.history {
            return Err("an update of what is not shown".to_owned());
        }
        let mut next = put(&message.versions, text, shown, how)?;
        // Before the application has loaded a room, its events are passed on unchanged.
        let may_pass = watch != Watch::Yes || !self.history;
        next.in_passing = may_pass && !is_new && shown.is_none_or(|shown| shown.in_passing);
        self.messages.insert(number, next);
        self.heard.insert(number);
        Ok(())
    }

    /// The most messages that the client has read of a room: at most `max_messages` after a resync, and at most the
    /// first page if the application loads rooms by itself and pages are capped.
    pub(crate) fn most_read(&self, room: usize, options: &Options) -> usize {
        let is_behind = self.reloaded.contains(&room);
        let page = match options.cap {
            Cap::Silent(cap) if is_behind || !self.history => cap,
            _ => usize::MAX,
        };
        page.min(if is_behind {
            options.max_messages
        } else {
            usize::MAX
        })
    }

    /// Checks that messages of a list are created in the order of their ids, if server and network keep the order.
    fn check_order(&mut self, number: usize, strict: bool, scene: &Scene<'_>) -> Verdict {
        let message = &scene.truth.messages[number];
        let id = |number: usize| scene.truth.messages[number].id;
        let newest = self
            .newest
            .entry((message.room, message.parent))
            .or_insert(number);
        let is_ordered = scene.options.keeps_order()
            && strict
            && scene.watch(message.room) == Watch::Yes
            && !scene.may_be_unread(message.room);
        let is_late = message.id < id(*newest) && !self.reloaded.contains(&message.room);
        if is_late && is_ordered && !scene.may_be_reading() {
            return Err(format!("it is created behind message {}", id(*newest)));
        }
        if message.id > id(*newest) {
            *newest = number;
        }
        Ok(())
    }

    fn message_deleted(&mut self, id: Id, scene: &Scene<'_>) -> Verdict {
        let truth = scene.truth;
        let number = truth.message(id).ok_or("there never was such a message")?;
        let message = &truth.messages[number];
        if !scene.wants(message.room) {
            return Err("nobody wants to know".to_owned());
        }
        let shown = self.messages.remove(&number);
        let since = shown.map_or(0, |shown| shown.told);
        let hidden =
            |message: &crate::truth::Message| message.was_hidden(scene.now.saturating_sub(20_000), scene.now);
        // If a message seems to be deleted, so do the comments on it.
        let may_seem_gone = hidden(message)
            || message
                .parent
                .is_some_and(|parent| hidden(&truth.messages[parent]))
            || truth.rooms[message.room].was_invisible(since, scene.now);
        if message.exists() && !may_seem_gone {
            return Err("it is said to be gone, and it is there".to_owned());
        }
        let window = scene
            .options
            .window
            .min(self.most_read(message.room, scene.options));
        let strict = scene.watch(message.room) == Watch::Yes && truth.is_within(number, window);
        // Otherwise harmless: the client cannot know before it has read the room, if the stream is slower than the
        // responses, or if the application loads messages that no response had.
        let is_news = self.history && !scene.options.slow_stream && !scene.may_be_unread(message.room);
        if shown.is_none() && strict && is_news && !self.reloaded.contains(&message.room) {
            return Err("a message is gone that is not shown".to_owned());
        }
        if !message.exists() {
            // A message that only seemed to be deleted reappears and may be deleted later.
            let before = self.gone.entry(number).or_default();
            *before = shown.or(*before);
        }
        Ok(())
    }

    /// When it last loaded the messages of a room.
    pub(crate) fn loaded_at(&self, room: usize) -> Option<Time> {
        self.loaded_rooms.get(&room).copied().max(self.loaded)
    }

    /// When it last loaded the list of rooms.
    pub(crate) const fn loaded_list_at(&self) -> Option<Time> {
        self.loaded
    }

    fn room(&mut self, text: &str, is_new: bool, recovered: bool, scene: &Scene<'_>) -> Verdict {
        let head: RoomHead =
            serde_json::from_str(text).map_err(|error| format!("{error} in {}", brief(text)))?;
        let number = scene
            .truth
            .room(head.room_id as Id)
            .ok_or("there never was such a room")?;
        let how = How {
            is_new,
            recovered,
            strict: true,
            may_be_late: scene.may_be_late(),
            now: scene.now,
        };
        let shown = self.rooms.get(&number).copied();
        if shown.is_none() && !is_new && self.history {
            return Err("an update of a room that is not shown".to_owned());
        }
        let room = &scene.truth.rooms[number];
        let next = put(&room.versions, text, shown, how)?;
        self.rooms.insert(number, next);
        // A live event later than the room's creation, which was lost, counts as well.
        let is_later = room.versions[next.version].at > room.visible_since();
        // A room that the list lacked before was loaded with what the list hides.
        if (shown.is_none() || is_new) && (recovered || is_later) {
            self.found_rooms.insert(number, scene.now);
        }
        if shown.is_none() && !self.history {
            // It loads the existing messages by itself.
            self.loaded_rooms.insert(number, scene.now);
            self.load_room(number, scene);
        }
        Ok(())
    }

    fn room_deleted(&mut self, id: Id, recovered: bool, scene: &Scene<'_>) -> Verdict {
        let number = scene.truth.room(id).ok_or("there never was such a room")?;
        let shown = self.rooms.remove(&number);
        let since = shown.map_or(0, |shown| shown.told).saturating_sub(4_000);
        // A live event may be late: the user may have rejoined the room since.
        if recovered
            && scene.truth.rooms[number].is_current()
            && !scene.truth.rooms[number].was_invisible(since, scene.now)
        {
            return Err("it is said to be gone, and it is there".to_owned());
        }
        let mut messages = self.messages.keys();
        let has_messages = messages.any(|message| scene.truth.messages[*message].room == number);
        if shown.is_none() && !has_messages && self.history {
            return Err("a room is gone that is not shown".to_owned());
        }
        self.forget(number, scene);
        self.refused.remove(&number);
        self.read.remove(&Some(id));
        Ok(())
    }

    /// Removes a room's messages.
    fn forget(&mut self, room: usize, scene: &Scene<'_>) {
        let messages = &scene.truth.messages;
        self.messages.retain(|number, _| messages[*number].room != room);
        self.gone.retain(|number, _| messages[*number].room != room);
        self.heard.retain(|number| messages[*number].room != room);
        self.newest.retain(|(other, _), _| *other != room);
    }

    /// Loads a unit that is live and not loaded yet.
    fn load_live(&mut self, unit: Option<Id>, scene: &Scene<'_>) {
        if self.history || !self.live.contains(&unit) || !self.read.insert(unit) {
            return;
        }
        match unit {
            Some(room) => self.reload(room, scene),
            None => self.load(scene),
        }
    }

    /// Loads everything.
    fn load(&mut self, scene: &Scene<'_>) {
        self.loaded = Some(scene.now);
        self.rooms.clear();
        for (number, room) in scene.truth.rooms.iter().enumerate() {
            self.forget(number, scene);
            if room.is_current() {
                self.rooms
                    .insert(number, loaded(room.versions.len() - 1, scene.now));
                self.load_room(number, scene);
            }
        }
    }

    fn load_room(&mut self, number: usize, scene: &Scene<'_>) {
        if !scene.wants(number) {
            return;
        }
        for number in &scene.truth.rooms[number].all {
            let message = &scene.truth.messages[*number];
            if message.exists() && !message.is_poison() {
                self.messages
                    .insert(*number, loaded(message.versions.len() - 1, scene.now));
                self.heard.insert(*number);
            }
        }
    }

    fn reload(&mut self, id: Id, scene: &Scene<'_>) {
        let Some(number) = scene.truth.room(id) else {
            return;
        };
        self.forget(number, scene);
        self.loaded_rooms.insert(number, scene.now);
        if scene.truth.rooms[number].is_current() {
            self.load_room(number, scene);
        } else {
            self.refused.insert(number);
        }
    }
}

fn id(id: Option<f64>) -> Result<Id, String> {
    id.map(|id| id as Id).ok_or_else(|| "no id".to_owned())
}

const fn loaded(version: usize, now: Time) -> Shown {
    Shown {
        version,
        since: now,
        told: now,
        loaded: true,
        recovered: false,
        was_loaded: true,
        in_passing: false,
    }
}

/// Checks a delivery and returns what is shown after it.
fn put(
    versions: &[crate::truth::Version],
    text: &str,
    shown: Option<Shown>,
    how: How,
) -> Result<Shown, String> {
    let strict = how.strict && shown.is_some_and(|shown| !shown.loaded && !shown.in_passing);
    if strict && how.is_new {
        return Err("it is created, and it is shown".to_owned());
    }
    // A frame in flight may be older than a response or a loaded version. The order of the stream decides.
    let is_late = |shown: Shown| shown.loaded || (shown.recovered && how.may_be_late);
    let is_overtaken = !how.recovered && shown.is_some_and(is_late);
    let found = match find(versions, text, shown.map(|shown| shown.version)) {
        Found::Same if strict => return Err("it is told again".to_owned()),
        // Several versions may have this text; newer ones follow.
        Found::Version(_) | Found::Older(_) | Found::Same if is_overtaken => find(versions, text, None),
        found => found,
    };
    let version = match found {
        Found::Unknown => return Err("nobody ever said so".to_owned()),
        Found::Older(_) if strict => {
            return Err(format!("it is older than what is shown, {shown:?}"));
        }
        Found::Same => shown.map_or(0, |shown| shown.version),
        Found::Older(number) | Found::Version(number) => number,
    };
    Ok(Shown {
        version,
        since: shown.map_or(how.now, |shown| shown.since),
        told: how.now,
        loaded: false,
        recovered: how.recovered,
        was_loaded: shown.is_some_and(|shown| shown.was_loaded),
        in_passing: false,
    })
}

/// Whether the application wants a room's messages.
pub(crate) fn wants(wants: &Wants, room: Id) -> bool {
    match wants {
        Wants::Only(rooms) => rooms.contains(&room),
        Wants::All(_) | Wants::Everything => true,
    }
}
