use futures_util::FutureExt;

use super::*;
use crate::protocol::Extra;
use crate::protocol::event::{Event, RoomDeleted};
use crate::protocol::ids::Id;

const LIMITS: QueueLimits = QueueLimits {
    frames: 4,
    bytes: 1000,
};

fn id<T>(number: u32) -> Id<T> {
    Id::from(number)
}

fn owner(user: u32) -> Owner {
    Owner {
        user_id: id(user),
        credential: [u8::try_from(user).expect("small"); 32],
    }
}

fn frame(room: u32) -> Frame {
    Frame::new(&Event::RoomDeleted(RoomDeleted {
        room_id: id(room),
        extra: Extra::new(),
    }))
    .expect("serialises")
}

fn to(users: &[u32], room: u32) -> Delivery {
    let users = users.iter().map(|user| id(*user)).collect();
    Delivery {
        audience: Audience::Users(users),
        frame: frame(room),
    }
}

fn to_everyone(room: u32) -> Delivery {
    Delivery {
        audience: Audience::Everyone,
        frame: frame(room),
    }
}

/// Takes all queued frames without waiting for more.
async fn waiting(subscription: &mut Subscription) -> Vec<Frame> {
    let mut frames = Vec::new();
    while subscription.waiting() > 0 {
        subscription.take(&mut frames, 100).await;
    }
    frames
}

#[tokio::test]
async fn frames_reach_every_connection_of_their_audience_once_and_in_order() {
    let hub = Hub::new(LIMITS);
    let mut first = hub.connect(owner(1)).expect("open");
    let mut second = hub.connect(owner(1)).expect("open");
    let mut other = hub.connect(owner(2)).expect("open");
    hub.publish(&[
        to(&[1], 1),
        to(&[2], 2),
        to_everyone(3),
        to(&[1, 2], 4),
        to(&[9], 5),
    ]);
    assert_eq!(waiting(&mut first).await, [frame(1), frame(3), frame(4)]);
    assert_eq!(waiting(&mut second).await, [frame(1), frame(3), frame(4)]);
    assert_eq!(waiting(&mut other).await, [frame(2), frame(3), frame(4)]);
}

#[tokio::test]
async fn a_connection_that_is_dropped_is_forgotten() {
    let hub = Hub::new(LIMITS);
    let first = hub.connect(owner(1)).expect("open");
    let second = hub.connect(owner(1)).expect("open");
    drop(first);
    assert_eq!(hub.connected_users(), [id(1)]);
    drop(second);
    assert_eq!(hub.connected_users(), []);
    assert_eq!(hub.connection_count(), 0);
}

#[tokio::test]
async fn a_full_queue_closes_its_connection_and_no_other() {
    let hub = Hub::new(LIMITS);
    let slow = hub.connect(owner(1)).expect("open");
    let mut quick = hub.connect(owner(2)).expect("open");
    let mut seen = Vec::new();
    for room in 1..=5 {
        hub.publish(&[to_everyone(room)]);
        seen.extend(waiting(&mut quick).await);
    }
    slow.cut().await;
    assert_eq!(slow.close_reason(), Some(CloseReason::SlowReader));
    assert_eq!(quick.close_reason(), None);
    assert_eq!(seen, [frame(1), frame(2), frame(3), frame(4), frame(5)]);
    assert_eq!(hub.connected_users(), [id(2)]);
}

#[tokio::test]
async fn bytes_are_limited_but_one_frame_always_fits() {
    let hub = Hub::new(QueueLimits {
        frames: 100,
        bytes: 1,
    });
    let mut subscription = hub.connect(owner(1)).expect("open");
    for room in 1..=3 {
        hub.publish(&[to_everyone(room)]);
        assert_eq!(waiting(&mut subscription).await, [frame(room)]);
    }
    hub.publish(&[to_everyone(4), to_everyone(5)]);
    assert_eq!(subscription.close_reason(), Some(CloseReason::SlowReader));
}

#[tokio::test]
async fn ending_a_session_cuts_its_connections_alone() {
    let hub = Hub::new(LIMITS);
    let ended = hub.connect(owner(1)).expect("open");
    let other = hub.connect(owner(2)).expect("open");
    hub.close_credential(&owner(1).credential, CloseReason::SessionEnded);
    ended.cut().await;
    assert_eq!(ended.close_reason(), Some(CloseReason::SessionEnded));
    assert_eq!(other.close_reason(), None);
}

#[test]
fn a_user_has_so_many_connections_and_others_have_their_own() {
    let hub = Hub::new(LIMITS).with_connections_per_user(2);
    let first = hub.connect(owner(1)).expect("the first");
    let _second = hub.connect(owner(1)).expect("the second");
    assert!(matches!(hub.connect(owner(1)), Err(HubError::TooMany)));
    let _other = hub.connect(owner(2)).expect("another user's");
    drop(first);
    assert!(hub.connect(owner(1)).is_ok());
}

#[tokio::test]
async fn shutting_down_sends_what_waits_and_takes_nobody_new() {
    let hub = Hub::new(LIMITS);
    let mut subscription = hub.connect(owner(1)).expect("open");
    hub.publish(&[to_everyone(1)]);
    hub.shut_down();
    let mut frames = Vec::new();
    assert_eq!(subscription.take(&mut frames, 10).await, 1);
    assert_eq!(subscription.take(&mut frames, 10).await, 0);
    assert_eq!(frames, [frame(1)]);
    assert_eq!(subscription.close_reason(), Some(CloseReason::GoingAway));
    assert!(matches!(hub.connect(owner(1)), Err(HubError::Closed)));
}

#[tokio::test]
async fn what_gathers_behind_a_large_wave_reaches_those_who_sleep() {
    let hub = Hub::new(LIMITS);
    let mut connections = tokio::task::JoinSet::new();
    for user in 1..=3 {
        let mut subscription = hub.connect(owner(user)).expect("open");
        connections.spawn(async move {
            let mut frames = Vec::new();
            subscription.take(&mut frames, 100).await;
            frames
        });
    }
    // Lets the tasks go to sleep.
    tokio::task::yield_now().await;
    let large = hub
        .lock()
        .begin_wave(10_000, &hub.gathering)
        .expect("a large one");
    hub.publish(&[to_everyone(1), to(&[2], 2)]);
    hub.publish(&[to_everyone(3)]);
    let waves = tokio::spawn(hub.clone().raise_waves());
    tokio::task::yield_now().await;
    assert!(connections.try_join_next().is_none(), "nobody is woken yet");
    assert_eq!(hub.lock().gathered.len(), 3, "each is to be woken once");
    drop(large);
    let mut all = Vec::new();
    while let Some(frames) = connections.join_next().await {
        all.push(frames.expect("no panic"));
    }
    all.sort_by_key(Vec::len);
    let for_all = vec![frame(1), frame(3)];
    assert_eq!(
        all,
        [for_all.clone(), for_all, vec![frame(1), frame(2), frame(3)]]
    );
    waves.abort();
}

#[tokio::test]
async fn a_large_wave_lets_the_next_one_wait_until_all_have_taken_what_waits() {
    let hub = Hub::new(LIMITS);
    let waits = |hub: &Hub| hub.lock().waits_until(Instant::now()).is_some();
    let mut subscriptions = Vec::new();
    for _ in 0..LARGE_WAVE {
        subscriptions.push(hub.connect(owner(1)).expect("open"));
    }
    for sleeping in &subscriptions {
        assert!(sleeping.ready().now_or_never().is_none());
    }
    hub.publish(&[to_everyone(1)]);
    let mut frames = Vec::new();
    let last = subscriptions.pop();
    for subscription in &mut subscriptions {
        assert!(waits(&hub));
        subscription.take_ready(&mut frames, 1);
    }
    // A connection that is dropped takes nothing.
    assert!(waits(&hub));
    drop(last);
    assert!(!waits(&hub));
    assert_eq!(frames.len(), LARGE_WAVE - 1);

    // A smaller wave does not delay the next one.
    for sleeping in &subscriptions {
        assert!(sleeping.ready().now_or_never().is_none());
    }
    hub.publish(&[to_everyone(2)]);
    assert!(!waits(&hub));
}

#[tokio::test]
async fn whoever_takes_nothing_holds_up_the_others_for_a_while_alone() {
    let hub = Hub::new(LIMITS);
    let waves = tokio::spawn(hub.clone().raise_waves());
    let held = hub.lock().begin_wave(LARGE_WAVE, &hub.gathering);
    let mut subscription = hub.connect(owner(1)).expect("open");
    let taken = tokio::spawn(async move {
        let mut frames = Vec::new();
        subscription.take(&mut frames, 100).await;
        frames
    });
    tokio::task::yield_now().await;
    hub.publish(&[to_everyone(1)]);
    assert_eq!(taken.await.expect("no panic"), [frame(1)]);
    drop(held);
    waves.abort();
}
