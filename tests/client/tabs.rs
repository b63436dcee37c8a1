//! Pages that share a client: which page gets which delivery, and when.

use room_events::client::tabs::{Added, Bounds, MAX_IN_FLIGHT, Place, Presence, Tabs, Wants};
use room_events::client::{Followed, Rooms, Topic};
use room_events::protocol::event::EventType;
use room_events::protocol::ids::RoomId;

const CREATED: Topic = Topic::Event(EventType::TextMessagesCreated);
const ROOM_UPDATED: Topic = Topic::Event(EventType::RoomUpdated);
const BOUNDS: Bounds = Bounds {
    max_count: 3,
    max_bytes: 100,
};
const MS: u64 = 1_000;

fn room(id: u32) -> RoomId {
    RoomId::from(id)
}

fn wants(registered: &[(Topic, Option<u32>)]) -> Wants {
    let registered: Vec<_> = registered
        .iter()
        .map(|(topic, id)| (*topic, id.map(room)))
        .collect();
    Wants::new(&registered, &Followed::Unrestricted)
}

fn following(registered: &[(Topic, Option<u32>)], rooms: &[u32]) -> Wants {
    let registered: Vec<_> = registered
        .iter()
        .map(|(topic, id)| (*topic, id.map(room)))
        .collect();
    let rooms = rooms.iter().map(|id| room(*id));
    Wants::new(&registered, &Followed::Only(Rooms::only(rooms)))
}

fn receivers(tabs: &mut Tabs<&'static str>, topic: Topic, about: Option<&[u32]>) -> Vec<&'static str> {
    let about: Option<Vec<_>> = about.map(|ids| ids.iter().map(|id| room(*id)).collect());
    tabs.receivers(topic, about.as_deref())
        .map(|tab| tab.handle)
        .collect()
}

fn add(tabs: &mut Tabs<&'static str>, bytes: usize) -> Vec<Added> {
    let all = tabs.receivers(Topic::StateChange, None);
    all.map(|tab| tab.add(bytes, BOUNDS)).collect()
}

/// Sends what is due: the page, and whether its backlog was dropped.
fn send(tabs: &mut Tabs<&'static str>, now: u64) -> Option<(&'static str, bool)> {
    tabs.send(now).map(|due| (*due.handle, due.was_dropped))
}

/// A page in another thread that listens to everything.
fn one_tab(place: Place) -> (Tabs<&'static str>, u32) {
    let mut tabs = Tabs::new(place);
    let tab = tabs.join("tab", Presence::Visible);
    tabs.listen(tab, wants(&[(CREATED, None)]));
    (tabs, tab)
}

#[test]
fn sends_events_to_pages_that_want_their_rooms() {
    let mut tabs = Tabs::new(Place::Remote);
    for (name, wants) in [
        ("all", wants(&[(CREATED, None), (CREATED, Some(1))])),
        ("one", wants(&[(CREATED, Some(1))])),
        ("two and three", wants(&[(CREATED, Some(2)), (CREATED, Some(3))])),
        ("none", wants(&[(ROOM_UPDATED, None)])),
        (
            "follows two",
            following(&[(CREATED, None), (ROOM_UPDATED, None)], &[2]),
        ),
    ] {
        let tab = tabs.join(name, Presence::Visible);
        tabs.listen(tab, wants);
    }
    assert!(tabs.asks_for_rooms(CREATED));
    assert!(!tabs.asks_for_rooms(ROOM_UPDATED));
    assert_eq!(receivers(&mut tabs, CREATED, Some(&[1])), ["all", "one"]);
    assert_eq!(
        receivers(&mut tabs, CREATED, Some(&[3, 2])),
        ["all", "two and three", "follows two"]
    );
    assert_eq!(receivers(&mut tabs, CREATED, Some(&[])), ["all"]);
    assert_eq!(
        receivers(&mut tabs, ROOM_UPDATED, None),
        ["none", "follows two"],
        "what is followed restricts messages alone"
    );
    assert!(receivers(&mut tabs, Topic::Malformed, None).is_empty());
    assert_eq!(receivers(&mut tabs, Topic::StateChange, None).len(), 5);
    assert_eq!(receivers(&mut tabs, Topic::Freshness, None).len(), 5);
}

#[test]
fn unites_the_interest_of_all_pages() {
    let mut tabs = Tabs::new(Place::Remote);
    assert!(
        matches!(tabs.interest().messages, Rooms::All),
        "no page has set its interest"
    );
    let first = tabs.join("first", Presence::Visible);
    tabs.listen(first, following(&[(CREATED, None)], &[1]));
    let second = tabs.join("second", Presence::Visible);
    let interest = tabs.interest();
    assert!(interest.messages.contains(room(1)) && !interest.messages.contains(room(2)));
    tabs.listen(second, wants(&[(CREATED, Some(2)), (ROOM_UPDATED, None)]));
    let interest = tabs.interest();
    assert!(
        [1, 2]
            .iter()
            .all(|id| interest.messages.contains(room(*id)) && interest.watched.contains(room(*id)))
    );
    assert!(interest.rooms && !interest.messages.contains(room(3)));
    assert!(tabs.leave(second) && !tabs.leave(second));
    let interest = tabs.interest();
    assert!(!interest.rooms && !interest.messages.contains(room(2)));
}

#[test]
fn sends_nothing_before_a_page_has_set_its_interest() {
    let mut tabs = Tabs::new(Place::Remote);
    let tab = tabs.join("tab", Presence::Visible);
    assert_eq!(add(&mut tabs, 1), [Added::Kept]);
    assert!(!tabs.can_take());
    assert_eq!((tabs.due_at(), tabs.send(MS)), (None, None));
    tabs.listen(tab, wants(&[]));
    assert!(tabs.can_take());
    assert_eq!(send(&mut tabs, MS), Some(("tab", false)));
}

#[test]
fn sends_the_first_delivery_at_once_and_the_next_with_a_batch() {
    let (mut tabs, tab) = one_tab(Place::Remote);
    assert_eq!(tabs.due_at(), None);
    add(&mut tabs, 1);
    assert!(tabs.send(10 * MS).is_some());
    assert_eq!(tabs.send(10 * MS), None, "nothing waits");
    add(&mut tabs, 1);
    assert_eq!(tabs.due_at(), Some(17 * MS));
    assert_eq!(tabs.send(16 * MS), None);
    assert!(tabs.send(17 * MS).is_some());
    tabs.set_presence(tab, Presence::Hidden);
    add(&mut tabs, 1);
    assert_eq!(tabs.due_at(), Some(1_017 * MS));
    tabs.set_presence(tab, Presence::Visible);
    assert_eq!(tabs.due_at(), Some(24 * MS));
}

#[test]
fn sends_to_a_page_in_the_same_thread_at_once() {
    for presence in [Presence::Visible, Presence::Hidden, Presence::Away("left")] {
        let (mut tabs, tab) = one_tab(Place::Local);
        tabs.set_presence(tab, presence);
        for _ in 0..3 {
            add(&mut tabs, 1);
            assert!(tabs.send(MS).is_some(), "{presence:?}");
            tabs.acknowledge(tab);
        }
    }
}

#[test]
fn stops_sending_to_a_page_that_does_not_acknowledge() {
    let (mut tabs, tab) = one_tab(Place::Remote);
    for round in 0..u64::from(MAX_IN_FLIGHT) {
        assert!(tabs.can_take());
        add(&mut tabs, 1);
        assert!(tabs.send(round * 10 * MS).is_some());
    }
    assert!(!tabs.can_take(), "the client's own queue loses nothing");
    add(&mut tabs, 1);
    assert_eq!((tabs.due_at(), tabs.send(1_000 * MS)), (None, None));
    tabs.acknowledge(tab);
    assert!(tabs.can_take());
    assert!(tabs.send(1_000 * MS).is_some());
}

#[test]
fn sends_the_backlog_when_a_page_returns() {
    let (mut tabs, tab) = one_tab(Place::Remote);
    tabs.set_presence(tab, Presence::Away("left"));
    add(&mut tabs, 1);
    add(&mut tabs, 1);
    assert_eq!(tabs.send(MS), None);
    tabs.set_presence(tab, Presence::Visible);
    assert_eq!(send(&mut tabs, MS), Some(("tab", false)));
}

#[test]
fn drops_a_backlog_beyond_its_bounds_and_reports_it() {
    for (bytes, fits) in [(1, 3), (50, 2)] {
        let (mut tabs, tab) = one_tab(Place::Remote);
        tabs.set_presence(tab, Presence::Away("left"));
        for _ in 0..fits {
            assert_eq!(add(&mut tabs, bytes), [Added::Kept]);
        }
        assert_eq!(add(&mut tabs, bytes), [Added::Overflowed]);
        assert_eq!(add(&mut tabs, bytes), [Added::Dropped]);
        tabs.set_presence(tab, Presence::Visible);
        assert_eq!(send(&mut tabs, MS), Some(("tab", true)));
        assert_eq!(add(&mut tabs, bytes), [Added::Kept]);
        assert_eq!(send(&mut tabs, 10 * MS), Some(("tab", false)));
    }
}

#[test]
fn accepts_one_delivery_of_any_length() {
    let (mut tabs, _) = one_tab(Place::Remote);
    assert_eq!(add(&mut tabs, 1_000), [Added::Kept]);
    assert_eq!(add(&mut tabs, 0), [Added::Overflowed]);
}

#[test]
fn takes_the_most_visible_presence() {
    let mut tabs = Tabs::new(Place::Remote);
    let hidden = tabs.join("hidden", Presence::Hidden);
    let away = tabs.join("away", Presence::Away("left"));
    assert_eq!(tabs.presence(), Presence::Hidden);
    tabs.set_presence(away, Presence::Visible);
    assert_eq!(tabs.presence(), Presence::Visible);
    tabs.set_presence(away, Presence::Away("frozen"));
    tabs.leave(hidden);
    assert_eq!(tabs.presence(), Presence::Away("frozen"));
}
