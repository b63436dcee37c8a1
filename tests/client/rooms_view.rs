//! The view of the list of rooms. It loads by itself, with and without catch-up.

use std::time::Duration;

use room_events::client::store::ViewId;
use room_events::client::{ClientConfig, Freshness, Interest, Request, Rooms};

use crate::chat::{Chat, Fault, room_deleted};
use crate::driver::Driver;
use crate::scenario::SECOND;
use crate::viewer::Viewer;

const VIEW: ViewId = ViewId(1);

struct Stage {
    chat: Chat,
    driver: Driver,
    viewer: Viewer,
}

impl Stage {
    /// Two rooms, without listeners for events.
    fn new(catches_up: bool) -> Self {
        let chat = Chat::default();
        chat.room(1, "lobby");
        chat.room(2, "kitchen");
        let mut config = ClientConfig::default();
        config.catch_up.enabled = catches_up;
        let mut driver = Driver::with(config, 1, chat.rest());
        let nothing = Interest {
            messages: Rooms::none(),
            rooms: false,
            watched: Rooms::none(),
        };
        driver.client.set_interest(nothing, driver.now);
        driver.open();
        Self {
            chat,
            driver,
            viewer: Viewer::default(),
        }
    }

    fn open_view(&mut self) {
        self.driver.happen(|client, now| client.open_rooms(VIEW, now));
    }

    fn pass(&mut self, time: Duration) {
        self.driver.pass(time);
    }

    fn shown(&mut self) -> String {
        self.viewer.update(&mut self.driver.client);
        self.viewer.short(VIEW)
    }

    fn freshness(&mut self) -> Freshness {
        self.viewer.update(&mut self.driver.client);
        self.viewer.state(VIEW).freshness
    }

    fn lists_read(&self) -> usize {
        let asked = self.driver.asked.iter();
        asked.filter(|request| **request == Request::Rooms).count()
    }
}

#[test]
fn loads_by_itself_and_follows_events() {
    for catches_up in [false, true] {
        let mut stage = Stage::new(catches_up);
        stage.open_view();
        stage.pass(SECOND);
        assert_eq!(
            (stage.shown().as_str(), stage.freshness()),
            ("R1 R2", Freshness::Live)
        );
        stage.chat.room(3, "garden");
        stage.driver.frame(&stage.chat.room_frame("RoomCreated", 3));
        stage.driver.frame(&room_deleted(1));
        assert_eq!(stage.shown(), "R2 R3", "catches up: {catches_up}");
    }
}

#[test]
fn reads_the_list_once_without_further_changes() {
    let mut stage = Stage::new(false);
    stage.pass(SECOND);
    assert_eq!(stage.lists_read(), 0, "the view is closed");
    stage.open_view();
    stage.pass(10 * SECOND);
    assert_eq!(stage.lists_read(), 1);
}

#[test]
fn shows_missed_changes() {
    for catches_up in [false, true] {
        let mut stage = Stage::new(catches_up);
        stage.open_view();
        stage.pass(10 * SECOND);
        stage.driver.lose(1006);
        assert_eq!(stage.freshness(), Freshness::Stale);
        stage.chat.room(3, "garden");
        stage.chat.remove_room(2);
        while stage.driver.socket.is_none() {
            stage.driver.pass_until_timer();
        }
        stage.driver.open();
        stage.pass(10 * SECOND);
        assert_eq!(
            (stage.shown().as_str(), stage.freshness()),
            ("R1 R3", Freshness::Live)
        );
    }
}

#[test]
fn retries_after_a_failure() {
    let mut stage = Stage::new(false);
    stage.chat.break_list(Fault::Status(500));
    stage.open_view();
    stage.pass(SECOND);
    assert_eq!(stage.freshness(), Freshness::Loading);
    stage.chat.repair();
    stage.pass(60 * SECOND);
    assert_eq!(
        (stage.shown().as_str(), stage.freshness()),
        ("R1 R2", Freshness::Live)
    );
}

#[test]
fn shows_changes_made_while_closed() {
    for catches_up in [false, true] {
        let mut stage = Stage::new(catches_up);
        stage.open_view();
        stage.pass(10 * SECOND);
        stage.shown();
        stage.driver.happen(|client, now| client.close_view(VIEW, now));
        stage.chat.room(3, "garden");
        stage.driver.frame(&stage.chat.room_frame("RoomCreated", 3));
        stage.viewer = Viewer::default();
        stage.open_view();
        stage.pass(10 * SECOND);
        assert_eq!(stage.shown(), "R1 R2 R3", "catches up: {catches_up}");
    }
}
