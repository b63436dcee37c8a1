//! The requests to a server and the events of its connections, in the order of one clock.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

/// The time of a response that never came.
pub(super) const NEVER: u64 = u64::MAX;

/// When a request was sent and when its response arrived, by the history's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) asked: u64,
    pub(super) answered: u64,
}

impl Span {
    /// Whether it ended before the other began.
    pub(super) const fn is_before(self, other: Self) -> bool {
        self.answered < other.asked
    }
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was answered with 200.
    Done,
    /// It was refused.
    Refused,
    /// It was not answered, and may have been carried out or not.
    Unknown,
}

/// A text that a user wrote into a room, as a message, a comment or an edit. Each text is unique.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub(super) room: u64,
    pub(super) text: String,
    pub(super) span: Span,
    pub(super) outcome: Outcome,
}

/// A user's stay in a room, from joining to leaving.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    pub(super) user: u64,
    pub(super) room: u64,
    pub(super) join: Span,
    pub(super) leave: Span,
}

/// The events that a connection received.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    pub(super) name: String,
    pub(super) user: u64,
    /// When its upgrade was answered.
    pub(super) opened: u64,
    pub(super) events: Vec<Value>,
}

/// The record of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// The relevant rooms, with their permanent members.
    pub(super) rooms: HashMap<u64, BTreeSet<u64>>,
    pub(super) deeds: Vec<Deed>,
    /// In order for each user and room.
    pub(super) stays: Vec<Stay>,
    pub(super) recordings: Vec<Recording>,
    /// Whether the server was killed. If so, the ends of recordings may be missing.
    pub(super) is_cut: bool,
}

/// An event that a connection received about a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// An event about messages, the same for all recipients.
    Entry(Entry),
    /// The user has joined. `last` was the last message at that time.
    Joined { last: Option<u64> },
    /// The user has left.
    Left,
    /// The room has changed, as its recipient sees it.
    Changed,
}

/// An event about messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The event itself. It is unique, as each change of a message has a later time.
    pub(super) key: String,
    pub(super) texts: Vec<String>,
    /// The newest message that it announces as created.
    pub(super) created: Option<u64>,
}

/// Converts an event, with the room it is about. `None` for other types.
pub(super) fn hear(event: &Value) -> Option<(u64, Heard)> {
    let data = &event["data"];
    let id = |value: &Value| value.as_u64().expect("an id");
    Some(match event["type"].as_str()? {
        "RoomCreated" => {
            let last = data["room"]["lastMessage"]["messageId"].as_u64();
            (id(&data["room"]["roomId"]), Heard::Joined { last })
        }
        "RoomDeleted" => (id(&data["roomId"]), Heard::Left),
        "RoomUpdated" => (id(&data["room"]["roomId"]), Heard::Changed),
        "TextMessageDeleted" => {
            let entry = Entry {
                key: event.to_string(),
                texts: Vec::new(),
                created: None,
            };
            (id(&data["roomId"]), Heard::Entry(entry))
        }
        kind @ ("TextMessagesCreated" | "TextMessagesUpdated") => {
            let messages = data["messages"].as_array().expect("messages");
            let room = id(&messages[0]["roomId"]);
            assert!(
                messages.iter().all(|message| message["roomId"] == room),
                "an event about two rooms: {event}"
            );
            let ids = messages.iter().map(|message| id(&message["messageId"]));
            let entry = Entry {
                key: event.to_string(),
                texts: messages
                    .iter()
                    .map(|message| message["text"].as_str().expect("a text").to_owned())
                    .collect(),
                created: ids.max().filter(|_| kind == "TextMessagesCreated"),
            };
            (room, Heard::Entry(entry))
        }
        _ => return None,
    })
}
