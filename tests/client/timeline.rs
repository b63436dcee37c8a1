//! Timelines: what is loaded, how events and pages change it, and what stays after a gap.

use std::time::Duration;

use room_events::client::store::{Anchor, ListKey, ViewId};
use room_events::client::{ClientConfig, Freshness, Interest, Request, Rooms};
use room_events::protocol::ids::{Id, MessageId};

use crate::chat::{Chat, Fault, Habits, Times, deleted, room_deleted};
use crate::driver::Driver;
use crate::scenario::SECOND;
use crate::viewer::Viewer;

const VIEW: ViewId = ViewId(1);

fn id<T>(value: u64) -> Id<T> {
    Id::new(value).expect("an id")
}

fn room() -> ListKey {
    ListKey {
        room_id: id(1),
        parent: MessageId::ZERO,
    }
}

/// A chat, a client that shows its room 1, and the shown items.
struct Stage {
    chat: Chat,
    driver: Driver,
    viewer: Viewer,
}

impl Stage {
    /// A room with these messages, and pages of four.
    fn new(ids: impl IntoIterator<Item = u64>) -> Self {
        let chat = Chat::default();
        chat.room(1, "lobby");
        ids.into_iter().for_each(|id| chat.post(1, id));
        Self::with(chat)
    }

    fn with(chat: Chat) -> Self {
        let mut config = ClientConfig::default();
        config.store.page = 4;
        config.store.max_missed = 8;
        let driver = Driver::with(config, 1, chat.rest());
        let mut stage = Self {
            chat,
            driver,
            viewer: Viewer::default(),
        };
        // No callbacks listen to events.
        let nothing = Interest {
            messages: Rooms::none(),
            rooms: false,
            watched: Rooms::none(),
        };
        stage.driver.client.set_interest(nothing, stage.driver.now);
        stage.driver.open();
        stage
    }

    fn open_at(&mut self, anchor: Anchor) -> String {
        self.driver
            .happen(|client, now| client.open_timeline(VIEW, room(), anchor, now));
        self.shown()
    }

    fn shown(&mut self) -> String {
        self.viewer.update(&mut self.driver.client);
        self.viewer.short(VIEW)
    }

    fn older(&mut self) -> String {
        self.driver.happen(|client, now| client.load_older(VIEW, now));
        self.shown()
    }

    fn newer(&mut self) -> String {
        self.driver.happen(|client, now| client.load_newer(VIEW, now));
        self.shown()
    }

    fn fill(&mut self) -> String {
        let gap = self.viewer.gap(VIEW);
        self.driver.happen(|client, now| client.fill_gap(VIEW, gap, now));
        self.shown()
    }

    fn frame(&mut self, text: &str) -> String {
        self.driver.frame(text);
        self.shown()
    }

    fn pass(&mut self, time: Duration) -> String {
        self.driver.pass(time);
        self.shown()
    }

    fn post(&mut self, id: u64) -> String {
        self.chat.post(1, id);
        let frame = self.chat.created(id);
        self.frame(&frame)
    }

    fn freshness(&mut self) -> Freshness {
        self.viewer.update(&mut self.driver.client);
        self.viewer.state(VIEW).freshness
    }

    fn ends(&mut self) -> (bool, bool) {
        self.viewer.update(&mut self.driver.client);
        let state = self.viewer.state(VIEW);
        (state.start, state.end)
    }
}

#[test]
fn opens_at_the_end_and_pages_back_to_the_start() {
    for (is_exclusive, unknown_cursor) in [(false, None), (true, None), (true, Some(404))] {
        let mut stage = Stage::new(10..=20);
        stage.chat.set_habits(Habits {
            is_exclusive,
            unknown_cursor,
            ..Habits::default()
        });
        assert_eq!(stage.open_at(Anchor::End), "17 18 19 20");
        assert_eq!(stage.ends(), (false, true));
        assert_eq!(stage.freshness(), Freshness::Live);
        stage.pass(10 * SECOND);
        for _ in 0..4 {
            stage.older();
            stage.pass(10 * SECOND);
        }
        assert_eq!(stage.shown(), "10 11 12 13 14 15 16 17 18 19 20");
        assert_eq!(stage.ends(), (true, true));
        let asked = stage.driver.asked.len();
        stage.older();
        assert_eq!(stage.driver.asked.len(), asked, "nothing is older");
    }
}

#[test]
fn applies_live_events_without_repeating_what_is_shown() {
    let mut stage = Stage::new(10..=13);
    stage.open_at(Anchor::End);
    let before = stage.viewer.ops;
    assert_eq!(stage.post(14), "10 11 12 13 14");
    assert_eq!(stage.viewer.ops, before + 1);
    stage.chat.edit(12, "edited");
    let frame = stage.chat.updated(12);
    stage.frame(&frame);
    assert_eq!(stage.viewer.text(VIEW, 12), "edited");
    assert_eq!(stage.viewer.ops, before + 2);
    stage.frame(&frame);
    assert_eq!(stage.viewer.ops, before + 2, "a repeat is nothing");
    stage.chat.delete(11);
    assert_eq!(stage.frame(&deleted(1, 0, 11)), "10 12 13 14");
    assert_eq!(stage.pass(120 * SECOND), "10 12 13 14");
}

#[test]
fn ignores_rooms_that_are_not_shown() {
    let mut stage = Stage::new(10..=13);
    stage.chat.room(2, "other");
    stage.open_at(Anchor::End);
    stage.chat.post(2, 30);
    let frame = stage.chat.created(30);
    assert_eq!(stage.frame(&frame), "10 11 12 13");
    let at_most = 6;
    stage.pass(50 * SECOND);
    let asked = stage.driver.requests_of_sync();
    assert!(asked <= at_most, "{asked}: {:?}", stage.driver.asked);
}

#[test]
fn keeps_events_received_after_the_request_was_sent() {
    let mut stage = Stage::new(10..=13);
    stage.driver.pass(10 * SECOND);
    let late = stage.chat.as_of_now();
    stage.driver.latency = SECOND;
    stage.driver.rest = late.rest();
    stage.open_at(Anchor::End);
    stage.chat.edit(12, "newer");
    let frame = stage.chat.updated(12);
    stage.frame(&frame);
    stage.chat.delete(11);
    stage.frame(&deleted(1, 0, 11));
    stage.post(14);
    stage.pass(SECOND);
    assert_eq!(stage.viewer.short(VIEW), "10 12 13 14");
    assert_eq!(stage.viewer.text(VIEW, 12), "newer");
    stage.driver.rest = stage.chat.rest();
    assert_eq!(stage.pass(10 * SECOND), "10 12 13 14");
    assert_eq!(stage.viewer.text(VIEW, 12), "newer");
}

#[test]
fn never_shows_an_older_page_over_a_newer_version() {
    let mut stage = Stage::new(10..=13);
    stage.open_at(Anchor::End);
    stage.pass(100 * SECOND);
    let late = stage.chat.as_of_now();
    stage.chat.edit(13, "newer");
    let frame = stage.chat.updated(13);
    stage.frame(&frame);
    stage.driver.rest = late.rest();
    stage.driver.lose_and_reconnect();
    stage.driver.open();
    stage.shown();
    assert_eq!(stage.viewer.text(VIEW, 13), "newer");
    stage.driver.rest = stage.chat.rest();
    stage.pass(10 * SECOND);
    assert_eq!(stage.viewer.text(VIEW, 13), "newer");
}

#[test]
fn shows_missed_changes_after_a_gap() {
    let mut stage = Stage::new(10..=16);
    stage.open_at(Anchor::End);
    stage.older();
    stage.pass(10 * SECOND);
    assert_eq!(stage.shown(), "10 11 12 13 14 15 16");
    stage.driver.lose_and_reconnect();
    stage.shown();
    assert_eq!(stage.freshness(), Freshness::Stale);
    stage.chat.post(1, 17);
    stage.chat.edit(10, "edited");
    stage.chat.delete(12);
    stage.driver.latency = SECOND / 10;
    stage.driver.open();
    assert_eq!(stage.freshness(), Freshness::CatchingUp);
    stage.pass(SECOND);
    assert_eq!(stage.freshness(), Freshness::Live);
    assert_eq!(stage.viewer.text(VIEW, 10), "edited");
    assert_eq!(stage.shown(), "10 11 12 13 14 15 16 17", "one look is not enough");
    assert_eq!(stage.pass(10 * SECOND), "10 11 13 14 15 16 17");
}

#[test]
fn leaves_a_gap_if_too_much_was_missed() {
    let mut stage = Stage::new(10..=13);
    stage.open_at(Anchor::End);
    stage.pass(10 * SECOND);
    stage.driver.lose_and_reconnect();
    (14..=40).for_each(|id| stage.chat.post(1, id));
    stage.driver.open();
    let shown = stage.pass(10 * SECOND);
    assert_eq!(shown, "10 11 12 13 … 34 35 36 37 38 39 40");
    assert_eq!(stage.ends(), (false, true));
    assert_eq!(stage.fill(), "10 11 12 13 14 15 16 … 34 35 36 37 38 39 40");
    for _ in 0..6 {
        if stage.shown().contains('…') {
            stage.fill();
        }
    }
    let all: Vec<_> = (10..=40).map(|id| id.to_string()).collect();
    assert_eq!(stage.shown(), all.join(" "));
    assert_eq!(stage.post(41), all.join(" ") + " 41");
}

#[test]
fn jumps_to_a_message_and_to_the_end() {
    for is_exclusive in [false, true] {
        let mut stage = Stage::new(10..=60);
        stage.chat.set_habits(Habits {
            is_exclusive,
            ..Habits::default()
        });
        let shown = stage.open_at(Anchor::Message(id(30)));
        assert!(shown.contains("29 30 31"), "{shown}");
        assert_eq!(stage.ends(), (false, false));
        stage.chat.post(1, 61);
        let frame = stage.chat.created(61);
        assert_eq!(stage.frame(&frame), shown, "what is not next to it is not shown");
        assert!(stage.newer().len() > shown.len());
        stage.driver.happen(|client, now| client.jump_to_end(VIEW, now));
        let shown = stage.shown();
        assert!(shown.ends_with("… 58 59 60 61"), "{shown}");
        assert_eq!(stage.ends(), (false, true));
        for _ in 0..12 {
            if stage.shown().contains('…') {
                stage.fill();
            }
        }
        assert!(!stage.shown().contains('…'));
    }
}

#[test]
fn pages_ahead_to_the_end_and_follows_it() {
    for is_exclusive in [false, true] {
        let mut stage = Stage::new(10..=20);
        stage.chat.set_habits(Habits {
            is_exclusive,
            ..Habits::default()
        });
        stage.open_at(Anchor::Message(id(12)));
        for _ in 0..5 {
            stage.newer();
        }
        assert!(stage.ends().1, "{}", stage.viewer.short(VIEW));
        assert!(stage.post(21).ends_with("18 19 20 21"));
    }
}

#[test]
fn opens_near_a_message_that_is_gone() {
    let mut stage = Stage::new((10..=30).filter(|id| *id != 20));
    let shown = stage.open_at(Anchor::Message(id(20)));
    stage.pass(10 * SECOND);
    assert!(stage.viewer.state(VIEW).is_anchor_missing, "{shown}");
}

#[test]
fn opens_at_the_first_message_of_a_list() {
    for is_exclusive in [false, true] {
        let mut stage = Stage::new(10..=30);
        stage.chat.set_habits(Habits {
            is_exclusive,
            ..Habits::default()
        });
        stage.open_at(Anchor::Message(id(10)));
        let shown = stage.pass(10 * SECOND);
        assert!(shown.starts_with("10 11 12"), "{shown}");
        assert!(!stage.viewer.state(VIEW).is_anchor_missing);
    }
}

#[test]
fn handles_caps_and_refused_limits() {
    let mut stage = Stage::new(10..=30);
    stage.chat.set_habits(Habits {
        cap: Some(2),
        ..Habits::default()
    });
    assert_eq!(stage.open_at(Anchor::End), "29 30");
    assert_eq!(stage.older(), "28 29 30");
    stage.chat.set_habits(Habits {
        refuses_above: Some((3, 400)),
        ..Habits::default()
    });
    stage.driver.lose_and_reconnect();
    stage.driver.open();
    assert_eq!(stage.pass(100 * SECOND), "28 29 30");
    assert_eq!(stage.freshness(), Freshness::Live);
}

#[test]
fn is_stale_with_a_cause_if_the_room_is_unreadable() {
    let mut stage = Stage::new(10..=13);
    stage.open_at(Anchor::End);
    stage.pass(10 * SECOND);
    stage.driver.lose_and_reconnect();
    stage.chat.break_room(1, Fault::Status(503));
    stage.driver.open();
    stage.pass(SECOND);
    assert_eq!(stage.freshness(), Freshness::Stale);
    let cause = stage.viewer.state(VIEW).cause.clone();
    assert!(cause.is_some_and(|cause| cause.contains("503")));
    assert_eq!(stage.shown(), "10 11 12 13");
    stage.chat.post(1, 14);
    stage.chat.repair();
    stage.pass(60 * SECOND);
    assert_eq!(stage.freshness(), Freshness::Live);
    assert_eq!(stage.shown(), "10 11 12 13 14");
}

#[test]
fn keeps_its_items_if_a_page_is_refused() {
    let mut stage = Stage::new(10..=30);
    stage.open_at(Anchor::Message(id(20)));
    let shown = stage.pass(10 * SECOND);
    for status in [403, 404, 400] {
        stage.chat.break_room(1, Fault::Status(status));
        stage.driver.lose_and_reconnect();
        stage.driver.open();
        stage.pass(20 * SECOND);
        assert_eq!(stage.freshness(), Freshness::Stale);
        assert_eq!(stage.shown(), shown);
        stage.chat.repair();
        stage.pass(60 * SECOND);
        assert_eq!(stage.freshness(), Freshness::Live);
    }
}

#[test]
fn clears_a_deleted_room_and_reloads_it_when_recreated() {
    let mut stage = Stage::new(10..=13);
    stage.open_at(Anchor::End);
    stage.pass(10 * SECOND);
    stage.chat.remove_room(1);
    assert_eq!(stage.frame(&room_deleted(1)), "");
    assert_eq!(stage.freshness(), Freshness::Stale);
    assert!(stage.viewer.state(VIEW).is_gone);
    let asked = stage.driver.requests_of_sync();
    stage.pass(20 * SECOND);
    assert!(stage.driver.requests_of_sync() <= asked + 2);
    stage.chat.room(1, "back");
    stage.chat.post(1, 20);
    let frame = stage.chat.room_frame("RoomCreated", 1);
    assert_eq!(stage.frame(&frame), "20");
    assert_eq!(stage.freshness(), Freshness::Live);
}

#[test]
fn notices_that_a_room_is_gone_after_a_repeat_of_its_last_event() {
    let mut stage = Stage::new(10..=13);
    stage
        .driver
        .happen(|client, now| client.open_rooms(ViewId(0), now));
    let frame = stage.chat.room_frame("RoomUpdated", 1);
    stage.driver.frame(&frame);
    stage.open_at(Anchor::End);
    stage.pass(10 * SECOND);
    stage.chat.remove_room(1);
    stage.frame(&room_deleted(1));
    stage.frame(&frame);
    stage.pass(60 * SECOND);
    assert_eq!(stage.viewer.short(ViewId(0)), "");
    assert_eq!(stage.shown(), "");
    assert!(stage.viewer.state(VIEW).is_gone);
}

#[test]
fn does_not_show_a_repeated_event_from_before_the_first_page() {
    let mut stage = Stage::new(10..=13);
    stage.chat.edit(12, "first");
    let first = stage.chat.updated(12);
    stage.driver.latency = SECOND;
    stage.open_at(Anchor::End);
    stage.driver.frame(&first);
    stage.chat.edit(12, "second");
    let second = stage.chat.updated(12);
    stage.driver.frame(&second);
    stage.pass(3 * SECOND);
    assert_eq!(stage.viewer.text(VIEW, 12), "second");
    stage.frame(&first);
    assert_eq!(stage.viewer.text(VIEW, 12), "second");
}

#[test]
fn does_not_show_a_repeated_event_from_a_server_without_times() {
    let mut stage = Stage::new(10..=13);
    stage.chat.set_habits(Habits {
        times: Times::Absent,
        ..Habits::default()
    });
    stage.chat.edit(12, "first");
    let first = stage.chat.updated(12);
    stage.chat.edit(12, "second");
    stage.open_at(Anchor::End);
    assert_eq!(stage.viewer.text(VIEW, 12), "second");
    stage.frame(&first);
    assert_eq!(stage.viewer.text(VIEW, 12), "second");
    // If the message was read only recently, a new edit is shown after another reading; otherwise at once.
    stage.chat.edit(12, "third");
    let third = stage.chat.updated(12);
    stage.frame(&third);
    stage.pass(4 * SECOND);
    assert_eq!(stage.viewer.text(VIEW, 12), "third");
    stage.chat.edit(12, "fourth");
    let fourth = stage.chat.updated(12);
    stage.frame(&fourth);
    assert_eq!(stage.viewer.text(VIEW, 12), "fourth");
}

#[test]
fn removes_the_newest_loaded_message_with_any_cursor_handling() {
    for (unknown_cursor, is_exclusive) in [(None, false), (None, true), (Some(404), false), (Some(404), true)]
    {
        let mut stage = Stage::new(10..=30);
        stage.chat.set_habits(Habits {
            unknown_cursor,
            is_exclusive,
            ..Habits::default()
        });
        let shown = stage.open_at(Anchor::Message(id(20)));
        let (_, newest) = shown.rsplit_once(' ').expect("several messages");
        let newest: u64 = newest.parse().expect("an id");
        assert!(newest < 30, "{shown}");
        stage.pass(10 * SECOND);
        stage.driver.lose_and_reconnect();
        for id in newest..=30 {
            stage.chat.delete(id);
        }
        stage.driver.open();
        stage.pass(60 * SECOND);
        assert_eq!(
            stage.shown(),
            shown
                .strip_suffix(&format!(" {newest}"))
                .expect("it was the last"),
            "{unknown_cursor:?} {is_exclusive}"
        );
    }
}

#[test]
fn forgets_the_end_after_a_gap_if_not_followed() {
    let mut stage = Stage::new(10..=30);
    stage.open_at(Anchor::Message(id(20)));
    while !stage.ends().1 {
        stage.newer();
    }
    stage.pass(10 * SECOND);
    stage.driver.lose_and_reconnect();
    (31..=60).for_each(|id| stage.chat.post(1, id));
    stage.driver.open();
    stage.pass(10 * SECOND);
    // Either the timeline was read to the end, or it reports that there is more.
    assert_eq!(stage.ends().1, stage.shown().ends_with(" 60"));
}

#[test]
fn shows_the_comments_on_a_message() {
    let mut stage = Stage::new([10]);
    (11..=16).for_each(|id| stage.chat.comment(10, id));
    let thread = ListKey {
        room_id: id(1),
        parent: id(10),
    };
    stage
        .driver
        .happen(|client, now| client.open_timeline(VIEW, thread, Anchor::End, now));
    assert_eq!(stage.shown(), "13 14 15 16");
    stage.older();
    assert_eq!(stage.older(), "11 12 13 14 15 16");
    stage.chat.comment(10, 17);
    let frame = stage.chat.created(17);
    assert!(stage.frame(&frame).ends_with("16 17"));
    assert!(stage.frame(&deleted(1, 10, 15)).ends_with("14 16 17"));
    assert_eq!(stage.frame(&deleted(1, 0, 10)), "");
}

#[test]
fn is_stale_while_a_second_reading_is_refused() {
    let mut stage = Stage::new(10..=13);
    stage.open_at(Anchor::End);
    stage.pass(10 * SECOND);
    stage.driver.lose_and_reconnect();
    stage.chat.delete(11);
    stage.driver.open();
    // The first page without the message was read. The second one, which would confirm the deletion, is refused.
    stage.chat.break_room(1, Fault::Status(404));
    stage.pass(20 * SECOND);
    assert_eq!(stage.shown(), "10 11 12 13");
    assert_eq!(stage.freshness(), Freshness::Stale);
    stage.chat.repair();
    stage.pass(60 * SECOND);
    assert_eq!(stage.shown(), "10 12 13");
    assert_eq!(stage.freshness(), Freshness::Live);
}

#[test]
fn a_thread_of_a_message_deleted_in_a_gap_is_stale_with_a_cause() {
    const THREAD: ViewId = ViewId(2);
    let mut stage = Stage::new(10..=13);
    stage.chat.comment(11, 14);
    let thread = ListKey {
        room_id: id(1),
        parent: id(11),
    };
    stage.open_at(Anchor::End);
    let open = |stage: &mut Stage| {
        stage
            .driver
            .happen(|client, now| client.open_timeline(THREAD, thread, Anchor::End, now));
        stage.shown();
    };
    open(&mut stage);
    assert_eq!(stage.viewer.short(THREAD), "14");
    stage.pass(10 * SECOND);
    stage.driver.lose_and_reconnect();
    stage.chat.delete(11);
    stage.driver.open();
    stage.pass(120 * SECOND);
    assert_eq!(stage.viewer.short(VIEW), "10 12 13");
    let state = stage.viewer.state(THREAD);
    assert_eq!(state.freshness, Freshness::Stale);
    assert!(state.cause.as_ref().is_some_and(|cause| cause.contains("404")));
}

#[test]
fn bounds_its_items() {
    let mut config = ClientConfig::default();
    config.store.page = 4;
    config.store.items = 16;
    let chat = Chat::default();
    chat.room(1, "lobby");
    (10..=100).for_each(|id| chat.post(1, id));
    let mut stage = Stage::with(chat);
    stage.driver = Driver::with(config, 1, stage.chat.rest());
    stage.driver.open();
    stage.open_at(Anchor::End);
    for _ in 0..10 {
        stage.older();
        assert!(stage.viewer.items(VIEW).len() <= 16);
    }
    assert_eq!(stage.ends(), (false, false), "the newest were discarded");
    stage.driver.happen(|client, now| client.jump_to_end(VIEW, now));
    assert!(
        stage.shown().ends_with("… 97 98 99 100"),
        "{}",
        stage.viewer.short(VIEW)
    );
    for id in 101..=130 {
        stage.post(id);
        assert!(
            stage.viewer.items(VIEW).len() <= 17,
            "{}",
            stage.viewer.short(VIEW)
        );
    }
    assert!(stage.shown().ends_with("128 129 130"));
}

#[test]
fn reopens_a_view_from_kept_items() {
    let mut stage = Stage::new(10..=20);
    stage.open_at(Anchor::End);
    stage.pass(10 * SECOND);
    stage.driver.happen(|client, now| client.close_view(VIEW, now));
    stage.chat.post(1, 21);
    let frame = stage.chat.created(21);
    stage.driver.frame(&frame);
    let asked = stage.driver.requests_of_sync();
    stage.viewer = Viewer::default();
    assert_eq!(stage.open_at(Anchor::End), "18 19 20 21");
    assert_eq!(stage.driver.requests_of_sync(), asked, "nothing has to be read");
    stage.driver.happen(|client, now| client.close_view(VIEW, now));
    stage.driver.lose_and_reconnect();
    stage.chat.post(1, 22);
    stage.driver.open();
    assert!(
        !stage
            .driver
            .asked
            .iter()
            .any(|request| matches!(request, Request::Messages { .. })),
        "the view is closed"
    );
    stage.viewer = Viewer::default();
    stage.open_at(Anchor::End);
    assert!(stage.pass(SECOND).ends_with("21 22"));
}

#[test]
fn opens_at_the_oldest_unread_message() {
    let mut stage = Stage::new(10..=30);
    // Everything is unread.
    stage.open_at(Anchor::Unread);
    let shown = stage.pass(10 * SECOND);
    assert!(shown.starts_with("10 11"), "{shown}");
    assert_eq!(stage.viewer.state(VIEW).first_unread_id, Some(id(10)));
}

#[test]
fn continues_loading_on_the_next_connection() {
    let mut stage = Stage::new(10..=20);
    stage.open_at(Anchor::End);
    stage.pass(10 * SECOND);
    stage.chat.fall_silent(true);
    stage.older();
    assert!(stage.viewer.state(VIEW).is_loading_older);
    stage.driver.lose_and_reconnect();
    stage.chat.fall_silent(false);
    stage.driver.open();
    stage.pass(10 * SECOND);
    assert!(!stage.viewer.state(VIEW).is_loading_older);
    assert!(
        stage.shown().starts_with("14 15 16 17"),
        "{}",
        stage.viewer.short(VIEW)
    );
}
