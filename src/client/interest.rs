//! What the application listens to. Nothing else is looked into, learned or caught up with.

use super::sorted::SortedMap;
use crate::protocol::event::EventType;
use crate::protocol::ids::RoomId;

/// Rooms that something is wanted of.
#[derive(Clone, Debug, Default)]
pub enum Rooms {
    /// Any room.
    #[default]
    All,
    /// These.
    Only(RoomSet),
}

/// A set of rooms.
#[derive(Clone, Debug)]
pub struct RoomSet(SortedMap<RoomId, ()>);

impl Rooms {
    /// No room.
    #[must_use]
    pub const fn none() -> Self {
        Self::Only(RoomSet(SortedMap::new()))
    }

    /// These rooms.
    #[must_use]
    pub fn only(rooms: impl IntoIterator<Item = RoomId>) -> Self {
        let mut set = SortedMap::new();
        for room_id in rooms {
            set.insert(room_id, ());
        }
        Self::Only(RoomSet(set))
    }

    /// Whether the room is one of them.
    #[must_use]
    pub fn contains(&self, room_id: RoomId) -> bool {
        match self {
            Self::All => true,
            Self::Only(RoomSet(rooms)) => rooms.contains(room_id),
        }
    }

    /// The rooms; none if any room is one.
    pub(super) fn listed(&self) -> impl Iterator<Item = RoomId> + '_ {
        let rooms = match self {
            Self::All => None,
            Self::Only(RoomSet(rooms)) => Some(rooms),
        };
        rooms
            .into_iter()
            .flat_map(|rooms| rooms.iter().map(|(id, ())| id))
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::Only(RoomSet(rooms)) if rooms.is_empty())
    }

    /// Whether it is not any room.
    #[must_use]
    pub const fn is_restricted(&self) -> bool {
        matches!(self, Self::Only(_))
    }

    /// Those that are in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Only(RoomSet(one)), Self::Only(RoomSet(other))) => {
                Self::only(one.iter().chain(other.iter()).map(|(id, ())| id))
            }
        }
    }

    /// Those that are in both.
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
    /// The rooms whose messages are wanted.
    pub messages: Rooms,
    /// Whether events about rooms themselves are.
    pub rooms: bool,
    /// The rooms to be watched: read when a connection opens, and read again after each gap, at the cost of a request for
    /// each of them.
    pub watched: Rooms,
}

/// The rooms that the application follows.
#[derive(Clone, Debug, Default)]
pub enum Followed {
    /// It has not said: the callbacks decide.
    #[default]
    Unrestricted,
    /// All rooms are watched.
    All,
    /// Only messages of these rooms are wanted, whatever callbacks there are, and they are watched.
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
    /// What follows from callbacks and from the rooms that the application follows. `of` gives the rooms for which
    /// events of a type have callbacks, and `named` are the rooms for which single callbacks get messages.
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

    /// What is wanted by either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self {
            messages: self.messages.or(&other.messages),
            rooms: self.rooms || other.rooms,
            watched: self.watched.or(&other.watched),
        }
    }

    /// Whether any event of that type can be of interest. Whoever wants messages has to know of the rooms.
    #[must_use]
    pub const fn may_want(&self, event_type: EventType) -> bool {
        !self.messages.is_none() || (self.rooms && !event_type.is_of_message())
    }
}
