//! Compares a list of messages with the replica.

use super::pager::{Found, Pager};
use super::scheduler::HeldEvents;
use super::{CONFIRMATION, REPLICATION_LAG};
use crate::client::clock::{Micros, earliest};
use crate::client::mutant::{self, Mutant};
use crate::client::replica::{Entry, NO_MESSAGE, Replica, Subject};
use crate::client::sorted::SortedMap;
use crate::protocol::decode::digest::MessageDigest;
use crate::protocol::ids::{MessageId, RoomId};

/// A held event about a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mention {
    pub(crate) parent: MessageId,
    pub(crate) message_id: MessageId,
    pub(crate) said: Said,
}

/// What an event says about a message; versions are fingerprints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Created(u64),
    Updated(u64),
    Deleted,
}

impl Said {
    pub(crate) const fn version(self) -> Option<u64> {
        match self {
            Self::Created(version) | Self::Updated(version) => Some(version),
            Self::Deleted => None,
        }
    }
}

/// How to compare a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) room_id: RoomId,
    /// Unknown messages from this id on are news. `None`: none are.
    pub(super) news_from: Option<MessageId>,
    /// Whether known messages that were not found count as missing.
    pub(super) finds_absence: bool,
    /// Whether messages that are not news are added to the replica.
    pub(super) learns: bool,
    pub(super) now: Micros,
}

/// The least time between two readings of a room. A room that changes without events would otherwise be read
/// constantly.
const PAUSE: Micros = 1_000_000;

/// The result of a comparison, in order of delivery.
#[derive(Clone, Debug, Default)]
pub(super) struct Differences {
    /// Deleted messages as pairs of parent and id. Comments come before their parent.
    pub(super) gone: Vec<(MessageId, MessageId)>,
    pub(super) updated: Vec<Box<str>>,
    pub(super) created: Vec<Box<str>>,
    /// When to read the list again, as evidence conflicts.
    pub(super) look_at: Option<Micros>,
    /// Held events to drop: the number of oldest versions per message.
    pub(super) outdated: Vec<(MessageId, usize)>,
}

impl Differences {
    fn doubt_until(&mut self, at: Micros) {
        self.look_at = earliest(self.look_at, Some(at));
    }

    /// Drops messages that were created and deleted meanwhile. They would be delivered after newer ones.
    fn drop_departed(&mut self, replica: &mut Replica, mentions: &[Mention], rule: Rule) {
        // Per message: the versions so far, those before the last deletion, and whether it was created.
        let mut versions: SortedMap<MessageId, (usize, usize, bool)> = SortedMap::new();
        for Mention { message_id, said, .. } in mentions {
            let (count, departed, is_created) = versions.get_or_insert_with(*message_id, Default::default);
            match said {
                Said::Deleted => *departed = *count,
                Said::Created(_) | Said::Updated(_) => *count += 1,
            }
            *is_created |= matches!(said, Said::Created(_));
        }
        for (id, (_, departed, is_created)) in versions.iter().filter(|(_, (_, departed, _))| *departed > 0) {
            self.outdated.push((id, *departed));
            if *is_created && replica.room_mut(rule.room_id).parent_of(id).is_none() {
                // The deletion is not delivered, either.
                replica.recent.note_deletion(Subject::Message(id.get()), rule.now);
            }
        }
    }
}

/// How held events relate to a version that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    /// The first few are older than that version or equal to it.
    Older(usize),
    /// All of them are newer, or the message is back at an earlier version. The last one is delivered, and newer
    /// versions follow on the stream.
    Newer(usize),
    /// The message was deleted at some point.
    Unclear,
}

fn held(mentions: &[Mention], found: &MessageDigest) -> Held {
    let own = mentions
        .iter()
        .filter(|mention| mention.message_id == found.message_id);
    let all: Vec<_> = own.map(|mention| mention.said).collect();
    let is_found = |said: &Said| said.version() == Some(found.fingerprint);
    let same = all.iter().rposition(is_found);
    let is_created = |said: &Said| matches!(said, Said::Created(_));
    match same {
        _ if all.is_empty() => Held::Nothing,
        _ if all.contains(&Said::Deleted) => Held::Unclear,
        Some(index)
            if all[..index]
                .iter()
                .skip_while(|said| !is_found(said))
                .any(|said| !is_found(said)) =>
        {
            Held::Newer(all.len())
        }
        // Messages are created only once, so a version that overtook the creation is newer.
        Some(index) if index > 0 && is_created(&all[index]) => Held::Newer(all.len()),
        Some(index) => Held::Older(index + 1),
        // For the same reason, the version that was found is newer than the creation.
        None if all.len() == 1 && is_created(&all[0]) => Held::Older(1),
        None => Held::Newer(all.len()),
    }
}

/// Compares a list with the replica and updates the replica.
pub(super) fn reconcile(
    replica: &mut Replica,
    pager: &Pager,
    events: &dyn HeldEvents,
    rule: Rule,
) -> Differences {
    let mentions = &events.mentions(rule.room_id);
    let mut differences = Differences::default();
    let since = pager.since.unwrap_or(rule.now);
    if rule.finds_absence {
        find_absences(replica, pager, mentions, rule, since, &mut differences);
    }
    let mut place = rule.news_from.unwrap_or(MessageId::MAX);
    for found in &pager.found {
        let end = found.digest.message_id;
        // Held events may bring news that the pages lack. They have their place before the newer messages.
        while let Some(id) = mentions
            .iter()
            .filter(|mention| mention.parent == pager.parent)
            .map(|mention| mention.message_id)
            .filter(|id| (place..end).contains(id))
            .min()
        {
            place = id.next();
            let latest = events.latest(rule.room_id, id);
            if replica.room_mut(rule.room_id).parent_of(id).is_none()
                && let Some((digest, json)) = latest
                && !replica.has_version(&digest)
                && let Held::Older(count) | Held::Newer(count) = held(mentions, &digest)
            {
                let since = rule.now;
                let lacking = Found { digest, json, since };
                let mentioned = (Held::Newer(count), events);
                compare(replica, pager.parent, &lacking, mentioned, rule, &mut differences);
            }
        }
        place = place.max(end.next());
        let mentioned = held(mentions, &found.digest);
        compare(
            replica,
            pager.parent,
            found,
            (mentioned, events),
            rule,
            &mut differences,
        );
    }
    differences.drop_departed(replica, mentions, rule);
    let timeline = replica.room_mut(rule.room_id).timeline_mut(pager.parent);
    timeline.is_doubtful = differences.look_at.is_some();
    differences
}

fn compare(
    replica: &mut Replica,
    parent: MessageId,
    found: &Found,
    (mentioned, events): (Held, &dyn HeldEvents),
    rule: Rule,
    differences: &mut Differences,
) {
    let Found { digest, json, since } = found;
    let (id, since) = (digest.message_id, *since);
    let subject = Subject::Message(id.get());
    let deleted_at = replica.recent.deleted_at(subject);
    let told = replica.recent.last_version(subject);
    // A version that was known before another one: both the response and the held event may be outdated.
    let is_repeat =
        matches!(mentioned, Held::Older(_)) && replica.recent.has_version(subject, digest.fingerprint);
    let room = replica.room_mut(rule.room_id);
    room.newest = room.newest.max(id);
    let is_lost = room.lost.contains(&id);
    let timeline = room.timeline_mut(parent);
    if let Some(entry) = timeline.get_mut(id) {
        entry.missing_since = None;
        match mentioned {
            _ if entry.fingerprint == digest.fingerprint => entry.seen_at = entry.seen_at.max(Some(since)),
            // The held events are delivered, and another reading decides.
            Held::Newer(_) | Held::Unclear => differences.doubt_until(rule.now + REPLICATION_LAG),
            Held::Older(_) if is_repeat => differences.doubt_until(rule.now + REPLICATION_LAG),
            // The stream spoke after the request, so it is newer, and later versions follow on the stream.
            Held::Nothing if entry.told_at >= Some(since) => {}
            Held::Nothing if entry.outweighs_until() > since => {
                differences.doubt_until(entry.outweighs_until().max(rule.now + PAUSE));
            }
            // This version was the known one when the page came.
            _ if json.is_empty() => differences.doubt_until(rule.now + REPLICATION_LAG),
            mentioned => {
                if let Held::Older(count) = mentioned {
                    differences.outdated.push((id, count));
                }
                let replaced = entry.fingerprint;
                if let Some(entry) = timeline.revise(digest, json) {
                    entry.seen_at = Some(since);
                }
                replica.recent.note_change(subject, replaced, digest.fingerprint);
                differences.updated.push(json.clone());
            }
        }
        return;
    }
    let is_news = is_lost || rule.news_from.is_some_and(|from| id >= from);
    if !is_news && !rule.learns {
        return;
    }
    let is_dropped = mutant::is(Mutant::DropsByTombstone) && deleted_at.is_some();
    let is_doubtful = match mentioned {
        _ if is_dropped => return,
        Held::Nothing if deleted_at >= Some(since) => return,
        Held::Nothing => deleted_at.is_some_and(|at| at + REPLICATION_LAG > since),
        Held::Unclear => true,
        Held::Older(_) | Held::Newer(_) => false,
    };
    if is_doubtful || json.is_empty() {
        return differences.doubt_until(rule.now + REPLICATION_LAG);
    }
    let is_older = rule.finds_absence && id < timeline.floor;
    let is_held = match mentioned {
        Held::Older(count) | Held::Newer(count) => {
            differences.outdated.push((id, count));
            true
        }
        Held::Nothing | Held::Unclear => false,
    };
    // The newest version is delivered, at the position of the message in the list.
    let newer = matches!(mentioned, Held::Newer(_)).then(|| events.latest(rule.room_id, id));
    let newer = newer.flatten();
    if newer.is_some() {
        // Its frame may have been repeated after a newer version.
        differences.doubt_until(rule.now + REPLICATION_LAG);
    }
    let (digest, json) = newer
        .as_ref()
        .map_or((digest, json), |(digest, json)| (digest, json));
    let mut entry = Entry::new(digest, json, since);
    entry.seen_at = Some(since);
    entry.told_at = newer.as_ref().map(|_| rule.now);
    if is_news {
        differences.created.push(json.clone());
    } else {
        // A held event announced it, so the application has to hear of it.
        if is_held {
            differences.updated.push(json.clone());
        } else if is_older {
            // An outdated response may lack what the stream delivered while the message was unknown.
            entry.fingerprint = told.unwrap_or(digest.fingerprint);
        }
        entry.unlisted = digest.comment_count.get();
        entry.is_silent = !is_held;
    }
    room.insert(parent, id, entry);
    if is_older && parent == NO_MESSAGE {
        // Comments on it were passed on until now.
        let newest = room.newest;
        room.timeline_mut(id).floor = newest.next();
    }
    replica.recent.revive(subject);
}

/// Finds known messages that the pages lack.
fn find_absences(
    replica: &mut Replica,
    pager: &Pager,
    mentions: &[Mention],
    rule: Rule,
    since: Micros,
    differences: &mut Differences,
) {
    let timeline = replica.room_mut(rule.room_id).timeline_mut(pager.parent);
    let was_unreadable = std::mem::replace(&mut timeline.unreadable, pager.unreadable);
    // The missing messages may be among the unreadable entries.
    let is_unclear = pager.unreadable > was_unreadable;
    let floor = timeline.floor;
    // Some known messages may lie below the range without holes.
    let lowest = if pager.is_exhausted || pager.is_complete() {
        NO_MESSAGE
    } else {
        pager.cursor.unwrap_or(floor)
    };
    // A server that lags may not know the cursor, and respond with an empty page.
    let end = pager.cursor.filter(|end| {
        let entry = timeline.get(*end);
        entry.is_none_or(|entry| entry.known_since + REPLICATION_LAG >= since)
    });
    let mut ids = timeline.ids_from(lowest);
    if pager.parent == NO_MESSAGE && pager.unreadable == 0 {
        // Comments disappear with their parent even if the parent was never loaded.
        ids.extend(replica.room_mut(rule.room_id).orphaned_from(lowest.max(floor)));
    }
    for id in ids {
        let is_found = pager
            .found
            .binary_search_by_key(&id, |found| found.digest.message_id)
            .is_ok();
        let is_held = mentions.iter().any(|mention| mention.message_id == id);
        if is_found || is_held {
            continue;
        }
        let room = replica.room_mut(rule.room_id);
        let is_known = room.timeline_mut(pager.parent).get(id).is_some();
        let entry = if is_known {
            room.timeline_mut(pager.parent).get_mut(id)
        } else {
            room.timeline_mut(id).newest_mut()
        };
        let Some(entry) = entry else {
            continue;
        };
        if entry.told_at >= Some(since) {
            continue;
        }
        if is_unclear || end.is_some_and(|end| id < end) {
            differences.doubt_until(rule.now + REPLICATION_LAG);
            continue;
        }
        // Shortly after the stream or another response had it, a response may be too old to have it and proves nothing.
        let known_until = entry.outweighs_until();
        if since < known_until {
            differences.doubt_until(known_until.max(rule.now + PAUSE));
            continue;
        }
        let confirmed_at = *entry.missing_since.get_or_insert(since) + CONFIRMATION;
        if since < confirmed_at && !mutant::is(Mutant::TrustsAbsenceOnce) {
            differences.doubt_until(confirmed_at.max(rule.now + PAUSE));
            continue;
        }
        let removed = room.timeline_mut(pager.parent).remove(id);
        replica
            .recent
            .note_removal(Subject::Message(id.get()), removed.as_ref());
        replica.recent.note_deletion(Subject::Message(id.get()), rule.now);
        if pager.parent == NO_MESSAGE {
            let comments = replica.take_comments(rule.room_id, id, rule.now);
            differences
                .gone
                .extend(comments.into_iter().map(|comment| (id, comment)));
        }
        if is_known {
            differences.gone.push((pager.parent, id));
        }
    }
}
