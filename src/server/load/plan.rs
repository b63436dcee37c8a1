//! What happens, decided by a seed.

use std::time::Duration;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

use super::Load;

/// What users mostly do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Mix {
    /// They write: messages, comments, some edits and deletions.
    Chat,
    /// They read: receipts, and only as many messages as it takes to have something to read.
    Receipts,
    /// Both, and now and then a room is pinned.
    #[default]
    Mixed,
}

/// One thing that a user does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// When, counted from the beginning.
    pub at: Duration,
    /// Which user: a number below [`Load::users`].
    pub user: u32,
    /// Which room: a number below [`Load::rooms`].
    pub room: u32,
    /// What.
    pub deed: Deed,
}

/// What a user does in a room.
///
/// `choice` picks one of the room's newest messages. `text` is what the user writes into the room instead, if none
/// of them will do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are explained above, once for all")]
pub enum Deed {
    /// Writes a message.
    Send { text: String },
    /// Comments on a message.
    Comment { choice: u32, text: String },
    /// Edits a message of their own.
    Edit { choice: u32, text: String },
    /// Deletes a message of their own.
    Delete { choice: u32, text: String },
    /// Reads a message of somebody else, for the first time.
    Read { choice: u32, text: String },
    /// Pins the room, or takes the pin out.
    Pin { pinned: bool },
}

/// How often a user does what, out of 100: send, comment, edit, delete, read; the rest is pins.
type Weights = [u32; 5];

impl Mix {
    const fn weights(self) -> Weights {
        match self {
            Self::Chat => [70, 16, 9, 5, 0],
            Self::Receipts => [15, 0, 0, 0, 85],
            Self::Mixed => [40, 8, 4, 2, 43],
        }
    }
}

const WORDS: [&str; 40] = [
    "about", "after", "again", "answer", "build", "call", "change", "coffee", "could", "deploy", "draft",
    "email", "evening", "friday", "green", "if", "invoice", "is", "it", "later", "look", "meeting", "monday",
    "morning", "new", "now", "numbers", "ready", "release", "review", "see", "server", "team", "test",
    "thanks", "the", "time", "we", "when", "works",
];

/// The longest message, in words.
const LENGTH: u32 = 24;

/// The activities, without end.
pub(super) struct Plan {
    random: Pcg64Mcg,
    at: Duration,
    rooms: u32,
    users: u32,
    rate: f64,
    weights: Weights,
}

impl Plan {
    pub(super) fn new(load: &Load) -> Self {
        Self {
            random: Pcg64Mcg::seed_from_u64(load.seed),
            at: Duration::ZERO,
            rooms: load.rooms,
            users: load.users,
            rate: load.rate,
            weights: load.mix.weights(),
        }
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u32) -> u32 {
        // Multiplying and shifting keeps the upper bits, which are the better ones; the result is below `limit`.
        let product = u64::from(self.random.next_u32()) * u64::from(limit);
        u32::try_from(product >> 32).unwrap_or(0)
    }

    /// A room. A few have most of the life.
    fn room(&mut self) -> u32 {
        let limit = self.below(self.rooms) + 1;
        self.below(limit)
    }

    /// A time until the next activity: exponential, as where many people act independently.
    fn pause(&mut self) -> Duration {
        let share = f64::from(self.random.next_u32()) / (f64::from(u32::MAX) + 1.0);
        Duration::try_from_secs_f64(-(1.0 - share).ln() / self.rate).unwrap_or(Duration::MAX)
    }

    fn text(&mut self) -> String {
        let limit = self.below(LENGTH) + 1;
        let length = self.below(limit) + 1;
        let words: Vec<&str> = (0..length)
            .map(|_| WORDS[self.below(WORDS.len() as u32) as usize])
            .collect();
        words.join(" ")
    }

    fn deed(&mut self) -> Deed {
        let mut dice = self.below(100);
        let kind = self
            .weights
            .iter()
            .position(|weight| match dice.checked_sub(*weight) {
                Some(rest) => {
                    dice = rest;
                    false
                }
                None => true,
            });
        let choice = self.below(super::VIEW);
        let text = self.text();
        match kind {
            Some(0) => Deed::Send { text },
            Some(1) => Deed::Comment { choice, text },
            Some(2) => Deed::Edit { choice, text },
            Some(3) => Deed::Delete { choice, text },
            Some(_) => Deed::Read { choice, text },
            None => Deed::Pin {
                pinned: choice.is_multiple_of(2),
            },
        }
    }
}

impl Iterator for Plan {
    type Item = Activity;

    fn next(&mut self) -> Option<Activity> {
        let pause = self.pause();
        self.at = self.at.saturating_add(pause);
        Some(Activity {
            at: self.at,
            user: self.below(self.users),
            room: self.room(),
            deed: self.deed(),
        })
    }
}
