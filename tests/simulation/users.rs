//! Random actions of users.

use crate::sender::OWN_TEXTS;
use crate::world::{AFTERMATH, Happening, World};

impl World {
    pub(crate) fn change(&mut self) {
        if self.now >= self.end + AFTERMATH {
            return;
        }
        self.totals.changes += 1;
        let rooms = self.chat.truth.rooms.len();
        let room = self.random.index(rooms);
        let message = self.any_message();
        let is_quiet = !self.is_hostile();
        let most = self.options.most_rooms();
        let random = &mut self.random;
        let what = random.between(0, 100);
        if self.traced {
            println!(
                "{:>6} change {what}, room {}, message {message:?}",
                self.now,
                room + 1
            );
        }
        match (what, message) {
            (0..3, _) if rooms < most => self.chat.create_room(random),
            (3..7, _) => self.chat.toggle_membership(room),
            (7..12, _) => self.chat.rename(room, random),
            (12..15, _) => self.chat.pin(room),
            (15..30, Some(message)) => self.chat.edit(message, random),
            (30..42, Some(message)) => self.chat.read(message, random),
            (42..52, Some(message)) => self.chat.delete(message, random),
            (52..66, Some(message)) => {
                let truth = &self.chat.truth;
                let parent = truth.messages[message].parent.unwrap_or(message);
                if !truth.messages[parent].is_poison() {
                    let room = truth.messages[parent].room;
                    self.chat.send(&[(room, Some(parent))], random);
                }
            }
            _ => {
                let count = if random.one_in(8) {
                    random.between(2, 30)
                } else {
                    1
                };
                let several = random.one_in(4);
                let places: Vec<_> = (0..count)
                    .map(|_| (if several { random.index(rooms) } else { room }, None))
                    .collect();
                self.chat.send(&places, random);
            }
        }
        self.oracle.observe(&self.options, &self.chat.truth);
        self.tell();
        // Bursts and pauses.
        let pace = self.options.pace;
        let pause = if self.random.one_in(8) {
            self.random.between(500, 5_000)
        } else {
            self.random.between(0, pace)
        };
        self.plan(if is_quiet { pause + 1_000 } else { pause }, Happening::Change);
    }

    /// An existing message, preferably a new one.
    fn any_message(&mut self) -> Option<usize> {
        let truth = &self.chat.truth;
        let count = truth.messages.len();
        if count == 0 {
            return None;
        }
        let newest = count.saturating_sub(20);
        for _ in 0..8 {
            let number = if self.random.one_in(2) {
                self.random.index(count)
            } else {
                self.random.between(newest as u64, count as u64) as usize
            };
            let message = &truth.messages[number];
            if message.exists() && !message.is_poison() && message.body.text < OWN_TEXTS {
                return Some(number);
            }
        }
        None
    }
}
