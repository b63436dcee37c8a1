//! Two hundred writers in fifty rooms, visitors who join and leave, and the connections of all users.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::history::{Deed, History, NEVER, Outcome, Recording, Span, Stay};
use crate::support::{ADMIN, ALICE, BOB, LOBBY, User, patiently};

const ROOMS: u64 = 50;
const WRITERS_OF_ROOM: u64 = 4;
/// The number of actions of a writer.
const ROUNDS: u64 = 5;
/// The number of visits of a visitor.
const VISITS: u64 = 2;
/// The last message, which every connection receives.
const LAST_WORD: &str = "Everybody is done";

/// A request got no response: the server is gone.
struct Gone;

/// The state of a writer's message.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) room: u64,
    pub(super) message: u64,
    author: u64,
    /// The last text that was answered with 200, and a later one that was not answered.
    pub(super) text: String,
    pub(super) unanswered: Option<String>,
}

/// A record of everything that happens.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) history: History,
    pub(super) written: Vec<Written>,
    /// Comments that were answered with 200, by message.
    pub(super) comments: Vec<(u64, String)>,
    /// Messages and the users whose read receipts were answered with 200.
    pub(super) receipts: Vec<(u64, u64)>,
    /// Whether a visitor is in a room, if the last request was answered.
    pub(super) visitors: HashMap<u64, (u64, bool)>,
}

/// All users of a server under test.
pub(super) struct Crowd {
    admin: User,
    bob: User,
    alice: User,
    clock: AtomicU64,
    notes: Mutex<Notes>,
    /// The progress of each room, in rounds of its writers.
    progress: BTreeMap<u64, watch::Sender<u64>>,
    /// The number of requests that were answered with 200.
    done: watch::Sender<usize>,
}

impl Crowd {
    /// Creates the rooms. Admin and one of the two others are permanent members of each; the third joins and leaves.
    pub(super) async fn gather(admin: User, bob: User, alice: User) -> Arc<Self> {
        let mut notes = Notes::default();
        let mut progress = BTreeMap::new();
        for number in 0..ROOMS {
            let resident = if number % 2 == 0 { BOB } else { ALICE };
            let room = admin
                .create_room(json!({"name": format!("Room {number}"), "memberIds": [resident]}))
                .await;
            notes
                .history
                .rooms
                .insert(room, BTreeSet::from([ADMIN, resident]));
            progress.insert(room, watch::Sender::new(0));
        }
        Arc::new(Self {
            admin,
            bob,
            alice,
            clock: AtomicU64::new(1),
            notes: Mutex::new(notes),
            progress,
            done: watch::Sender::new(0),
        })
    }

    /// Runs all writers and visitors until they are done or the server is gone.
    pub(super) async fn act(self: &Arc<Self>) {
        let mut tasks = JoinSet::new();
        for (index, room) in (0_u64..).zip(self.progress.keys().copied()) {
            let resident = if index % 2 == 0 { &self.bob } else { &self.alice };
            let visitor = if index % 2 == 0 { ALICE } else { BOB };
            for number in 0..WRITERS_OF_ROOM {
                let user = if number % 2 == 0 { &self.admin } else { resident };
                let writer = Writer {
                    crowd: Arc::clone(self),
                    user: user.clone(),
                    room,
                    name: format!("{room}.{number}"),
                    own: Vec::new(),
                };
                tasks.spawn(writer.write(number));
            }
            let crowd = Arc::clone(self);
            tasks.spawn(async move {
                // If the server is gone, so is the visitor.
                let _ = crowd.visit(room, visitor).await;
            });
        }
        patiently_all(tasks).await;
    }

    /// Waits until `count` requests were answered with 200.
    pub(super) async fn until_done(&self, count: usize) {
        let mut done = self.done.subscribe();
        // It may take long, but must make progress.
        for step in (0..=count).step_by(10) {
            patiently("the crowd", done.wait_for(|done| *done >= step))
                .await
                .expect("the crowd is there");
        }
    }

    /// Records everything that a user receives from now on, until the last message or the end of the connection.
    pub(super) async fn listen(self: &Arc<Self>, name: &str, user: &User) -> tokio::task::JoinHandle<()> {
        let mut events = user.events().await;
        let mut recording = Recording {
            name: name.to_owned(),
            user: user.id,
            opened: self.tick(),
            events: Vec::new(),
        };
        let crowd = Arc::clone(self);
        tokio::spawn(async move {
            while let Ok(event) = events.read().await {
                if event["data"]["messages"][0]["text"] == LAST_WORD {
                    break;
                }
                recording.events.push(event);
            }
            crowd.notes().history.recordings.push(recording);
        })
    }

    /// Sends the last message.
    pub(super) async fn finish(&self) {
        self.admin
            .post(&format!("/rooms/{LOBBY}/messages"), json!({"content": LAST_WORD}))
            .await
            .done();
    }

    /// Takes the record.
    pub(super) fn take_notes(&self) -> Notes {
        std::mem::take(&mut self.notes())
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Sends a request. Returns when, with which outcome and with which response.
    async fn ask(&self, user: &User, method: Method, path: &str, body: Value) -> (Span, Outcome, Value) {
        let asked = self.tick();
        let sent = patiently("an answer", user.request(method, path).json(&body).send());
        let answer = match sent.await {
            Ok(response) => {
                let status = response.status();
                response.json::<Value>().await.ok().map(|body| (status, body))
            }
            Err(_) => None,
        };
        let Some((status, body)) = answer else {
            return (
                Span {
                    asked,
                    answered: NEVER,
                },
                Outcome::Unknown,
                Value::Null,
            );
        };
        let span = Span {
            asked,
            answered: self.tick(),
        };
        if status == 200 {
            self.done.send_modify(|done| *done += 1);
            (span, Outcome::Done, body)
        } else {
            assert!(status.is_client_error(), "{path}: {status} {body}");
            (span, Outcome::Refused, body)
        }
    }

    fn note(&self, room: u64, text: &str, span: Span, outcome: Outcome) {
        self.notes().history.deeds.push(Deed {
            room,
            text: text.to_owned(),
            span,
            outcome,
        });
    }

    /// Runs the visits of a user to a room, with messages before, between and after them.
    async fn visit(&self, room: u64, visitor: u64) -> Result<(), Gone> {
        let path = format!("/rooms/{room}/members/{visitor}");
        let steps = 2 * VISITS + 1;
        for turn in 0..VISITS {
            self.talk(room, (2 * turn + 1) * WRITERS_OF_ROOM * ROUNDS / steps)
                .await;
            let (join, joined, _) = self.ask(&self.admin, Method::PUT, &path, json!({})).await;
            assert_ne!(joined, Outcome::Refused);
            let stay = {
                let mut notes = self.notes();
                let stays = &mut notes.history.stays;
                stays.push(Stay {
                    user: visitor,
                    room,
                    join,
                    // Until the user leaves.
                    leave: Span {
                        asked: NEVER,
                        answered: NEVER,
                    },
                });
                stays.len() - 1
            };
            if joined == Outcome::Unknown {
                self.notes().visitors.remove(&room);
                return Err(Gone);
            }
            self.notes().visitors.insert(room, (visitor, true));
            self.talk(room, (2 * turn + 2) * WRITERS_OF_ROOM * ROUNDS / steps)
                .await;
            let (leave, left, _) = self.ask(&self.admin, Method::DELETE, &path, json!({})).await;
            assert_ne!(left, Outcome::Refused);
            let mut notes = self.notes();
            notes.history.stays[stay].leave = leave;
            if left == Outcome::Unknown {
                notes.visitors.remove(&room);
                return Err(Gone);
            }
            notes.visitors.insert(room, (visitor, false));
        }
        Ok(())
    }

    /// Waits until the writers of a room have done so many rounds.
    async fn talk(&self, room: u64, rounds: u64) {
        let mut progress = self.progress[&room].subscribe();
        progress
            .wait_for(|done| *done >= rounds)
            .await
            .expect("the room is there");
    }
}

async fn patiently_all(mut tasks: JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        ended.expect("a task succeeds");
    }
}

/// A writer in a room.
struct Writer {
    crowd: Arc<Crowd>,
    user: User,
    room: u64,
    name: String,
    /// The indices of the writer's own messages in the notes.
    own: Vec<usize>,
}

impl Writer {
    async fn write(mut self, number: u64) {
        for round in 0..ROUNDS {
            let text = format!("{}.{round}", self.name);
            let acted = match (number + round) % 4 {
                _ if self.own.is_empty() => self.say_two(&text).await,
                0 => self.say_two(&text).await,
                1 => self.comment(&text).await,
                2 => self.edit(&text).await,
                _ => self.read().await,
            };
            let progress = &self.crowd.progress[&self.room];
            match acted {
                Ok(()) => progress.send_modify(|rounds| *rounds = rounds.saturating_add(1)),
                Err(Gone) => {
                    // Releases those who wait for the progress of the room.
                    progress.send_replace(u64::MAX);
                    return;
                }
            }
        }
    }

    /// Sends two messages in one event.
    async fn say_two(&mut self, text: &str) -> Result<(), Gone> {
        let texts = ["a", "b"].map(|end| format!("{text}{end}"));
        let messages: Vec<_> = texts.iter().map(|text| json!({"content": text})).collect();
        let path = format!("/reference/rooms/{}/messages", self.room);
        let asked = self
            .crowd
            .ask(&self.user, Method::POST, &path, json!({"messages": messages}));
        let (span, outcome, answer) = asked.await;
        for (index, text) in texts.into_iter().enumerate() {
            self.crowd.note(self.room, &text, span, outcome);
            if outcome == Outcome::Done {
                let mut notes = self.crowd.notes();
                self.own.push(notes.written.len());
                notes.written.push(Written {
                    room: self.room,
                    message: answer["messageIds"][index].as_u64().expect("an id"),
                    author: self.user.id,
                    text,
                    unanswered: None,
                });
            }
        }
        known(outcome)
    }

    async fn comment(&self, text: &str) -> Result<(), Gone> {
        let message = self.newest().message;
        let path = format!("/messages/{message}/comments");
        let asked = self
            .crowd
            .ask(&self.user, Method::POST, &path, json!({"content": text}));
        let (span, outcome, _) = asked.await;
        self.crowd.note(self.room, text, span, outcome);
        if outcome == Outcome::Done {
            self.crowd.notes().comments.push((message, text.to_owned()));
        }
        known(outcome)
    }

    async fn edit(&self, text: &str) -> Result<(), Gone> {
        let path = format!("/messages/{}", self.newest().message);
        let asked = self
            .crowd
            .ask(&self.user, Method::PUT, &path, json!({"content": text}));
        let (span, outcome, _) = asked.await;
        self.crowd.note(self.room, text, span, outcome);
        if let Some(own) = self.own.last() {
            let written = &mut self.crowd.notes().written[*own];
            match outcome {
                Outcome::Done => text.clone_into(&mut written.text),
                Outcome::Unknown => written.unanswered = Some(text.to_owned()),
                Outcome::Refused => {}
            }
        }
        known(outcome)
    }

    /// Marks a message of another user as read.
    async fn read(&self) -> Result<(), Gone> {
        let other = {
            let notes = self.crowd.notes();
            let others = |written: &&Written| written.room == self.room && written.author != self.user.id;
            let newest = notes.written.iter().rev().find(others);
            newest.map(|written| written.message)
        };
        let Some(message) = other else {
            return Ok(());
        };
        let path = format!("/messages/{message}/read");
        let asked = self.crowd.ask(&self.user, Method::POST, &path, json!({}));
        let (_, outcome, _) = asked.await;
        if outcome == Outcome::Done {
            self.crowd.notes().receipts.push((message, self.user.id));
        }
        known(outcome)
    }

    fn newest(&self) -> Written {
        let own = *self.own.last().expect("every writer says something first");
        self.crowd.notes().written[own].clone()
    }
}

fn known(outcome: Outcome) -> Result<(), Gone> {
    if outcome == Outcome::Unknown {
        Err(Gone)
    } else {
        Ok(())
    }
}
