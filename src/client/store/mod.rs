//! The live store: holds what an application shows. It has *timelines* of rooms and threads, the *list of rooms*, and
//! the *outgoing* messages.
//!
//! # Interface
//! All of it is on [`Client`](crate::client::machine::Client). Inputs, each with the current time:
//!
//! | method | what it does |
//! | --- | --- |
//! | [`open_timeline`](crate::client::machine::Client::open_timeline) | opens a view of a room or thread at its end, at the oldest unread message, or around a message |
//! | [`load_older`](crate::client::machine::Client::load_older), [`load_newer`](crate::client::machine::Client::load_newer) | extend a view by a page |
//! | [`fill_gap`](crate::client::machine::Client::fill_gap) | loads a page into a gap |
//! | [`jump_to`](crate::client::machine::Client::jump_to), [`jump_to_end`](crate::client::machine::Client::jump_to_end) | add another part of the list to a view |
//! | [`open_rooms`](crate::client::machine::Client::open_rooms) | opens a view of the list of rooms |
//! | [`close_view`](crate::client::machine::Client::close_view) | closes a view of either kind |
//! | [`send_message`](crate::client::machine::Client::send_message) | sends a message under a key that the caller chooses; ignores a known key |
//! | [`resend_message`](crate::client::machine::Client::resend_message), [`discard_message`](crate::client::machine::Client::discard_message) | retry or drop an outgoing message |
//! | [`restore_message`](crate::client::machine::Client::restore_message) | resumes a message that [`outgoing`](crate::client::machine::Client::outgoing) returned before a restart |
//!
//! Outputs: [`poll_view`](crate::client::machine::Client::poll_view) returns one [`ViewDiff`] after another, then
//! `None`. The driver may poll as seldom as it likes: diffs are not queued, the next one covers all changes since the
//! last. The first diff of a view starts from an empty view. Applied in order, the diffs lead to the result of
//! [`snapshot`](crate::client::machine::Client::snapshot). Unchanged items are not repeated.
//!
//! # Rules
//! A timeline consists of *ranges* of ids in which every message is known. A page adds a range, and adjacent ranges
//! merge. Between two ranges is a *gap* item. The last range may be *live*: the stream extends it.
//!
//! - When the connection is lost, the live range ends at its newest message. On the next connection, the newest page
//!   is read, then older pages up to the old end, at most [`StoreConfig::max_missed`] messages. If that is not enough,
//!   a gap remains. The position and the items stay in any case.
//! - Loaded messages are verified after each gap, again a minute later, and when a silent stream is compared.
//! - A page is evidence, not truth. What the stream said after the request, or up to 3 s before, wins. A message
//!   counts as deleted if the stream says so, or if two pages requested 3 s apart lack it (60 s if the page had
//!   unreadable entries). Conflicting evidence is read again once the conflict can be resolved.
//! - Cursors are ids from the list itself, or the one to jump to. Servers may treat cursors as inclusive or exclusive,
//!   cap or shorten pages, and refuse limits. A page marks the beginning of a list if it makes no progress from a
//!   cursor that the previous page listed.
//! - Failed requests are retried with exponential backoff. The store and the synchronisation share `Retry-After`
//!   delays. A list that cannot be read does not delay the others.
//!
//! # Sending
//! An outgoing message is an item after all messages of its list until the message itself arrives; one diff has both
//! changes. For a request with a body ([`Request::method`](crate::client::rest::Request::method)), the driver calls
//! [`body_of`](crate::client::machine::Client::body_of). `send_queue.rs` describes the states and how unknown outcomes
//! are resolved. In addition to the post, sending requests `GET /status` for the user, the newest page of the list
//! before the first message, and a look for the message 3 s after a response without it or a failure.
//!
//! # Bounds
//! All are in [`StoreConfig`]. A list with more than [`StoreConfig::items`] messages or [`StoreConfig::bytes`] of JSON
//! drops those farthest from the last loaded page. A list without a view keeps its newest page. At most
//! [`StoreConfig::kept`] such lists are kept.

mod diff;
mod events;
mod job;
mod list;
mod page;
mod ranges;
mod reader;
mod reading;
mod rooms;
mod rooms_reader;
mod send_queue;
mod send_state;
mod sending;
mod view;
mod views;

use super::backoff::{Backoff, BackoffConfig};
use super::clock::Micros;
use super::random::Random;
use super::rest::RequestId;
use super::state::Freshness;
use super::sync::CatchUpConfig;
use std::time::Duration;

use crate::protocol::decode::digest::{self};
use crate::protocol::event::EventType;
use crate::protocol::ids::{RoomId, UserId};

pub use diff::{Item, Op, RoomItem};
pub use list::ListKey;
pub(super) use reading::Consequence;
pub use send_queue::OutgoingMessage;
pub use send_state::{SendFailure, SendState};
pub use view::{Anchor, ViewId, ViewState};

use diff::Shown;
use list::Messages;
use reader::Reader;
use rooms::Rooms;
use rooms_reader::RoomsReader;
use send_queue::SendQueue;
use view::View;

/// The most outgoing messages.
pub const MAX_OUTGOING: usize = 100;

/// The bounds of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// Messages per request. Default: 50.
    pub page: u32,
    /// The most messages held per list; at least two pages. Default: 1,000.
    pub items: usize,
    /// The most bytes of JSON held per list. Default: 8 MiB.
    pub bytes: usize,
    /// The most lists kept without a view. Default: 5.
    pub kept: usize,
    /// The most missed messages that are loaded automatically; beyond it, a gap remains. Default: 500.
    pub max_missed: usize,
    /// The most requests of the store in flight. Default: 2.
    pub concurrency: usize,
    /// The most outgoing messages. Default: 100.
    pub outgoing: usize,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            page: 50,
            items: 1_000,
            bytes: 8 << 20,
            kept: 5,
            max_missed: 500,
            concurrency: 2,
            outgoing: MAX_OUTGOING,
        }
    }
}

/// The changes of one view.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewDiff {
    /// The view.
    pub view: ViewId,
    /// The changes of its items, to apply in this order.
    pub ops: Vec<Op>,
    /// The state of the view, if it has changed.
    pub state: Option<ViewState>,
}

/// A list of messages and its reader.
#[derive(Clone, Debug)]
struct List {
    messages: Messages,
    reader: Reader,
    /// Whether it is gone, and why.
    gone: Option<Gone>,
    /// Whether the user last loaded older messages. If so, the newest are dropped first.
    reads_up: bool,
    /// When a view of it was last opened or closed, as a count of such changes.
    used: u64,
}

/// What was deleted along with a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    WithRoom,
    WithMessage,
}

/// The longest delay before a request for something visible or outgoing is retried.
const MAX_DELAY: Duration = Duration::from_secs(8);

/// Everything that an application shows.
#[derive(Clone, Debug)]
pub(super) struct Store {
    config: StoreConfig,
    backoff: BackoffConfig,
    random: Random,
    lists: Vec<List>,
    views: Vec<View>,
    rooms: Rooms,
    /// `None` if the synchronisation reads the list of rooms.
    rooms_reader: Option<RoomsReader>,
    sending: SendQueue,
    /// The user, once the server has named them on this connection.
    user: Option<UserId>,
    /// The last known user, also from before a restart.
    last_user: Option<UserId>,
    /// When the connection opened; `None` while disconnected.
    opened_at: Option<Micros>,
    /// When everything is read once more.
    compare_at: Option<Micros>,
    uses: u64,
    /// Requests whose responses are no longer needed.
    given_up: Vec<RequestId>,
    /// Incremented on every change outside of the lists.
    version: u64,
}

impl Store {
    pub(super) fn new(mut config: StoreConfig, catch_up: CatchUpConfig, seed: u64) -> Self {
        // A page that was just loaded must not be dropped at once.
        config.items = config.items.max(2 * config.page as usize);
        let mut backoff = catch_up.backoff;
        backoff.ceiling = backoff.ceiling.min(MAX_DELAY);
        let mut random = Random::new(seed);
        let own = (!catch_up.enabled).then(|| Backoff::new(backoff, random.up_to(u64::MAX)));
        Self {
            config,
            backoff,
            random,
            lists: Vec::new(),
            views: Vec::new(),
            rooms: Rooms::new(),
            rooms_reader: own.map(RoomsReader::new),
            sending: SendQueue::new(),
            user: None,
            last_user: None,
            opened_at: None,
            compare_at: None,
            uses: 0,
            given_up: Vec::new(),
            version: 0,
        }
    }

    /// Whether any list is held or shown.
    pub(super) fn is_used(&self) -> bool {
        !self.lists.is_empty() || self.rooms.is_used()
    }

    /// Whether messages of that room are needed.
    pub(super) fn wants(&self, room_id: RoomId) -> bool {
        let mut lists = self.lists.iter();
        lists.any(|list| list.messages.key.room_id == room_id)
    }

    /// When the synchronisation is to read the list of rooms, if it is missing or uncertain.
    pub(super) fn wants_rooms(&mut self) -> Option<Micros> {
        let wish = self.rooms.take_wish();
        match &mut self.rooms_reader {
            None => wish,
            Some(reader) => {
                wish.into_iter().for_each(|at| reader.look(at));
                let freshness = match (self.opened_at, reader.is_behind()) {
                    (None, _) => Freshness::Stale,
                    (Some(_), true) if reader.is_failing => Freshness::Stale,
                    (Some(_), true) => Freshness::CatchingUp,
                    (Some(_), false) => Freshness::Live,
                };
                self.rooms.set_freshness(freshness);
                None
            }
        }
    }

    /// Sets how current the list of rooms is.
    pub(super) fn set_rooms_freshness(&mut self, freshness: Freshness) {
        self.rooms.set_freshness(freshness);
    }

    /// Applies a list of rooms that was requested at `sent`.
    pub(super) fn take_rooms(&mut self, body: &str, sent: Micros, now: Micros) {
        if !self.is_used() {
            return;
        }
        let Ok(list) = digest::rooms(body) else { return };
        let (gone, back) = self.rooms.take_list(&list, body, sent, now);
        gone.into_iter().for_each(|room_id| self.room_is_gone(room_id));
        back.into_iter().for_each(|room_id| self.be_back(room_id, now));
        self.settle();
    }

    /// Whether events of that type may be needed.
    pub(super) fn may_want(&self, event_type: EventType) -> bool {
        if event_type.is_of_message() {
            !self.lists.is_empty()
        } else {
            self.is_used()
        }
    }

    fn list_mut(&mut self, key: ListKey) -> Option<&mut List> {
        let mut lists = self.lists.iter_mut();
        lists.find(|list| list.messages.key == key)
    }

    fn list(&self, key: ListKey) -> Option<&List> {
        self.lists.iter().find(|list| list.messages.key == key)
    }

    fn has_view(&self, key: ListKey) -> bool {
        self.views.iter().any(|view| view.list == key)
    }

    /// Whether a view shows the list, or a message is being sent to it.
    fn is_watched(&self, key: ListKey) -> bool {
        self.has_view(key) || self.sending.is_for(key)
    }

    /// Returns the list, created if necessary.
    fn hold(&mut self, key: ListKey, now: Micros) -> &mut List {
        self.uses += 1;
        self.rooms.track(key.room_id);
        let index = self.lists.iter().position(|list| list.messages.key == key);
        let gone = self.rooms.is_gone(key.room_id).then_some(Gone::WithRoom);
        let index = index.unwrap_or_else(|| {
            let tracked_since = self.opened_at.map(|_| now);
            let backoff = Backoff::new(self.backoff, self.random.up_to(u64::MAX));
            self.lists.push(List {
                messages: Messages::new(key, self.user.or(self.last_user), tracked_since),
                reader: Reader::new(backoff),
                gone,
                reads_up: false,
                used: 0,
            });
            self.lists.len() - 1
        });
        let list = &mut self.lists[index];
        list.used = self.uses;
        list
    }

    // Calls of the application.

    /// Forgets the rooms if nothing uses the store, as nothing keeps them up to date.
    fn forget_rooms(&mut self) {
        if !self.is_used() {
            self.rooms = Rooms::new();
        }
    }

    /// Takes the requests whose responses are no longer needed.
    pub(super) fn take_given_up(&mut self) -> Vec<RequestId> {
        std::mem::take(&mut self.given_up)
    }
}

impl List {
    fn show(&self, view: &View, sending: &SendQueue) -> (Vec<Shown>, ViewState) {
        let items = view.items(&self.messages, &self.reader, sending);
        let state = view.state(&self.messages, &self.reader, self.gone.is_some());
        (items, state)
    }

    /// Marks the list as gone. Returns the request whose response is no longer needed.
    fn be_gone(&mut self, with: Gone) -> Option<RequestId> {
        let in_flight = self.reader.interrupt();
        self.messages.clear();
        self.reader.jobs.clear();
        self.reader.failure = None;
        self.gone = Some(with);
        in_flight
    }
}
