//! Generates activities from a seed.

use std::time::Duration;

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

use super::Load;

/// The mix of activities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Mix {
    /// Writing: messages, comments, some edits and deletions.
    Chat,
    /// Reading: receipts, and only as many messages as that requires.
    Receipts,
    /// Both, and occasionally pinning a room.
    #[default]
    Mixed,
}

/// An activity of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The time since the start.
    pub at: Duration,
    /// The user: a number below [`Load::users`].
    pub user: u32,
    /// The room: a number below [`Load::rooms`].
    pub room: u32,
    /// The action.
    pub deed: Deed,
}

/// A user's action in a room.
///
/// `choice` selects one of the newest messages in the room. If none is suitable, the user sends `text` instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are explained above, once for all")]
pub enum Deed {
    /// Sends a message.
    Send { text: String },
    /// Comments on a message.
    Comment { choice: u32, text: String },
    /// Edits one of the user's own messages.
    Edit { choice: u32, text: String },
    /// Deletes one of the user's own messages.
    Delete { choice: u32, text: String },
    /// Reads another user's message for the first time.
    Read { choice: u32, text: String },
    /// Pins or unpins the room.
    Pin { pinned: bool },
}

/// The percentages of send, comment, edit, delete and read; the rest is pins.
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

/// The maximum length of a message, in words.
const LENGTH: u32 = 24;

/// The infinite sequence of activities.
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

    /// A random number below `limit`.
    fn below(&mut self, limit: u32) -> u32 {
        // Uses the upper bits, which are of better quality. The result is below `limit`.
        let product = u64::from(self.random.next_u32()) * u64::from(limit);
        u32::try_from(product >> 32).unwrap_or(0)
    }

    /// A random room. A few rooms get most of the activity.
    fn room(&mut self) -> u32 {
        let limit = self.below(self.rooms) + 1;
        self.below(limit)
    }

    /// The time until the next activity, exponentially distributed like that of independent users.
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
