//! The REST API: pages of the current state, or of a slightly older one.

use crate::contract::{Answer, Ask, List};
use crate::options::{Cap, Lag, Unknown};
use crate::truth::{MOST_LAG, Time, version_at};
use crate::world::World;

/// After an entry was omitted from a response, all others have it for this long.
const OMITTED_ONCE: Time = 60_000;

pub(crate) fn failure(status: u16) -> Answer {
    Answer::Http {
        status,
        body: format!(r#"{{"errorText":"no","httpStatusCode":{status}}}"#),
        retry_after: None,
    }
}

pub(crate) fn success(body: String) -> Answer {
    Answer::Http {
        status: 200,
        body,
        retry_after: None,
    }
}

/// How an entry is omitted from a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Omission {
    Missing,
    Unreadable,
}

impl World {
    /// The moment whose state this request is answered from.
    fn state_time(&mut self) -> Time {
        if !self.is_hostile() {
            return self.now;
        }
        let lag = match self.options.lag {
            Lag::None => 0,
            Lag::Each(most) => self.random.between(0, most + 1),
            Lag::Nodes(nodes) => self.random.of(&nodes),
        };
        self.now - lag.min(MOST_LAG)
    }

    fn omission(&mut self) -> Option<Omission> {
        let omits = self.is_hostile() && self.random.per_mille(self.options.omissions);
        omits.then(|| self.random.of(&[Omission::Missing, Omission::Unreadable]))
    }

    fn is_to_be_omitted(&self, omitted: Time) -> bool {
        omitted == 0 || omitted + OMITTED_ONCE < self.now
    }

    /// Answers a request without faults, except for lag and omissions.
    pub(crate) fn answer(&mut self, ask: Ask) -> Answer {
        match ask {
            Ask::Status => success(r#"{"httpStatusCode":200,"userId":1}"#.to_owned()),
            Ask::Rooms => self.list_rooms(),
            // Handled by `take_post`.
            Ask::Post(_) => failure(405),
            Ask::List {
                list,
                cursor,
                limit,
                is_backward,
            } => self.list_messages(list, cursor, limit, is_backward),
        }
    }

    fn list_rooms(&mut self) -> Answer {
        let at = self.state_time();
        let (omission, now) = (self.omission(), self.now);
        let mut listed: Vec<_> = (0..self.chat.truth.rooms.len())
            .filter(|number| self.chat.truth.shows_room(*number, at, now))
            .collect();
        let mut omitted = None;
        if let Some(how) = omission
            && !listed.is_empty()
        {
            let place = self.random.index(listed.len());
            let number = listed[place];
            if self.is_to_be_omitted(self.chat.truth.rooms[number].omitted) {
                self.chat.truth.rooms[number].omitted = now;
                match how {
                    Omission::Missing => {
                        listed.remove(place);
                    }
                    Omission::Unreadable => omitted = Some(number),
                }
            }
        }
        let mut body = String::with_capacity(60 + listed.len() * 320);
        body.push_str(r#"{"httpStatusCode":200,"rooms":["#);
        let mut comma = "";
        for number in listed {
            let versions = &self.chat.truth.rooms[number].versions;
            let Some(version) = version_at(versions, at) else {
                continue;
            };
            body.push_str(comma);
            comma = ",";
            if omitted == Some(number) {
                body.push_str(r#"{"displayName":"broken"}"#);
            } else {
                body.push_str(&versions[version].text);
            }
        }
        body.push_str("]}");
        success(body)
    }

    fn list_messages(&mut self, list: List, cursor: Option<u64>, limit: usize, is_backward: bool) -> Answer {
        let (at, now) = (self.state_time(), self.now);
        let truth = &self.chat.truth;
        let numbers = match list {
            List::Messages(id) => match truth.room(id).filter(|room| truth.shows_room(*room, at, now)) {
                Some(room) => &truth.rooms[room].top,
                None => return failure(403),
            },
            List::Comments(id) => {
                let parent = truth.message(id).filter(|number| {
                    truth.shows(*number, at, now) && truth.shows_room(truth.messages[*number].room, at, now)
                });
                match parent {
                    Some(parent) => &truth.messages[parent].comments,
                    None => return failure(404),
                }
            }
        };
        let limit = match self.options.cap {
            Cap::Silent(cap) => limit.min(cap),
            Cap::Refuses(cap) if limit > cap => return failure(400),
            _ => limit,
        };
        let shown = |number: &usize| truth.shows(*number, at, now);
        let id = |number: &usize| truth.messages[*number].id;
        if let Some(cursor) = cursor
            && !numbers.iter().any(|number| id(number) == cursor && shown(number))
        {
            match self.options.unknown_cursor {
                Unknown::Position => {}
                Unknown::Empty => return success(r#"{"httpStatusCode":200,"messages":[]}"#.to_owned()),
                Unknown::Status(status) => return failure(status),
            }
        }
        let is_behind = |number: &usize| match cursor {
            None => true,
            Some(cursor) if id(number) == cursor => self.options.inclusive,
            Some(cursor) => (id(number) < cursor) == is_backward,
        };
        let matching = numbers.iter().copied().filter(is_behind).filter(shown);
        let mut listed: Vec<_> = matching.collect();
        let is_passed_over =
            |number: &usize| is_backward && cursor > Some(id(number)) && truth.messages[*number].created > at;
        let passed_over: Vec<_> = numbers.iter().copied().filter(is_passed_over).collect();
        if is_backward {
            listed.drain(..listed.len().saturating_sub(limit));
        } else {
            listed.truncate(limit);
        }
        for number in passed_over {
            self.chat.truth.messages[number].passed_over = true;
        }
        let unreadable = self.omit(&mut listed, cursor);
        self.render(list, &listed, unreadable, at)
    }

    /// Omits an entry or makes it unreadable, but never one that paging depends on.
    fn omit(&mut self, listed: &mut Vec<usize>, cursor: Option<u64>) -> Option<usize> {
        let how = self.omission()?;
        let is_poison = |number: &usize| self.chat.truth.messages[*number].is_poison();
        let readable = listed.iter().filter(|number| !is_poison(number)).count();
        if listed.is_empty() || (cursor.is_some() && readable < 3) {
            return None;
        }
        let place = self.random.index(listed.len());
        let number = listed[place];
        let message = &self.chat.truth.messages[number];
        if Some(message.id) == cursor || !self.is_to_be_omitted(message.omitted) {
            return None;
        }
        self.chat.truth.messages[number].omitted = self.now;
        match how {
            Omission::Missing => {
                listed.remove(place);
                None
            }
            Omission::Unreadable => Some(number),
        }
    }

    fn render(&self, list: List, listed: &[usize], unreadable: Option<usize>, at: Time) -> Answer {
        let truth = &self.chat.truth;
        let (name, id) = match list {
            List::Messages(id) => ("roomId", id),
            List::Comments(id) => ("parentMessageId", id),
        };
        let mut body = String::with_capacity(80 + listed.len() * 400);
        body.push_str(&format!(r#"{{"httpStatusCode":200,"{name}":{id},"messages":["#));
        let mut comma = "";
        for number in listed {
            let versions = &truth.messages[*number].versions;
            let Some(version) = version_at(versions, at) else {
                continue;
            };
            body.push_str(comma);
            comma = ",";
            if unreadable == Some(*number) {
                body.push_str(r#"{"text":"broken","roomId":[]}"#);
            } else {
                body.push_str(&versions[version].text);
            }
        }
        body.push_str("]}");
        success(body)
    }
}
