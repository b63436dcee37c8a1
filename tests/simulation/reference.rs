//! The reference server in the place of the model: its hub, its rules, its REST API and its database, in virtual time.

use std::collections::{BTreeMap, BTreeSet};

use room_events::client::rest::Request;
use room_events::protocol::ids::{SafeInt, UnixMillis};
use room_events::server::{CloseReason, Config, Detached, DetachedEvents, PasswordCost};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::campaign;
use crate::mutant::Mutant;
use crate::truth::{Change, Id, Truth, View};
use crate::world::{USERS, World};

/// How many histories a plain run tries.
const HISTORIES: u64 = 8;

/// The users of a new server, whose passwords are their names.
const NAMES: [&str; USERS.len()] = ["admin", "bob", "alice"];
/// When histories begin, on the server's clock.
const BEGIN: u64 = 1_750_000_000_000;

struct User {
    id: Id,
    name: &'static str,
    session: String,
    /// Hears of everything, from the beginning.
    observer: DetachedEvents,
}

/// The reference server.
pub(crate) struct Reference {
    runtime: Runtime,
    server: Detached,
    users: Vec<User>,
    /// The pages that are logged in, and the connection of each.
    sessions: BTreeMap<usize, String>,
    pages: BTreeMap<usize, DetachedEvents>,
    /// The rooms there are, and the messages in them, each with the message that it comments on.
    rooms: BTreeSet<Id>,
    messages: BTreeMap<Id, (Id, Id)>,
    pinned: BTreeSet<(Id, Id)>,
}

impl Reference {
    pub(crate) fn new() -> Self {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let config = Config {
            password_cost: PasswordCost::MINIMAL,
            ..Config::default()
        };
        let server = runtime
            .block_on(Detached::start(config, time(0)))
            .expect("the server starts");
        let users: Vec<_> = USERS
            .into_iter()
            .zip(NAMES)
            .map(|(id, name)| {
                let session = log_in(&runtime, &server, name);
                let observer = runtime
                    .block_on(server.connect(&session))
                    .expect("and the session");
                User {
                    id,
                    name,
                    session,
                    observer,
                }
            })
            .collect();
        let mut reference = Self {
            runtime,
            server,
            users,
            sessions: BTreeMap::new(),
            pages: BTreeMap::new(),
            rooms: BTreeSet::new(),
            messages: BTreeMap::new(),
            pinned: BTreeSet::new(),
        };
        for user in USERS {
            let view = reference.view(user);
            reference.rooms.extend(view.rooms.keys());
            for (id, text) in view.messages {
                let message: Value = serde_json::from_str(&text).expect("a message is JSON");
                reference.note(id, &message);
            }
        }
        reference
    }

    fn user(&self, id: Id) -> &User {
        self.users
            .iter()
            .find(|user| user.id == id)
            .expect("there is that user")
    }

    fn request(&self, session: Option<&str>, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        let path = format!("/api/v1{path}");
        let body = body.map(|body| body.to_string());
        let answer = self
            .runtime
            .block_on(self.server.request(method, &path, session, body));
        (answer.status, answer.body)
    }

    fn ask(&self, user: Id, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        self.request(Some(&self.user(user).session), method, path, body)
    }

    /// Does something as that user, or as the first of the others who may.
    fn act(&self, user: Id, method: &str, path: &str, body: Option<&Value>) {
        let others = USERS.into_iter().filter(|other| *other != user);
        for actor in [user].into_iter().chain(others) {
            let (status, answer) = self.ask(actor, method, path, body.cloned());
            match status {
                200 => return,
                // Not theirs, not visible to them, or archived.
                403 | 404 => {}
                _ => panic!("{method} {path} was answered with {status}: {answer}"),
            }
        }
    }

    fn list(&self, user: Id, path: &str, name: &str) -> Vec<Value> {
        let (status, body) = self.ask(user, "GET", path, None);
        assert_eq!(status, 200, "{path}: {body}");
        let mut answer: Value = serde_json::from_str(&body).expect("answers are JSON");
        match answer[name].take() {
            Value::Array(items) => items,
            other => panic!("{name} is {other}"),
        }
    }

    fn note(&mut self, id: Id, message: &Value) {
        let (room, parent) = (number(message, "roomId"), number(message, "parentMessageId"));
        self.messages.insert(id, (room, parent));
    }

    /// Follows what there is.
    fn observe(&mut self) {
        let frames: Vec<_> = self
            .users
            .iter_mut()
            .flat_map(|user| user.observer.take())
            .collect();
        let mut gone = Vec::new();
        for frame in frames {
            let event: Value = serde_json::from_str(&frame).expect("events are JSON");
            let data = &event["data"];
            match event["type"].as_str() {
                Some("TextMessagesCreated") => {
                    for message in data["messages"].as_array().into_iter().flatten() {
                        self.note(number(message, "messageId"), message);
                    }
                }
                Some("TextMessageDeleted") => gone.push(number(data, "messageId")),
                Some("RoomCreated") => drop(self.rooms.insert(number(&data["room"], "roomId"))),
                // Taken out of the room, or the room is gone.
                Some("RoomDeleted") => {
                    let room = number(data, "roomId");
                    let sees = |user: &User| {
                        self.list(user.id, "/rooms", "rooms")
                            .iter()
                            .any(|other| number(other, "roomId") == room)
                    };
                    if !self.users.iter().any(sees) {
                        self.rooms.remove(&room);
                        self.messages.retain(|_, (of, _)| *of != room);
                    }
                }
                _ => {}
            }
        }
        // Each user may hear of a creation after another has heard of the deletion.
        for id in gone {
            self.messages.remove(&id);
        }
    }
}

fn time(now: u64) -> UnixMillis {
    SafeInt::new(BEGIN + now).expect("a time")
}

fn log_in(runtime: &Runtime, server: &Detached, name: &str) -> String {
    let login = json!({"userName": name, "password": name}).to_string();
    let answer = runtime.block_on(server.request("POST", "/api/v1/login", None, Some(login)));
    answer.session.expect("the login is accepted")
}

fn number(value: &Value, name: &str) -> Id {
    value[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name} of {value}"))
}

/// As the server writes an object in events and answers alike.
fn text_of(body: &str, name: &str) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Answer<'a> {
        #[serde(borrow, alias = "rooms", alias = "messages")]
        items: Vec<&'a serde_json::value::RawValue>,
    }
    let answer: Answer<'_> =
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{name}: {error} in {body}"));
    answer.items.iter().map(|item| item.get().to_owned()).collect()
}

impl Truth for Reference {
    fn change(&mut self, user: Id, change: Change, now: u64) {
        self.server.set_time(time(now));
        match change {
            Change::CreateRoom { members } => {
                let room = json!({"name": format!("made at {now}"), "memberIds": members});
                self.act(user, "POST", "/rooms", Some(&room));
            }
            Change::DeleteRoom { room } => self.act(user, "DELETE", &format!("/rooms/{room}"), None),
            Change::RenameRoom { room } => {
                let changes = json!({"name": format!("renamed at {now}")});
                self.act(user, "PUT", &format!("/rooms/{room}"), Some(&changes));
            }
            Change::TogglePin { room } => {
                let key = (user, room);
                let pins = !self.pinned.remove(&key) && self.pinned.insert(key);
                let _may_not_see_it = self.ask(
                    user,
                    "PUT",
                    &format!("/rooms/{room}"),
                    Some(json!({"isPinned": pins})),
                );
            }
            Change::ToggleMember { room, member } => {
                let path = format!("/rooms/{room}/members/{member}");
                let (status, _) = self.ask(member, "GET", &format!("/rooms/{room}/members"), None);
                self.act(user, if status == 200 { "DELETE" } else { "PUT" }, &path, None);
            }
            Change::Send { room, count } => {
                let messages: Vec<_> = (0..count)
                    .map(|n| json!({"content": format!("{n} of {now}")}))
                    .collect();
                let path = format!("/reference/rooms/{room}/messages");
                self.act(user, "POST", &path, Some(&json!({"messages": messages})));
            }
            Change::Comment { parent } => {
                let path = format!("/messages/{parent}/comments");
                self.act(
                    user,
                    "POST",
                    &path,
                    Some(&json!({"content": format!("comment at {now}")})),
                );
            }
            Change::Edit { message } => {
                let path = format!("/messages/{message}");
                self.act(
                    user,
                    "PUT",
                    &path,
                    Some(&json!({"content": format!("edited at {now}")})),
                );
            }
            Change::Read { message } => {
                let _may_not_see_it = self.ask(user, "POST", &format!("/messages/{message}/read"), None);
            }
            Change::Delete { message } => self.act(user, "DELETE", &format!("/messages/{message}"), None),
        }
        self.observe();
    }

    fn connect(&mut self, page: usize, _user: Id) -> bool {
        // The one before is gone, though the server may not have noticed.
        self.pages.remove(&page);
        let session = self.sessions.get(&page);
        let events = session.and_then(|session| self.runtime.block_on(self.server.connect(session)));
        let accepted = events.is_some();
        self.pages.extend(events.map(|events| (page, events)));
        accepted
    }

    fn restart(&mut self) {
        self.server.close_connections();
        for (page, mut events) in std::mem::take(&mut self.pages) {
            assert_eq!(events.closed(), Some(CloseReason::GoingAway), "page {page}");
            assert_eq!(events.take(), [""; 0], "what was published has been taken");
        }
        for user in &mut self.users {
            let observer = self.runtime.block_on(self.server.connect(&user.session));
            user.observer = observer.expect("the session is as good as before");
        }
    }

    fn log_out(&mut self, page: usize) {
        let Some(session) = self.sessions.remove(&page) else {
            return;
        };
        let (status, answer) = self.request(Some(&session), "POST", "/logout", None);
        assert_eq!(status, 200, "{answer}");
        if let Some(events) = self.pages.remove(&page) {
            assert_eq!(events.closed(), Some(CloseReason::SessionEnded), "page {page}");
        }
    }

    fn log_in(&mut self, page: usize, user: Id) {
        let name = self.user(user).name;
        let (runtime, server) = (&self.runtime, &self.server);
        let session = self.sessions.entry(page);
        session.or_insert_with(|| log_in(runtime, server, name));
    }

    fn take_events(&mut self) -> Vec<(usize, String)> {
        let events = self.pages.iter_mut();
        events
            .flat_map(|(page, events)| events.take().into_iter().map(|text| (*page, text)))
            .collect()
    }

    fn answer(&mut self, page: usize, _user: Id, request: Request) -> (u16, String) {
        let session = self.sessions.get(&page).map(String::as_str);
        self.request(session, "GET", &request.path(), None)
    }

    fn view(&mut self, user: Id) -> View {
        let mut view = View::default();
        let (_, body) = self.ask(user, "GET", "/rooms", None);
        for text in text_of(&body, "rooms") {
            let room: Value = serde_json::from_str(&text).expect("a room is JSON");
            view.rooms.insert(number(&room, "roomId"), text);
        }
        let mut paths: Vec<_> = view
            .rooms
            .keys()
            .map(|room| format!("/rooms/{room}/messages"))
            .collect();
        while let Some(path) = paths.pop() {
            let (_, body) = self.ask(user, "GET", &path, None);
            for text in text_of(&body, &path) {
                let message: Value = serde_json::from_str(&text).expect("a message is JSON");
                let id = number(&message, "messageId");
                if number(&message, "commentCount") > 0 {
                    paths.push(format!("/messages/{id}/comments"));
                }
                view.messages.insert(id, text);
            }
        }
        view
    }

    fn rooms(&mut self) -> Vec<Id> {
        self.rooms.iter().copied().collect()
    }

    fn messages(&mut self) -> Vec<(Id, Id)> {
        self.messages
            .iter()
            .map(|(id, (_, parent))| (*id, *parent))
            .collect()
    }
}

fn history(seed: u64, mutant: Mutant) -> World {
    World::new(seed, mutant, Box::new(Reference::new()))
}

#[test]
fn after_any_history_with_the_reference_server_every_application_knows_the_truth() {
    campaign::run(HISTORIES, " --server", |seed| history(seed, Mutant::None).run());
}

#[test]
fn a_history_with_the_reference_server_replays() {
    let [first, again] = [(); 2].map(|()| history(1, Mutant::None).run());
    assert_eq!(first, again);
}

#[test]
fn a_broken_catch_up_is_noticed_with_the_reference_server_too() {
    for mutant in Mutant::BROKEN {
        let caught = (1..=HISTORIES * 5).any(|seed| history(seed, mutant).run().is_err());
        assert!(caught, "{mutant:?} went unnoticed");
    }
}
