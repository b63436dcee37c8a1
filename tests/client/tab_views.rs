//! Views of several pages: their numbers do not collide, and each page gets the changes of its own views.

use room_events::client::store::ViewId;
use room_events::client::tabs::{Place, Presence, Tabs, Wants};
use room_events::client::{Followed, TabViews};

#[test]
fn pages_with_the_same_number_have_different_views() {
    let mut views = TabViews::new();
    let (one, other) = (views.open(1, 7), views.open(2, 7));
    assert_ne!(one, other);
    assert_eq!(views.open(1, 7), one);
    assert_eq!((views.get(1, 7), views.get(2, 8)), (Some(one), None));
    assert_eq!(
        (views.owner(one), views.owner(other)),
        (Some((1, 7)), Some((2, 7)))
    );
    assert_eq!(views.owner(ViewId(99)), None);
}

#[test]
fn a_closed_view_has_no_owner() {
    let mut views = TabViews::new();
    let view = views.open(1, 7);
    assert_eq!((views.close(1, 8), views.close(2, 7)), (None, None));
    assert_eq!(views.close(1, 7), Some(view));
    assert_eq!((views.owner(view), views.close(1, 7)), (None, None));
    assert_ne!(views.open(1, 7), view);
}

#[test]
fn a_page_that_leaves_loses_its_views() {
    let mut views = TabViews::new();
    let (first, second, other) = (views.open(1, 1), views.open(1, 2), views.open(2, 1));
    views.follow_sending(1);
    views.follow_sending(2);
    views.follow_sending(2);
    assert_eq!(views.senders(), [1, 2]);
    assert_eq!(views.leave(1), [first, second]);
    assert_eq!(views.leave(1), []);
    assert_eq!(views.senders(), [2]);
    assert_eq!(views.owner(other), Some((2, 1)));
}

#[test]
fn lists_views_with_their_pages() {
    let mut views = TabViews::new();
    let (one, other) = (views.open(1, 1), views.open(2, 1));
    assert!(views.all().eq([(1, one), (2, other)]));
    assert!(views.of(2).eq([(1, other)]));
}

#[test]
fn sends_news_in_batches() {
    const MS: u64 = 1_000;
    let mut tabs = Tabs::new(Place::Remote);
    let tab = tabs.join("tab", Presence::Visible);
    tabs.note_news(tab);
    assert_eq!(tabs.due_at(), None, "the page has not said what it listens to");
    tabs.listen(tab, Wants::new(&[], &Followed::Unrestricted));
    let due = tabs.send(100 * MS).expect("something to send");
    assert_eq!((due.tab, due.was_dropped, due.sent_before), (tab, false, None));
    assert_eq!(tabs.send(100 * MS), None, "what has changed was sent");
    tabs.note_news(tab);
    assert_eq!(tabs.send(101 * MS), None, "too early");
    let due = tabs.send(107 * MS).expect("something to send");
    let sent_before = due.sent_before;
    // Nothing had changed.
    tabs.take_back(tab, sent_before);
    tabs.note_news(tab);
    assert!(tabs.send(107 * MS).is_some());
}
