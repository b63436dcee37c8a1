//! A user who sends messages: clicks twice, sends the same text again, and resends failed messages. The network loses
//! posts and responses, and the client restarts. In the end each sent message exists exactly once.

use std::collections::HashMap;

use room_events::client::RequestId;
use room_events::client::store::{Item, OutgoingMessage, SendFailure, SendState};

use crate::contract::{Answer, List, Path};
use crate::faults::Trouble;
use crate::page;
use crate::reader::{Of, Reader};
use crate::rest::{failure, success};
use crate::truth::Time;
use crate::world::{Happening, World, at};

/// From this number on, a text is the user's own.
pub(crate) const OWN_TEXTS: u64 = 900_000;

/// The number of different texts that the user sends.
const TEXTS: u64 = 12;

/// The sent messages.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    keys: HashMap<u64, (Of, u64)>,
    next: u64,
    /// Messages that were discarded, or failed before a restart, though the server may have them.
    unclear: HashMap<u64, ()>,
    /// Messages that were certainly not sent.
    failed: HashMap<u64, ()>,
    /// The number of accepted posts per list and text.
    accepted: HashMap<(Of, u64), usize>,
}

impl Sent {
    /// A new key, or sometimes the last one.
    pub(crate) fn key_of(&mut self, random: u64) -> u64 {
        if self.next == 0 || !random.is_multiple_of(5) {
            self.next += 1;
        }
        self.next
    }

    /// Checks that no message is shown both as outgoing and as delivered.
    pub(crate) fn check_once(&self, of: Of, texts: &HashMap<u64, usize>) -> Result<(), String> {
        for (text, shown) in texts {
            let sent = self.keys.values().filter(|sent| **sent == (of, *text)).count();
            if *shown > sent {
                return Err(format!(
                    "{text} was sent {sent} times, and is shown {shown} times"
                ));
            }
        }
        Ok(())
    }
}

/// How often each of the user's own texts is shown, as a message or as outgoing.
pub(crate) fn texts(items: &[Item]) -> HashMap<u64, usize> {
    let mut texts = HashMap::new();
    for item in items {
        let text = match item {
            Item::Message { body, .. } => {
                let text = body.split(r#""text":""#).nth(1);
                text.and_then(|text| text.split('"').next()?.parse().ok())
            }
            Item::Outgoing { text, state, .. } if !matches!(state, SendState::Failed(_)) => text.parse().ok(),
            _ => None,
        };
        if let Some(text) = text.filter(|text| *text >= OWN_TEXTS) {
            *texts.entry(text).or_insert(0) += 1;
        }
    }
    texts
}

impl World {
    pub(crate) fn send_text(&mut self, reader: &mut Reader, of: Of, key: u64) {
        let text = OWN_TEXTS + self.random.between(0, TEXTS);
        let Some(list) = self.list_of(of) else { return };
        if self.traced {
            println!("{:>6} sends {text} to {of:?} as {key}", self.now);
        }
        let is_known = reader.sent.keys.contains_key(&key);
        let is_taken = self
            .client
            .send_message(list, key, &text.to_string(), at(self.now));
        if is_taken && !is_known {
            reader.sent.keys.insert(key, (of, text));
        }
    }

    /// Resends or discards an outgoing message.
    pub(crate) fn send_again(&mut self, reader: &mut Reader, random: u64) {
        let outgoing = self.client.outgoing();
        if outgoing.is_empty() {
            return;
        }
        let OutgoingMessage { key, state, .. } = outgoing[random as usize % outgoing.len()];
        if !random.is_multiple_of(4) {
            self.client.resend_message(key, at(self.now));
        } else if self.client.discard_message(key, at(self.now)) {
            reader.sent.note_end(key, state);
        }
    }

    /// Receives a post on the server.
    pub(crate) fn take_post(&mut self, id: RequestId, list: List, trouble: Option<Trouble>, latency: Time) {
        let Some(text) = self.text_of(id) else { return };
        let may_be_taken = self.random.one_in(2);
        let (is_taken, answer) = match trouble {
            Some(Trouble::Status(status @ 400..500)) => (false, Some(failure(status))),
            Some(Trouble::Status(status)) => (may_be_taken, Some(failure(status))),
            Some(Trouble::Busy(status, seconds)) => {
                let answer = Answer::Http {
                    status,
                    body: "<h1>later</h1>".to_owned(),
                    retry_after: Some(seconds * 1_000),
                };
                (may_be_taken && status != 429, Some(answer))
            }
            Some(Trouble::Html) => (false, Some(success("<!doctype html>".to_owned()))),
            Some(Trouble::Denied) => (
                may_be_taken,
                Some(success(r#"{"errorText":"no","httpStatusCode":500}"#.to_owned())),
            ),
            Some(Trouble::Hang) => (may_be_taken, None),
            Some(Trouble::Failed | Trouble::TooLarge | Trouble::Truncated) => {
                (may_be_taken, Some(Answer::Failed))
            }
            // The response is lost.
            None | Some(Trouble::Slow(_)) if self.is_hostile() && self.random.one_in(6) => {
                (true, self.random.one_in(2).then_some(Answer::Failed))
            }
            None | Some(Trouble::Slow(_)) => (true, Some(success(r#"{"httpStatusCode":200}"#.to_owned()))),
        };
        let answer = match is_taken.then(|| self.accept(list, text)) {
            Some(false) => Some(failure(404)),
            _ => answer,
        };
        if self.traced {
            println!(
                "{:>6} post of {text} meets {trouble:?}: taken {is_taken}, {answer:?}",
                self.now
            );
        }
        let latency = match trouble {
            Some(Trouble::Slow(takes)) => latency + takes.min(1_500),
            _ => latency,
        };
        if let Some(answer) = answer {
            self.plan(latency, Happening::Answered(id, Path::Post(list), answer));
        }
    }

    fn text_of(&self, id: RequestId) -> Option<u64> {
        let body = self.bodies.get(&id)?;
        body.split('"').nth(3)?.parse().ok()
    }

    /// Accepts a message if its list exists.
    pub(crate) fn accept(&mut self, list: List, text: u64) -> bool {
        let truth = &self.chat.truth;
        let (room, parent, of) = match list {
            List::Messages(id) => match truth.room(id) {
                Some(room) => (room, None, Of::Room(room)),
                None => return false,
            },
            List::Comments(id) => match truth
                .message(id)
                .filter(|number| truth.messages[*number].exists())
            {
                Some(parent) => (truth.messages[parent].room, Some(parent), Of::Thread(parent)),
                None => return false,
            },
        };
        if !truth.rooms[room].is_current() {
            return false;
        }
        self.chat.post(room, parent, text, &mut self.random);
        self.oracle.observe(&self.options, &self.chat.truth);
        if let Some(reader) = &mut self.reader {
            *reader.sent.accepted.entry((of, text)).or_insert(0) += 1;
        }
        self.tell();
        true
    }

    /// Restarts the page or the worker. The outgoing messages were persisted.
    pub(crate) fn restart(&mut self) -> Result<(), String> {
        let Some(mut reader) = self.reader.take() else {
            return Ok(());
        };
        if self.traced {
            println!("{:>6} restarts", self.now);
        }
        for place in 0..self.happenings.len() {
            let next = match self.happenings[place].take() {
                Some(Happening::Asked(id, crate::contract::Ask::Post(list))) => {
                    self.text_of(id).map(|text| Happening::Orphan(list, text))
                }
                Some(
                    Happening::Upgrade(_)
                    | Happening::Opened(_)
                    | Happening::Frame(..)
                    | Happening::Send(..)
                    | Happening::Repeat(..)
                    | Happening::Break(_)
                    | Happening::Closed(..)
                    | Happening::Asked(..)
                    | Happening::Progress(_)
                    | Happening::Answered(..)
                    | Happening::Turn,
                ) => None,
                other => other,
            };
            self.happenings[place] = next;
        }
        // A click after the restart is a new one.
        reader.sent.next += 1;
        let outgoing = self.client.outgoing();
        self.connection = None;
        self.missed.clear();
        self.given_up.clear();
        self.bodies.clear();
        self.turn_planned = false;
        self.disturbed = self.now;
        self.oracle.forget_waits();
        let now = at(self.now);
        self.client = page::client_with_store(&self.options, &mut self.random, now);
        self.reopen(&mut reader);
        for message in outgoing {
            if matches!(message.state, SendState::Failed(_)) {
                reader.sent.note_end(message.key, message.state);
            } else {
                self.client.restore_message(&message, now);
            }
        }
        self.reader = Some(reader);
        self.drain()
    }

    /// Checks at the end that each sent message exists once, and nothing else.
    pub(crate) fn compare_sent(&self) -> Result<(), String> {
        let Some(Reader { sent, .. }) = &self.reader else {
            return Ok(());
        };
        let outgoing = self.client.outgoing();
        let mut counts: HashMap<(Of, u64), (usize, usize)> = HashMap::new();
        for (key, place) in &sent.keys {
            let (certain, possible) = counts.entry(*place).or_default();
            let state = outgoing.iter().find(|outgoing| outgoing.key == *key);
            match state.map(|outgoing| outgoing.state) {
                _ if sent.failed.contains_key(key) => {}
                _ if sent.unclear.contains_key(key) => *possible += 1,
                None => {
                    *certain += 1;
                    *possible += 1;
                }
                Some(SendState::Failed(failure)) => *possible += usize::from(is_unclear(failure)),
                Some(state) => return Err(format!("message {key} is {state:?} in the end")),
            }
        }
        for (place, accepted) in &sent.accepted {
            counts.entry(*place).or_default();
            let (certain, possible) = counts[place];
            if *accepted < certain || *accepted > possible {
                return Err(format!(
                    "{place:?}: the server has taken {accepted} posts, of which {certain} to {possible} were sent"
                ));
            }
        }
        let lost = counts
            .iter()
            .find(|(place, (certain, _))| *certain > sent.accepted.get(place).copied().unwrap_or_default());
        match lost {
            Some((place, (certain, _))) => Err(format!("{place:?}: {certain} messages are said to be sent")),
            None => Ok(()),
        }
    }
}

/// Whether a failed message may exist.
const fn is_unclear(failure: SendFailure) -> bool {
    matches!(
        failure,
        SendFailure::Unclear | SendFailure::Gone | SendFailure::OtherUser
    )
}

impl Sent {
    /// Notes the final state of a message.
    fn note_end(&mut self, key: u64, state: SendState) {
        match state {
            SendState::Queued => {
                self.failed.insert(key, ());
            }
            SendState::Failed(failure) if !is_unclear(failure) => {
                self.failed.insert(key, ());
            }
            _ => {
                self.unclear.insert(key, ());
            }
        }
    }
}
