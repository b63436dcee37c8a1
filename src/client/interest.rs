//! What the application listens to. Other events are skipped: not validated, not tracked, not recovered.

use super::sorted::SortedMap;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

/// A selection of rooms.
#[derive(Clone, Debug, Default)]
pub enum Rooms {
    /// All rooms.
    #[default]
    All,
    /// These rooms.
    Only(RoomSet),
}

/// A set of rooms.
#[derive(Clone, Debug)]
pub struct RoomSet(SortedMap<RoomId, ()>);

impl Rooms {
    /// Selects no rooms.
    #[must_use]
    pub const fn none() -> Self {
        Self::Only(RoomSet(SortedMap::new()))
    }

    /// Selects these rooms.
    #[must_use]
    pub fn only(rooms: impl IntoIterator<Item = RoomId>) -> Self {
        let mut set = SortedMap::new();
        for room_id in rooms {
            set.insert(room_id, ());
        }
        Self::Only(RoomSet(set))
    }

    /// Whether the room is selected.
    #[must_use]
    pub fn contains(&self, room_id: RoomId) -> bool {
        match self {
            Self::All => true,
            Self::Only(RoomSet(rooms)) => rooms.contains(room_id),
        }
    }

    /// The listed rooms; none if all rooms are selected.
    pub(super) fn listed(&self) -> impl Iterator<Item = RoomId> + '_ {
        let rooms = match self {
            Self::All => None,
            Self::Only(RoomSet(rooms)) => Some(rooms),
        };
        rooms
            .into_iter()
            .flat_map(|rooms| rooms.iter().map(|(id, ())| id))
    }

    /// Whether no room is selected.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::Only(RoomSet(rooms)) if rooms.is_empty())
    }

    /// Whether the selection is a list.
    #[must_use]
    pub const fn is_restricted(&self) -> bool {
        matches!(self, Self::Only(_))
    }

    /// The union of both.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Only(RoomSet(one)), Self::Only(RoomSet(other))) => {
                Self::only(one.iter().chain(other.iter()).map(|(id, ())| id))
            }
        }
    }

    /// The intersection of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, rooms) | (rooms, Self::All) => rooms.clone(),
            (Self::Only(RoomSet(rooms)), other) => {
                Self::only(rooms.iter().map(|(id, ())| id).filter(|id| other.contains(*id)))
            }
        }
    }
}

/// What an application listens to.
#[derive(Clone, Debug)]
pub struct Interest {
    /// The rooms whose messages are delivered.
    pub messages: Rooms,
    /// Whether events about rooms themselves are delivered.
    pub rooms: bool,
    /// The rooms to read when a connection opens and again after each gap, at the cost of a request each.
    pub watched: Rooms,
}

/// The rooms that the application follows.
#[derive(Clone, Debug, Default)]
pub enum Followed {
    /// Not specified: the callbacks decide.
    #[default]
    Unrestricted,
    /// All rooms are watched.
    All,
    /// Only messages of these rooms are delivered, whatever callbacks there are, and the rooms are watched.
    Only(Rooms),
}

impl Default for Interest {
    /// Everything.
    fn default() -> Self {
        Self {
            messages: Rooms::All,
            rooms: true,
            watched: Rooms::none(),
        }
    }
}

impl Interest {
    /// Derives the interest from callbacks and the followed rooms. `of` returns the rooms for which events of a type
    /// have callbacks; `named` are the rooms with message callbacks of their own.
    pub fn of_callbacks(of: impl Fn(EventType) -> Rooms, named: &Rooms, followed: &Followed) -> Self {
        let (limit, watched) = match followed {
            Followed::Unrestricted => (&Rooms::All, named),
            Followed::All => (&Rooms::All, &Rooms::All),
            Followed::Only(rooms) => (rooms, rooms),
        };
        let mut interest = Self {
            messages: Rooms::none(),
            rooms: false,
            watched: watched.clone(),
        };
        for event_type in EventType::ALL {
            let rooms = of(event_type);
            if event_type.is_of_message() {
                interest.messages = interest.messages.or(&rooms);
            } else {
                interest.rooms |= !rooms.is_none();
            }
        }
        interest.messages = interest.messages.and(limit);
        interest
    }

    /// The union of both.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self {
            messages: self.messages.or(&other.messages),
            rooms: self.rooms || other.rooms,
            watched: self.watched.or(&other.watched),
        }
    }

    /// Whether the client needs events of that type. To deliver messages, it has to know the rooms.
    #[must_use]
    pub const fn may_want(&self, event_type: EventType) -> bool {
        !self.messages.is_none() || (self.rooms && !event_type.is_of_message())
    }
}
