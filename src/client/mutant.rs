//! Faults that tests inject to prove that they would be detected (feature `mutants`).

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Rooms whose id is a multiple of 3 are not compared.
    SkipsAUnit,
    /// A page with fewer messages than requested is taken for the last.
    TrustsAShortPage,
    /// A message or room that one response lacks is reported as deleted.
    TrustsAbsenceOnce,
    /// Requests are repeated before the time in `Retry-After`.
    IgnoresRetryAfter,
    /// While one unit is being compared or cannot be read, the events of all are held.
    HoldsAllForOne,
    /// Messages found by a comparison are dropped if they were thought to be deleted.
    DropsByTombstone,
    /// All recovered messages come in one event, whatever their size.
    UnboundedBatch,
    /// Every request for messages goes to the first due room by id, regardless of earlier readings.
    StartsAtTheFirstRoom,
}

impl Mutant {
    /// All faults.
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

    /// Injects a fault into all clients of this thread; `None` removes it.
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
