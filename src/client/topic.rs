//! What an application can listen to: the six events and what the client itself has to say.

use crate::protocol::event::EventType;

/// A topic that callbacks are registered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// One of the six events.
    Event(EventType),
    /// An event of a type that this version does not know.
    Unknown,
    /// A frame that could not be decoded.
    Error,
    /// The connection changed its state.
    State,
    /// What was missed cannot be told.
    ResyncRequired,
}

impl Topic {
    /// How many topics there are; [`index`](Self::index) is below it.
    pub const COUNT: usize = EventType::ALL.len() + 4;

    /// The topic of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "unknown" => Some(Self::Unknown),
            "error" => Some(Self::Error),
            "state" => Some(Self::State),
            "resync-required" => Some(Self::ResyncRequired),
            _ => EventType::from_name(name).map(Self::Event),
        }
    }

    /// Its number in `0..COUNT`.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Event(event_type) => event_type as usize,
            Self::Unknown => EventType::ALL.len(),
            Self::Error => EventType::ALL.len() + 1,
            Self::State => EventType::ALL.len() + 2,
            Self::ResyncRequired => EventType::ALL.len() + 3,
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_topic_has_a_name_and_a_number_of_its_own() {
        let names = EventType::ALL.map(EventType::as_str).into_iter().chain([
            "unknown",
            "error",
            "state",
            "resync-required",
        ]);
        let indices: HashSet<_> = names
            .map(|name| Topic::from_name(name).expect(name).index())
            .collect();
        assert_eq!(indices, (0..Topic::COUNT).collect());
        for name in ["", "State", "textMessagesCreated", "*"] {
            assert_eq!(Topic::from_name(name), None);
        }
    }
}
