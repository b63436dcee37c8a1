//! An application: what it knows it has from its callbacks, and from what it loads itself when it is to; and it
//! notices when it is told something again, or something old.

mod loading;

use std::collections::BTreeMap;

use room_events::client::delivery::Delivery;
use room_events::client::knowledge::Knowledge;
use room_events::client::state::Phase;
use room_events::protocol::ids::SafeInt;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::page::Selection;
use crate::truth::{Id, View};

/// A room or a message as the application has it.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub(crate) text: String,
    pub(crate) room: Id,
    pub(crate) parent: Id,
    /// Orders the versions of a thing; 0 where the server has none to give.
    version: u64,
    /// What the client can see of that order.
    visible: u64,
    /// Of a room: its newest message.
    last_message: Id,
    /// Whether this version was loaded, instead of told by a callback.
    pub(crate) loaded: bool,
    /// Whether it has to be loaded again: until then it may be told as new, as the application may long have missed that
    /// it was gone.
    outdated: bool,
    /// When it was told, or asked for.
    told_at: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    message_id: Id,
    room_id: Id,
    parent_message_id: Id,
    last_modified_utc: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Room {
    room_id: Id,
    /// What the model of the server adds and the client does not know: it orders what one user sees of a room.
    #[serde(default)]
    revision: u64,
    last_modified_utc: u64,
    last_message: Option<LastMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LastMessage {
    message_id: Id,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    messages: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    room: Option<&'a RawValue>,
    room_id: Option<Id>,
    message_id: Option<Id>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    name: &'a str,
    #[serde(borrow)]
    data: Data<'a>,
}

/// What an application loads by itself: all, or a room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) room: Option<Id>,
    /// Whether it was told to. What it loads by itself it loads while the connection is open: of a message that comes and
    /// goes during a gap, or while the client catches up, it would not be told that it is gone.
    pub(crate) told: bool,
    /// When it was asked for: what was told later is newer.
    since: u64,
    /// The connection that was open then.
    pub(crate) connection: Option<u64>,
}

/// What one application has put together.
#[derive(Default)]
pub(crate) struct App {
    /// Whether it loads what is there when it starts, instead of being told.
    loads: bool,
    /// Whether there may be events about what it has never heard of: what it has not loaded yet, or what is older than
    /// its client follows.
    lenient: bool,
    narrow: bool,
    /// Whether it is told once a picture: then an older state of a room between two equal ones may be left out, and the
    /// second of them told all the same.
    pub(crate) gathers: bool,
    /// The rooms whose messages it wants.
    selection: Selection,
    /// Whether it has wanted others before: what waited for it then may still be told.
    has_changed: bool,
    pub(crate) rooms: BTreeMap<Id, Thing>,
    pub(crate) messages: BTreeMap<Id, Thing>,
    pub(crate) phase: Option<Phase>,
    pub(crate) recovered: u64,
    pub(crate) live: u64,
    pub(crate) resyncs: u64,
    /// What it wants to load now.
    pub(crate) wanted: Vec<Load>,
    /// The latest answers that it has, by their scope, and when they were asked for.
    answered: BTreeMap<Option<Id>, u64>,
    /// Whether it loads what is there once the connection is open: at first, and when it wants other messages.
    is_to_load: bool,
    /// When the connection last ceased to be open.
    ceased_to_be_open: u64,
    calls: u64,
    /// Rooms and messages that it was told are gone, and when.
    gone_rooms: BTreeMap<Id, u64>,
    gone_messages: BTreeMap<Id, u64>,
}

type Told = Result<(), String>;

fn safe(id: Id) -> SafeInt {
    SafeInt::new(id).unwrap_or_default()
}

impl Thing {
    fn message(text: &str, told_at: u64, loaded: bool) -> Result<(Id, Self), String> {
        let message: Message = serde_json::from_str(text).map_err(|error| format!("{error} in {text}"))?;
        let thing = Self {
            text: text.to_owned(),
            room: message.room_id,
            parent: message.parent_message_id,
            version: message.last_modified_utc,
            visible: message.last_modified_utc,
            last_message: 0,
            loaded,
            outdated: false,
            told_at,
        };
        Ok((message.message_id, thing))
    }

    /// What is said in a message's text.
    pub(crate) fn of_message(text: &str) -> Result<Self, String> {
        Self::message(text, 0, false).map(|(_, thing)| thing)
    }

    fn room(text: &str, told_at: u64, loaded: bool) -> Result<(Room, Self), String> {
        let room: Room = serde_json::from_str(text).map_err(|error| format!("{error} in {text}"))?;
        let thing = Self {
            text: text.to_owned(),
            room: room.room_id,
            parent: 0,
            version: room.revision,
            visible: room.last_modified_utc,
            last_message: room.last_message.as_ref().map_or(0, |last| last.message_id),
            loaded,
            outdated: false,
            told_at,
        };
        Ok((room, thing))
    }
}

impl App {
    /// One that has heard of nothing yet.
    pub(crate) fn new(loads: bool, narrow: bool) -> Self {
        Self {
            loads,
            is_to_load: loads,
            lenient: loads || narrow,
            narrow,
            ..Self::default()
        }
    }

    /// A callback. The error says what was told that should not have been.
    ///
    /// What has left its client's window may come again: `knowledge` says what has not.
    pub(crate) fn call(&mut self, delivery: Delivery<String>, knowledge: &Knowledge) -> Told {
        self.calls += 1;
        match delivery {
            Delivery::Event {
                payload, recovered, ..
            } => {
                *(if recovered {
                    &mut self.recovered
                } else {
                    &mut self.live
                }) += 1;
                let how = if recovered { "recovered" } else { "live" };
                self.event(&payload, recovered, Some(knowledge))
                    .map_err(|what| format!("{what} ({how}): {payload}"))
            }
            Delivery::State(state) => {
                if self.phase == Some(Phase::Open) && state.phase != Phase::Open {
                    self.ceased_to_be_open = self.calls;
                }
                self.phase = Some(state.phase);
                if self.is_to_load {
                    self.load_when_open();
                }
                Ok(())
            }
            Delivery::Freshness { .. } => Ok(()),
            Delivery::ResyncRequired { room_id, .. } => {
                self.resyncs += 1;
                let room = room_id.map(|id| id.get());
                self.outdate(room, true);
                self.want(room, true);
                Ok(())
            }
            Delivery::Unknown { .. } | Delivery::Malformed(_) | Delivery::Binary => {
                Err(format!("a good frame was taken for {delivery:?}"))
            }
        }
    }

    /// A frame of the stream, past the client.
    pub(crate) fn told(&mut self, frame: &str) -> Told {
        self.calls += 1;
        self.event(frame, false, None)
            .map_err(|what| format!("{what} (past the client): {frame}"))
    }

    fn wants(&self, room: Id) -> bool {
        self.selection.has(room)
    }

    /// It wants the messages of these rooms from now on, and of no other.
    pub(crate) fn select(&mut self, selection: Selection) {
        self.has_changed |= self.calls > 0;
        self.selection = selection;
        self.messages.retain(|_, message| selection.has(message.room));
        self.load_when_open();
    }

    /// Loads what is there, if it does that at all: now, or once the connection is open.
    fn load_when_open(&mut self) {
        self.is_to_load = self.loads && self.phase != Some(Phase::Open);
        if self.loads && !self.is_to_load {
            self.want(None, false);
        }
    }

    /// Whether it wants to know of a message that there is.
    pub(crate) fn wants_message(&self, text: Option<&String>) -> Result<bool, String> {
        text.map_or(Ok(true), |text| {
            Thing::of_message(text).map(|message| self.wants(message.room))
        })
    }

    fn want(&mut self, room: Option<Id>, told: bool) {
        let since = self.calls;
        self.wanted.push(Load {
            room,
            told,
            since,
            connection: None,
        });
    }

    /// Whether all of a room, or all there is, has to be loaded again.
    fn outdate(&mut self, room: Option<Id>, outdated: bool) {
        let things = self.rooms.values_mut().chain(self.messages.values_mut());
        for thing in things.filter(|thing| room.is_none_or(|only| only == thing.room)) {
            thing.outdated = outdated;
        }
    }

    fn event(&mut self, payload: &str, recovered: bool, knowledge: Option<&Knowledge>) -> Told {
        let Event { name, data } = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        match (name, data) {
            (
                "TextMessagesCreated" | "TextMessagesUpdated",
                Data {
                    messages: Some(messages),
                    ..
                },
            ) => messages.into_iter().try_for_each(|message| {
                let (id, message) = Thing::message(message.get(), self.calls, false)?;
                if !self.expects(message.room)? {
                    return Ok(());
                }
                // An event about a room that the REST API does not list passes as it came: the room is going.
                let lenient = self.lenient || !self.rooms.contains_key(&message.room);
                let is_followed =
                    knowledge.is_none_or(|knowledge| knowledge.knows(safe(message.room), safe(id)));
                let is_new = name == "TextMessagesCreated";
                let put = put(&mut self.messages, id, message, is_new, lenient);
                if self.narrow && !is_followed { Ok(()) } else { put }
            }),
            (
                "TextMessageDeleted",
                Data {
                    message_id: Some(id),
                    room_id: Some(room),
                    ..
                },
            ) => {
                if self.expects(room)? {
                    self.message_deleted(id, room)
                } else {
                    Ok(())
                }
            }
            ("RoomCreated" | "RoomUpdated", Data { room: Some(room), .. }) => {
                let (room, thing) = Thing::room(room.get(), self.calls, false)?;
                let is_new = name == "RoomCreated";
                let before = self.rooms.get(&room.room_id);
                let knows_less = before.is_some_and(|before| {
                    before.last_message > thing.last_message
                        && before.version > thing.version
                        && !before.loaded
                });
                if knows_less {
                    return Err(format!("it became older than {before:?}"));
                }
                if self.gathers && !is_new && before.is_some_and(|before| before.text == thing.text) {
                    return Ok(());
                }
                put(&mut self.rooms, room.room_id, thing, is_new, self.lenient)?;
                if is_new && self.loads && !recovered && room.last_message.is_some() {
                    self.want(Some(room.room_id), false);
                }
                Ok(())
            }
            (
                "RoomDeleted",
                Data {
                    room_id: Some(id), ..
                },
            ) => {
                self.messages.retain(|_, message| message.room != id);
                self.gone_rooms.insert(id, self.calls);
                // A connection may open between a room's creation and its deletion: then only the end is heard of.
                self.rooms.remove(&id);
                Ok(())
            }
            _ => Err("no event of the API".into()),
        }
    }

    /// Whether it makes something of a message in a room.
    fn expects(&self, room: Id) -> Result<bool, String> {
        if self.wants(room) || self.has_changed {
            Ok(self.wants(room))
        } else {
            Err("nobody wants to know".into())
        }
    }

    fn message_deleted(&mut self, id: Id, room: Id) -> Told {
        self.gone_messages.insert(id, self.calls);
        if self.messages.remove(&id).is_none() && !self.lenient && self.rooms.contains_key(&room) {
            return Err("a message was deleted that was not there".into());
        }
        Ok(())
    }

    /// What it has asked for is there, and this `connection` is open. An answer that was asked for before one that is there
    /// already says nothing new.
    pub(crate) fn loaded(&mut self, load: Load, view: &View, connection: Option<u64>) -> Told {
        let is_open = self.phase == Some(Phase::Open) && connection.is_some();
        let ceased_to_be = connection != load.connection || self.ceased_to_be_open > load.since;
        if !load.told && (!is_open || ceased_to_be) {
            // The gap may have begun before it: again, once the connection is open.
            self.load_when_open();
            return Ok(());
        }
        let answered = self.answered.clone();
        let is_overtaken = |scope| answered.get(&scope).is_some_and(|since| *since > load.since);
        if is_overtaken(None) || (load.room.is_some() && is_overtaken(load.room)) {
            return Ok(());
        }
        if let Some(room) = load.room
            && self.rooms.contains_key(&room)
            && !view.rooms.contains_key(&room)
        {
            // Nobody has said so: the user may have been let in again before anybody does.
            self.want(load.room, load.told);
            return Ok(());
        }
        self.answered.insert(load.room, load.since);
        let in_scope = |room: Id| load.room.is_none_or(|only| only == room) && !is_overtaken(Some(room));
        let is_gone = |gone: &BTreeMap<Id, u64>, id: &Id| gone.get(id).is_some_and(|at| *at > load.since);
        if load.room.is_none() {
            for (id, text) in &view.rooms {
                let (_, thing) = Thing::room(text, load.since, true)?;
                if !is_gone(&self.gone_rooms, id) {
                    take_newer(&mut self.rooms, *id, thing, load.since);
                }
            }
            self.rooms
                .retain(|id, room| view.rooms.contains_key(id) || room.told_at > load.since);
        }
        for (id, text) in &view.messages {
            let (_, thing) = Thing::message(text, load.since, true)?;
            if in_scope(thing.room)
                && self.wants(thing.room)
                && self.rooms.contains_key(&thing.room)
                && !is_gone(&self.gone_messages, id)
                && !is_gone(&self.gone_rooms, &thing.room)
            {
                take_newer(&mut self.messages, *id, thing, load.since);
            }
        }
        self.messages.retain(|id, message| {
            !in_scope(message.room) || view.messages.contains_key(id) || message.told_at > load.since
        });
        self.outdate(load.room, false);
        Ok(())
    }
}

/// A callback tells of a thing.
fn put(things: &mut BTreeMap<Id, Thing>, id: Id, thing: Thing, is_new: bool, lenient: bool) -> Told {
    match things.get(&id) {
        None if !is_new && !lenient => return Err("what was updated was not there".into()),
        Some(before) if before.loaded && before.version > thing.version => return Ok(()),
        Some(before) if before.loaded || (is_new && before.outdated) => {}
        Some(_) if is_new => return Err("it was created twice".into()),
        // A room has no version for what is a user's own in it: there the stream, which comes in order, wins.
        Some(before) if before.version > thing.version && before.visible != thing.visible => {
            return Err(format!("it became older than {}", before.text));
        }
        Some(before) if before.version == thing.version && thing.version != 0 => {
            return Err("it was told twice".into());
        }
        _ => {}
    }
    things.insert(id, thing);
    Ok(())
}

/// What was loaded counts, unless something newer was told since it was asked for.
fn take_newer(things: &mut BTreeMap<Id, Thing>, id: Id, thing: Thing, since: u64) {
    let is_newer = things.get(&id).is_none_or(|before| {
        before.version < thing.version || (thing.version == 0 && before.told_at <= since)
    });
    if is_newer {
        things.insert(id, thing);
    }
}
