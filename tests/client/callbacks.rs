//! Which callback is called, and with what.

use std::cell::RefCell;
use std::rc::Rc;

use room_events::client::callbacks::{Callbacks, Share};
use room_events::client::interest::Rooms;
use room_events::client::topic::Topic;
use room_events::protocol::event::EventType;
use room_events::protocol::ids::RoomId;

const UPDATED: Topic = Topic::Event(EventType::TextMessagesUpdated);

fn room(id: u32) -> RoomId {
    RoomId::from(id)
}

/// Who is called for an event about these rooms, and with which share of it.
fn called(callbacks: &Callbacks<&'static str>, rooms: Option<&[RoomId]>) -> Vec<(&'static str, Share)> {
    let calls = RefCell::new(Vec::new());
    callbacks.call(UPDATED, rooms, |name, share| {
        calls.borrow_mut().push((*name, share))
    });
    calls.into_inner()
}

#[test]
fn calls_a_callback_for_one_room_with_its_share() {
    let callbacks = Callbacks::default();
    callbacks.add(UPDATED, Some(room(1)), "one");
    callbacks.add(UPDATED, None, "all");
    callbacks.add(UPDATED, Some(room(2)), "two");

    let only_one = [room(1), room(1)];
    assert_eq!(
        called(&callbacks, Some(&only_one)),
        [("one", Share::Whole), ("all", Share::Whole)]
    );
    let both = [room(1), room(2), room(1)];
    assert_eq!(
        called(&callbacks, Some(&both)),
        [
            ("one", Share::Room(room(1))),
            ("all", Share::Whole),
            ("two", Share::Room(room(2)))
        ]
    );
    // An update of no message is about no room.
    assert_eq!(called(&callbacks, Some(&[])), [("all", Share::Whole)]);
    assert_eq!(
        called(&callbacks, None),
        [
            ("one", Share::Whole),
            ("all", Share::Whole),
            ("two", Share::Whole)
        ]
    );
}

#[test]
fn wants_an_event_if_any_callback_would_be_called() {
    let callbacks = Callbacks::default();
    assert!(!callbacks.wants(UPDATED, &[room(1)]));
    callbacks.add(UPDATED, Some(room(1)), "one");
    assert!(callbacks.has_for_one_room(UPDATED));
    assert!(callbacks.wants(UPDATED, &[room(2), room(1)]));
    assert!(!callbacks.wants(UPDATED, &[room(2)]));
    assert!(!callbacks.wants(UPDATED, &[]));
    assert!(!callbacks.wants(Topic::Unknown, &[room(1)]));

    let all = callbacks.add(UPDATED, None, "all");
    assert!(callbacks.wants(UPDATED, &[room(2)]));
    assert!(matches!(callbacks.rooms(UPDATED), Rooms::All));
    callbacks.remove(&all);
    let rooms = callbacks.rooms(UPDATED);
    assert!(rooms.contains(room(1)) && !rooms.contains(room(2)));
}

#[test]
fn names_the_rooms_of_single_callbacks_for_messages() {
    let callbacks = Callbacks::default();
    callbacks.add(UPDATED, None, "all");
    let one = callbacks.add(UPDATED, Some(room(1)), "one");
    callbacks.add(Topic::Event(EventType::TextMessageDeleted), Some(room(2)), "two");
    callbacks.add(Topic::Event(EventType::RoomUpdated), Some(room(3)), "no message");
    callbacks.add(Topic::Freshness, Some(room(4)), "no event");
    let named = |id| callbacks.named_rooms().contains(room(id));
    assert_eq!([1, 2, 3, 4, 5].map(named), [true, true, false, false, false]);
    callbacks.remove(&one);
    assert!(!callbacks.named_rooms().contains(room(1)));
}

#[test]
fn does_not_call_a_callback_removed_during_a_call() {
    let callbacks = Callbacks::default();
    callbacks.add(UPDATED, None, "first");
    let second = callbacks.add(UPDATED, None, "second");
    let calls = RefCell::new(Vec::new());
    callbacks.call(UPDATED, None, |name, _| {
        calls.borrow_mut().push(*name);
        callbacks.remove(&second);
        callbacks.add(UPDATED, None, "later");
    });
    assert_eq!(calls.into_inner(), ["first"]);
    assert_eq!(called(&callbacks, None).len(), 2);
}

#[test]
fn drops_the_function_of_a_removed_callback() {
    let callbacks = Callbacks::default();
    let function = Rc::new(());
    let one = callbacks.add(UPDATED, None, Rc::clone(&function));
    let other = callbacks.add(Topic::StateChange, None, Rc::clone(&function));
    assert!(callbacks.has(UPDATED) && !callbacks.has(Topic::Malformed));
    callbacks.remove(&one);
    assert_eq!(Rc::strong_count(&function), 2);
    assert!(!callbacks.has(UPDATED) && !callbacks.is_empty());
    callbacks.clear();
    assert_eq!(Rc::strong_count(&function), 1);
    assert!(callbacks.is_empty());
    drop(other);
}
