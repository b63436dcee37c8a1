//! Numbers that Rust and JavaScript share. `cargo xtask codegen` writes them for JavaScript, under the same names.

use super::options::NumberOption;
use super::sync::MAX_RETRY_AFTER;
use super::{rest, store, tabs};
use crate::protocol::decode::tape;

/// A number that JavaScript knows, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The name of the constant in both languages.
    pub name: &'static str,
    /// Its documentation.
    pub documentation: &'static str,
    /// Its value.
    pub value: i64,
}

/// Declares constants and a list of all.
macro_rules! shared {
    ($($(#[doc = $documentation:literal])+ $name:ident: $number:ty = $value:expr;)+) => {
        $($(#[doc = $documentation])+ pub const $name: $number = $value;)+

        /// All shared numbers.
        pub const SHARED: &[Shared] = &[$(Shared {
            name: stringify!($name),
            documentation: concat!($($documentation),+),
            value: $name as i64,
        }),+];
    };
}

shared! {
    /// A socket has opened.
    SOCKET_OPENED: u8 = 0;
    /// A socket has received a text frame.
    SOCKET_TEXT: u8 = 1;
    /// A socket has received a binary frame.
    SOCKET_BINARY: u8 = 2;
    /// A socket has closed.
    SOCKET_CLOSED: u8 = 3;

    /// Instead of an HTTP status: the request failed.
    REQUEST_FAILED: i32 = 0;
    /// Instead of an HTTP status: a part of the response has arrived.
    REQUEST_PROGRESS: i32 = -1;
    /// Instead of an HTTP status: the response has more than `MAX_BODY_BYTES`.
    REQUEST_TOO_LARGE: i32 = -2;
    /// The HTTP status that stands for any redirect that was not followed.
    REQUEST_REDIRECTED: i32 = 302;

    /// The login was declined: the user stays logged out.
    LOGIN_DECLINED: u8 = 0;
    /// The login succeeded.
    LOGIN_DONE: u8 = 1;
    /// The login failed and may be tried again.
    LOGIN_FAILED: u8 = 2;

    /// A page joins or returns, with its options.
    HELLO: u8 = 0;
    /// A page sends what it listens to.
    LISTEN: u8 = 1;
    /// A page reports its presence (`PRESENCE_…`).
    PRESENCE: u8 = 2;
    /// A page acknowledges `ACKNOWLEDGED_TOGETHER` more batches.
    ACKNOWLEDGE: u8 = 3;
    /// A page calls a function of the engine.
    CALL: u8 = 4;
    /// A page answers `ASK`.
    ANSWER: u8 = 5;
    /// A page leaves.
    BYE: u8 = 6;

    /// The engine is ready for `HELLO`: at first, and again after it has dropped the page.
    READY: u8 = 7;
    /// The engine confirms that a page has joined or returned.
    WELCOME: u8 = 8;
    /// The engine sends deliveries and changes of views.
    BATCH: u8 = 9;
    /// The engine sends the freshness of everything watched.
    FRESHNESS: u8 = 10;
    /// The engine asks for something that only a page has.
    ASK: u8 = 11;
    /// The engine answers `CALL`.
    RESULT: u8 = 12;
    /// The engine cannot serve the page.
    FAILURE: u8 = 13;

    /// A page opens, moves or closes a view, or sends a message (`SHOW_…`).
    SHOW: u8 = 14;
    /// The engine sends all outgoing messages.
    SENDING: u8 = 15;

    /// The version of the messages between page and engine. Both must have the same.
    PORT_VERSION: u8 = 2;

    /// Opens a view of the list of rooms.
    SHOW_ROOMS: u8 = 0;
    /// Opens a view of messages at its end.
    SHOW_END: u8 = 1;
    /// Opens a view of messages at the oldest unread one.
    SHOW_UNREAD: u8 = 2;
    /// Opens a view of messages around a given one.
    SHOW_MESSAGE: u8 = 3;
    /// Closes a view.
    SHOW_NO_MORE: u8 = 4;
    /// Loads a page of older messages.
    SHOW_OLDER: u8 = 5;
    /// Loads a page of newer messages.
    SHOW_NEWER: u8 = 6;
    /// Loads a page of the messages in a gap.
    SHOW_GAP: u8 = 7;
    /// Adds the messages around a given one to a view.
    SHOW_AROUND: u8 = 8;
    /// Adds the newest messages to a view.
    SHOW_NEWEST: u8 = 9;
    /// Sends a failed message again.
    SHOW_RESEND: u8 = 10;
    /// Discards an outgoing message.
    SHOW_DISCARD: u8 = 11;
    /// Subscribes to the outgoing messages.
    SHOW_SENDING: u8 = 12;
    /// Sends a message, or resumes one from another engine.
    SHOW_SEND: u8 = 13;

    /// The most outgoing messages.
    MAX_OUTGOING: usize = store::MAX_OUTGOING;

    /// The flag of a view that begins with the first message of the list.
    VIEW_START: u8 = 1;
    /// The flag of a view that ends with the newest message of the list.
    VIEW_END: u8 = 2;
    /// The flag of a view for which older messages are being loaded.
    VIEW_LOADS_OLDER: u8 = 4;
    /// The flag of a view for which newer messages are being loaded.
    VIEW_LOADS_NEWER: u8 = 8;
    /// The flag of a view whose message to open at or to jump to does not exist.
    VIEW_LACKS_ANCHOR: u8 = 16;
    /// The flag of a view whose room or parent message is gone.
    VIEW_GONE: u8 = 32;

    /// The page is visible.
    PRESENCE_VISIBLE: u8 = 0;
    /// The page is hidden but runs.
    PRESENCE_HIDDEN: u8 = 1;
    /// The page is in the back/forward cache.
    PRESENCE_LEFT: u8 = 2;
    /// The page is frozen.
    PRESENCE_FROZEN: u8 = 3;

    /// The page follows no rooms in particular: its callbacks decide.
    FOLLOW_NONE: u8 = 0;
    /// The page follows all rooms.
    FOLLOW_ALL: u8 = 1;
    /// The page follows the rooms that it names, and receives messages of no others.
    FOLLOW_ONLY: u8 = 2;

    /// The flag of the option `catchUp`.
    FLAG_CATCH_UP: u8 = 0;
    /// The flag of the option `catchUp.history`.
    FLAG_HISTORY: u8 = 1;
    /// The flag of the option `delivery`: whether callbacks are batched per animation frame.
    FLAG_FRAME: u8 = 2;

    /// The position of `attempts` among the totals of `stats()`.
    TOTAL_ATTEMPTS: usize = 0;
    /// The position of `connections` among the totals of `stats()`.
    TOTAL_CONNECTIONS: usize = 1;
    /// The position of `frames` among the totals of `stats()`.
    TOTAL_FRAMES: usize = 2;
    /// The position of `bytes` among the totals of `stats()`.
    TOTAL_BYTES: usize = 3;
    /// The position of `recovered` among the totals of `stats()`.
    TOTAL_RECOVERED: usize = 4;
    /// The position of `queue.frames` among the totals of `stats()`.
    TOTAL_QUEUED_FRAMES: usize = 5;
    /// The position of `queue.bytes` among the totals of `stats()`.
    TOTAL_QUEUED_BYTES: usize = 6;
    /// The number of totals of `stats()`.
    TOTALS: usize = 7;

    /// The most bytes of a response that are read.
    MAX_BODY_BYTES: usize = rest::MAX_BODY_BYTES;
    /// The number of batches that a page acknowledges together.
    ACKNOWLEDGED_TOGETHER: u32 = tabs::ACKNOWLEDGED_TOGETHER;
    /// The longest `Retry-After` that is honoured, in milliseconds.
    MAX_RETRY_AFTER_MS: u64 = MAX_RETRY_AFTER / 1000;
    /// The largest value of a numeric option.
    MAX_NUMBER: u32 = NumberOption::MAX;
    /// The high half of the slot of a long number on a tape.
    TAPE_LONG: i32 = tape::LONG;
}
