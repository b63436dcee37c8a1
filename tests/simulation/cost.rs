//! Bounds on the number of requests. A gap costs one for the list of rooms, one for each watched room and one for each
//! changed room, plus pages, threads and second readings.

use crate::options::{Cap, Wants};
use crate::oracle::Watch;
use crate::truth::{NEVER, Time, Version};
use crate::world::World;

/// The time after a connection opens in which requests belong to the gap. Later ones belong to the second comparison.
const FROM_GAP: Time = 50_000;
/// The lifetime of a connection on which everything can be read.
const WHOLE: Time = 10_000;
const MINUTE: usize = 60_000;

impl World {
    /// Checks the number of requests.
    pub(crate) fn check_cost(&self) -> Result<(), String> {
        let opened = &self.oracle.opened;
        let requests = &self.oracle.requests;
        let between = |from: Time, until: Time| {
            requests.partition_point(|at| *at < until) - requests.partition_point(|at| *at < from)
        };
        let compares = self
            .options
            .compare_after
            .map_or(0, |after| MINUTE / after as usize);
        let is_exact = self.options.rest_is_well() && !self.options.small_queue && compares == 0;
        if is_exact {
            for (place, open) in opened.iter().enumerate() {
                let until = opened
                    .get(place + 1)
                    .copied()
                    .unwrap_or(NEVER)
                    .min(open + FROM_GAP);
                // Short connections leave rooms unread for the next ones.
                let whole = (0..place).rfind(|earlier| opened[*earlier] + WHOLE <= opened[earlier + 1]);
                let before = whole.map_or(0, |whole| opened[whole]);
                let (made, allowed) = (between(*open, until), self.allowed(before, until));
                if made > allowed {
                    return Err(format!(
                        "{made} requests from {open} to {until} ms, at most {allowed} are needed"
                    ));
                }
            }
        }
        for from in (0..self.now).step_by(MINUTE / 2) {
            let until = from + MINUTE as Time;
            let opens = opened.partition_point(|at| *at < until) - opened.partition_point(|at| *at < from);
            let made = between(from, until);
            let retries = if is_exact { 1 } else { 4 };
            let allowed = 60 + (opens + compares + 2) * retries * self.allowed(0, until);
            if made > allowed {
                return Err(format!(
                    "{made} requests from {from} to {until} ms are a storm: {allowed}"
                ));
            }
        }
        Ok(())
    }

    /// The least number of messages in a page.
    fn page_size(&self) -> usize {
        let options = &self.options;
        let size = match options.cap {
            Cap::None => options.page as usize,
            // A refused limit is halved.
            Cap::Refuses(cap) => (options.page as usize).min(cap.div_ceil(2)),
            Cap::Silent(cap) => (options.page as usize).min(cap),
        };
        (size - usize::from(options.inclusive && size > 1)).max(1)
    }

    /// The most requests needed after a gap for the changes of that time.
    fn allowed(&self, from: Time, until: Time) -> usize {
        let truth = &self.chat.truth;
        let options = &self.options;
        let size = self.page_size();
        // The last page finds nothing more.
        let pages = |count: usize| 2 + count / size;
        let in_time = |at: Time| from <= at && at < until;
        let mut allowed = 6 + if matches!(options.cap, Cap::Refuses(_)) {
            8
        } else {
            0
        };
        let mut recent = match &options.wants {
            Wants::All(_) => options.recent_rooms,
            _ => 0,
        };
        for (number, room) in truth.rooms.iter().enumerate() {
            // A version equal to an earlier one may be a repeated frame, so the list is read: once more if it
            // contradicts what was delivered about other rooms meanwhile.
            let returns = |versions: &[Version]| {
                let is_return = |number: &usize| {
                    let (before, rest) = versions.split_at(*number);
                    in_time(rest[0].at) && before.iter().any(|other| other.text == rest[0].text)
                };
                (0..versions.len()).filter(is_return).count()
            };
            let entries = room.spans.iter().skip(1).filter(|span| in_time(span.0)).count();
            allowed += 2 * (returns(&room.versions) + entries);
            let (mut threads, mut returned) = (0, 0);
            let mut has_changed = room.spans.iter().any(|span| in_time(span.0) || in_time(span.1))
                || room.versions.iter().any(|version| in_time(version.at));
            for number in &room.all {
                let message = &truth.messages[*number];
                has_changed |= message.versions.iter().any(|version| in_time(version.at));
                has_changed |= in_time(message.deleted);
                // A version of a message equal to an earlier one may be a repeated frame, too.
                returned += returns(&message.versions);
                if !message.comments.is_empty() {
                    threads += pages(message.comments.len());
                }
            }
            let watch = self.oracle.watch(options, truth, number);
            if watch == Watch::No || !room.is_visible_between(from, until) {
                continue;
            }
            // A room that exists again is read anew, and once more as late responses may lack its latest messages.
            let looks = if has_changed {
                3 + 2 * entries + returned
            } else {
                1
            };
            if watch == Watch::Yes || has_changed {
                allowed += looks * (pages(room.top.len()) + threads);
            } else if recent > 0 {
                recent -= 1;
                allowed += pages(room.top.len()) + threads;
            }
        }
        allowed
    }

    /// Checks that rooms are read one after the other even if connections last only three seconds.
    pub(crate) fn check_progress(&self) -> Result<(), String> {
        let options = &self.options;
        let applies = options.blinks && options.rest_is_well() && options.history && !options.small_queue;
        if !applies || options.stalls || options.page_signals || options.wants != Wants::Everything {
            return Ok(());
        }
        let truth = &self.chat.truth;
        for (number, message) in truth.messages.iter().enumerate() {
            let is_old = message.created < crate::world::START && truth.rooms[message.room].spans.len() == 1;
            let is_to_be_known = is_old && truth.is_current(number) && !message.is_poison();
            // A longer room takes longer than a connection lasts.
            let is_short = truth.rooms[message.room].top.len() <= 5 * self.page_size();
            if is_to_be_known
                && is_short
                && truth.is_within(number, options.window)
                && !self.app.heard.contains(&number)
                && !self.app.reloaded.contains(&message.room)
                && !self.waits_for_its_turn(message.room)
            {
                return Err(format!(
                    "message {} of room {} was never read on {} connections",
                    message.id,
                    message.room + 1,
                    self.oracle.opened.len()
                ));
            }
        }
        Ok(())
    }
}
