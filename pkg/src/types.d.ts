import type {
  AttachmentState,
  ConnectionStatus,
  Freshness,
  IssueStatus,
  IssueType,
  MalformedCode,
  MarkupType,
  MessageType,
  Priority,
  ResyncReason,
  RoomType,
} from "./generated/names.js";

export type * from "./generated/names.js";

// For `using`. TypeScript libraries before 5.2 lack these declarations; repeating them does no harm.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

/** Identifies a user: a safe integer, possibly negative. 0 if the server does not name the user. */
export type UserId = number;
/** Identifies a room: an integer from 0 to 2^53 - 1. */
export type RoomId = number;
/** Identifies a message: an integer from 0 to 2^53 - 1. Newer messages have larger ids. */
export type MessageId = number;
/** Identifies an attachment: an integer from 0 to 2^53 - 1. */
export type AttachmentId = number;
/** A time in milliseconds since 1970-01-01 UTC, as for `new Date(…)`. May have a fraction. 0 if unknown. */
export type UnixMillis = number;

/** A string with these known values. Newer servers may send other values, which are passed through unchanged. */
export type OpenEnum<Known extends string> = Known | (string & {});

/** A read receipt. */
export interface ReadTimestamp {
  /** The reader. */
  userId: UserId;
  /** When it was read; 0 if the server does not say. */
  readUtc: UnixMillis;
}

/**
 * A file attached to a message. Absent or null fields become `""`, 0 or `false`; `attachmentState` becomes `"Initial"`,
 * and `size` is omitted.
 */
export interface Attachment {
  attachmentId: AttachmentId;
  /** The file's name on the sender's machine. Untrusted. */
  fileName: string;
  /** The size in bytes. */
  fileSize: number;
  /** The SHA-1 checksum in hexadecimal. */
  fileChecksum: string;
  /** Whether the server has a thumbnail. */
  hasThumbnail: boolean;
  attachmentState: AttachmentState;
  createdUtc: UnixMillis;
  lastModifiedUtc: UnixMillis;
  /** The message that it is attached to. */
  textMessageId: MessageId;
  roomId: RoomId;
  /** The size of an image in pixels, if known. */
  size?: { width: number; height: number };
}

/** The additional properties of an issue. Neutral values: `"Task"`, `"Backlog"`, no assignees. */
export interface IssueProperties {
  type: IssueType;
  status: IssueStatus;
  /** The users who work on it. */
  assignees: UserId[];
}

/** The additional properties of a meeting. */
export interface MeetingProperties {
  /** The start time; 0 if unknown. */
  timeUtc: UnixMillis;
  /** The duration in the server's unit; 0 if unknown. */
  duration: number;
}

/**
 * A text message. Unknown fields are passed through unchanged.
 *
 * Only `messageId` and `roomId` are guaranteed by the server. Other fields that are absent or null get neutral values:
 *
 * - `""`: `text`
 * - 0: `userId`, `parentMessageId`, `commentCount`, and all times
 * - `"Regular"`: `messageType`; `"TextPlain"`: `markupType`; `"Normal"`: `priority`
 * - `[]`: `attachments`, `readTimestamps`
 * - omitted: `issueProperties`, `meetingProperties`
 *
 * Fields of the wrong type (a string for a number) also get their neutral value and are reported as `malformed`.
 */
export interface Message {
  messageId: MessageId;
  /** The author. */
  userId: UserId;
  roomId: RoomId;
  /** The message that this one comments on; 0 if it is not a comment. */
  parentMessageId: MessageId;
  /** The text, in the format that `markupType` names. Untrusted: never insert it into a page as HTML. */
  text: string;
  messageType: MessageType;
  markupType: MarkupType;
  priority: Priority;
  createdUtc: UnixMillis;
  /** When the text was last edited. */
  lastEditedUtc: UnixMillis;
  /** When anything about the message last changed, including its read receipts. */
  lastModifiedUtc: UnixMillis;
  /** The number of comments according to the server; not checked against the comments. */
  commentCount: number;
  attachments: Attachment[];
  /** The read receipts. */
  readTimestamps: ReadTimestamp[];
  /** Only for issues. */
  issueProperties?: IssueProperties;
  /** Only for meetings. */
  meetingProperties?: MeetingProperties;
}

/** A summary of a room's newest message. */
export interface LastMessage {
  messageId: MessageId;
  /** The author, if the server names one. */
  userId?: UserId;
  /** When it was sent; 0 if the server does not say. */
  createdUtc: UnixMillis;
}

/**
 * A room as the logged-in user sees it. Unknown fields are passed through unchanged.
 *
 * Only `roomId` is guaranteed by the server. Other fields that are absent or null get neutral values: `"Private"` for
 * `roomType`, 0 for numbers and times, `false` for flags, null for `lastMessage`.
 */
export interface Room {
  roomId: RoomId;
  /**
   * The room's name in the Events API. Equals `displayName` if the server sent only one of the two; empty if it sent
   * neither.
   */
  name: string;
  /** The room's name in the REST API. Equals `name` if the server sent only one of the two. */
  displayName: string;
  roomType: RoomType;
  createdUtc: UnixMillis;
  lastModifiedUtc: UnixMillis;
  /** The number of unread messages according to the server. */
  unreadMessageCount: number;
  /** Whether the user is a moderator of the room. */
  isModerator: boolean;
  isArchived: boolean;
  /** Whether the user has pinned the room. */
  isPinned: boolean;
  /** Null if the room has no messages. */
  lastMessage: LastMessage | null;
}

/** `data` of TextMessagesCreated and TextMessagesUpdated: one or more messages, possibly of several rooms. */
export interface TextMessages {
  messages: Message[];
}

/** `data` of TextMessageDeleted. */
export interface TextMessageDeleted {
  /** The message that the deleted one commented on; 0 if it was not a comment. */
  parentMessageId: MessageId;
  roomId: RoomId;
  messageId: MessageId;
}

/** `data` of RoomCreated and RoomUpdated. */
export interface RoomData {
  room: Room;
}

/** `data` of RoomDeleted. */
export interface RoomDeleted {
  roomId: RoomId;
}

/** The six events of the Events API and their `data`. */
export interface EventDataMap {
  /** New messages. */
  TextMessagesCreated: TextMessages;
  /** Changed messages, each complete: after an edit, a read receipt, an attachment, or a new or deleted comment. */
  TextMessagesUpdated: TextMessages;
  /** A deleted message. */
  TextMessageDeleted: TextMessageDeleted;
  /** A new room, or a room that the user was added to. */
  RoomCreated: RoomData;
  /** A changed room. */
  RoomUpdated: RoomData;
  /** A deleted room, or a room that the user was removed from. */
  RoomDeleted: RoomDeleted;
}

/** The name of one of the six events. */
export type EventType = keyof EventDataMap;

/** One of the six events, discriminated by `type`. */
export type RoomEvent<Type extends EventType = EventType> = {
  [T in Type]: {
    type: T;
    data: EventDataMap[T];
    /**
     * Whether the event was recovered from the REST API, after a gap or a comparison, instead of received on the
     * stream.
     */
    recovered: boolean;
  };
}[Type];

/** An event of a type that this version does not know. */
export interface UnknownEvent {
  type: string;
  /** The event's `data`; undefined if absent. */
  data: unknown;
  /** The unchanged text of the frame. */
  frame: string;
}

/**
 * A frame, or part of one, that could not be delivered unchanged. The connection and later frames are unaffected.
 *
 * `path` tells what is lost:
 *
 * - an optional field (`$.data.messages[3].commentCount`): the message is delivered with the field's neutral value.
 * - an id (`$.data.messages[3].messageId`): that message, attachment or receipt is omitted; the rest is delivered.
 * - anything else, and the `roomId` of a room: the whole frame.
 */
export interface MalformedFrame {
  code: MalformedCode;
  /**
   * A sentence that says what is wrong and where. At most 16 errors are reported per frame; the last also counts the
   * others.
   */
  message: string;
  /** The position as a path from the frame's root: `$.data.messages[3].messageId`. */
  path: string;
  /** The position as an offset in bytes of UTF-8. */
  offset: number;
  /** About 80 bytes of the frame around the error. Untrusted. */
  excerpt: string;
}

/** Why the connection left its last status. */
export interface CloseCause {
  /**
   * The WebSocket close code: 1006 if the connection broke or the server refused it, 0 if the cause is not a socket.
   */
  code: number;
  /**
   * The server's close reason, or a sentence from the client, for example "the server refused the connection; GET
   * /status was answered with 403". Empty if the connection broke without a reason.
   */
  reason: string;
  /** Whether both sides completed the closing handshake. */
  wasClean: boolean;
  /** The HTTP status of `GET /status` if the client requested it; 302 stands for any redirect. Otherwise null. */
  status: number | null;
}

/** Details of the connection status. */
export interface Connection {
  /**
   * While `waiting`: the number of consecutive failed attempts. Otherwise: the number of the current attempt, from 1.
   */
  attempt: number;
  /**
   * When the next attempt starts, in milliseconds since 1970 as from `Date.now()`. Set while waiting, while offline,
   * and after a failed request of the catch-up. Otherwise null.
   */
  retryAt: UnixMillis | null;
  /** Why the last socket closed, or the reason for the status; null if there are no problems. */
  cause: CloseCause | null;
}

/** The notice `statechange`: the new status of the connection and its details. */
export interface StateChange extends Connection {
  status: ConnectionStatus;
}

/** The client could not recover missed events. */
export interface Resync {
  /** The room; null for the list of rooms, or for everything (`nothing-known`). */
  roomId: RoomId | null;
  /** The reason. It decides what to do about it. */
  reason: ResyncReason;
}

/**
 * A change of the freshness of a room or of the list of rooms. No notice announces the initial `loading` or
 * `catching-up` of a newly watched room: call `freshness()` first.
 */
export interface RoomFreshness {
  /** The room; null for the list of rooms. */
  roomId: RoomId | null;
  /** The new freshness. */
  freshness: Freshness;
  /** Why it is not `live`; null if unknown. */
  cause: string | null;
}

/** Counters of an engine since it started. Tabs that share an engine get the same numbers. */
export interface ClientStats {
  /** Connection attempts. */
  attempts: number;
  /** Connections that opened. */
  connections: number;
  /** Frames received on open connections, including skipped and malformed ones. */
  frames: number;
  /** Their total length in bytes of UTF-8. Frames that no callback needs count UTF-16 code units. */
  bytes: number;
  /** Events per type that were taken for delivery. */
  events: Record<EventType, number>;
  /** The number of those that were recovered from the REST API. */
  recovered: number;
  /** Events of unknown types. */
  unknown: number;
  /** Malformed frames and responses of the REST API. */
  malformed: number;
  /** Notices `resync`. */
  resyncs: number;
  /** Frames that wait for callbacks or for the end of a catch-up. */
  queue: { frames: number; bytes: number };
  /** How the last closed socket ended, whichever side closed it; null if none has closed yet. */
  lastClose: CloseCause | null;
}

/** The notices of the client and what their callbacks receive. */
export interface NoticeMap {
  /** An event of a type that this version does not know. */
  unknown: UnknownEvent;
  /** A frame, or part of one, that could not be delivered unchanged. */
  malformed: MalformedFrame;
  /** The status of the connection, or its details, have changed. */
  statechange: StateChange;
  /** The client could not recover missed events. Reload the room, unless the reason is `unreadable`. */
  resync: Resync;
  /** The freshness of a watched room, or of the list of rooms, has changed. */
  freshness: RoomFreshness;
}

/** Request headers. */
export type RequestHeaders = Headers | Record<string, string>;

/** The parts of a `WebSocket` that the client uses. */
export interface WebSocketLike {
  binaryType: string;
  addEventListener(type: "open" | "message" | "close" | "error", listener: never): void;
  removeEventListener(type: "open" | "message" | "close" | "error", listener: never): void;
  close(code?: number, reason?: string): void;
}

/** Options of `connect()`. */
export interface ConnectOptions {
  /**
   * The address to connect to: `ws:`, `wss:`, `http:`, `https:`, or relative to the page. Default: `/api/v1/events` on
   * the page's origin, with `wss:` if the page uses `https:`.
   *
   * A function is called before every attempt, for example to add a token to the query. If it rejects or returns no
   * valid address, the attempt fails. The query of its result is also added to requests to the REST API.
   */
  url?: string | URL | (() => string | URL | PromiseLike<string | URL>) | undefined;
  /**
   * Used instead of the global `WebSocket`, as `new WebSocket(url)`. For Node.js before version 22, and for clients
   * that send headers: `class extends WebSocket { constructor(url) { super(url, { headers }) } }`.
   */
  WebSocket?: (new (url: string) => WebSocketLike) | undefined;
  /** How the client reconnects. */
  reconnect?: {
    /**
     * Each delay is random, between 0 and a bound that doubles with every failure. This is the first bound in
     * milliseconds, at least 1. Default: 500.
     */
    initialMs?: number | undefined;
    /** The largest bound, in milliseconds. Default: 30000. */
    maxMs?: number | undefined;
    /** The number of consecutive failures after which the client closes. Default: unlimited. */
    attempts?: number | undefined;
    /** The timeout for opening a connection, in milliseconds. Default: 15000. */
    timeoutMs?: number | undefined;
    /**
     * How long a connection has to stay open, in milliseconds, until the delays start over and `onUnauthorized` may be
     * called again. Default: 5000.
     */
    stableAfterMs?: number | undefined;
  } | undefined;
  /**
   * Logs the user in again when the server no longer accepts the session.
   *
   * - If it resolves, the client reconnects.
   * - If it resolves to `false`, the client stays `unauthorized`.
   * - If it rejects, for example because the network failed, the client calls it again after a delay (`reconnect`).
   *
   * After it has resolved, it is not called again until a connection has been stable (`reconnect.stableAfterMs`) and
   * caught up, or until you call `reconnectNow()`. This avoids login loops.
   */
  onUnauthorized?: (() => unknown) | undefined;
  /** The REST API. */
  rest?: {
    /** The base address. Default: `url` without its last segment (`/api/v1`). */
    url?: string | URL | undefined;
    /**
     * Headers of every request. A function is called before each request; if it rejects, the request fails. `Accept:
     * application/json` is always sent, unless you set `Accept`.
     */
    headers?: RequestHeaders | (() => RequestHeaders | PromiseLike<RequestHeaders>) | undefined;
    /** Whether to send cookies, as for `fetch()`. Default: `include`. */
    credentials?: "include" | "same-origin" | "omit" | undefined;
    /** Used instead of the global `fetch()`. */
    fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
    /**
     * The timeout of a request without progress, in milliseconds. Each received part of the response restarts it.
     * Default: 10000.
     */
    timeoutMs?: number | undefined;
  } | undefined;
  /**
   * Whether to recover missed events. After a gap, the client compares the list of rooms and each watched room with the
   * REST API, and delivers the differences as events with `recovered: true`. Newer events of a room wait until then,
   * for at most 5 seconds. In rooms that are not watched, only new messages are recovered, if the room's `lastMessage`
   * has advanced. Costs one request for the list, one per watched room and one per other room with new messages.
   * Default: true.
   */
  catchUp?: boolean | {
    /**
     * Delivers existing rooms when the first connection opens, and the newest messages of a room once it is watched.
     * Default: false; load a room yourself once its freshness is `live`.
     */
    history?: boolean | undefined;
    /**
     * The number of newest messages of a watched room, and of comments on each of them, that are remembered and
     * compared. Edits, read receipts and deletions of older ones are not recovered. Default: 100.
     */
    window?: number | undefined;
    /**
     * The maximum number of new messages per room, or comments per message, to recover after a gap. Beyond it, `resync`
     * is delivered. Default: 500.
     */
    maxMessages?: number | undefined;
    /**
     * The number of most recently active rooms to watch if there are listeners for messages of all rooms. Each costs
     * one request when the first connection opens and after each gap. 0 watches none. Rooms that listeners name are
     * watched in addition. `follow(roomIds)` and `follow("all")` take precedence. Default: 10.
     */
    rooms?: number | undefined;
  } | undefined;
  /** Limits of `room-events/store`, per timeline. */
  store?: {
    /** The number of messages per request, at least 2. Default: 50. */
    pageSize?: number | undefined;
    /**
     * The maximum number of messages in memory, at least two pages. Beyond it, the store drops messages farthest from
     * the last loaded page. Default: 1000.
     */
    maxMessages?: number | undefined;
    /** The maximum size of messages in memory, in bytes of JSON. Default: 8388608. */
    maxBytes?: number | undefined;
    /**
     * The maximum number of missed messages to load after a gap. If more were missed, a `gap` item remains. Default:
     * 500.
     */
    maxMissed?: number | undefined;
    /** The number of closed timelines that keep their newest page. Default: 5. */
    keptTimelines?: number | undefined;
  } | undefined;
  /** Aborts `connect()`, which rejects with the signal's reason, or closes the client. */
  signal?: AbortSignal | undefined;
  /** Detects connections that are dead but report no error. */
  watchdog?: {
    /**
     * The silence after which the client requests `GET /status`, in milliseconds. In a hidden page: 90 seconds, or
     * `silenceMs` if longer. Default: 30000.
     */
    silenceMs?: number | undefined;
    /**
     * The silence after which the client compares the list of rooms and all watched rooms with the REST API, in
     * milliseconds. Only for visible pages. Default: 300000.
     */
    compareAfterMs?: number | undefined;
  } | undefined;
  /**
   * Logs what the client does to the console, in collapsed groups. Default: true if `localStorage["room-events"]` is
   * `"debug"`, otherwise false. The logging code is loaded on demand.
   */
  debug?: boolean | undefined;
  /**
   * Limits of the delivery queue. If it is full, the client replaces the connection and catches up afterwards. The same
   * limits apply separately to events held during a catch-up; beyond them, held events are delivered at once.
   */
  queue?: {
    /** The maximum number of waiting frames. Default: 10000. */
    maxFrames?: number | undefined;
    /** The maximum size of waiting frames, in bytes. Default: 16777216. */
    maxBytes?: number | undefined;
    /** How long callbacks may run before yielding to the event loop, in milliseconds. Default: 8. */
    turnMs?: number | undefined;
  } | undefined;
  /**
   * When callbacks are called.
   *
   * - `turn`: as events arrive.
   * - `frame`: batched per animation frame, or after 250 ms if none is drawn; every 16 ms if the engine runs where
   *   there are no animation frames, as in a shared worker. Of successive updates of one message or room, only the last
   *   is delivered, in its place. Creations and deletions are never omitted.
   *
   * Default: `turn`.
   */
  delivery?: "turn" | "frame" | undefined;
  /**
   * Where the engine runs: the socket, the catch-up and the WebAssembly module.
   *
   * - `shared`: in a `SharedWorker`, shared by all tabs of the browser with equal options and `user`: one socket, one
   *   set of requests, one module. Requires Web Locks.
   * - `worker`: in a `Worker` of this client.
   * - `page`: in this thread. The only choice with `WebSocket` or `rest.fetch`, or if `init()` received anything but an
   *   address.
   * - `auto`: the first of these that works.
   *
   * Default: `auto`. Read `client.engine` for the result.
   */
  engine?: "auto" | EnginePlace | undefined;
  /**
   * The logged-in user: an id or a name. Tabs of different users do not share an engine. Default: none, which suits
   * browsers in which all tabs share one login.
   */
  user?: string | number | undefined;
}

/** Where an engine runs. */
export type EnginePlace = "shared" | "worker" | "page";

/**
 * The kind of error.
 *
 * - `invalid-option`, `invalid-url`: an option is unknown or has an invalid value.
 * - `no-url`: there is no page to derive the address from: set the option `url`.
 * - `no-web-socket`: the environment has no `WebSocket`. Node.js has it from version 22; otherwise set the option
 *   `WebSocket`.
 * - `load-failed`: the WebAssembly module could not be loaded; see `cause`. The next call tries again. If the message
 *   says that the module has failed since, reload the page.
 * - `engine-failed`: the engine could not start in the requested place, or it failed later.
 * - `unknown-topic`, `invalid-callback`: the event does not exist, or the callback is not a function.
 * - `closed`: the client was closed before the event that `next()` waited for, or a store before its value was loaded.
 * - `outbox-full`: the store cannot take more messages to send.
 * - `buffer-overflow`: the buffer of `events()` is full, as the loop is too slow.
 */
export type RoomEventsErrorCode =
  | "invalid-option"
  | "invalid-url"
  | "no-url"
  | "no-web-socket"
  | "load-failed"
  | "engine-failed"
  | "unknown-topic"
  | "invalid-callback"
  | "closed"
  | "outbox-full"
  | "buffer-overflow";

/**
 * The error of `connect()`, `init()`, `on()` and of waiting for events. `instanceof` works across all entry points of
 * the package.
 */
export declare class RoomEventsError extends Error {
  constructor(code: RoomEventsErrorCode, message: string, options?: { cause?: unknown });
  name: "RoomEventsError";
  /** The kind of error. */
  readonly code: RoomEventsErrorCode;
  /** The underlying error, if any. */
  readonly cause?: unknown;
}

/** All topics and the first argument of their callbacks. */
export interface TopicMap extends EventDataMap, NoticeMap {}

/** Options of `once()` and `next()`. */
export interface ListenOptions {
  /** Removes the listener when it is aborted. */
  signal?: AbortSignal | undefined;
  /**
   * Only for this room. Default: all rooms. Listeners for messages make the client watch their room. Of the client's
   * notices, only `freshness` is about rooms; the others ignore this option.
   */
  roomId?: RoomId | undefined;
}

/** Options of `on()`. */
export interface OnOptions extends ListenOptions {
  /** Removes the listener after the first call, like `once()`. Default: false. */
  once?: boolean | undefined;
}

/** Options of `events()`. */
export interface EventsOptions<Type extends EventType = EventType> extends ListenOptions {
  /** The event types. Default: all six. */
  types?: readonly Type[] | undefined;
  /**
   * The maximum number of buffered events. On overflow, the loop receives the buffered events and then the error
   * `buffer-overflow`. Default: 1000.
   */
  buffer?: number | undefined;
  /** Ends the loop with the signal's reason when it is aborted. */
  signal?: AbortSignal | undefined;
}

/** The result of `events()`, for `for await`. Leaving the loop removes its listeners. */
export interface EventIterator<Type extends EventType = EventType> extends AsyncIterableIterator<RoomEvent<Type>> {
  /** The next event; `done` once the client is closed. */
  next(): Promise<IteratorResult<RoomEvent<Type>, undefined>>;
  /** Ends the iteration. */
  return(): Promise<IteratorResult<RoomEvent<Type>, undefined>>;
  [Symbol.asyncIterator](): EventIterator<Type>;
  /** The same as `return()`, for `await using events = client.events()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A connection to the Events API that reconnects automatically.
 *
 * It lives until `close()` is called, even if the page holds no reference to it.
 */
export interface EventsClient {
  /**
   * Calls `callback` for every event of that type, in order of arrival.
   *
   * @param callback receives the event's `data` and the whole event. All callbacks receive the same object. An
   *   exception is reported with `reportError` and does not affect other callbacks.
   * @param options `roomId`: only for that room. Of an event with messages of several rooms, the callback receives
   *   those of that room. Events you don't subscribe to are skipped: not validated, not built, not recovered.
   * @returns a function that removes the listener. Calling it again does nothing.
   * @throws RoomEventsError `unknown-topic`, `invalid-callback`, `invalid-option`
   */
  on<Type extends EventType>(
    type: Type,
    callback: (data: EventDataMap[Type], event: RoomEvent<Type>) => void,
    options?: OnOptions,
  ): () => void;
  /** Calls `callback` for every notice of the client. */
  on<Topic extends keyof NoticeMap>(
    topic: Topic,
    callback: (notice: NoticeMap[Topic]) => void,
    options?: OnOptions,
  ): () => void;
  /** For generic code that handles both events and notices. */
  on<Topic extends keyof TopicMap>(
    topic: Topic,
    callback: (value: TopicMap[Topic]) => void,
    options?: OnOptions,
  ): () => void;
  /** Like `on()`, but removes the listener after the first event. */
  once<Type extends EventType>(
    type: Type,
    callback: (data: EventDataMap[Type], event: RoomEvent<Type>) => void,
    options?: ListenOptions,
  ): () => void;
  /** Calls `callback` for the next notice of the client. */
  once<Topic extends keyof NoticeMap>(
    topic: Topic,
    callback: (notice: NoticeMap[Topic]) => void,
    options?: ListenOptions,
  ): () => void;
  /** For generic code that handles both events and notices. */
  once<Topic extends keyof TopicMap>(
    topic: Topic,
    callback: (value: TopicMap[Topic]) => void,
    options?: ListenOptions,
  ): () => void;
  /** Removes all listeners with that callback for that topic, if any. */
  off<Topic extends keyof TopicMap>(topic: Topic, callback: (...args: never[]) => void): void;
  /**
   * Resolves to the `data` of the next event of that type, or to the next notice.
   *
   * Rejects with `closed` if the client is closed first, or with the signal's reason if the signal is aborted.
   *
   * @example
   * const { room } = await client.next("RoomCreated", { signal: AbortSignal.timeout(5000) });
   */
  next<Topic extends keyof TopicMap>(topic: Topic, options?: ListenOptions): Promise<TopicMap[Topic]>;
  /**
   * Returns an iterator over events. Events are buffered from this call on; the loop ends when the client is closed.
   *
   * @example
   * for await (const event of client.events({ types: ["RoomCreated", "RoomDeleted"] })) {
   *   if (event.type === "RoomCreated") console.log(event.data.room.displayName);
   * }
   */
  events<Type extends EventType = EventType>(options?: EventsOptions<Type>): EventIterator<Type>;
  /** Iterates over all six events, like `events()`: `for await (const event of client)`. */
  [Symbol.asyncIterator](): EventIterator;
  /**
   * Sets the rooms to watch. The client compares watched rooms with the REST API after each gap, so it recovers edits,
   * read receipts, deletions and comments in addition to new messages. A room is only watched if there is a listener
   * for its messages.
   *
   * - Room ids: watches these rooms, and skips messages of all other rooms. Events about rooms themselves are delivered
   *   as before. Existing messages of a newly followed room are not delivered, unless `catchUp.history` is on.
   * - `"all"`: watches all rooms and skips nothing. Costs one request per room at the start and after each gap.
   * - `null`: the default. Watches the rooms that listeners name. If there are listeners for messages of all rooms,
   *   also watches the most recently active ones (`catchUp.rooms`).
   *
   * @throws RoomEventsError `invalid-option`
   */
  follow(roomIds: Iterable<RoomId> | "all" | null): void;
  /**
   * Returns how current the client's copy of a room is, or of the list of rooms if called without an id. Undefined if
   * the client does not sync the room: it is neither watched nor has missed messages to load, or `catchUp` is false.
   * Changes are delivered as `freshness`.
   *
   * @throws RoomEventsError `invalid-option`
   */
  freshness(roomId?: RoomId | null): Freshness | undefined;
  /** The status of the connection. Changes are delivered as `statechange`. */
  readonly status: ConnectionStatus;
  /** The details of the status: a new plain object on each access. */
  readonly connection: Connection;
  /**
   * Retries immediately instead of after the delay, for example after a new login. If the server refuses the session
   * again, `onUnauthorized` is called again. Does nothing while connected.
   */
  reconnectNow(): void;
  /** The address of the latest attempt; empty until a function given as `url` has returned. */
  readonly url: string;
  /** Where the engine runs. */
  readonly engine: EnginePlace;
  /**
   * Counters of what happened so far; after `close()`, the final ones.
   *
   * Rejects with `engine-failed` if the engine ends before it responds, and with `closed` while the engine is being
   * replaced.
   */
  stats(): Promise<ClientStats>;
  /** Closes the connection permanently. Delivers a last `statechange`; after that, no callback is called. */
  close(): void;
  /** The same as `close()`, for `using client = await connect()`. */
  [Symbol.dispose](): void;
}
