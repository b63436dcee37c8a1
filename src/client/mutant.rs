//! Faults that can be put into a client on purpose (feature `mutants`), so that a test shows that they would be noticed.

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// One of the watched rooms is not compared after a gap.
    SkipsAUnit,
    /// A page with fewer messages than were asked for is taken for the last.
    TrustsAShortPage,
    /// What one answer lacks is told to be gone.
    TrustsAbsenceOnce,
    /// A request is sent again before the time that the server asked for.
    IgnoresRetryAfter,
    /// As long as one unit cannot be read, the events of all are held.
    HoldsAllForOne,
    /// Events about something that was thought to be gone are dropped.
    DropsByTombstone,
    /// All recovered messages come in one event, whatever their size.
    UnboundedBatch,
    /// Every run begins at the first room, and what was read before counts for nothing.
    StartsAtTheFirstRoom,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::SkipsAUnit,
        Self::TrustsAShortPage,
        Self::TrustsAbsenceOnce,
        Self::IgnoresRetryAfter,
        Self::HoldsAllForOne,
        Self::DropsByTombstone,
        Self::UnboundedBatch,
        Self::StartsAtTheFirstRoom,
    ];
}

#[cfg(feature = "mutants")]
mod chosen {
    use std::cell::Cell;

    use super::Mutant;

    std::thread_local! {
        static CHOSEN: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    /// Puts a fault into all clients of this thread; `None` takes it out again.
    pub fn choose(mutant: Option<Mutant>) {
        CHOSEN.set(mutant);
    }

    pub(crate) fn is(mutant: Mutant) -> bool {
        CHOSEN.get() == Some(mutant)
    }
}

#[cfg(feature = "mutants")]
pub use chosen::choose;
#[cfg(feature = "mutants")]
pub(crate) use chosen::is;

/// Whether the client has that fault.
#[cfg(not(feature = "mutants"))]
pub(crate) const fn is(_mutant: Mutant) -> bool {
    false
}
