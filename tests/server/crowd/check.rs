//! Checks that every connection received exactly the events it was entitled to, once, in the order of the room.
//!
//! The order of a room is what a permanent member received from it. All such members must have received the same. A
//! visitor must have received one contiguous piece of it for each stay. The piece begins after the message that was the
//! last one on joining. It contains the messages written during the stay and none written before or after it, as far as
//! the times of the requests can tell.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::history::{Entry, Heard, History, Outcome, Recording, Span, Stay, hear};

/// A kind of violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A connection did not receive an event it was entitled to.
    Lost,
    /// A connection received an event twice.
    Repeated,
    /// A connection received two events in a different order than others.
    Disordered,
    /// A connection received an event it was not entitled to.
    Leaked,
    /// A connection received an event that nobody caused.
    Invented,
}

/// A violation and its details.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) fault: Fault,
    pub(super) place: String,
}

/// How much was checked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) entries: usize,
    pub(super) deliveries: usize,
    pub(super) stays: usize,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.fault, self.place)
    }
}

type Checked<T> = Result<T, Violation>;

fn violation<T>(fault: Fault, place: impl fmt::Display) -> Checked<T> {
    Err(Violation {
        fault,
        place: place.to_string(),
    })
}

/// Checks a history.
pub(super) fn check(history: &History) -> Checked<Summary> {
    let heard: Vec<_> = history.recordings.iter().map(by_room).collect();
    let mut summary = Summary::default();
    for (room, members) in &history.rooms {
        let (always, others): (Vec<_>, Vec<_>) = history
            .recordings
            .iter()
            .zip(&heard)
            .map(|(recording, heard)| (recording, heard.get(room).map_or(&[][..], Vec::as_slice)))
            .partition(|(recording, _)| members.contains(&recording.user));
        let room = Room {
            history,
            id: *room,
            log: Log::of_members(history.is_cut, &always)?,
        };
        room.check_deeds()?;
        for (recording, _) in &always {
            room.check_start(recording, &always)?;
        }
        let mut stays_of_user: HashMap<u64, (&str, Vec<Vec<&Entry>>)> = HashMap::new();
        for (recording, heard) in &others {
            let pieces = room.check_visitor(recording, heard)?;
            summary.stays += pieces.len();
            let name = recording.name.as_str();
            let (other, known) = stays_of_user
                .entry(recording.user)
                .or_insert_with(|| (name, pieces.clone()));
            // Connections of the same user were entitled to the same events.
            if !history.is_cut && *known != pieces {
                return violation(
                    Fault::Lost,
                    format_args!("{name} and {other} differ in room {}", room.id),
                );
            }
        }
        summary.entries += room.log.entries.len();
        let entries = |heard: &[Heard]| {
            heard
                .iter()
                .filter(|heard| matches!(heard, Heard::Entry(_)))
                .count()
        };
        summary.deliveries += always
            .iter()
            .chain(&others)
            .map(|(_, heard)| entries(heard))
            .sum::<usize>();
    }
    Ok(summary)
}

fn by_room(recording: &Recording) -> HashMap<u64, Vec<Heard>> {
    let mut rooms: HashMap<u64, Vec<Heard>> = HashMap::new();
    for (room, heard) in recording.events.iter().filter_map(hear) {
        rooms.entry(room).or_default().push(heard);
    }
    rooms
}

/// The order of a room.
struct Log<'a> {
    entries: Vec<&'a Entry>,
    positions: HashMap<&'a str, usize>,
}

impl<'a> Log<'a> {
    /// The order of the events that the members received. Members must agree.
    fn of_members(is_cut: bool, always: &[(&'a Recording, &'a [Heard])]) -> Checked<Self> {
        let mut longest: Vec<&Entry> = Vec::new();
        let mut lists = Vec::new();
        for (recording, heard) in always {
            let mut entries = Vec::new();
            for heard in *heard {
                match heard {
                    Heard::Entry(entry) => entries.push(entry),
                    Heard::Changed => {}
                    Heard::Joined { .. } => {
                        return violation(Fault::Repeated, format_args!("{} joined again", recording.name));
                    }
                    Heard::Left => {
                        return violation(Fault::Invented, format_args!("{} never left", recording.name));
                    }
                }
            }
            if entries.len() > longest.len() {
                longest.clone_from(&entries);
            }
            lists.push((recording, entries));
        }
        let mut positions = HashMap::new();
        for (position, entry) in longest.iter().enumerate() {
            if positions.insert(entry.key.as_str(), position).is_some() {
                return violation(Fault::Repeated, &entry.key);
            }
        }
        let log = Self {
            entries: longest,
            positions,
        };
        for (recording, entries) in lists {
            let piece = log.piece(recording, &entries)?;
            // A connection that was opened later has the end; one that was cut, the beginning.
            let ends = piece.map_or(log.entries.is_empty(), |(_, end)| end == log.entries.len());
            if !ends && !is_cut {
                return violation(Fault::Lost, format_args!("{} misses the end", recording.name));
            }
        }
        if let Some(pair) = log
            .entries
            .iter()
            .filter_map(|entry| entry.created)
            .collect::<Vec<_>>()
            .windows(2)
            .find(|pair| pair[0] >= pair[1])
        {
            return violation(
                Fault::Disordered,
                format_args!("{} came after {}", pair[1], pair[0]),
            );
        }
        Ok(log)
    }

    /// The range of these entries in the order. They must be contiguous.
    fn piece(&self, recording: &Recording, entries: &[&Entry]) -> Checked<Option<(usize, usize)>> {
        let mut known = HashSet::new();
        let mut piece: Option<(usize, usize)> = None;
        for entry in entries {
            let name = &recording.name;
            if !known.insert(&entry.key) {
                return violation(Fault::Repeated, format_args!("{name}: {}", entry.key));
            }
            let Some(position) = self.positions.get(entry.key.as_str()).copied() else {
                return violation(Fault::Lost, format_args!("by all but {name}: {}", entry.key));
            };
            piece = Some(match piece {
                None => (position, position + 1),
                Some((begin, end)) if position == end => (begin, end + 1),
                Some((_, end)) => {
                    // If the skipped entry follows later, the order is wrong.
                    let expected = self.entries.get(end);
                    let comes = expected.is_some_and(|expected| entries.contains(expected));
                    let fault = if comes || position < end {
                        Fault::Disordered
                    } else {
                        Fault::Lost
                    };
                    let missing = expected.map_or("the end", |expected| expected.key.as_str());
                    return violation(fault, format_args!("{name}: {} instead of {missing}", entry.key));
                }
            });
        }
        Ok(piece)
    }

    fn knows(&self, entry: &Entry) -> bool {
        self.positions.contains_key(entry.key.as_str())
    }

    /// The position at which a text was written.
    fn position_of(&self, text: &str) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| entry.texts.iter().any(|other| other == text))
    }
}

/// A room of a history.
struct Room<'a> {
    history: &'a History,
    id: u64,
    log: Log<'a>,
}

impl<'a> Room<'a> {
    fn deeds(&self) -> impl Iterator<Item = &'a super::history::Deed> {
        let id = self.id;
        self.history.deeds.iter().filter(move |deed| deed.room == id)
    }

    /// Checks that deeds answered with 200 were announced, and neither refused deeds nor anything else.
    fn check_deeds(&self) -> Checked<()> {
        let mut outcomes = HashMap::new();
        for deed in self.deeds() {
            outcomes.insert(deed.text.as_str(), deed.outcome);
            let is_told = self.log.position_of(&deed.text).is_some();
            match deed.outcome {
                Outcome::Done if !is_told && !self.history.is_cut => {
                    return violation(Fault::Lost, format_args!("by all: {}", deed.text));
                }
                Outcome::Refused if is_told => {
                    return violation(Fault::Invented, format_args!("refused: {}", deed.text));
                }
                _ => {}
            }
        }
        for text in self.log.entries.iter().flat_map(|entry| &entry.texts) {
            if !outcomes.contains_key(text.as_str()) {
                return violation(Fault::Invented, format_args!("nobody wrote {text}"));
            }
        }
        for (index, entry) in self.log.entries.iter().enumerate() {
            let again = |text: &String| {
                entry.created.is_some()
                    && self.log.entries[..index]
                        .iter()
                        .any(|before| before.created.is_some() && before.texts.contains(text))
            };
            if let Some(text) = entry.texts.iter().find(|text| again(text)) {
                return violation(Fault::Repeated, format_args!("{text} was made twice"));
            }
        }
        Ok(())
    }

    /// Checks that a member's connection received all deeds requested after its upgrade.
    fn check_start(&self, recording: &Recording, always: &[(&Recording, &[Heard])]) -> Checked<()> {
        let heard = always
            .iter()
            .find(|(other, _)| other.name == recording.name)
            .map_or(&[][..], |(_, heard)| heard);
        let texts: HashSet<&str> = heard
            .iter()
            .filter_map(|heard| match heard {
                Heard::Entry(entry) => Some(&entry.texts),
                _ => None,
            })
            .flatten()
            .map(String::as_str)
            .collect();
        for deed in self.deeds() {
            let is_due = deed.outcome == Outcome::Done && deed.span.asked > recording.opened;
            if is_due && !self.history.is_cut && !texts.contains(deed.text.as_str()) {
                return violation(Fault::Lost, format_args!("{}: {}", recording.name, deed.text));
            }
        }
        Ok(())
    }

    /// Returns what a visitor received: a piece for each stay.
    fn check_visitor(&self, recording: &Recording, heard: &'a [Heard]) -> Checked<Vec<Vec<&'a Entry>>> {
        let name = &recording.name;
        let stays: Vec<&Stay> = self
            .history
            .stays
            .iter()
            .filter(|stay| stay.user == recording.user && stay.room == self.id)
            .collect();
        let mut pieces: Vec<(Option<u64>, Vec<&Entry>)> = Vec::new();
        let mut is_inside = false;
        for heard in heard {
            match heard {
                Heard::Joined { last } => {
                    if is_inside {
                        return violation(Fault::Repeated, format_args!("{name} joined {} twice", self.id));
                    }
                    is_inside = true;
                    pieces.push((*last, Vec::new()));
                }
                Heard::Left => {
                    if !is_inside {
                        return violation(Fault::Repeated, format_args!("{name} left {} twice", self.id));
                    }
                    is_inside = false;
                }
                Heard::Changed | Heard::Entry(_) if !is_inside => {
                    return violation(Fault::Leaked, format_args!("{name} in {}: {heard:?}", self.id));
                }
                Heard::Changed => {}
                Heard::Entry(entry) => {
                    if let Some((_, piece)) = pieces.last_mut() {
                        piece.push(entry);
                    }
                }
            }
        }
        let count = stays.len();
        if pieces.len() > count {
            return violation(
                Fault::Invented,
                format_args!("{name} joined {} too often", self.id),
            );
        }
        if !self.history.is_cut && (pieces.len() < count || is_inside) {
            return violation(
                Fault::Lost,
                format_args!("{name} is not told of all stays in {}", self.id),
            );
        }
        for (index, ((last, entries), stay)) in pieces.iter().zip(stays).enumerate() {
            // If the server was killed, the last piece may break off.
            let breaks_off = self.history.is_cut && index + 1 == pieces.len();
            self.check_stay(recording, *last, entries, stay, breaks_off)?;
        }
        Ok(pieces.into_iter().map(|(_, entries)| entries).collect())
    }

    fn check_stay(
        &self,
        recording: &Recording,
        last: Option<u64>,
        entries: &[&Entry],
        stay: &Stay,
        breaks_off: bool,
    ) -> Checked<()> {
        let name = &recording.name;
        // A visitor whose connection was cut last may have received entries after the last one known to any member.
        let known = entries.iter().rposition(|entry| self.log.knows(entry));
        let (told, beyond) = match known {
            _ if !breaks_off => (entries, &entries[entries.len()..]),
            Some(last) => entries.split_at(last + 1),
            None => entries.split_at(0),
        };
        let piece = self.log.piece(recording, told)?;
        if let ([first, ..], Some((_, end))) = (beyond, piece)
            && end < self.log.entries.len()
        {
            return violation(Fault::Lost, format_args!("by all but {name}: {}", first.key));
        }
        if let Some((begin, _)) = piece {
            let newest = self.log.entries[..begin]
                .iter()
                .rev()
                .find_map(|entry| entry.created);
            // The room may have had messages from before the recordings began.
            if newest.is_some() && newest != last {
                let fault = if newest > last { Fault::Lost } else { Fault::Leaked };
                return violation(
                    fault,
                    format_args!(
                        "{name} joined {} after {last:?}, and goes on after {newest:?}",
                        self.id
                    ),
                );
            }
        }
        for deed in self.deeds().filter(|deed| deed.outcome == Outcome::Done) {
            let Some(position) = self.log.position_of(&deed.text) else {
                continue;
            };
            let is_heard = piece.is_some_and(|(begin, end)| (begin..end).contains(&position));
            let Span { asked, answered } = deed.span;
            let is_within = stay.join.is_before(deed.span) && deed.span.is_before(stay.leave);
            if is_within && !is_heard && !breaks_off {
                return violation(Fault::Lost, format_args!("{name}: {}", deed.text));
            }
            if is_heard && (answered < stay.join.asked || asked > stay.leave.answered) {
                return violation(Fault::Leaked, format_args!("{name}: {}", deed.text));
            }
        }
        Ok(())
    }
}
