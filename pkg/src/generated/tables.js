// Names and numbers that Rust and JavaScript both know.
//
// Generated from the Rust sources by `cargo xtask codegen`: do not edit.

/** The event types, in the order of `EventType`. */
export const EVENT_TYPES = ["TextMessagesCreated", "TextMessagesUpdated", "TextMessageDeleted", "RoomCreated", "RoomUpdated", "RoomDeleted"];

/** The topics, in the order of `Topic::index`. */
export const TOPICS = /* @__PURE__ */ EVENT_TYPES.concat(["unknown", "malformed", "resync", "freshness", "statechange"]);

/** The position of `unknown` in `TOPICS`. */
export const TOPIC_UNKNOWN = 6;

/** The position of `malformed` in `TOPICS`. */
export const TOPIC_MALFORMED = 7;

/** The position of `resync` in `TOPICS`. */
export const TOPIC_RESYNC = 8;

/** The position of `freshness` in `TOPICS`. */
export const TOPIC_FRESHNESS = 9;

/** The position of `statechange` in `TOPICS`. */
export const TOPIC_STATECHANGE = 10;

/** The options that are numbers: the least value of whole ones, null for milliseconds, which are at least 1. */
export const NUMBERS = {
  "reconnect.maxMs": null,
  "reconnect.initialMs": null,
  "reconnect.timeoutMs": null,
  "reconnect.stableAfterMs": null,
  "reconnect.attempts": 1,
  "rest.timeoutMs": null,
  "watchdog.silenceMs": null,
  "watchdog.compareAfterMs": null,
  "queue.maxFrames": 1,
  "queue.maxBytes": 1,
  "queue.turnMs": null,
  "catchUp.window": 1,
  "catchUp.maxMessages": 1,
  "catchUp.rooms": 0,
  "store.pageSize": 2,
  "store.maxMessages": 1,
  "store.maxBytes": 1,
  "store.maxMissed": 1,
  "store.keptTimelines": 0,
};

/** Defaults of options that are numbers. */
export const DEFAULTS = {
  "reconnect.maxMs": 30000,
  "queue.maxFrames": 10000,
  "queue.maxBytes": 16777216,
  "queue.turnMs": 8,
};

/** Why messages were not sent, in the order of their numbers. */
export const SEND_FAILURES = ["refused", "unreachable", "unclear", "gone", "other-user"];

/** A socket reports that it has opened. */
export const SOCKET_OPENED = 0;

/** A socket reports a text frame. */
export const SOCKET_TEXT = 1;

/** A socket reports a binary frame. */
export const SOCKET_BINARY = 2;

/** A socket reports that it is closed. */
export const SOCKET_CLOSED = 3;

/** In place of an HTTP status: the request has failed. */
export const REQUEST_FAILED = 0;

/** In place of an HTTP status: a part of the answer has arrived. */
export const REQUEST_PROGRESS = -1;

/** In place of an HTTP status: the answer has more than `MAX_BODY_BYTES`. */
export const REQUEST_TOO_LARGE = -2;

/** The HTTP status that stands for any redirect that was not followed. */
export const REQUEST_REDIRECTED = 302;

/** A login was declined: the user stays logged out. */
export const LOGIN_DECLINED = 0;

/** A login has succeeded. */
export const LOGIN_DONE = 1;

/** A login has failed, and may be tried again. */
export const LOGIN_FAILED = 2;

/** A page tells the engine that it is there, and what it wants of it. */
export const HELLO = 0;

/** A page tells the engine what it listens to. */
export const LISTEN = 1;

/** A page tells the engine whether it is seen. */
export const PRESENCE = 2;

/** A page tells the engine that it has dealt with `ACKNOWLEDGED_TOGETHER` more batches. */
export const ACKNOWLEDGE = 3;

/** A page asks the engine to do something, or for something. */
export const CALL = 4;

/** A page answers what the engine has asked for. */
export const ANSWER = 5;

/** A page tells the engine that it is done. */
export const BYE = 6;

/** The engine tells a page that it can say hello: at first, and when it had been given up. */
export const READY = 7;

/** The engine tells a page that it has joined. */
export const WELCOME = 8;

/** The engine sends a page what has happened. */
export const BATCH = 9;

/** The engine tells a page how current everything is that is watched. */
export const FRESHNESS = 10;

/** The engine asks a page for what only a page has. */
export const ASK = 11;

/** The engine answers a call. */
export const RESULT = 12;

/** The engine tells a page that it cannot go on. */
export const FAILURE = 13;

/** A page opens, moves or closes a view, or sends a message (`SHOW_…`). */
export const SHOW = 14;

/** The engine tells a page of all messages that are being sent. */
export const SENDING = 15;

/** The version of the messages between page and engine. A page speaks to no engine of another version. */
export const PORT_VERSION = 2;

/** A view of the list of rooms is opened. */
export const SHOW_ROOMS = 0;

/** A view of messages is opened at its end. */
export const SHOW_END = 1;

/** A view of messages is opened at the oldest unread one. */
export const SHOW_UNREAD = 2;

/** A view of messages is opened around one of them. */
export const SHOW_MESSAGE = 3;

/** A view is closed. */
export const SHOW_NO_MORE = 4;

/** A page of older messages is loaded. */
export const SHOW_OLDER = 5;

/** A page of newer messages is loaded. */
export const SHOW_NEWER = 6;

/** A page of the messages in a gap is loaded. */
export const SHOW_GAP = 7;

/** The messages around one of them are shown as well. */
export const SHOW_AROUND = 8;

/** The newest messages are shown as well. */
export const SHOW_NEWEST = 9;

/** A message that was not sent is sent again. */
export const SHOW_RESEND = 10;

/** A message that is not sent is let go of. */
export const SHOW_DISCARD = 11;

/** The page wants to be told of all messages that are being sent. */
export const SHOW_SENDING = 12;

/** A message is sent, or goes on being sent that was through another engine. */
export const SHOW_SEND = 13;

/** How many messages are being sent at most. */
export const MAX_OUTGOING = 100;

/** The flag of a view that begins with the first message of the list. */
export const VIEW_START = 1;

/** The flag of a view that ends with the newest message of the list. */
export const VIEW_END = 2;

/** The flag of a view for which older messages are being loaded. */
export const VIEW_LOADS_OLDER = 4;

/** The flag of a view for which newer messages are being loaded. */
export const VIEW_LOADS_NEWER = 8;

/** The flag of a view that was to show a message which is not there. */
export const VIEW_LACKS_ANCHOR = 16;

/** The flag of a view whose room is gone, or whose message is that is commented on. */
export const VIEW_GONE = 32;

/** A page is seen. */
export const PRESENCE_VISIBLE = 0;

/** A page is not seen, and runs. */
export const PRESENCE_HIDDEN = 1;

/** A page was left: it is in the back/forward cache. */
export const PRESENCE_LEFT = 2;

/** A page is frozen. */
export const PRESENCE_FROZEN = 3;

/** A page follows no rooms in particular: its callbacks decide. */
export const FOLLOW_NONE = 0;

/** A page follows all rooms. */
export const FOLLOW_ALL = 1;

/** A page follows the rooms that it names, and wants messages of no other. */
export const FOLLOW_ONLY = 2;

/** The flag of the option `catchUp`. */
export const FLAG_CATCH_UP = 0;

/** The flag of the option `catchUp.history`. */
export const FLAG_HISTORY = 1;

/** The flag of the option `delivery`: whether callbacks are batched per animation frame. */
export const FLAG_FRAME = 2;

/** The position of `attempts` among the totals of `stats()`. */
export const TOTAL_ATTEMPTS = 0;

/** The position of `connections` among the totals of `stats()`. */
export const TOTAL_CONNECTIONS = 1;

/** The position of `frames` among the totals of `stats()`. */
export const TOTAL_FRAMES = 2;

/** The position of `bytes` among the totals of `stats()`. */
export const TOTAL_BYTES = 3;

/** The position of `recovered` among the totals of `stats()`. */
export const TOTAL_RECOVERED = 4;

/** The position of `queue.frames` among the totals of `stats()`. */
export const TOTAL_QUEUED_FRAMES = 5;

/** The position of `queue.bytes` among the totals of `stats()`. */
export const TOTAL_QUEUED_BYTES = 6;

/** The number of totals of `stats()`. */
export const TOTALS = 7;

/** The most bytes of an answer that are read. */
export const MAX_BODY_BYTES = 33554432;

/** How many batches a page acknowledges together. */
export const ACKNOWLEDGED_TOGETHER = 4;

/** The longest time that `Retry-After` is honoured for, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 600000;

/** The largest value of an option that is a number. */
export const MAX_NUMBER = 2147483647;

/** The high half of the slot of a long number on a tape. */
export const TAPE_LONG = -2;
