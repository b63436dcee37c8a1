//! The parameters of a history: the server's habits, the faults around it and the application's interest. All are drawn
//! once, from the seed.

use crate::random::Random;
use crate::truth::{Id, Time};

/// How the server writes times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Times {
    Exact,
    Seconds,
    Zero,
    Absent,
    Equal,
    /// The clock is set back by ten minutes at that moment.
    SetBack(Time),
    /// Two nodes, three seconds apart.
    Skewed,
}

/// How the server writes a room's `lastMessage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastMessage {
    Full,
    /// `{messageId, createdUtc}`, as documented.
    Short,
    /// As documented, and absent instead of null.
    ShortOrAbsent,
    Never,
}

/// The lag of the REST API, compared with the stream, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lag {
    None,
    /// Any lag up to this, drawn for each request.
    Each(Time),
    /// Each request reaches one of two nodes.
    Nodes([Time; 2]),
}

/// How the server handles a `limit` above its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cap {
    None,
    Silent(usize),
    Refuses(usize),
}

/// How the server handles a cursor that is not in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    Position,
    Empty,
    Status(u16),
}

/// The interest of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// Messages of these rooms, all of them watched.
    Only(Vec<Id>),
    /// All messages; these rooms and the most recently active ones are watched.
    All(Vec<Id>),
    /// All messages; all rooms are watched.
    Everything,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// How long changes and faults continue.
    pub(crate) busy: Time,
    pub(crate) rooms: u64,
    pub(crate) messages: u64,
    /// Milliseconds between changes, on average.
    pub(crate) pace: u64,
    pub(crate) ids_per_room: bool,
    pub(crate) times: Times,
    pub(crate) last_message: LastMessage,
    /// Whether a comment can be a room's last message.
    pub(crate) last_is_comment: bool,
    /// Whether a comment is followed by an update of its parent, and a message by an update of its room.
    pub(crate) tells_parents: bool,
    pub(crate) tells_rooms: bool,
    pub(crate) both_names: bool,
    /// Whether edits alternate between two texts.
    pub(crate) same_texts: bool,
    pub(crate) big: bool,

    pub(crate) lag: Lag,
    /// The most milliseconds until messages become visible in the REST API, in any order.
    pub(crate) late_ids: Time,
    pub(crate) cap: Cap,
    pub(crate) inclusive: bool,
    pub(crate) unknown_cursor: Unknown,
    /// Per mille of requests that fail once.
    pub(crate) failures: u64,
    /// Whether paths have faults for a while.
    pub(crate) path_faults: bool,
    /// Per mille of responses in which one entry is missing or unreadable.
    pub(crate) omissions: u64,
    /// Whether the REST API hides rooms and messages for a while.
    pub(crate) hides: bool,
    /// Per mille of messages with fields of the wrong kind, and with unreadable ids.
    pub(crate) quirks: u64,
    pub(crate) poison: u64,

    /// Per mille of frames.
    pub(crate) repeats: u64,
    pub(crate) late_frames: u64,
    pub(crate) shuffles: bool,
    /// Whether the stream may be slower than the REST API.
    pub(crate) slow_stream: bool,
    /// Whether connections break and are refused, and whether they stall.
    pub(crate) breaks: bool,
    pub(crate) stalls: bool,
    /// Whether connections last at most about three seconds.
    pub(crate) blinks: bool,
    pub(crate) logs_out: bool,
    pub(crate) page_signals: bool,

    pub(crate) wants: Wants,
    /// Whether the application gets everything delivered. Otherwise it loads rooms and messages by itself.
    pub(crate) history: bool,
    pub(crate) recent_rooms: usize,
    pub(crate) window: usize,
    pub(crate) max_messages: usize,
    pub(crate) page: u32,
    pub(crate) concurrency: usize,
    pub(crate) slow_page: bool,
    pub(crate) small_queue: bool,
    /// The silence after which everything is compared. `None`: five minutes.
    pub(crate) compare_after: Option<Time>,
}

impl Options {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(!seed);
        let draw = &mut random;
        let busy = draw.between(10_000, 45_000);
        let rooms = match draw.between(0, 200) {
            0..130 => draw.between(1, 5),
            130..180 => draw.between(5, 16),
            180..198 => draw.between(16, 60),
            _ => draw.between(100, 2_001),
        };
        let mut options = Self {
            messages: draw.between(0, 1 + (rooms * 8).min(300)),
            pace: if rooms > 60 { 1_000 } else { draw.between(60, 900) },
            ids_per_room: draw.one_in(2),
            times: match draw.between(0, 12) {
                0 => Times::Seconds,
                1 => Times::Zero,
                2 => Times::Absent,
                3 => Times::Equal,
                4 => Times::SetBack(10_000 + draw.between(0, busy)),
                5 => Times::Skewed,
                _ => Times::Exact,
            },
            last_message: draw.of(&[
                LastMessage::Full,
                LastMessage::Short,
                LastMessage::Short,
                LastMessage::ShortOrAbsent,
                LastMessage::Never,
            ]),
            last_is_comment: draw.one_in(3),
            tells_parents: !draw.one_in(4),
            tells_rooms: !draw.one_in(4),
            both_names: draw.one_in(2),
            same_texts: draw.one_in(8),
            big: draw.one_in(100),
            lag: Lag::None,
            late_ids: 0,
            cap: Cap::None,
            inclusive: draw.one_in(2),
            unknown_cursor: draw.of(&[
                Unknown::Position,
                Unknown::Empty,
                Unknown::Status(400),
                Unknown::Status(404),
            ]),
            failures: 0,
            path_faults: false,
            omissions: 0,
            hides: false,
            quirks: 0,
            poison: 0,
            repeats: 0,
            late_frames: 0,
            shuffles: draw.one_in(2),
            slow_stream: draw.one_in(6),
            breaks: !draw.one_in(8),
            stalls: draw.one_in(3),
            blinks: draw.one_in(15),
            logs_out: draw.one_in(4),
            page_signals: draw.one_in(2),
            wants: Wants::Everything,
            history: !draw.one_in(4),
            recent_rooms: 10,
            window: if draw.one_in(5) {
                draw.between(2, 20) as usize
            } else {
                100
            },
            max_messages: if draw.one_in(6) {
                draw.between(3, 40) as usize
            } else {
                500
            },
            page: if draw.one_in(2) {
                100
            } else {
                draw.between(2, 20) as u32
            },
            concurrency: draw.between(1, 5) as usize,
            slow_page: draw.one_in(5),
            small_queue: draw.one_in(10),
            compare_after: None,
            busy,
            rooms,
        };
        options.draw_hostility(draw);
        options.draw_wants(draw);
        if options.big {
            // Few large messages in few rooms.
            options.rooms = options.rooms.min(3);
            options.messages = 12;
            options.pace = 1_500;
        }
        if draw.one_in(5) {
            options.compare_after = Some(draw.between(2_000, 10_000));
        }
        options
    }

    /// Draws the faults of the REST API and the stream; none in a third of the histories.
    fn draw_hostility(&mut self, draw: &mut Random) {
        if draw.one_in(3) {
            return;
        }
        self.lag = match draw.between(0, 4) {
            0 => Lag::Each(draw.between(1, 2_501)),
            1 => Lag::Nodes([draw.between(0, 2_501), draw.between(0, 2_501)]),
            _ => Lag::None,
        };
        let least = if self.inclusive { 2 } else { 1 };
        self.cap = match draw.between(0, 5) {
            0 => Cap::Silent(draw.between(least, 51) as usize),
            1 => Cap::Refuses(draw.between(if self.inclusive { 5 } else { 2 }, 51) as usize),
            _ => Cap::None,
        };
        let sometimes = |draw: &mut Random, high| {
            if draw.one_in(3) { draw.between(1, high) } else { 0 }
        };
        self.late_ids = sometimes(draw, 2_501);
        self.failures = sometimes(draw, 200);
        self.path_faults = draw.one_in(2);
        self.omissions = sometimes(draw, 150);
        self.hides = draw.one_in(4);
        self.quirks = sometimes(draw, 300);
        self.poison = sometimes(draw, 100);
        if self.poison > 0 {
            // A client cannot page past a page without readable entries.
            self.page = self.page.max(20);
            self.cap = match self.cap {
                Cap::None => Cap::None,
                Cap::Silent(cap) => Cap::Silent(cap.max(40)),
                Cap::Refuses(cap) => Cap::Refuses(cap.max(40)),
            };
        }
        self.repeats = sometimes(draw, 200);
        self.late_frames = sometimes(draw, 200);
        if self.poison > 0 || self.omissions > 0 {
            // A client cannot page past a page without readable entries.
            self.page = self.page.max(12);
            self.cap = match self.cap {
                Cap::Silent(cap) => Cap::Silent(cap.max(12)),
                Cap::Refuses(cap) => Cap::Refuses(cap.max(12)),
                Cap::None => Cap::None,
            };
        }
    }

    fn draw_wants(&mut self, draw: &mut Random) {
        let mut some: Vec<Id> = (1..=self.rooms).filter(|_| draw.one_in(2)).collect();
        some.push(self.rooms + 2);
        self.wants = match draw.between(0, 8) {
            0 | 1 => {
                some.truncate(60);
                Wants::Only(some)
            }
            2 | 3 => Wants::Everything,
            4 if self.rooms > 3 => {
                some.truncate(3);
                self.recent_rooms = draw.between(1, 6) as usize;
                Wants::All(some)
            }
            5 if self.rooms > 3 => {
                self.recent_rooms = draw.between(1, self.rooms.min(11)) as usize;
                Wants::All(Vec::new())
            }
            _ => {
                self.recent_rooms = (self.rooms as usize + 3).max(10);
                Wants::All(Vec::new())
            }
        };
        if self.rooms > 60 && (self.wants == Wants::Everything || self.recent_rooms > 60) {
            self.recent_rooms = 10;
            self.wants = Wants::All(Vec::new());
        }
        if self.blinks {
            // More rooms than can be read on one connection, and enough time for many connections.
            self.rooms = draw.between(16, 40);
            self.messages = self.rooms * 3;
            self.wants = Wants::Everything;
            self.busy = 60_000;
            self.pace = 2_000;
            self.stalls &= draw.one_in(3);
            self.page_signals &= draw.one_in(3);
        }
    }

    /// Whether every response has the true state of that moment.
    pub(crate) fn rest_is_well(&self) -> bool {
        self.lag == Lag::None
            && self.late_ids == 0
            && self.failures == 0
            && !self.path_faults
            && self.omissions == 0
            && !self.hides
            && !self.logs_out
    }

    /// The most rooms that may exist.
    pub(crate) fn most_rooms(&self) -> usize {
        let most = self.rooms as usize + 6;
        match &self.wants {
            Wants::All(_) if self.recent_rooms > self.rooms as usize => self.recent_rooms,
            _ => most,
        }
    }
}

impl Options {
    /// Whether the server sends messages in the order of their ids, and every response is complete.
    pub(crate) fn keeps_order(&self) -> bool {
        let is_prompt = self.repeats == 0 && self.late_frames == 0 && !self.slow_stream && !self.shuffles;
        let is_small = self.rooms <= 16 && self.page >= 10 && !self.small_queue;
        self.history && self.rest_is_well() && is_prompt && self.poison == 0 && is_small
    }

    /// Whether the client can always read everything that it wants.
    pub(crate) fn reads_everything(&self) -> bool {
        let is_small = self.rooms < 6 && self.page > 20;
        is_small && self.rest_is_well() && !self.stalls && !self.small_queue && !self.page_signals
    }

    /// Whether everything that the server writes is readable.
    pub(crate) fn is_well_formed(&self) -> bool {
        self.quirks == 0 && self.poison == 0 && self.omissions == 0 && !self.path_faults && self.failures == 0
    }
}
