//! Faults around a client: of its connection, its page, its session and the paths of the REST API.

use room_events::client::{ConnectionStatus, RequestId};

use crate::contract::{self, Answer, Ask, List, Path};
use crate::rest::failure;
use crate::truth::Time;
use crate::world::{Happening, World, at};

/// A lasting fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ailment {
    /// Nothing passes in either direction.
    Partition,
    /// The connection delivers nothing more; the REST API works.
    Stall,
    /// The machine sleeps.
    Asleep,
    /// The browser reports that it is offline.
    Offline,
    Hidden,
    Suspended,
    /// The session has expired.
    LoggedOut,
}

/// The fault of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Status(u16),
    /// 429 or 503, and `Retry-After` in seconds.
    Busy(u16, u64),
    Html,
    /// 200, and an error in the body.
    Denied,
    Truncated,
    Hang,
    /// A body that takes this long and makes progress every second.
    Slow(Time),
    Failed,
    /// The body exceeds the client's limit.
    TooLarge,
}

/// The requests that a fault affects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    Rooms,
    /// The messages of a room, and the comments on them.
    Room(usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PathFault {
    pub(crate) scope: Scope,
    pub(crate) trouble: Trouble,
    pub(crate) from: Time,
    pub(crate) until: Time,
}

impl World {
    pub(crate) fn has(&self, ailment: Ailment) -> bool {
        self.ailments.contains(&ailment)
    }

    fn trouble(&mut self) -> Trouble {
        let statuses = [400, 403, 404, 405, 410, 203, 500, 502, 503];
        match self.random.between(0, 13) {
            0..4 => Trouble::Status(self.random.of(&statuses)),
            4 | 5 => Trouble::Busy(self.random.of(&[429, 429, 503]), self.random.between(1, 15)),
            6 => Trouble::Html,
            7 => Trouble::Denied,
            8 => Trouble::Truncated,
            9 => Trouble::Hang,
            10 => Trouble::Slow(self.random.between(1_000, 15_000)),
            11 => Trouble::TooLarge,
            _ => Trouble::Failed,
        }
    }

    /// The room of a path.
    pub(crate) fn room_of(&self, path: Path) -> Option<usize> {
        let truth = &self.chat.truth;
        match path {
            Path::List(List::Messages(room)) | Path::Post(List::Messages(room)) => truth.room(room),
            Path::List(List::Comments(id)) | Path::Post(List::Comments(id)) => {
                truth.message(id).map(|number| truth.messages[number].room)
            }
            Path::Status | Path::Rooms => None,
        }
    }

    /// Whether a path has a fault at any time in between.
    pub(crate) fn is_troubled(&self, scope: Scope, from: Time, until: Time) -> bool {
        self.path_faults.iter().any(|fault| {
            (fault.scope == scope || fault.scope == Scope::All) && fault.from <= until && from <= fault.until
        })
    }

    fn trouble_of(&mut self, path: Path) -> Option<Trouble> {
        if path == Path::Status || !self.is_hostile() {
            return None;
        }
        let room = self.room_of(path);
        let now = self.now;
        let fault = self.path_faults.iter().find(|fault| {
            let is_meant = match fault.scope {
                Scope::All => true,
                Scope::Rooms => path == Path::Rooms,
                Scope::Room(number) => room == Some(number),
            };
            is_meant && now < fault.until
        });
        let lasting = fault.map(|fault| fault.trouble);
        lasting.or_else(|| {
            self.random
                .per_mille(self.options.failures)
                .then(|| self.trouble())
        })
    }

    /// Receives a REST request on the server.
    pub(crate) fn ask(&mut self, id: RequestId, ask: Ask) {
        if self.has(Ailment::Partition) {
            self.oracle.parted = Some(self.now);
            return;
        }
        let latency = self.answer_latency();
        let path = ask.path();
        if self.has(Ailment::LoggedOut) {
            return self.plan(latency, Happening::Answered(id, path, failure(401)));
        }
        let trouble = self.trouble_of(path);
        if let Ask::Post(list) = ask {
            return self.take_post(id, list, trouble, latency);
        }
        let answer = match trouble {
            None | Some(Trouble::Slow(_)) => self.answer(ask),
            Some(Trouble::Status(status)) => failure(status),
            Some(Trouble::Busy(status, seconds)) => Answer::Http {
                status,
                body: "<h1>later</h1>".to_owned(),
                retry_after: Some(seconds * 1_000),
            },
            Some(Trouble::Html) => Answer::Http {
                status: 200,
                body: "<!doctype html><title>Log in</title>".to_owned(),
                retry_after: None,
            },
            Some(Trouble::Denied) => Answer::Http {
                status: 200,
                body: r#"{"errorText":"no","httpStatusCode":500}"#.to_owned(),
                retry_after: None,
            },
            Some(Trouble::Truncated) => match self.answer(ask) {
                Answer::Http {
                    status,
                    mut body,
                    retry_after,
                } => {
                    body.truncate(body.len() / 2);
                    Answer::Http {
                        status,
                        body,
                        retry_after,
                    }
                }
                other => other,
            },
            Some(Trouble::Hang) => return,
            Some(Trouble::Failed) => Answer::Failed,
            Some(Trouble::TooLarge) => Answer::TooLarge,
        };
        if self.traced {
            println!("{:>6} {ask:?} meets {trouble:?}: {answer:?}", self.now);
        }
        if let Some(Trouble::Slow(takes)) = trouble {
            for part in 1..takes / 900 {
                self.plan(latency + part * 900, Happening::Progress(id));
            }
            return self.plan(latency + takes, Happening::Answered(id, path, answer));
        }
        self.plan(latency, Happening::Answered(id, path, answer));
    }

    /// Causes a random fault.
    pub(crate) fn fault(&mut self) -> Result<(), String> {
        if !self.is_hostile() {
            return Ok(());
        }
        self.totals.faults += 1;
        let rest = (self.end - self.now).max(1);
        let lasts = self.random.between(200, 12_000).min(rest);
        let what = self.random.between(0, 16);
        if self.traced {
            println!("{:>6} fault {what} for {lasts} ms", self.now);
        }
        let options = std::rc::Rc::clone(&self.options);
        match what {
            0..3 if options.breaks => {
                let codes = [1000, 1001, 1006, 1011, 1012, 1013, 4001, 4002];
                let code = self.random.of(&codes);
                self.break_connection(code);
            }
            3 if options.stalls => self.ail(Ailment::Stall, lasts)?,
            4 if options.stalls => self.ail(Ailment::Partition, lasts)?,
            5 if options.page_signals => {
                // A machine that sleeps may or may not keep its connection.
                if self.random.one_in(2) {
                    self.break_connection(1006);
                }
                self.ail(Ailment::Asleep, lasts)?;
            }
            6 if options.page_signals => {
                let which = [Ailment::Offline, Ailment::Hidden, Ailment::Suspended];
                let which = self.random.of(&which);
                self.ail(which, lasts)?;
            }
            7 if options.logs_out && !self.has(Ailment::LoggedOut) => {
                let code = self.random.of(&[1008, 4401, 4403, 1006]);
                self.ailments.push(Ailment::LoggedOut);
                self.break_connection(code);
                // The user eventually logs in, even if the client never asks.
                self.plan(lasts.min(rest) + 1_000, Happening::Heal(Ailment::LoggedOut));
            }
            8 if options.hides => self.hide(lasts),
            9..14 if options.path_faults => {
                let rooms = self.chat.truth.rooms.len();
                let scope = match self.random.between(0, 6) {
                    0 => Scope::All,
                    1 => Scope::Rooms,
                    _ => Scope::Room(self.random.index(rooms)),
                };
                let fault = PathFault {
                    scope,
                    trouble: self.trouble(),
                    from: self.now,
                    until: self.now + lasts,
                };
                if self.traced {
                    println!("{:>6} {fault:?}", self.now);
                }
                self.path_faults.push(fault);
            }
            15 if self.reader.is_some() => self.restart()?,
            // The server restarts.
            14 if options.breaks => self.break_connection(1001),
            _ => {}
        }
        let pause = self.random.between(300, 5_000);
        self.plan(pause, Happening::Fault);
        Ok(())
    }

    /// Hides an existing room or message from the REST API for a while.
    fn hide(&mut self, lasts: Time) {
        let hidden = (self.now, (self.now + lasts + 4_000).min(self.end));
        let truth = &mut self.chat.truth;
        if self.random.one_in(4) || truth.messages.is_empty() {
            let number = self.random.index(truth.rooms.len());
            truth.rooms[number].hidden = hidden;
        } else {
            let number = self.random.index(truth.messages.len());
            if truth.messages[number].body.text < crate::sender::OWN_TEXTS {
                truth.messages[number].hidden = hidden;
            }
        }
    }

    pub(crate) fn ail(&mut self, ailment: Ailment, lasts: Time) -> Result<(), String> {
        if self.has(ailment) || self.has(Ailment::Asleep) {
            return Ok(());
        }
        self.ailments.push(ailment);
        self.disturbed = self.now;
        let now = at(self.now);
        match ailment {
            Ailment::Offline => self.client.handle_online(false, now),
            Ailment::Hidden => self.client.handle_visible(false, now),
            Ailment::Suspended => self.client.handle_suspended("page hidden", now),
            Ailment::Stall => {
                if let Some(open) = self.connection.as_mut() {
                    open.stalled = true;
                }
            }
            _ => {}
        }
        self.plan(lasts, Happening::Heal(ailment));
        self.drain()
    }

    pub(crate) fn heal(&mut self, ailment: Ailment) -> Result<(), String> {
        if ailment != Ailment::Asleep && self.has(Ailment::Asleep) {
            self.plan(500, Happening::Heal(ailment));
            return Ok(());
        }
        self.disturbed = self.now;
        self.ailments.retain(|other| *other != ailment);
        let now = at(self.now);
        match ailment {
            Ailment::Offline => self.client.handle_online(true, now),
            Ailment::Hidden => self.client.handle_visible(true, now),
            Ailment::Suspended => self.client.handle_resumed(now),
            Ailment::LoggedOut if self.client.state().status == ConnectionStatus::Unauthorized => {
                if self.random.one_in(2) {
                    contract::authorized(&mut self.client, now);
                } else {
                    self.client.reconnect_now(now);
                }
            }
            Ailment::Asleep => {
                self.oracle.woke = Some(self.now);
                for happening in std::mem::take(&mut self.missed) {
                    self.happen(happening)?;
                }
            }
            // A broken connection eventually reports its end.
            Ailment::Stall | Ailment::Partition => {
                if let Some(open) = self.connection.as_ref().filter(|open| open.stalled) {
                    let socket = open.socket;
                    let after = self.random.between(1, 2_000);
                    self.plan(after, Happening::Closed(socket, 1006));
                }
            }
            _ => {}
        }
        self.drain()
    }

    /// Closes the connection, after the frames in flight.
    pub(crate) fn break_connection(&mut self, code: u16) {
        let Some(open) = self.connection.as_mut() else {
            return;
        };
        let socket = open.socket;
        if open.accepted && !open.stalled {
            self.send(|socket| Happening::Closed(socket, code));
        } else {
            let latency = self.stream_latency();
            self.plan(latency, Happening::Closed(socket, 1006));
        }
        if let Some(open) = self.connection.as_mut() {
            open.accepted = true;
            open.stalled = true;
        }
    }
}
