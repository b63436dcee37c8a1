//! The result of a load.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The action that a user performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Send,
    Comment,
    Edit,
    Delete,
    Read,
    Pin,
}

/// An action and the status of the response.
pub(super) struct Done {
    pub(super) kind: Kind,
    pub(super) status: u16,
}

/// The result of a load: the actions with status 200, and those that were refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Messages sent.
    pub messages: u64,
    /// Comments sent.
    pub comments: u64,
    /// Messages edited.
    pub edits: u64,
    /// Messages deleted.
    pub deletions: u64,
    /// Read receipts.
    pub receipts: u64,
    /// Rooms pinned or unpinned.
    pub pins: u64,
    /// The number of refused actions per status.
    pub refused: BTreeMap<u16, u64>,
    /// The duration, without logins and the creation of rooms.
    pub elapsed: Duration,
}

impl LoadReport {
    pub(super) fn count(&mut self, done: &Done) {
        if done.status != 200 {
            *self.refused.entry(done.status).or_default() += 1;
            return;
        }
        *match done.kind {
            Kind::Send => &mut self.messages,
            Kind::Comment => &mut self.comments,
            Kind::Edit => &mut self.edits,
            Kind::Delete => &mut self.deletions,
            Kind::Read => &mut self.receipts,
            Kind::Pin => &mut self.pins,
        } += 1;
    }

    /// The number of activities, including refused ones.
    #[must_use]
    pub fn activities(&self) -> u64 {
        self.messages
            + self.comments
            + self.edits
            + self.deletions
            + self.receipts
            + self.pins
            + self.refused.values().sum::<u64>()
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        write!(f, "{} activities in {seconds:.1} s", self.activities())?;
        if seconds > 0.0 {
            write!(f, " ({:.1}/s)", self.activities() as f64 / seconds)?;
        }
        write!(
            f,
            ": {} messages, {} comments, {} edits, {} deletions, {} read receipts, {} pins",
            self.messages, self.comments, self.edits, self.deletions, self.receipts, self.pins
        )?;
        for (status, count) in &self.refused {
            write!(f, ", {count} refused with {status}")?;
        }
        Ok(())
    }
}
