//! Servers that cap pages, refuse limits, and interpret cursors in different ways.

use std::collections::BTreeSet;

use room_events::client::{ConnectionStatus, Freshness, Request};

use crate::chat::{Chat, Habits};
use crate::driver::Driver;
use crate::scenario::{SECOND, away_from, config, opened, room, with_history};

/// A room with `count` messages from 100 on, on a server with these habits.
fn long_room(count: u64, habits: Habits) -> Chat {
    let chat = Chat::default();
    chat.room(1, "lobby");
    for id in 100..100 + count {
        chat.post(1, id);
    }
    chat.set_habits(habits);
    chat
}

/// The ids of created messages, in order of delivery.
fn created(driver: &Driver) -> Vec<u64> {
    let told = driver.told();
    let new = told
        .iter()
        .filter_map(|what| what.trim_start_matches('!').strip_prefix('+'));
    new.flat_map(|ids| ids.split(',').map(|id| id.parse().expect("an id")))
        .collect()
}

/// All interpretations of a cursor, with and without a cap.
fn all_habits() -> Vec<Habits> {
    let mut all = Vec::new();
    for cap in [None, Some(1), Some(2), Some(7), Some(50), Some(200)] {
        for is_exclusive in [false, true] {
            // With inclusive pages of one message, paging makes no progress.
            if cap == Some(1) && !is_exclusive {
                continue;
            }
            for unknown_cursor in [None, Some(400), Some(404)] {
                all.push(Habits {
                    cap,
                    is_exclusive,
                    unknown_cursor,
                    ..Habits::default()
                });
            }
        }
    }
    all
}

#[test]
fn delivers_nothing_after_a_quiet_gap_with_any_paging() {
    for habits in all_habits() {
        let chat = long_room(300, habits);
        let mut driver = away_from(&chat, config());
        driver.open();
        driver.pass(120 * SECOND);
        assert_eq!(driver.told(), [""; 0]);
        assert_eq!(
            (driver.resyncs(), driver.status()),
            (vec![], ConnectionStatus::Open)
        );
        assert_eq!(driver.client.freshness(Some(room(1))), Some(Freshness::Live));
    }
}

#[test]
fn recovers_120_messages_with_any_paging() {
    for habits in all_habits() {
        let chat = long_room(300, habits);
        let mut driver = away_from(&chat, config());
        for id in 1_000..1_120 {
            chat.post(1, id);
        }
        driver.open();
        driver.pass(120 * SECOND);
        assert_eq!(created(&driver), (1_000..1_120).collect::<Vec<_>>());
        assert_eq!(driver.resyncs(), []);
        assert!(!driver.told().iter().any(|what| what.contains('-')));
    }
}

#[test]
fn finds_edits_and_deletions_below_the_first_page_of_a_server_with_a_cap() {
    let chat = long_room(
        90,
        Habits {
            cap: Some(50),
            ..Habits::default()
        },
    );
    let mut driver = away_from(&chat, config());
    // The client has read one page and received more messages since.
    driver.open();
    for id in 1_000..1_040 {
        chat.post(1, id);
        driver.frame(&chat.created(id));
    }
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.edit(150, "edited");
    chat.delete(151);
    chat.edit(1_020, "edited");
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["~150,1020", "-151"]);
}

#[test]
fn requests_fewer_messages_if_a_limit_is_refused() {
    for status in [400, 413, 422] {
        let chat = long_room(
            300,
            Habits {
                refuses_above: Some((30, status)),
                ..Habits::default()
            },
        );
        let mut driver = away_from(&chat, config());
        for id in 1_000..1_120 {
            chat.post(1, id);
        }
        driver.open();
        driver.pass(10 * SECOND);
        assert_eq!(created(&driver), (1_000..1_120).collect::<Vec<_>>());
        assert_eq!(driver.told_freshness(Some(1)), Some(Freshness::Live));
        let limits = driver.asked.iter().filter_map(|request| match request {
            Request::Messages { limit, .. } => Some(*limit),
            _ => None,
        });
        assert!(
            limits.filter(|limit| *limit > 30).count() <= 2,
            "{:?}",
            driver.asked
        );
    }
}

#[test]
fn never_requests_zero_messages() {
    let chat = long_room(
        30,
        Habits {
            refuses_above: Some((0, 400)),
            ..Habits::default()
        },
    );
    let mut driver = away_from(&chat, config());
    driver.open();
    driver.pass(60 * SECOND);
    let is_zero = |request: &&Request| matches!(request, Request::Messages { limit: 0, .. });
    assert_eq!(driver.asked.iter().find(is_zero), None);
    assert!(
        driver.requests_of_sync() < 40,
        "no hammering: {}",
        driver.requests_of_sync()
    );
    assert_eq!(driver.client.freshness(Some(room(1))), Some(Freshness::Stale));
}

#[test]
fn sends_only_cursors_found_in_the_list() {
    let chat = long_room(
        300,
        Habits {
            cap: Some(50),
            unknown_cursor: Some(404),
            ..Habits::default()
        },
    );
    let mut driver = away_from(&chat, config());
    for id in 1_000..1_120 {
        chat.post(1, id);
    }
    for id in [150, 399, 1_060] {
        chat.delete(id);
    }
    driver.open();
    driver.pass(10 * SECOND);
    for request in &driver.asked {
        if let Request::Messages {
            cursor: Some(cursor), ..
        } = request
        {
            let id = cursor.get();
            assert!(
                (100..400).contains(&id) || (1_000..1_120).contains(&id),
                "{request:?}"
            );
            assert!(![150, 399, 1_060].contains(&id), "{request:?}");
        }
    }
    assert_eq!(created(&driver).len(), 119);
}

#[test]
fn starts_over_if_the_cursor_was_deleted() {
    for unknown_cursor in [None, Some(404)] {
        let chat = long_room(
            300,
            Habits {
                cap: Some(50),
                unknown_cursor,
                ..Habits::default()
            },
        );
        let mut driver = away_from(&chat, config());
        for id in 1_000..1_120 {
            chat.post(1, id);
        }
        let (mut rest, all, mut pages) = (chat.rest(), chat.clone(), 0);
        driver.rest = Box::new(move |request| {
            if let Request::Messages {
                cursor: Some(cursor), ..
            } = request
            {
                pages += 1;
                if pages == 1 {
                    // Another user deletes the message between two pages.
                    all.delete(cursor.get());
                }
            }
            rest(request)
        });
        driver.open();
        driver.pass(120 * SECOND);
        let told: BTreeSet<_> = created(&driver).into_iter().collect();
        assert!(
            told.len() >= 119 && told.iter().all(|id| *id >= 1_000),
            "{unknown_cursor:?} {told:?}"
        );
        // The deleted message may have been delivered; then its deletion is delivered too. Nothing else is reported as
        // deleted.
        let gone: Vec<_> = driver
            .told()
            .into_iter()
            .filter(|what| what.contains('-'))
            .collect();
        assert_eq!(gone.len(), told.len() - 119, "{gone:?}");
    }
}

#[test]
fn reads_threads_with_any_paging() {
    for habits in all_habits() {
        let chat = Chat::with_a_room();
        chat.set_habits(habits);
        let mut driver = away_from(&chat, config());
        for id in 100..220 {
            chat.comment(11, id);
        }
        driver.open();
        driver.pass(120 * SECOND);
        assert_eq!(created(&driver), (100..220).collect::<Vec<_>>());
        driver.lose_and_reconnect();
        chat.comment(11, 220);
        driver.open();
        driver.pass(120 * SECOND);
        assert_eq!(created(&driver), [220]);
    }
}

#[test]
fn stops_paging_if_the_server_repeats_its_newest_page() {
    let chat = long_room(300, Habits::default());
    let mut driver = away_from(&chat, config());
    for id in 1_000..1_200 {
        chat.post(1, id);
    }
    let mut rest = chat.rest();
    driver.rest = Box::new(move |request| match request {
        Request::Messages { room_id, limit, .. } => rest(Request::Messages {
            room_id,
            cursor: None,
            limit,
        }),
        other => rest(other),
    });
    driver.open();
    driver.pass(120 * SECOND);
    assert!(driver.requests_of_sync() < 40, "{}", driver.requests_of_sync());
    assert!(
        !driver.told().iter().any(|what| what.contains('-')),
        "{:?}",
        driver.told()
    );
}

#[test]
fn ignores_messages_of_other_rooms_in_a_page() {
    let chat = Chat::with_rooms(2);
    let mut driver = away_from(&chat, config());
    chat.post(1, 2_000);
    chat.post(1, 2_001);
    let mut rest = chat.rest();
    driver.rest = Box::new(move |request| {
        let (status, body) = rest(request)?;
        let of_another = r#""messageId":2000,"userId":1,"roomId":7"#;
        Some((
            status,
            body.replace(r#""messageId":2000,"userId":1,"roomId":1"#, of_another),
        ))
    });
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2001"]);
    driver.rest = chat.rest();
    driver.pass(120 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+2001", "+2000"]);
}

#[test]
fn delivers_a_late_visible_message_on_a_separate_page() {
    let chat = Chat::with_a_room();
    chat.hide_message(10);
    chat.post(1, 12);
    let mut config = with_history();
    config.catch_up.page = 2;
    let mut driver = opened(&chat, config);
    assert_eq!(driver.told_of_messages(), ["+11,12"]);
    chat.repair();
    driver.lose_and_reconnect();
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["+10"]);
}
