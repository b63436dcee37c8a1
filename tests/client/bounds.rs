//! Held events are bounded in time, number and size.

use room_events::client::ResyncReason::Unreadable;
use room_events::client::{ConnectionStatus, Freshness};

use crate::chat::Chat;
use crate::driver::Driver;
use crate::scenario::{MILLI, SECOND, away_from, config, with_history};

#[test]
fn holds_events_for_five_seconds_without_a_response() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.fall_silent(true);
    driver.open();
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    driver.pass(5 * SECOND - MILLI);
    assert_eq!(
        (driver.told(), driver.status()),
        (vec![], ConnectionStatus::CatchingUp)
    );
    driver.pass(MILLI);
    assert_eq!(
        (driver.told(), driver.status()),
        (vec!["!+12".to_owned()], ConnectionStatus::Open)
    );
    assert_eq!(driver.resyncs(), [(None, Unreadable), (Some(1), Unreadable)]);
}

#[test]
fn holds_events_for_two_seconds_after_the_first_failure() {
    let chat = Chat::with_a_room();
    let mut driver = away_from(&chat, config());
    chat.answer_with(Some(502));
    driver.open();
    chat.post(1, 12);
    driver.frame(&chat.created(12));
    driver.pass(2 * SECOND - MILLI);
    assert_eq!(driver.told(), [""; 0]);
    driver.pass(2 * MILLI + SECOND);
    assert_eq!(driver.told(), ["!+12"]);
}

#[test]
fn releases_held_events_beyond_a_count() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.queue.max_frames = 10;
    let mut driver = away_from(&chat, config);
    chat.fall_silent(true);
    driver.open();
    for id in 20..=30 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
        assert!(driver.client.queued().0 <= 10);
    }
    assert_eq!(driver.told().len(), 11, "{:?}", driver.told());
    assert_eq!(driver.status(), ConnectionStatus::Open);
    assert_eq!(driver.told_freshness(Some(1)), Some(Freshness::Stale));
    assert!(driver.resyncs().contains(&(Some(1), Unreadable)));
    chat.fall_silent(false);
    driver.pass(60 * SECOND);
    assert_eq!(
        driver.told_of_messages().len(),
        11,
        "nothing twice: {:?}",
        driver.told()
    );
    assert_eq!(driver.told_freshness(Some(1)), Some(Freshness::Live));
}

#[test]
fn releases_held_events_beyond_a_size() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.queue.max_bytes = 100_000;
    let mut driver = away_from(&chat, config);
    chat.fall_silent(true);
    driver.open();
    for id in 20..26 {
        chat.post_large(1, id, 20_000);
        driver.frame(&chat.created(id));
        assert!(driver.client.queued().1 <= 100_000);
    }
    assert_eq!(driver.told().len(), 6, "{:?}", driver.told());
    assert!(driver.resyncs().contains(&(Some(1), Unreadable)));
}

#[test]
fn delivers_a_frame_larger_than_the_bound_of_held_events() {
    let chat = Chat::with_a_room();
    let mut config = config();
    config.queue.max_bytes = 10_000;
    let mut driver = away_from(&chat, config);
    chat.fall_silent(true);
    driver.open();
    chat.post_large(1, 20, 20_000);
    driver.frame(&chat.created(20));
    driver.pass(5 * SECOND);
    assert_eq!(driver.told(), ["!+20"]);
}

#[test]
fn bounds_held_events_while_history_is_read() {
    let chat = Chat::with_a_room();
    let mut config = with_history();
    config.queue.max_frames = 10;
    let mut driver = Driver::with(config, 1, chat.rest());
    chat.fall_silent(true);
    driver.open();
    for id in 20..=30 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
        assert!(driver.client.queued().0 <= 10);
    }
    assert_eq!(driver.told().len(), 11);
    chat.fall_silent(false);
    driver.pass(60 * SECOND);
    assert_eq!(driver.told()[11..], ["R+1", "+10,11"]);
}
