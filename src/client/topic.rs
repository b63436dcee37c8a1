//! What an application can listen to: the six events and the client's own reports.

use crate::protocol::event::EventType;

/// A topic of callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// One of the six events.
    Event(EventType),
    /// An event of a type that this version does not know.
    Unknown,
    /// A frame that could not be decoded.
    Malformed,
    /// The client could not recover missed events.
    Resync,
    /// The freshness of a room, or of the list of rooms, has changed.
    Freshness,
    /// The connection's state has changed.
    StateChange,
}

impl Topic {
    /// The number of topics.
    pub const COUNT: usize = EventType::ALL.len() + 5;

    /// The topic of that [`index`](Self::index), below [`COUNT`](Self::COUNT).
    #[must_use]
    pub fn from_index(index: usize) -> Self {
        match EventType::ALL.get(index) {
            Some(event_type) => Self::Event(*event_type),
            None => match index - EventType::ALL.len() {
                0 => Self::Unknown,
                1 => Self::Malformed,
                2 => Self::Resync,
                3 => Self::Freshness,
                _ => Self::StateChange,
            },
        }
    }

    /// Its index, below [`COUNT`](Self::COUNT).
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Event(event_type) => event_type as usize,
            Self::Unknown => EventType::ALL.len(),
            Self::Malformed => EventType::ALL.len() + 1,
            Self::Resync => EventType::ALL.len() + 2,
            Self::Freshness => EventType::ALL.len() + 3,
            Self::StateChange => EventType::ALL.len() + 4,
        }
    }

    /// The name that `on()` takes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event(event_type) => event_type.as_str(),
            Self::Unknown => "unknown",
            Self::Malformed => "malformed",
            Self::Resync => "resync",
            Self::Freshness => "freshness",
            Self::StateChange => "statechange",
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_topic_has_a_number_of_its_own() {
        let topics: HashSet<_> = (0..Topic::COUNT).map(Topic::from_index).collect();
        assert_eq!(topics.len(), Topic::COUNT);
        for index in 0..Topic::COUNT {
            assert_eq!(Topic::from_index(index).index(), index);
        }
    }

    #[test]
    fn each_topic_has_a_name_of_its_own() {
        let names: HashSet<_> = (0..Topic::COUNT)
            .map(|index| Topic::from_index(index).as_str())
            .collect();
        assert_eq!(names.len(), Topic::COUNT);
    }
}
