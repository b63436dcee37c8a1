//! What nobody listens to is neither looked into nor caught up with.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use room_events::client::delivery::Delivery;
use room_events::client::interest::{Followed, Interest, Rooms};
use room_events::client::machine::ClientConfig;
use room_events::client::rest::Request;
use room_events::client::state::Phase;
use room_events::protocol::event::EventType;
use room_events::protocol::ids::RoomId;
use serde_json::{Value, json};

use crate::chat::{Chat, deleted};
use crate::driver::Driver;

const SECOND: Duration = Duration::from_secs(1);

fn room(id: u32) -> RoomId {
    RoomId::from(id)
}

fn messages_of(rooms: &[u32]) -> Interest {
    Interest {
        messages: Rooms::only(rooms.iter().map(|id| room(*id))),
        rooms: true,
        watched: Rooms::none(),
    }
}

/// A client that wants the messages of the first of two rooms.
fn two_rooms() -> (Chat, Driver) {
    let chat = Chat::with_a_room();
    chat.room(2, "garden");
    chat.post(2, 20);
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(messages_of(&[1]), now));
    (chat, driver)
}

/// The ids of the messages that were delivered.
fn ids(driver: &Driver) -> Vec<u64> {
    let events = driver.events.iter().map(|(_, frame)| frame);
    events
        .flat_map(|frame| {
            let event: Value = serde_json::from_str(frame).expect("JSON");
            let messages = event["data"]["messages"].as_array().cloned().unwrap_or_default();
            messages
                .into_iter()
                .map(|message| message["messageId"].as_u64().expect("an id"))
        })
        .collect()
}

fn asked_for_messages_of(driver: &Driver, id: u32) -> bool {
    driver.asked.iter().any(|request| match request {
        Request::Messages { room_id, .. } | Request::NewestMessages { room_id, .. } => *room_id == room(id),
        _ => false,
    })
}

#[test]
fn messages_of_other_rooms_are_dropped_and_events_about_rooms_are_not() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    chat.post(1, 30);
    chat.post(2, 31);
    driver.frame(&chat.created(30));
    driver.frame(&chat.created(31));
    driver.frame(&deleted(2, 0, 20));
    assert_eq!(ids(&driver), [30]);
    assert_eq!(driver.events.len(), 1);
    chat.room(2, "orchard");
    driver.frame(&chat.room_frame("RoomUpdated", 2));
    assert_eq!(driver.events.len(), 2);
}

#[test]
fn messages_of_other_rooms_are_not_even_checked() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    let malformed = |id| {
        chat.post(id, 30 + id);
        let frame = chat.created(30 + id);
        let text = format!(r#""text":"message {}""#, 30 + id);
        assert!(frame.contains(&text), "{frame}");
        frame.replace(&text, r#""text":5"#)
    };
    let before = driver.client.stats().clone();
    let other = malformed(2);
    driver.frame(&other);
    assert!(driver.others.is_empty(), "{:?}", driver.others);
    assert_eq!(driver.client.stats().frames, before.frames + 1);
    assert_eq!(driver.client.stats().bytes, before.bytes + other.len() as u64);
    driver.frame(&malformed(1));
    assert!(
        matches!(driver.others[..], [Delivery::Malformed(_)]),
        "{:?}",
        driver.others
    );
}

#[test]
fn during_a_catch_up_all_is_checked_for_it_may_come_to_be_wanted() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    driver.pass(SECOND);
    driver.lose(1006);
    driver.pass_until_timer();
    chat.fall_silent(true);
    driver.open();
    driver.others.clear();
    chat.post(2, 31);
    driver.frame(&chat.created(31));
    driver.frame(&chat.created(31).replace(r#""userId":1"#, r#""userId":"#));
    driver.happen(|client, now| client.set_interest(messages_of(&[1, 2]), now));
    chat.fall_silent(false);
    driver.pass(10 * SECOND);
    assert_eq!(ids(&driver), [31]);
    assert!(
        driver
            .others
            .iter()
            .any(|other| matches!(other, Delivery::Malformed(_))),
        "{:?}",
        driver.others
    );
}

#[test]
fn of_an_event_about_several_rooms_the_wanted_part_is_delivered() {
    for enabled in [true, false] {
        let chat = Chat::with_a_room();
        chat.room(2, "garden");
        let mut config = ClientConfig::default();
        config.catch_up.enabled = enabled;
        let mut driver = Driver::with(config, 1, chat.rest());
        driver.happen(|client, now| client.set_interest(messages_of(&[2]), now));
        driver.open();
        chat.post(1, 30);
        chat.post(2, 31);
        chat.post(1, 32);
        driver.frame(&chat.several("TextMessagesCreated", &[30, 31, 32]));
        assert_eq!(ids(&driver), [31], "catch-up: {enabled}");
    }
}

#[test]
fn a_gap_is_caught_up_with_in_the_wanted_rooms_alone() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    // Long enough for what was learnt to be certain.
    driver.pass(SECOND);
    driver.lose(1006);
    chat.post(1, 30);
    chat.post(2, 31);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(ids(&driver), [30]);
    assert!(asked_for_messages_of(&driver, 1) && !asked_for_messages_of(&driver, 2));
}

#[test]
fn a_room_that_comes_to_be_wanted_is_learnt_and_then_followed() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    chat.post(2, 30);
    driver.frame(&chat.created(30));
    driver.happen(|client, now| client.set_interest(messages_of(&[1, 2]), now));
    assert!(asked_for_messages_of(&driver, 2));
    assert_eq!(
        ids(&driver),
        Vec::<u64>::new(),
        "what was there before is no news"
    );
    chat.post(2, 31);
    driver.frame(&chat.created(31));
    // Long enough for what was learnt to be certain.
    driver.pass(SECOND);
    driver.lose(1006);
    chat.edit(30, "edited during the gap");
    chat.post(2, 32);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(ids(&driver), [31, 30, 32]);
}

/// A client that is told what there is in rooms, too.
fn with_history(chat: &Chat, wanted: &[u32]) -> Driver {
    let mut config = ClientConfig::default();
    config.catch_up.history = true;
    let mut driver = Driver::with(config, 1, chat.rest());
    driver.happen(|client, now| client.set_interest(messages_of(wanted), now));
    driver
}

#[test]
fn what_waits_for_a_room_that_is_not_wanted_any_more_is_left_out() {
    let chat = Chat::with_a_room();
    let mut driver = with_history(&chat, &[1]);
    driver.open();
    driver.events.clear();
    chat.post(1, 30);
    let socket = driver.socket.expect("a socket");
    // It waits for the application, which looks away and back.
    let frame = chat.created(30);
    driver.client.handle_frame(socket, frame, driver.now);
    driver.client.set_interest(messages_of(&[]), driver.now);
    assert_eq!(driver.client.queued(), (0, 0));
    driver.client.set_interest(messages_of(&[1]), driver.now);
    driver.drain();
    assert_eq!(ids(&driver), [10, 11, 30], "all of the room, once");
}

#[test]
fn what_is_being_read_of_a_room_that_is_not_wanted_any_more_is_given_up() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    driver.pass(SECOND);
    driver.lose(1006);
    let mut rest = chat.rest();
    driver.rest = Box::new(move |request| match request {
        Request::Messages { .. } => None,
        _ => rest(request),
    });
    chat.post(1, 30);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(driver.phase(), Phase::CatchingUp);
    driver.happen(|client, now| client.set_interest(messages_of(&[2]), now));
    assert_eq!(driver.phase(), Phase::Open);
    assert_eq!(ids(&driver), Vec::<u64>::new());
}

#[test]
fn what_was_said_in_a_room_that_comes_to_be_wanted_during_a_catch_up_comes_before_what_is_held() {
    let chat = Chat::with_a_room();
    chat.room(2, "garden");
    chat.post(2, 20);
    let mut driver = with_history(&chat, &[1]);
    driver.open();
    driver.pass(SECOND);
    driver.lose(1006);
    driver.events.clear();
    let (mut rest, answers) = (chat.rest(), Rc::new(Cell::new(false)));
    let does_answer = Rc::clone(&answers);
    driver.rest = Box::new(move |request| match request {
        Request::Messages { .. } if !does_answer.get() => None,
        _ => rest(request),
    });
    chat.post(1, 30);
    driver.pass_until_timer();
    driver.open();
    assert_eq!(driver.phase(), Phase::CatchingUp);
    driver.happen(|client, now| client.set_interest(messages_of(&[1, 2]), now));
    chat.edit(20, "edited");
    driver.frame(&chat.updated(20));
    answers.set(true);
    driver.drain();
    assert_eq!(driver.phase(), Phase::Open);
    assert_eq!(ids(&driver), [30, 20]);
    assert!(driver.events.iter().all(|(recovered, _)| *recovered));
}

#[test]
fn what_is_held_may_come_to_be_wanted() {
    let chat = Chat::with_a_room();
    let mut driver = with_history(&chat, &[1]);
    driver.open();
    driver.pass(SECOND);
    driver.lose(1006);
    driver.events.clear();
    driver.pass_until_timer();
    let mut rest = chat.rest();
    let before = rest(Request::Rooms).expect("an answer");
    driver.rest = Box::new(move |request| match request {
        Request::Rooms => Some(before.clone()),
        Request::Messages { .. } => None,
        _ => rest(request),
    });
    driver.open();
    assert_eq!(driver.phase(), Phase::CatchingUp);
    // The room is new, and empty as it is created: there is nothing to be read of it.
    chat.room(2, "garden");
    driver.frame(&chat.room_frame("RoomCreated", 2));
    chat.post(2, 20);
    driver.frame(&chat.created(20));
    driver.happen(|client, now| client.set_interest(messages_of(&[2]), now));
    assert_eq!(driver.phase(), Phase::Open);
    assert_eq!(ids(&driver), [20]);
}

#[test]
fn a_comment_that_was_there_before_its_room_was_wanted_is_no_news_after_a_gap() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    chat.comment(20, 21);
    driver.frame(&chat.created(21));
    driver.happen(|client, now| client.set_interest(messages_of(&[1, 2]), now));
    // Long enough for what was learnt to be certain.
    driver.pass(SECOND);
    driver.lose(1006);
    chat.comment(20, 22);
    driver.pass_until_timer();
    driver.open();
    let created = driver
        .events
        .iter()
        .filter(|(_, frame)| frame.contains("Created"));
    assert_eq!(created.count(), 1);
    assert_eq!(ids(&driver), [20, 22]);
}

#[test]
fn a_head_is_enough_for_what_nobody_listens_to() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    let head = |driver: &mut Driver, text: &str| {
        let socket = driver.socket.expect("a socket");
        driver.client.handle_head(socket, text, text.len(), driver.now)
    };
    let created = r#"{"type":"TextMessagesCreated","data":{"mess"#;
    let renamed = r#"{"type":"RoomUpdated","data":{"room":{"roo"#;
    driver.open();
    assert!(!driver.client.wants_heads() && !head(&mut driver, created));

    driver.happen(|client, now| client.set_interest(messages_of(&[]), now));
    let before = driver.client.stats().clone();
    assert!(driver.client.wants_heads() && head(&mut driver, created));
    assert_eq!(driver.client.stats().frames, before.frames + 1);
    assert_eq!(driver.client.stats().bytes, before.bytes + created.len() as u64);
    for other in [
        renamed,
        r#"{"data":{"messages":[]},"type":"TextMessagesCreated"}"#,
        r#"{"type":"SomethingNew","data":{"#,
        r#"{"type":"TextMessages"#,
        "[]",
        "",
    ] {
        assert!(!head(&mut driver, other), "{other}");
    }

    let nothing = Interest {
        messages: Rooms::none(),
        rooms: false,
        watched: Rooms::none(),
    };
    driver.happen(|client, now| client.set_interest(nothing, now));
    assert!(head(&mut driver, created) && head(&mut driver, renamed));
}

#[test]
fn that_the_newest_message_went_is_noted_also_where_nobody_wants_messages() {
    let deletion = r#"{"type":"TextMessageDeleted","data":{"#;
    for wanted in [&[1][..], &[]] {
        let (chat, mut driver) = two_rooms();
        driver.happen(|client, now| client.set_interest(messages_of(wanted), now));
        driver.open();
        driver.pass(SECOND);
        driver.lose(1006);
        chat.post(2, 30);
        driver.pass_until_timer();
        driver.open();
        driver.events.clear();
        // The REST API has told of 30. Without it the room looks as it did before.
        chat.delete(30);
        let socket = driver.socket.expect("a socket");
        assert!(!driver.client.handle_head(socket, deletion, 60, driver.now));
        driver.frame(&deleted(2, 0, 30));
        assert_eq!(driver.events, []);
        let room = chat.room_frame("RoomUpdated", 2);
        driver.frame(&room);
        assert_eq!(driver.events, [(false, room)], "{wanted:?}");
    }
}

#[test]
fn of_a_room_that_is_not_wanted_any_more_no_older_state_passes() {
    let chat = Chat::with_a_room();
    chat.comment(10, 12);
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    driver.open();
    driver.pass(SECOND);
    driver.happen(|client, now| client.set_interest(messages_of(&[]), now));
    assert_eq!(driver.client.replica().message_count(), 0);
    driver.lose(1006);
    // On its way from before the newest message: another went, and the room was without it.
    chat.delete(12);
    chat.delete(10);
    let late = [deleted(1, 0, 10), chat.room_frame("RoomUpdated", 1)];
    chat.post(1, 20);
    driver.pass_until_timer();
    driver.open();
    driver.events.clear();
    for frame in late {
        driver.frame(&frame);
    }
    assert_eq!(driver.events, []);
}

#[test]
fn a_deletion_that_nobody_wants_keeps_its_place_during_a_catch_up() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    driver.pass(SECOND);
    driver.lose(1006);
    chat.post(2, 30);
    driver.pass_until_timer();
    let mut rest = chat.rest();
    let before = rest(Request::Rooms).expect("an answer");
    chat.fall_silent(true);
    driver.open();
    // It arrives before the answer, which is older.
    chat.delete(30);
    driver.frame(&deleted(2, 0, 30));
    let room = chat.room_frame("RoomUpdated", 2);
    driver.frame(&room);
    chat.fall_silent(false);
    driver.rest = Box::new(move |request| match request {
        Request::Rooms => Some(before.clone()),
        _ => rest(request),
    });
    driver.drain();
    assert_eq!(driver.events.last(), Some(&(false, room)));
    assert_eq!(ids(&driver), Vec::<u64>::new());
}

#[test]
fn a_frame_that_is_passed_over_is_a_sign_of_life() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(messages_of(&[]), now));
    driver.open();
    driver.asked.clear();
    let silence = ClientConfig::default().watchdog.silence;
    for _ in 0..8 {
        driver.pass(silence / 2);
        let socket = driver.socket.expect("a socket");
        assert!(driver.client.handle_head(
            socket,
            r#"{"type":"TextMessagesUpdated","data":{"#,
            60,
            driver.now
        ));
    }
    assert!(!driver.asked.contains(&Request::Status), "{:?}", driver.asked);
}

#[test]
fn rooms_are_added_and_narrowed_down() {
    let one = Rooms::only([room(1), room(2)]);
    let other = Rooms::only([room(2), room(3)]);
    let inside = |rooms: &Rooms| (0..5).filter(|id| rooms.contains(room(*id))).collect::<Vec<_>>();
    assert_eq!(inside(&one.or(&other)), [1, 2, 3]);
    assert_eq!(inside(&one.and(&other)), [2]);
    assert_eq!(inside(&one.and(&Rooms::All)), [1, 2]);
    assert!(!one.or(&Rooms::All).is_restricted());
    assert!(Rooms::none().is_none() && !one.is_none() && !Rooms::All.is_none());
    assert_eq!(json!(inside(&Rooms::none())), json!([]));
}

#[test]
fn what_is_of_interest_follows_from_the_callbacks_and_from_the_rooms_that_are_followed() {
    let rooms = |ids: &[u32]| Rooms::only(ids.iter().map(|id| room(*id)));
    let interest = Interest::of_callbacks(
        |event_type| match event_type {
            EventType::TextMessagesCreated => rooms(&[1, 2]),
            EventType::TextMessageDeleted => rooms(&[3]),
            _ => Rooms::none(),
        },
        &Rooms::none(),
        &Followed::Only(rooms(&[2, 3, 4])),
    );
    let wanted: Vec<u32> = (0..6)
        .filter(|id| interest.messages.contains(room(*id)))
        .collect();
    assert_eq!(wanted, [2, 3]);
    assert!(!interest.rooms);

    let only_rooms = |event_type| match event_type {
        EventType::RoomDeleted => Rooms::All,
        _ => Rooms::none(),
    };
    let interest = Interest::of_callbacks(only_rooms, &Rooms::none(), &Followed::Unrestricted);
    assert!(interest.messages.is_none());
    assert!(interest.rooms);
}

#[test]
fn watches_the_rooms_that_callbacks_name_and_those_that_are_followed() {
    let all = |_: EventType| Rooms::All;
    let named = Rooms::only([room(1), room(2)]);
    let watched = |followed: &Followed| {
        let interest = Interest::of_callbacks(all, &named, followed);
        let some = (0..5).filter(|id| interest.watched.contains(room(*id)));
        (interest.messages.is_restricted(), some.collect::<Vec<_>>())
    };
    assert_eq!(watched(&Followed::Unrestricted), (false, vec![1, 2]));
    assert_eq!(watched(&Followed::All), (false, vec![0, 1, 2, 3, 4]));
    // What is not followed is not delivered, whoever names it.
    let followed = Followed::Only(Rooms::only([room(2), room(3)]));
    assert_eq!(watched(&followed), (true, vec![2, 3]));
    assert!(Interest::default().watched.is_none());
}
