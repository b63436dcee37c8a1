//! The pages that share one client: what each of them listens to, and when what waits for it is sent.
//!
//! Every page is sent batches, acknowledges them, and has at most [`MAX_IN_FLIGHT`] of them under way. What comes
//! meanwhile waits, within the bounds of the delivery queue; a page that exceeds them has to load everything again.

use super::clock::{Micros, earliest};
use super::interest::{Followed, Interest, Rooms};
use super::topic::Topic;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

/// The batches that a page may have received without having acknowledged them.
pub const MAX_IN_FLIGHT: u32 = 2 * ACKNOWLEDGED_TOGETHER;

/// How many batches a page acknowledges with one message, which costs it as much as a batch does.
pub const ACKNOWLEDGED_TOGETHER: u32 = 4;

/// The shortest time between two batches for a page that is seen: 7 ms, which costs the page a third less than 4 ms, and an
/// event 4 ms on average. The first after a silence goes at once.
const BUSY_INTERVAL: Micros = 7_000;

/// The same for a page that is not seen: 1 s.
const HIDDEN_INTERVAL: Micros = 1_000_000;

/// Whether a page is seen, and whether it runs at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is seen.
    Visible,
    /// It is not seen, and runs.
    Hidden,
    /// It is in the back/forward cache or frozen, for that reason: it runs no code.
    Away(&'static str),
}

/// What one page listens to.
#[derive(Clone, Debug)]
pub struct Wants {
    rooms: [Rooms; Topic::COUNT],
    interest: Interest,
}

impl Wants {
    /// From what is registered, each for one room or for all, and from the rooms that the page follows.
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
        // A page can be asked at any time how fresh a room is, and what the connection does.
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

/// Names a page of [`Tabs`].
pub type TabId = u32;

/// What waits for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Backlog {
    /// So many deliveries of so many bytes.
    Kept { count: usize, bytes: usize },
    /// It was more than may wait, and is gone.
    Dropped,
}

const EMPTY: Backlog = Backlog::Kept { count: 0, bytes: 0 };

/// One page.
#[derive(Debug)]
pub struct Tab<H> {
    id: TabId,
    /// What its deliveries wait in, and where they are sent.
    pub handle: H,
    /// `None` until it has said what it listens to. What comes before waits for that.
    wants: Option<Wants>,
    presence: Presence,
    backlog: Backlog,
    /// Whether something may have changed in what it shows of the store.
    has_news: bool,
    in_flight: u32,
    sent_at: Option<Micros>,
}

/// What adding a delivery to a page's backlog led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It waits.
    Kept,
    /// There are too many by now: all that waits for the page is to be thrown away.
    Overflowed,
    /// The backlog was thrown away before, and this with it.
    Dropped,
}

impl<H> Tab<H> {
    /// Counts a delivery that is about to wait for the page.
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

    /// Whether nothing may be sent now, whatever waits.
    fn is_blocked(&self, place: Place) -> bool {
        let is_away = place == Place::Remote && matches!(self.presence, Presence::Away(_));
        self.wants.is_none() || self.in_flight >= MAX_IN_FLIGHT || is_away
    }

    /// When what waits is to be sent; `None` if nothing waits, or nothing may be sent.
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

/// A page that is to be sent something.
#[derive(Debug, PartialEq, Eq)]
pub struct Due<'a, H> {
    /// Its name.
    pub tab: TabId,
    /// What its deliveries wait in.
    pub handle: &'a mut H,
    /// Whether the backlog was dropped: the page has to load everything again.
    pub was_dropped: bool,
    /// When it was sent something before.
    pub sent_before: Option<Micros>,
}

/// How much may wait for one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many deliveries.
    pub max_count: usize,
    /// How many bytes of frames.
    pub max_bytes: usize,
}

/// Where the pages are, seen from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the same thread: nothing is gained by batches, and a page that runs no code is none that the client could tell.
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
    /// No page yet.
    #[must_use]
    pub const fn new(place: Place) -> Self {
        Self {
            tabs: Vec::new(),
            next: 0,
            place,
        }
    }

    /// A page joins. It is sent nothing until it has said what it listens to.
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

    /// A page leaves. Tells whether it was there.
    pub fn leave(&mut self, id: TabId) -> bool {
        let before = self.tabs.len();
        self.tabs.retain(|tab| tab.id != id);
        self.tabs.len() < before
    }

    /// Whether there is no page.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tabs.is_empty()
    }

    fn get(&mut self, id: TabId) -> Option<&mut Tab<H>> {
        self.tabs.iter_mut().find(|tab| tab.id == id)
    }

    /// What a page listens to from now on.
    pub fn listen(&mut self, id: TabId, wants: Wants) {
        if let Some(tab) = self.get(id) {
            tab.wants = Some(wants);
        }
    }

    /// A page is shown, hidden, put away or back.
    pub fn set_presence(&mut self, id: TabId, presence: Presence) {
        if let Some(tab) = self.get(id) {
            tab.presence = presence;
        }
    }

    /// A page has dealt with one of the batches that it was sent.
    pub fn acknowledge(&mut self, id: TabId) {
        if let Some(tab) = self.get(id) {
            tab.in_flight = tab.in_flight.saturating_sub(1);
        }
    }

    /// Something may have changed in what a page shows of the store. It is not kept here: it is asked for when the page is
    /// sent its next batch.
    pub fn note_news(&mut self, id: TabId) {
        if let Some(tab) = self.get(id) {
            tab.has_news = true;
        }
    }

    /// There was nothing to be sent to a page after all.
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

    /// What any page listens to. As long as none has said so it is everything.
    #[must_use]
    pub fn interest(&self) -> Interest {
        let wants = self.tabs.iter().filter_map(|tab| tab.wants.as_ref());
        wants
            .map(|wants| wants.interest.clone())
            .reduce(|all, one| all.or(&one))
            .unwrap_or_default()
    }

    /// The presence of the page that is seen most.
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

    /// Whether any page can be sent something. If none can, deliveries are better left in the client's own queue, which
    /// loses nothing.
    #[must_use]
    pub fn can_take(&self) -> bool {
        self.tabs.iter().any(|tab| !tab.is_blocked(self.place))
    }

    /// Whether it matters which rooms a delivery of that topic is about.
    #[must_use]
    pub fn asks_for_rooms(&self, topic: Topic) -> bool {
        let wants = self.tabs.iter().filter_map(|tab| tab.wants.as_ref());
        wants
            .map(|wants| &wants.rooms[topic.index()])
            .any(|rooms| rooms.is_restricted() && !rooms.is_none())
    }

    /// The pages that a delivery about these rooms goes to; without rooms, all that listen to the topic.
    pub fn receivers(&mut self, topic: Topic, about: Option<&[RoomId]>) -> impl Iterator<Item = &mut Tab<H>> {
        self.tabs
            .iter_mut()
            .filter(move |tab| tab.wants.as_ref().is_none_or(|wants| wants.takes(topic, about)))
    }

    /// When [`send`](Self::send) wants to be called, if at all.
    #[must_use]
    pub fn due_at(&self) -> Option<Micros> {
        let due = self.tabs.iter().map(|tab| tab.due_at(self.place));
        due.fold(None, earliest)
    }

    /// Hands out the next page that is to be sent something now. To be called until it gives `None`.
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
