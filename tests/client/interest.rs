//! Events without a listener are skipped: neither validated nor recovered.

use std::cell::Cell;
use std::rc::Rc;

use room_events::client::{
    ClientConfig, ConnectionStatus, Delivery, Followed, Freshness, Interest, Request, Rooms,
};
use room_events::protocol::event::EventType;

use crate::chat::{Chat, deleted, room_deleted};
use crate::driver::Driver;
use crate::scenario::{SECOND, config, following, room, with_history};

/// A client that follows the first of two rooms.
fn two_rooms() -> (Chat, Driver) {
    let chat = Chat::with_a_room();
    chat.room(2, "garden");
    chat.post(2, 20);
    let mut driver = Driver::with(config(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following(&[1]), now));
    (chat, driver)
}

fn nothing() -> Interest {
    Interest {
        messages: Rooms::none(),
        rooms: false,
        watched: Rooms::none(),
    }
}

fn asks_for_messages_of(driver: &Driver, id: u32) -> bool {
    let is_of =
        |request: &Request| matches!(request, Request::Messages { room_id, .. } if *room_id == room(id));
    driver.asked.iter().any(is_of)
}

#[test]
fn drops_messages_of_other_rooms_and_delivers_events_about_all_rooms() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    driver.pass(10 * SECOND);
    chat.post(1, 30);
    chat.post(2, 31);
    driver.frame(&chat.created(30));
    driver.frame(&chat.created(31));
    driver.frame(&deleted(2, 0, 20));
    assert_eq!(driver.told(), ["!+30"]);
    chat.room(2, "orchard");
    driver.frame(&chat.room_frame("RoomUpdated", 2));
    assert_eq!(driver.told(), ["!+30", "!R~2"]);
}

#[test]
fn does_not_decode_messages_of_other_rooms() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    driver.pass(10 * SECOND);
    let malformed = |id| {
        chat.post(id, 30 + id);
        chat.created(30 + id).replace(r#""userId":1"#, r#""userId":"#)
    };
    let before = driver.client.stats().clone();
    let other = malformed(2);
    driver.frame(&other);
    assert_eq!(driver.others, []);
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
fn delivers_the_wanted_part_of_an_event_about_several_rooms() {
    for enabled in [true, false] {
        let chat = Chat::with_a_room();
        chat.room(2, "garden");
        let mut config = config();
        config.catch_up.enabled = enabled;
        let mut driver = Driver::with(config, 1, chat.rest());
        driver.happen(|client, now| client.set_interest(following(&[2]), now));
        driver.open();
        for (id, room) in [(30, 1), (31, 2), (32, 1)] {
            chat.post(room, id);
        }
        driver.frame(&chat.several("TextMessagesCreated", &[30, 31, 32]));
        assert_eq!(driver.told(), ["!+31"], "catch-up: {enabled}");
    }
}

#[test]
fn delivers_the_part_of_an_event_that_is_not_held() {
    let (chat, mut driver) = two_rooms();
    driver.happen(|client, now| client.set_interest(following(&[1, 2]), now));
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    let answers = Rc::new(Cell::new(false));
    let does_answer = Rc::clone(&answers);
    driver.rest = chat.rest_if(move |request| {
        does_answer.get() || !matches!(request, Request::Messages { room_id, .. } if room_id == room(1))
    });
    driver.open();
    for (id, room) in [(30, 1), (31, 2), (32, 1)] {
        chat.post(room, id);
    }
    driver.frame(&chat.several("TextMessagesCreated", &[30, 31, 32]));
    assert_eq!(driver.told(), ["!+31"]);
    answers.set(true);
    driver.drain();
    let mut told = driver.told_of_messages();
    told.sort();
    assert_eq!(told, ["!+31", "+30,32"]);
}

#[test]
fn recovers_only_wanted_rooms() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    driver.pass(SECOND);
    driver.lose_and_reconnect();
    chat.post(1, 30);
    chat.post(2, 31);
    driver.open();
    assert_eq!(driver.told_of_messages(), ["+30"]);
    assert!(asks_for_messages_of(&driver, 1) && !asks_for_messages_of(&driver, 2));
}

#[test]
fn reads_a_newly_followed_room_silently_and_recovers_it_from_then_on() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    driver.pass(10 * SECOND);
    chat.post(2, 30);
    driver.frame(&chat.created(30));
    driver.happen(|client, now| client.set_interest(following(&[1, 2]), now));
    assert!(asks_for_messages_of(&driver, 2));
    assert_eq!(
        driver.told_of_messages(),
        [""; 0],
        "earlier messages are not news"
    );
    chat.post(2, 31);
    driver.frame(&chat.created(31));
    driver.pass(10 * SECOND);
    assert_eq!(driver.told_of_messages(), ["!+31"]);
    driver.lose_and_reconnect();
    chat.edit(30, "edited during the gap");
    chat.post(2, 32);
    driver.open();
    assert_eq!(driver.told_of_messages(), ["~30", "+32"]);
}

#[test]
fn forgets_a_room_that_is_no_longer_wanted() {
    let (_, mut driver) = two_rooms();
    driver.open();
    driver.pass(SECOND);
    assert_eq!(driver.client.replica().message_count(), 2);
    driver.happen(|client, now| client.set_interest(nothing(), now));
    assert_eq!(driver.client.replica().message_count(), 0);
    assert_eq!(driver.client.freshness(Some(room(1))), None);
}

#[test]
fn drops_queued_messages_of_a_room_that_is_no_longer_wanted() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(with_history(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following(&[1]), now));
    driver.open();
    driver.events.clear();
    chat.post(1, 30);
    let socket = driver.socket.expect("a socket");
    // The frame is queued while the application drops its interest and restores it.
    let frame = chat.created(30);
    driver.client.handle_frame(socket, frame, driver.now);
    driver.client.set_interest(nothing(), driver.now);
    let waiting = driver.client.queued();
    driver.client.set_interest(following(&[1]), driver.now);
    driver.drain();
    assert_eq!(waiting, (0, 0));
    assert_eq!(driver.told_of_messages(), ["+10,11,30"], "all of the room, once");
}

#[test]
fn aborts_requests_of_a_room_that_is_no_longer_wanted() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    driver.pass(SECOND);
    driver.lose_and_reconnect();
    driver.rest = chat.rest_if(|request| !matches!(request, Request::Messages { .. }));
    chat.post(1, 30);
    driver.open();
    assert_eq!(
        (driver.status(), driver.requests.len()),
        (ConnectionStatus::CatchingUp, 1)
    );
    driver.happen(|client, now| client.set_interest(nothing(), now));
    assert_eq!(
        (driver.status(), &*driver.requests),
        (ConnectionStatus::Open, &[][..])
    );
    assert_eq!(driver.told_of_messages(), [""; 0]);
}

#[test]
fn aborts_requests_of_a_room_that_a_held_event_deletes() {
    let (chat, mut driver) = two_rooms();
    driver.happen(|client, now| client.set_interest(following(&[1, 2]), now));
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    let answers = Rc::new(Cell::new(false));
    let does_answer = Rc::clone(&answers);
    driver.rest = chat.rest_if(move |request| does_answer.get() && request == Request::Rooms);
    driver.open();
    driver.pass(2 * SECOND);
    // The list, both rooms, and the status.
    assert_eq!(driver.requests.len(), 4);
    driver.frame(&room_deleted(2));
    answers.set(true);
    driver.drain();
    assert_eq!(driver.told(), ["!R-2"]);
    let of_room_2 = driver
        .requests
        .iter()
        .filter(|(_, request)| matches!(request, Request::Messages { room_id, .. } if *room_id == room(2)));
    assert_eq!(of_room_2.count(), 0, "{:?}", driver.requests);
}

#[test]
fn delivers_history_of_a_newly_followed_room_before_held_events() {
    let chat = Chat::with_a_room();
    chat.room(2, "garden");
    chat.post(2, 20);
    let mut driver = Driver::with(with_history(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following(&[1]), now));
    driver.open();
    driver.pass(10 * SECOND);
    driver.events.clear();
    let answers = Rc::new(Cell::new(false));
    let does_answer = Rc::clone(&answers);
    driver.rest =
        chat.rest_if(move |request| does_answer.get() || !matches!(request, Request::Messages { .. }));
    driver.happen(|client, now| client.set_interest(following(&[1, 2]), now));
    chat.post(2, 30);
    driver.frame(&chat.created(30));
    chat.edit(20, "edited");
    driver.frame(&chat.updated(20));
    assert_eq!(driver.told(), [""; 0]);
    answers.set(true);
    driver.drain();
    driver.pass(10 * SECOND);
    assert_eq!(driver.status(), ConnectionStatus::Open);
    assert_eq!(driver.told_of_messages(), ["+20,30"]);
}

#[test]
fn does_not_deliver_older_comments_of_a_newly_followed_room() {
    let (chat, mut driver) = two_rooms();
    driver.open();
    driver.pass(10 * SECOND);
    chat.comment(20, 21);
    driver.frame(&chat.created(21));
    driver.happen(|client, now| client.set_interest(following(&[1, 2]), now));
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.comment(20, 22);
    driver.open();
    assert_eq!(driver.told_of_messages(), ["~20", "+22"]);
}

#[test]
fn skips_frames_without_a_listener_by_their_head() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(config(), 1, chat.rest());
    let head = |driver: &mut Driver, text: &str| {
        let socket = driver.socket.expect("a socket");
        driver.client.handle_head(socket, text, text.len(), driver.now)
    };
    let created = r#"{"type":"TextMessagesCreated","data":{"mess"#;
    let renamed = r#"{"type":"RoomUpdated","data":{"room":{"roo"#;
    driver.open();
    assert!(!driver.client.wants_heads() && !head(&mut driver, created));

    driver.happen(|client, now| client.set_interest(following(&[]), now));
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

    driver.happen(|client, now| client.set_interest(nothing(), now));
    assert!(head(&mut driver, created) && head(&mut driver, renamed));
}

#[test]
fn counts_a_skipped_frame_as_a_sign_of_life() {
    let chat = Chat::with_a_room();
    let mut driver = Driver::with(ClientConfig::default(), 1, chat.rest());
    driver.happen(|client, now| client.set_interest(following(&[]), now));
    driver.open();
    driver.asked.clear();
    let silence = ClientConfig::default().watchdog.silence;
    for _ in 0..8 {
        driver.pass(silence / 2);
        let socket = driver.socket.expect("a socket");
        let head = r#"{"type":"TextMessagesUpdated","data":{"#;
        assert!(driver.client.handle_head(socket, head, 60, driver.now));
    }
    assert!(!driver.asked.contains(&Request::Status), "{:?}", driver.asked);
}

#[test]
fn delivers_changes_of_rooms_after_a_gap_if_no_messages_are_wanted() {
    let (chat, mut driver) = two_rooms();
    driver.happen(|client, now| client.set_interest(following(&[]), now));
    driver.open();
    driver.pass(10 * SECOND);
    driver.lose_and_reconnect();
    chat.post(2, 30);
    driver.open();
    driver.pass(10 * SECOND);
    assert_eq!(driver.told(), ["R~2"]);
    assert!(!asks_for_messages_of(&driver, 1) && !asks_for_messages_of(&driver, 2));
    assert_eq!(driver.client.freshness(None), Some(Freshness::Live));
}

#[test]
fn unites_and_intersects_rooms() {
    let one = Rooms::only([room(1), room(2)]);
    let other = Rooms::only([room(2), room(3)]);
    let inside = |rooms: &Rooms| (0..5).filter(|id| rooms.contains(room(*id))).collect::<Vec<_>>();
    assert_eq!(inside(&one.or(&other)), [1, 2, 3]);
    assert_eq!(inside(&one.and(&other)), [2]);
    assert_eq!(inside(&one.and(&Rooms::All)), [1, 2]);
    assert!(!one.or(&Rooms::All).is_restricted());
    assert!(Rooms::none().is_none() && !one.is_none() && !Rooms::All.is_none());
    assert_eq!(inside(&Rooms::none()), [0; 0]);
}

#[test]
fn wants_messages_of_followed_rooms_that_have_callbacks() {
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
    let wanted = (0..6).filter(|id| interest.messages.contains(room(*id)));
    assert_eq!(wanted.collect::<Vec<_>>(), [2, 3]);
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
fn watches_followed_rooms_and_rooms_named_by_callbacks() {
    let all = |_: EventType| Rooms::All;
    let named = Rooms::only([room(1), room(2)]);
    let watched = |followed: &Followed| {
        let interest = Interest::of_callbacks(all, &named, followed);
        let some = (0..5).filter(|id| interest.watched.contains(room(*id)));
        (interest.messages.is_restricted(), some.collect::<Vec<_>>())
    };
    assert_eq!(watched(&Followed::Unrestricted), (false, vec![1, 2]));
    assert_eq!(watched(&Followed::All), (false, vec![0, 1, 2, 3, 4]));
    // Rooms that are not followed are not delivered, even if a callback names them.
    let followed = Followed::Only(Rooms::only([room(2), room(3)]));
    assert_eq!(watched(&followed), (true, vec![2, 3]));
    assert!(Interest::default().watched.is_none());
}
