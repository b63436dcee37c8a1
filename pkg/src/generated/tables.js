// Names and numbers that Rust and JavaScript both know.
//
// Generated from the Rust sources by `cargo xtask codegen`: do not edit.

/** The event types, in the order of `EventType`. */
export const EVENT_TYPES = ["TextMessagesCreated", "TextMessagesUpdated", "TextMessageDeleted", "RoomCreated", "RoomUpdated", "RoomDeleted"];

/** Whether events of each type are about messages, in the order of `EVENT_TYPES`. */
export const IS_OF_MESSAGE = [true, true, true, false, false, false];

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

/** A socket has opened. */
export const SOCKET_OPENED = 0;

/** A socket has received a text frame. */
export const SOCKET_TEXT = 1;

/** A socket has received a binary frame. */
export const SOCKET_BINARY = 2;

/** A socket has closed. */
export const SOCKET_CLOSED = 3;

/** Instead of an HTTP status: the request failed. */
export const REQUEST_FAILED = 0;

/** Instead of an HTTP status: a part of the response has arrived. */
export const REQUEST_PROGRESS = -1;

/** Instead of an HTTP status: the response has more than `MAX_BODY_BYTES`. */
export const REQUEST_TOO_LARGE = -2;

/** The HTTP status that stands for any redirect that was not followed. */
export const REQUEST_REDIRECTED = 302;

/** The login was declined: the user stays logged out. */
export const LOGIN_DECLINED = 0;

/** The login succeeded. */
export const LOGIN_DONE = 1;

/** The login failed and may be tried again. */
export const LOGIN_FAILED = 2;

/** A page joins or returns, with its options. */
export const HELLO = 0;

/** A page sends what it listens to. */
export const LISTEN = 1;

/** A page reports its presence (`PRESENCE_…`). */
export const PRESENCE = 2;

/** A page acknowledges `ACKNOWLEDGED_TOGETHER` more batches. */
export const ACKNOWLEDGE = 3;

/** A page calls a function of the engine. */
export const CALL = 4;

/** A page answers `ASK`. */
export const ANSWER = 5;

/** A page leaves. */
export const BYE = 6;

/** The engine is ready for `HELLO`: at first, and again after it has dropped the page. */
export const READY = 7;

/** The engine confirms that a page has joined or returned. */
export const WELCOME = 8;

/** The engine sends deliveries and changes of views. */
export const BATCH = 9;

/** The engine sends the freshness of everything watched. */
export const FRESHNESS = 10;

/** The engine asks for something that only a page has. */
export const ASK = 11;

/** The engine answers `CALL`. */
export const RESULT = 12;

/** The engine cannot serve the page. */
export const FAILURE = 13;

/** A page opens, moves or closes a view, or sends a message (`SHOW_…`). */
export const SHOW = 14;

/** The engine sends all outgoing messages. */
export const SENDING = 15;

/** The version of the messages between page and engine. Both must have the same. */
export const PORT_VERSION = 2;

/** Opens a view of the list of rooms. */
export const SHOW_ROOMS = 0;

/** Opens a view of messages at its end. */
export const SHOW_END = 1;

/** Opens a view of messages at the oldest unread one. */
export const SHOW_UNREAD = 2;

/** Opens a view of messages around a given one. */
export const SHOW_MESSAGE = 3;

/** Closes a view. */
export const SHOW_NO_MORE = 4;

/** Loads a page of older messages. */
export const SHOW_OLDER = 5;

/** Loads a page of newer messages. */
export const SHOW_NEWER = 6;

/** Loads a page of the messages in a gap. */
export const SHOW_GAP = 7;

/** Adds the messages around a given one to a view. */
export const SHOW_AROUND = 8;

/** Adds the newest messages to a view. */
export const SHOW_NEWEST = 9;

/** Sends a failed message again. */
export const SHOW_RESEND = 10;

/** Discards an outgoing message. */
export const SHOW_DISCARD = 11;

/** Subscribes to the outgoing messages. */
export const SHOW_SENDING = 12;

/** Sends a message, or resumes one from another engine. */
export const SHOW_SEND = 13;

/** The most outgoing messages. */
export const MAX_OUTGOING = 100;

/** The flag of a view that begins with the first message of the list. */
export const VIEW_START = 1;

/** The flag of a view that ends with the newest message of the list. */
export const VIEW_END = 2;

/** The flag of a view for which older messages are being loaded. */
export const VIEW_LOADS_OLDER = 4;

/** The flag of a view for which newer messages are being loaded. */
export const VIEW_LOADS_NEWER = 8;

/** The flag of a view whose message to open at or to jump to does not exist. */
export const VIEW_LACKS_ANCHOR = 16;

/** The flag of a view whose room or parent message is gone. */
export const VIEW_GONE = 32;

/** The page is visible. */
export const PRESENCE_VISIBLE = 0;

/** The page is hidden but runs. */
export const PRESENCE_HIDDEN = 1;

/** The page is in the back/forward cache. */
export const PRESENCE_LEFT = 2;

/** The page is frozen. */
export const PRESENCE_FROZEN = 3;

/** The page follows no rooms in particular: its callbacks decide. */
export const FOLLOW_NONE = 0;

/** The page follows all rooms. */
export const FOLLOW_ALL = 1;

/** The page follows the rooms that it names, and receives messages of no others. */
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

/** The most bytes of a response that are read. */
export const MAX_BODY_BYTES = 33554432;

/** The number of batches that a page acknowledges together. */
export const ACKNOWLEDGED_TOGETHER = 4;

/** The longest `Retry-After` that is honoured, in milliseconds. */
export const MAX_RETRY_AFTER_MS = 600000;

/** The largest value of a numeric option. */
export const MAX_NUMBER = 2147483647;

/** The high half of the slot of a long number on a tape. */
export const TAPE_LONG = -2;
