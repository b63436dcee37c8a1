//! Numbers that cross the border between Rust and JavaScript. `cargo xtask codegen` writes them for JavaScript, under the
//! same names.

use super::options::NumberOption;
use super::sync::MAX_RETRY_AFTER;
use super::{rest, store, tabs};
use crate::protocol::decode::tape;

/// A number that JavaScript knows, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The name of the constant, in both languages.
    pub name: &'static str,
    /// Its documentation.
    pub documentation: &'static str,
    /// Its value.
    pub value: i64,
}

/// Declares constants, and the list of all.
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
    /// A socket reports that it has opened.
    SOCKET_OPENED: u8 = 0;
    /// A socket reports a text frame.
    SOCKET_TEXT: u8 = 1;
    /// A socket reports a binary frame.
    SOCKET_BINARY: u8 = 2;
    /// A socket reports that it is closed.
    SOCKET_CLOSED: u8 = 3;

    /// In place of an HTTP status: the request has failed.
    REQUEST_FAILED: i32 = 0;
    /// In place of an HTTP status: a part of the answer has arrived.
    REQUEST_PROGRESS: i32 = -1;
    /// In place of an HTTP status: the answer has more than `MAX_BODY_BYTES`.
    REQUEST_TOO_LARGE: i32 = -2;
    /// The HTTP status that stands for any redirect that was not followed.
    REQUEST_REDIRECTED: i32 = 302;

    /// A login was declined: the user stays logged out.
    LOGIN_DECLINED: u8 = 0;
    /// A login has succeeded.
    LOGIN_DONE: u8 = 1;
    /// A login has failed, and may be tried again.
    LOGIN_FAILED: u8 = 2;

    /// A page tells the engine that it is there, and what it wants of it.
    HELLO: u8 = 0;
    /// A page tells the engine what it listens to.
    LISTEN: u8 = 1;
    /// A page tells the engine whether it is seen.
    PRESENCE: u8 = 2;
    /// A page tells the engine that it has dealt with `ACKNOWLEDGED_TOGETHER` more batches.
    ACKNOWLEDGE: u8 = 3;
    /// A page asks the engine to do something, or for something.
    CALL: u8 = 4;
    /// A page answers what the engine has asked for.
    ANSWER: u8 = 5;
    /// A page tells the engine that it is done.
    BYE: u8 = 6;

    /// The engine tells a page that it can say hello: at first, and when it had been given up.
    READY: u8 = 7;
    /// The engine tells a page that it has joined.
    WELCOME: u8 = 8;
    /// The engine sends a page what has happened.
    BATCH: u8 = 9;
    /// The engine tells a page how current everything is that is watched.
    FRESHNESS: u8 = 10;
    /// The engine asks a page for what only a page has.
    ASK: u8 = 11;
    /// The engine answers a call.
    RESULT: u8 = 12;
    /// The engine tells a page that it cannot go on.
    FAILURE: u8 = 13;

    /// A page opens, moves or closes a view, or sends a message (`SHOW_…`).
    SHOW: u8 = 14;
    /// The engine tells a page of all messages that are being sent.
    SENDING: u8 = 15;

    /// The version of the messages between page and engine. A page speaks to no engine of another version.
    PORT_VERSION: u8 = 2;

    /// A view of the list of rooms is opened.
    SHOW_ROOMS: u8 = 0;
    /// A view of messages is opened at its end.
    SHOW_END: u8 = 1;
    /// A view of messages is opened at the oldest unread one.
    SHOW_UNREAD: u8 = 2;
    /// A view of messages is opened around one of them.
    SHOW_MESSAGE: u8 = 3;
    /// A view is closed.
    SHOW_NO_MORE: u8 = 4;
    /// A page of older messages is loaded.
    SHOW_OLDER: u8 = 5;
    /// A page of newer messages is loaded.
    SHOW_NEWER: u8 = 6;
    /// A page of the messages in a gap is loaded.
    SHOW_GAP: u8 = 7;
    /// The messages around one of them are shown as well.
    SHOW_AROUND: u8 = 8;
    /// The newest messages are shown as well.
    SHOW_NEWEST: u8 = 9;
    /// A message that was not sent is sent again.
    SHOW_RESEND: u8 = 10;
    /// A message that is not sent is let go of.
    SHOW_DISCARD: u8 = 11;
    /// The page wants to be told of all messages that are being sent.
    SHOW_SENDING: u8 = 12;
    /// A message is sent, or goes on being sent that was through another engine.
    SHOW_SEND: u8 = 13;

    /// How many messages are being sent at most.
    MAX_OUTGOING: usize = store::MAX_OUTGOING;

    /// The flag of a view that begins with the first message of the list.
    VIEW_START: u8 = 1;
    /// The flag of a view that ends with the newest message of the list.
    VIEW_END: u8 = 2;
    /// The flag of a view for which older messages are being loaded.
    VIEW_LOADS_OLDER: u8 = 4;
    /// The flag of a view for which newer messages are being loaded.
    VIEW_LOADS_NEWER: u8 = 8;
    /// The flag of a view that was to show a message which is not there.
    VIEW_LACKS_ANCHOR: u8 = 16;
    /// The flag of a view whose room is gone, or whose message is that is commented on.
    VIEW_GONE: u8 = 32;

    /// A page is seen.
    PRESENCE_VISIBLE: u8 = 0;
    /// A page is not seen, and runs.
    PRESENCE_HIDDEN: u8 = 1;
    /// A page was left: it is in the back/forward cache.
    PRESENCE_LEFT: u8 = 2;
    /// A page is frozen.
    PRESENCE_FROZEN: u8 = 3;

    /// A page follows no rooms in particular: its callbacks decide.
    FOLLOW_NONE: u8 = 0;
    /// A page follows all rooms.
    FOLLOW_ALL: u8 = 1;
    /// A page follows the rooms that it names, and wants messages of no other.
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

    /// The most bytes of an answer that are read.
    MAX_BODY_BYTES: usize = rest::MAX_BODY_BYTES;
    /// How many batches a page acknowledges together.
    ACKNOWLEDGED_TOGETHER: u32 = tabs::ACKNOWLEDGED_TOGETHER;
    /// The longest time that `Retry-After` is honoured for, in milliseconds.
    MAX_RETRY_AFTER_MS: u64 = MAX_RETRY_AFTER / 1000;
    /// The largest value of an option that is a number.
    MAX_NUMBER: u32 = NumberOption::MAX;
    /// The high half of the slot of a long number on a tape.
    TAPE_LONG: i32 = tape::LONG;
}
