//! The oracle detects false deliveries to an application.

use std::rc::Rc;

use room_events::protocol::event::EventType;

use crate::app::App;
use crate::change::Chat;
use crate::contract::{Resync, Told};
use crate::options::{Options, Times, Wants};
use crate::oracle::Oracle;
use crate::random::Random;

/// A chat with one room and one message, and an application that knows nothing yet.
struct Stage {
    chat: Chat,
    app: App,
    oracle: Oracle,
    options: Rc<Options>,
    random: Random,
}

impl Stage {
    fn new() -> Self {
        let mut options = Options::new(1);
        (options.rooms, options.messages, options.times) = (1, 1, Times::Exact);
        (options.wants, options.history, options.window) = (Wants::Everything, true, 100);
        (
            options.quirks,
            options.poison,
            options.slow_stream,
            options.same_texts,
        ) = (0, 0, false, false);
        options.failures = 0;
        let options = Rc::new(options);
        let mut random = Random::new(1);
        let mut chat = Chat::new(Rc::clone(&options), &mut random);
        chat.now = 20_000;
        let oracle = Oracle::new(&options, &chat.truth);
        let app = App::new(&options);
        Self {
            chat,
            app,
            oracle,
            options,
            random,
        }
    }

    fn tell(&mut self, told: Told) -> Result<(), String> {
        let scene = self
            .oracle
            .scene(&self.options, &self.chat.truth, &[], self.chat.now);
        self.app.call(told, &scene)
    }

    fn event(&mut self, event_type: EventType, data: &str) -> Result<(), String> {
        let payload = format!(r#"{{"type":"{}","data":{{{data}}}}}"#, event_type.as_str());
        self.tell(Told::Event {
            event_type,
            payload,
            recovered: true,
        })
    }

    fn message(&mut self, event_type: EventType, version: usize) -> Result<(), String> {
        let text = Rc::clone(&self.chat.truth.messages[0].versions[version].text);
        self.event(event_type, &format!(r#""messages":[{text}]"#))
    }

    fn deleted(&mut self) -> Result<(), String> {
        let id = self.chat.truth.messages[0].id;
        let data = format!(r#""parentMessageId":0,"roomId":1,"messageId":{id}"#);
        self.event(EventType::TextMessageDeleted, &data)
    }
}

fn noticed(verdict: Result<(), String>, what: &str) {
    let said = verdict.expect_err("a lie");
    assert!(said.contains(what), "{said}");
}

#[test]
fn detects_a_message_created_twice() {
    let mut stage = Stage::new();
    stage.message(EventType::TextMessagesCreated, 0).unwrap();
    let again = stage.message(EventType::TextMessagesCreated, 0);
    noticed(again, "it is created, and it is shown");
}

#[test]
fn detects_an_older_version_after_a_newer_one() {
    let mut stage = Stage::new();
    stage.chat.edit(0, &mut stage.random);
    stage.message(EventType::TextMessagesCreated, 1).unwrap();
    noticed(stage.message(EventType::TextMessagesUpdated, 0), "older");
}

#[test]
fn detects_a_repeated_version() {
    let mut stage = Stage::new();
    stage.chat.edit(0, &mut stage.random);
    stage.message(EventType::TextMessagesCreated, 0).unwrap();
    stage.message(EventType::TextMessagesUpdated, 1).unwrap();
    noticed(stage.message(EventType::TextMessagesUpdated, 1), "told again");
}

#[test]
fn detects_a_false_deletion() {
    let mut stage = Stage::new();
    stage.message(EventType::TextMessagesCreated, 0).unwrap();
    noticed(stage.deleted(), "it is there");
}

#[test]
fn detects_the_creation_of_a_deleted_message() {
    let mut stage = Stage::new();
    stage.message(EventType::TextMessagesCreated, 0).unwrap();
    stage.chat.delete(0, &mut stage.random);
    stage.deleted().unwrap();
    noticed(stage.message(EventType::TextMessagesCreated, 0), "it is gone");
}

#[test]
fn detects_a_change_of_an_unknown_message() {
    let mut stage = Stage::new();
    noticed(stage.message(EventType::TextMessagesUpdated, 0), "not shown");
    stage.chat.delete(0, &mut stage.random);
    noticed(stage.deleted(), "not shown");
}

#[test]
fn detects_invented_texts_and_messages() {
    let mut stage = Stage::new();
    let id = stage.chat.truth.messages[0].id;
    let data = format!(r#""messages":[{{"messageId":{id},"roomId":1,"text":"invented"}}]"#);
    noticed(
        stage.event(EventType::TextMessagesCreated, &data),
        "nobody ever said",
    );
    noticed(
        stage.event(
            EventType::TextMessagesCreated,
            r#""messages":[{"messageId":99,"roomId":1}]"#,
        ),
        "never was",
    );
}

#[test]
fn detects_a_resync_of_an_application_with_history() {
    let mut stage = Stage::new();
    noticed(stage.tell(Told::Resync(None, Resync::NothingKnown)), "load");
}
