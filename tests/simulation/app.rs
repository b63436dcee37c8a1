//! An application: what it knows it has from its callbacks alone, and it notices when it is told something again.

use std::collections::BTreeSet;

use room_events::client::delivery::Delivery;
use room_events::client::state::Phase;
use serde_json::Value;

use crate::server::{Id, View};

/// What one application has put together.
#[derive(Default)]
pub(crate) struct App {
    pub(crate) view: View,
    pub(crate) phase: Option<Phase>,
    pub(crate) recovered: u64,
    pub(crate) live: u64,
    pub(crate) resyncs: u64,
    recovering: bool,
    known_rooms: BTreeSet<Id>,
    /// What was last told by the catch-up.
    from_catch_up: BTreeSet<Id>,
}

fn id(value: &Value, name: &str) -> Id {
    value[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name} of {value}"))
}

impl App {
    /// A callback. The error says what was told that should not have been.
    pub(crate) fn call(&mut self, delivery: Delivery<String>) -> Result<(), String> {
        match delivery {
            Delivery::Event {
                payload, recovered, ..
            } => {
                *(if recovered {
                    &mut self.recovered
                } else {
                    &mut self.live
                }) += 1;
                let event: Value = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
                let data = &event["data"];
                match event["type"].as_str() {
                    Some("TextMessagesCreated") => self.each_message(data, Self::created),
                    Some("TextMessagesUpdated") => self.each_message(data, Self::updated),
                    Some("TextMessageDeleted") => self.deleted(id(data, "messageId")),
                    Some("RoomCreated") => self.room_created(&data["room"]),
                    Some("RoomUpdated") => self.room_updated(&data["room"]),
                    Some("RoomDeleted") => self.room_deleted(id(data, "roomId")),
                    other => Err(format!("an event of type {other:?}")),
                }
                .map_err(|what| {
                    format!(
                        "{what} ({}): {payload}",
                        if recovered { "recovered" } else { "live" }
                    )
                })
            }
            Delivery::State(state) => {
                self.phase = Some(state.phase);
                Ok(())
            }
            Delivery::ResyncRequired { .. } => {
                self.resyncs += 1;
                Ok(())
            }
            Delivery::Unknown { .. } | Delivery::Malformed(_) | Delivery::Binary => {
                Err(format!("a good frame was taken for {delivery:?}"))
            }
        }
    }

    /// Notes by what an object was told, and whether hearing the same again means that it was told twice: the stream
    /// alone may do that, when an event between the two was lost.
    fn twice(&mut self, id: Id) -> bool {
        let before = self.from_catch_up.contains(&id);
        if self.recovering {
            self.from_catch_up.insert(id);
        } else {
            self.from_catch_up.remove(&id);
        }
        before || self.recovering
    }

    fn each_message(
        &mut self,
        data: &Value,
        call: fn(&mut Self, &Value) -> Result<(), String>,
    ) -> Result<(), String> {
        data["messages"]
            .as_array()
            .into_iter()
            .flatten()
            .try_for_each(|message| call(self, message))
    }

    fn created(&mut self, message: &Value) -> Result<(), String> {
        let _noted = self.twice(id(message, "messageId"));
        match self
            .view
            .messages
            .insert(id(message, "messageId"), message.clone())
        {
            None => Ok(()),
            Some(_) => Err("a message was created twice".into()),
        }
    }

    fn updated(&mut self, message: &Value) -> Result<(), String> {
        let twice = self.twice(id(message, "messageId"));
        match self
            .view
            .messages
            .insert(id(message, "messageId"), message.clone())
        {
            None => Err("a message was updated that was not there".into()),
            Some(before) if before == *message && twice => Err("a message was updated to what it was".into()),
            Some(before) if id(&before, "lastModifiedUtc") > id(message, "lastModifiedUtc") => {
                Err("a message became older".into())
            }
            Some(_) => Ok(()),
        }
    }

    fn deleted(&mut self, message: Id) -> Result<(), String> {
        self.view
            .messages
            .remove(&message)
            .map(drop)
            .ok_or_else(|| "a message was deleted that was not there".into())
    }

    fn room_created(&mut self, room: &Value) -> Result<(), String> {
        let _noted = self.twice(id(room, "roomId"));
        self.known_rooms.insert(id(room, "roomId"));
        match self.view.rooms.insert(id(room, "roomId"), room.clone()) {
            None => Ok(()),
            Some(_) => Err("a room was created twice".into()),
        }
    }

    fn room_updated(&mut self, room: &Value) -> Result<(), String> {
        let twice = self.twice(id(room, "roomId"));
        match self.view.rooms.insert(id(room, "roomId"), room.clone()) {
            None => Err("a room was updated that was not there".into()),
            Some(before) if before == *room && twice => Err("a room was updated to what it was".into()),
            Some(before) if id(&before, "lastModifiedUtc") > id(room, "lastModifiedUtc") => {
                Err("a room became older".into())
            }
            Some(_) => Ok(()),
        }
    }

    fn room_deleted(&mut self, room: Id) -> Result<(), String> {
        self.view
            .messages
            .retain(|_, message| id(message, "roomId") != room);
        match self.view.rooms.remove(&room) {
            // A connection may open between a room's creation and its deletion: then only the end is heard of.
            None if self.known_rooms.contains(&room) => Err("a room was deleted that was not there".into()),
            _ => Ok(()),
        }
    }
}
