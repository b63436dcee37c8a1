//! What a load came to.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What a user did in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Send,
    Comment,
    Edit,
    Delete,
    Read,
    Pin,
}

/// What was done, and the status of the answer.
pub(super) struct Done {
    pub(super) kind: Kind,
    pub(super) status: u16,
}

/// What a load came to: what was done and answered with 200, and what was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Messages written.
    pub messages: u64,
    /// Comments written.
    pub comments: u64,
    /// Texts changed.
    pub edits: u64,
    /// Messages deleted.
    pub deletions: u64,
    /// Read receipts.
    pub receipts: u64,
    /// Pins set and taken out.
    pub pins: u64,
    /// What was refused: how often each status came.
    pub refused: BTreeMap<u16, u64>,
    /// How long it took, without the preparation.
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

    /// How many activities there were, refused ones included.
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
