//! The pages that share one client: what each listens to, and when its batches are sent.
//!
//! Every page acknowledges its batches, at most [`MAX_IN_FLIGHT`] of which are in flight. Further deliveries wait,
//! within the bounds of the delivery queue; a page that exceeds them has to reload everything.

use super::clock::{Micros, earliest};
use super::interest::{Followed, Interest, Rooms};
use super::topic::Topic;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

/// The most unacknowledged batches per page.
pub const MAX_IN_FLIGHT: u32 = 2 * ACKNOWLEDGED_TOGETHER;

/// The number of batches that a page acknowledges with one message, which costs it as much as a batch.
pub const ACKNOWLEDGED_TOGETHER: u32 = 4;

/// The least time between two batches to a visible page. 7 ms cost the page a third less than 4 ms, and delay an
/// event by 4 ms on average. The first batch after a silence is sent at once.
const BUSY_INTERVAL: Micros = 7_000;

/// Like [`BUSY_INTERVAL`], for a hidden page.
const HIDDEN_INTERVAL: Micros = 1_000_000;

/// Whether a page is visible, and whether it runs at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is visible.
    Visible,
    /// It is hidden but runs.
    Hidden,
    /// It is in the back/forward cache or frozen, for that reason, and runs no code.
    Away(&'static str),
}

/// What one page listens to.
#[derive(Clone, Debug)]
pub struct Wants {
    rooms: [Rooms; Topic::COUNT],
    interest: Interest,
}

impl Wants {
    /// Derives it from the callbacks, each for one room or for all, and from the rooms that the page follows.
    #[must_use]
    pub fn new(registered: &[(Topic, Option<RoomId>)], followed: &Followed) -> Self {
        let of = |topic| {
            let rooms: Option<Vec<_>> = registered
                .iter()
                .filter(|(other, _)| *other == topic)
                .map(|(_, room)| *room)
                .collect();
            rooms.map_or(Rooms::All, Rooms::only)
        };
        let named = registered.iter().filter_map(|(topic, room)| match topic {
            Topic::Event(event_type) if event_type.is_of_message() => *room,
            _ => None,
        });
        let interest = Interest::of_callbacks(
            |event_type| of(Topic::Event(event_type)),
            &Rooms::only(named),
            followed,
        );
        let mut rooms: [Rooms; Topic::COUNT] = std::array::from_fn(|index| of(Topic::from_index(index)));
        for event_type in EventType::ALL {
            if event_type.is_of_message() {
                let wanted = &mut rooms[Topic::Event(event_type).index()];
                *wanted = wanted.and(&interest.messages);
            }
        }
        // A page can be asked for a room's freshness and the connection's state at any time.
        for topic in [Topic::Freshness, Topic::StateChange] {
            rooms[topic.index()] = Rooms::All;
        }
        Self { rooms, interest }
    }

    fn takes(&self, topic: Topic, about: Option<&[RoomId]>) -> bool {
        match (&self.rooms[topic.index()], about) {
            (Rooms::All, _) => true,
            (wanted, None) => !wanted.is_none(),
            (wanted, Some(rooms)) => rooms.iter().any(|room_id| wanted.contains(*room_id)),
        }
    }
}

/// Identifies a page of [`Tabs`].
pub type TabId = u32;

/// The deliveries that wait for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backlog {
    /// This many deliveries of this many bytes.
    Kept { count: usize, bytes: usize },
    /// They exceeded the bounds and were dropped.
    Dropped,
}

const EMPTY: Backlog = Backlog::Kept { count: 0, bytes: 0 };

/// One page.
#[derive(Debug)]
pub struct Tab<H> {
    id: TabId,
    /// The queue of its deliveries, and where they are sent.
    pub handle: H,
    /// `None` until the page has said what it listens to. Deliveries wait until then.
    wants: Option<Wants>,
    presence: Presence,
    backlog: Backlog,
    /// Whether one of its views may have changed.
    has_news: bool,
    in_flight: u32,
    sent_at: Option<Micros>,
}

/// The result of adding a delivery to a page's backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It waits.
    Kept,
    /// The backlog exceeds its bounds: drop all that waits for the page.
    Overflowed,
    /// The backlog was dropped before, and so is this delivery.
    Dropped,
}

impl<H> Tab<H> {
    /// Counts a delivery that is about to be queued for the page.
    pub fn add(&mut self, bytes: usize, bounds: Bounds) -> Added {
        let Backlog::Kept {
            count,
            bytes: waiting,
        } = &mut self.backlog
        else {
            return Added::Dropped;
        };
        if *count >= bounds.max_count || (*count > 0 && *waiting + bytes > bounds.max_bytes) {
            self.backlog = Backlog::Dropped;
            return Added::Overflowed;
        }
        *count += 1;
        *waiting += bytes;
        Added::Kept
    }

    /// Whether nothing may be sent now.
    fn is_blocked(&self, place: Place) -> bool {
        let is_away = place == Place::Remote && matches!(self.presence, Presence::Away(_));
        self.wants.is_none() || self.in_flight >= MAX_IN_FLIGHT || is_away
    }

    /// When to send a batch; `None` if there is none, or nothing may be sent.
    fn due_at(&self, place: Place) -> Option<Micros> {
        if self.is_blocked(place) || (self.backlog == EMPTY && !self.has_news) {
            return None;
        }
        let interval = match (place, self.presence) {
            (Place::Local, _) => 0,
            (Place::Remote, Presence::Hidden) => HIDDEN_INTERVAL,
            (Place::Remote, _) => BUSY_INTERVAL,
        };
        Some(self.sent_at.map_or(0, |at| at.saturating_add(interval)))
    }
}

/// A page with a batch due.
#[derive(Debug, PartialEq, Eq)]
pub struct Due<'a, H> {
    /// The page.
    pub tab: TabId,
    /// The queue of its deliveries.
    pub handle: &'a mut H,
    /// Whether the backlog was dropped, so that the page has to reload everything.
    pub was_dropped: bool,
    /// When its previous batch was sent.
    pub sent_before: Option<Micros>,
}

/// The bounds of a page's backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most deliveries.
    pub max_count: usize,
    /// The most bytes of frames.
    pub max_bytes: usize,
}

/// Where the pages run, relative to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the same thread: batches gain nothing, and while a page runs no code, neither does the client.
    Local,
    /// In other threads.
    Remote,
}

/// All pages of a client.
#[derive(Debug)]
pub struct Tabs<H> {
    tabs: Vec<Tab<H>>,
    next: TabId,
    place: Place,
}

impl<H> Tabs<H> {
    /// Creates an empty set of pages.
    #[must_use]
    pub const fn new(place: Place) -> Self {
        Self {
            tabs: Vec::new(),
            next: 0,
            place,
        }
    }

    /// Adds a page. Nothing is sent to it until it says what it listens to.
    pub fn join(&mut self, handle: H, presence: Presence) -> TabId {
        let id = self.next;
        self.next += 1;
        self.tabs.push(Tab {
            id,
            handle,
            wants: None,
            presence,
            backlog: EMPTY,
            has_news: false,
            in_flight: 0,
            sent_at: None,
        });
        id
    }

    /// Removes a page. Returns whether it existed.
    pub fn leave(&mut self, id: TabId) -> bool {
        let before = self.tabs.len();
        self.tabs.retain(|tab| tab.id != id);
        self.tabs.len() < before
    }

    /// Whether there are no pages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tabs.is_empty()
    }

    fn get(&mut self, id: TabId) -> Option<&mut Tab<H>> {
        self.tabs.iter_mut().find(|tab| tab.id == id)
    }

    /// Sets what a page listens to.
    pub fn listen(&mut self, id: TabId, wants: Wants) {
        if let Some(tab) = self.get(id) {
            tab.wants = Some(wants);
        }
    }

    /// Sets a page's presence.
    pub fn set_presence(&mut self, id: TabId, presence: Presence) {
        if let Some(tab) = self.get(id) {
            tab.presence = presence;
        }
    }

    /// Notes that a page has processed one of its batches.
    pub fn acknowledge(&mut self, id: TabId) {
        if let Some(tab) = self.get(id) {
            tab.in_flight = tab.in_flight.saturating_sub(1);
        }
    }

    /// Notes that a view of a page may have changed. The changes are not kept here, but requested for the next batch.
    pub fn note_news(&mut self, id: TabId) {
        if let Some(tab) = self.get(id) {
            tab.has_news = true;
        }
    }

    /// Undoes [`send`](Self::send), as there was nothing to send.
    pub fn take_back(&mut self, id: TabId, sent_at: Option<Micros>) {
        if let Some(tab) = self.get(id) {
            tab.in_flight = tab.in_flight.saturating_sub(1);
            tab.sent_at = sent_at;
        }
    }

    /// The handle of a page.
    #[must_use]
    pub fn handle(&self, id: TabId) -> Option<&H> {
        let tab = self.tabs.iter().find(|tab| tab.id == id);
        tab.map(|tab| &tab.handle)
    }

    /// What any page listens to; everything if none has said so.
    #[must_use]
    pub fn interest(&self) -> Interest {
        let wants = self.tabs.iter().filter_map(|tab| tab.wants.as_ref());
        wants
            .map(|wants| wants.interest.clone())
            .reduce(|all, one| all.or(&one))
            .unwrap_or_default()
    }

    /// The presence of the most visible page; visible if there are none.
    #[must_use]
    pub fn presence(&self) -> Presence {
        let rank = |presence: &Presence| match presence {
            Presence::Visible => 0,
            Presence::Hidden => 1,
            Presence::Away(_) => 2,
        };
        let all = self.tabs.iter().map(|tab| tab.presence);
        all.min_by_key(rank).unwrap_or(Presence::Visible)
    }

    /// Whether a batch can be sent to any page. Otherwise, deliveries are better left in the client's own queue,
    /// which loses nothing.
    #[must_use]
    pub fn can_take(&self) -> bool {
        self.tabs.iter().any(|tab| !tab.is_blocked(self.place))
    }

    /// Whether the receivers of that topic depend on the rooms that a delivery is about.
    #[must_use]
    pub fn asks_for_rooms(&self, topic: Topic) -> bool {
        let wants = self.tabs.iter().filter_map(|tab| tab.wants.as_ref());
        wants
            .map(|wants| &wants.rooms[topic.index()])
            .any(|rooms| rooms.is_restricted() && !rooms.is_none())
    }

    /// The pages that receive a delivery about these rooms; without rooms, all that listen to the topic.
    pub fn receivers(&mut self, topic: Topic, about: Option<&[RoomId]>) -> impl Iterator<Item = &mut Tab<H>> {
        self.tabs
            .iter_mut()
            .filter(move |tab| tab.wants.as_ref().is_none_or(|wants| wants.takes(topic, about)))
    }

    /// When to call [`send`](Self::send), if at all.
    #[must_use]
    pub fn due_at(&self) -> Option<Micros> {
        let due = self.tabs.iter().map(|tab| tab.due_at(self.place));
        due.fold(None, earliest)
    }

    /// The next page with a batch due, which counts as sent. Call it until it returns `None`.
    pub fn send(&mut self, now: Micros) -> Option<Due<'_, H>> {
        let place = self.place;
        let is_due = |tab: &&mut Tab<H>| tab.due_at(place).is_some_and(|at| at <= now);
        let tab = self.tabs.iter_mut().find(is_due)?;
        let was_dropped = tab.backlog == Backlog::Dropped;
        tab.backlog = EMPTY;
        tab.has_news = false;
        tab.in_flight += 1;
        let sent_before = tab.sent_at.replace(now);
        Some(Due {
            tab: tab.id,
            handle: &mut tab.handle,
            was_dropped,
            sent_before,
        })
    }
}
