//! Compares what the application shows at the end with the truth, and decides from the truth which differences no
//! client could avoid.

use crate::app::{self, Shown};
use crate::options::{Lag, LastMessage};
use crate::oracle::Watch;
use crate::truth::{MOST_LAG, NEVER, Time, version_at};
use crate::world::World;

/// How much older the responses that a client read may be than what its application loaded at that time.
const LATE: Time = 4_000;

/// The time after a connection opened at which everything is compared once more.
const SECOND_COMPARISON: Time = 60_000;

impl World {
    /// Compares what the application shows at the end with the truth.
    pub(crate) fn compare(&self) -> Result<(), String> {
        let status = self.client.state().status;
        if !matches!(
            status,
            room_events::client::ConnectionStatus::Open | room_events::client::ConnectionStatus::CatchingUp
        ) {
            return Err(format!("it is {:?} in the end", self.client.state()));
        }
        let truth = &self.chat.truth;
        for (number, room) in truth.rooms.iter().enumerate() {
            let shown = self.app.rooms.get(&number);
            let known = shown.map(|shown| &room.versions[shown.version].text);
            let there = room.is_current().then(|| room.text());
            let ended = room.spans.last().map_or(NEVER, |span| span.1);
            let was_lacking = room.omitted > 0
                && shown.is_some_and(|shown| shown.loaded && ended < shown.since + SECOND_COMPARISON);
            if known != there && !was_lacking && !self.is_room_undone(number) {
                return Err(format!("room {} is shown as {known:?}, it is {there:?}", room.id));
            }
            if !room.is_current() || !app::wants(&self.options.wants, room.id) {
                continue;
            }
            if self.oracle.watches_at_end(&self.options, truth, number) {
                for message in truth.in_window(number, self.options.window) {
                    if self.is_beyond_reading(message) {
                        continue;
                    }
                    self.compare_message(message)?;
                }
            } else {
                self.compare_unwatched(number)?;
            }
        }
        let in_view = |number: usize| {
            let room = truth.messages[number].room;
            self.oracle.watch(&self.options, truth, room) == Watch::Yes
                && truth.is_within(number, self.options.window)
        };
        // Of comments that existed at the beginning, a client knows only the number, and nothing of a room that the
        // user has left.
        let is_unheard_of =
            |number: usize, shown: &Shown| shown.loaded && truth.messages[number].parent.is_some();
        // A comment is deleted with its parent. A parent that was never delivered may be unreadable.
        let has_unreadable = |room: usize| {
            let mut all = truth.rooms[room]
                .all
                .iter()
                .map(|number| &truth.messages[*number]);
            all.any(|message| message.is_poison() && message.exists())
        };
        let may_be_there = |number: usize| {
            let message = &truth.messages[number];
            let is_untold = message
                .parent
                .is_some_and(|parent| !self.app.heard.contains(&parent));
            is_untold && has_unreadable(message.room)
        };
        let ended = |number: usize| {
            let message = &truth.messages[number];
            let left = truth.rooms[message.room]
                .spans
                .last()
                .map_or(NEVER, |span| span.1);
            message.deleted.min(left)
        };
        for (number, shown) in &self.app.messages {
            // Without the parent, the client does not read its comments. It may have found the parent since, and have
            // reported its deletion.
            let parent = truth.messages[*number].parent;
            let shown_parent = |parent: usize| {
                let gone = self.app.gone.get(&parent).and_then(Option::as_ref);
                self.app.messages.get(&parent).or(gone)
            };
            let lacked = |parent: usize| {
                let shown = shown_parent(parent);
                shown.is_some_and(|shown| self.was_lacking_as(parent, shown, ended(*number)))
            };
            let is_to_be_known = in_view(*number)
                && !is_unheard_of(*number, shown)
                && !may_be_there(*number)
                && !self.is_beyond_reading(*number)
                && !self.was_lacking(*number, ended(*number))
                && !parent.is_some_and(lacked);
            if !truth.is_current(*number) && is_to_be_known {
                let message = &truth.messages[*number];
                return Err(format!(
                    "message {} is shown since {} ms, and it is gone since {} ms",
                    message.id, shown.since, message.deleted
                ));
            }
        }
        Ok(())
    }

    /// Whether the list loaded by the application had a change of a room that the client may not have read and that was
    /// soon reverted.
    fn is_room_undone(&self, number: usize) -> bool {
        let room = &self.chat.truth.rooms[number];
        let shown = self.app.rooms.get(&number);
        let Some(loaded) = self.app.loaded_list_at() else {
            return false;
        };
        let is_loaded = shown.map_or(!room.is_visible(loaded), |shown| shown.loaded);
        // With responses on time and events for all changes, the client would know.
        let may_be_unread = self.options.lag != Lag::None || !self.options.tells_rooms;
        let spans = room.spans.iter().flat_map(|span| [span.0, span.1]);
        let changes: Vec<_> = room
            .versions
            .iter()
            .map(|version| version.at)
            .chain(spans)
            .collect();
        let text_at = |at: Time| {
            let version = version_at(&room.versions, at).filter(|_| room.is_visible(at));
            version.map(|version| &room.versions[version].text)
        };
        let end = room.is_current().then(|| room.text());
        // The list that the client had read by then may have taken long.
        let mut lists = self.oracle.lists.iter().rev();
        let read = lists.find(|(arrived, _)| *arrived <= loaded);
        let early = read.map_or(loaded, |(_, asked)| *asked).saturating_sub(MOST_LAG);
        let mut before = changes
            .iter()
            .filter(|at| (early..=loaded).contains(*at))
            .chain([&early]);
        let last = changes.iter().filter(|at| **at != NEVER).max();
        is_loaded
            && may_be_unread
            && before.any(|at| text_at(*at) == end)
            && last.is_some_and(|at| *at < loaded + SECOND_COMPARISON)
    }

    /// Whether the client did not have to read that far back, or did not have to read the parent of the comment.
    fn is_beyond_reading(&self, number: usize) -> bool {
        let parent = self.chat.truth.messages[number].parent;
        self.is_beyond_first_page(number) || parent.is_some_and(|parent| self.is_beyond_first_page(parent))
    }

    /// Whether the application has loaded it, and the client did not have to read that far back.
    fn is_beyond_first_page(&self, number: usize) -> bool {
        let truth = &self.chat.truth;
        let message = &truth.messages[number];
        let size = self.app.most_read(message.room, &self.options);
        let is_loaded = self
            .app
            .loaded_at(message.room)
            .is_some_and(|at| message.created <= at);
        is_loaded && !truth.is_within(number, size)
    }

    /// Whether the responses that the client read may have lacked it when the application loaded it. If it changes in a
    /// gap before the second comparison, the client cannot know.
    fn was_lacking(&self, number: usize, changed: Time) -> bool {
        let shown = self.app.messages.get(&number);
        shown.is_some_and(|shown| self.was_lacking_as(number, shown, changed))
    }

    /// The same of a message as it is shown, or as it was shown before its deletion was reported.
    fn was_lacking_as(&self, number: usize, shown: &Shown, changed: Time) -> bool {
        let message = &self.chat.truth.messages[number];
        let room = &self.chat.truth.rooms[message.room];
        let is_late = self.options.lag != Lag::None || message.late > 0;
        // A message from a stalled stream that changed before the next connection is known only to the application. So
        // is one in a room that no earlier connection could see.
        let is_unheard = (0..message.versions.len()).all(|version| self.is_unheard(number, version));
        let begun = self.oracle.opened.first().copied().max(Some(message.created));
        let seen = room.spans.iter().find(|span| begun < Some(span.1));
        let readable = seen.map_or(0, |span| span.0).max(message.created);
        let is_passing = is_unheard && self.is_one_connection(readable, changed);
        let was_left_out = |omitted: Time| (1..=shown.since).contains(&omitted);
        shown.was_loaded
            && changed < shown.since + SECOND_COMPARISON
            && (is_passing
                || was_left_out(message.omitted)
                || was_left_out(room.omitted) && !room.is_current()
                || message.was_hidden(shown.since.saturating_sub(LATE), shown.since)
                || is_late && message.created + LATE > shown.since)
    }

    /// Whether no event with that version of a message has arrived.
    fn is_unheard(&self, number: usize, version: usize) -> bool {
        !self.oracle.announced.contains(&(number, version))
    }

    /// Whether no connection opened between these moments.
    fn is_one_connection(&self, one: Time, other: Time) -> bool {
        let connection = |at: Time| self.oracle.opened.partition_point(|opened| *opened <= at);
        connection(one) == connection(other)
    }

    /// Whether a comment was created in the gap in which another one was deleted that the client counted when the
    /// application loaded the room. The number of comments in the unread thread is unchanged.
    fn is_replacement(&self, number: usize) -> bool {
        let truth = &self.chat.truth;
        let message = &truth.messages[number];
        let loaded = self.app.loaded_at(message.room).unwrap_or(0);
        let went = |other: &usize| {
            let other = &truth.messages[*other];
            // A late response has comments that were deleted before the application loaded the room.
            let was_counted = !other.exists() && (other.created..other.deleted + LATE).contains(&loaded);
            was_counted && self.is_one_connection(other.deleted.max(loaded), message.created)
        };
        let parent = message.parent.map(|parent| &truth.messages[parent]);
        !self.options.history && parent.is_some_and(|parent| parent.comments.iter().any(went))
    }

    fn compare_message(&self, number: usize) -> Result<(), String> {
        let message = &self.chat.truth.messages[number];
        if message.is_poison() || !message.exists() {
            return Ok(());
        }
        let shown = self.app.messages.get(&number);
        let known = shown.map(|shown| &message.versions[shown.version].text);
        let is_unheard_of = message.parent.is_some() && shown.is_some_and(|shown| shown.loaded);
        let edited = message.versions.last().map_or(0, |version| version.at);
        let was_lacking = self.was_lacking(number, edited)
            || message
                .parent
                .is_some_and(|parent| self.was_lacking(parent, message.created));
        let is_replaced = shown.is_none() && self.is_replacement(number);
        // A change missing from a late response when the application loaded it, and reverted before the next reading.
        // Without lag, the reading precedes the change only if the stream then lost its event.
        let is_undone = shown.is_some_and(|shown| {
            let (before, rest) = message.versions.split_at(shown.version);
            let was_there = before.iter().any(|other| other.text == *message.text());
            let changed = rest[0].at;
            let is_lost =
                self.is_unheard(number, shown.version) && self.is_one_connection(changed, shown.since);
            let may_be_unread = self.options.lag != Lag::None || is_lost;
            shown.loaded && was_there && may_be_unread && changed + LATE > shown.since
        });
        if known == Some(message.text()) || is_unheard_of || was_lacking || is_replaced || is_undone {
            return Ok(());
        }
        // The number of comments may have changed without an event after the application loaded it and before the
        // client read it.
        let may_miss_comments = !self.options.tells_parents && shown.is_some_and(|shown| shown.loaded);
        if may_miss_comments
            && known.is_some_and(|known| without_count(known) == without_count(message.text()))
        {
            return Ok(());
        }
        Err(format!(
            "message {} of room {} is shown as {known:?}, it is {}",
            message.id,
            message.room + 1,
            crate::world::brief(message.text())
        ))
    }

    /// Checks that every new message of an unwatched room was delivered.
    fn compare_unwatched(&self, number: usize) -> Result<(), String> {
        let truth = &self.chat.truth;
        let room = &truth.rooms[number];
        let begun = self.oracle.opened.first().copied().unwrap_or(NEVER);
        // A room found in the list is read only from then on.
        let found = self.app.found_rooms.get(&number).copied().unwrap_or(0);
        let since = begun.max(room.visible_since()).max(found);
        if self.app.reloaded.contains(&number) || self.options.last_message == LastMessage::Never {
            return Ok(());
        }
        for top in &room.top {
            let message = &truth.messages[*top];
            let is_told = self.app.heard.contains(top) || message.is_poison() || !message.exists();
            // It is read once. Nothing else mentions a message missing from that response.
            let mut opened = self.oracle.opened.iter();
            let next = opened.find(|opened| **opened > message.created);
            let may_be_late = next.is_some_and(|opened| *opened < message.created + MOST_LAG);
            let is_late = self.options.lag != Lag::None && may_be_late;
            let is_left_out = message.omitted > 0 || message.passed_over;
            let is_listed = !is_late && message.late == 0 && !is_left_out && message.hidden == (0, 0);
            if message.created > since && is_listed && !is_told {
                return Err(format!(
                    "message {} of room {} (not watched) was created at {} ms and never delivered",
                    message.id, room.id, message.created
                ));
            }
        }
        Ok(())
    }
}

/// The content of a message without its number of comments.
fn without_count(text: &str) -> (&str, &str) {
    let (before, rest) = text.split_once("\"commentCount\":").unwrap_or((text, ""));
    (before, rest.split_once(',').map_or("", |(_, after)| after))
}
