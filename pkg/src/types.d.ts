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

// What `using` needs. Compilers before 5.2 have no library for it; declared twice it is the same.
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

/** Identifies a user: any safe integer; may be negative. 0 if the server does not say who. */
export type UserId = number;
/** An integer from 0 to 2^53 - 1 that identifies a room. */
export type RoomId = number;
/** An integer from 0 to 2^53 - 1 that identifies a message. A newer message has the larger id. */
export type MessageId = number;
/** An integer from 0 to 2^53 - 1 that identifies an attachment. */
export type AttachmentId = number;
/** A time in milliseconds since 1970-01-01 UTC, as `new Date(…)` takes it. May have a fraction. 0 if it is not known. */
export type UnixMillis = number;

/** A string with these known values. A newer server may send others; they arrive as they are. */
export type OpenEnum<Known extends string> = Known | (string & {});

/** A read receipt. */
export interface ReadTimestamp {
  /** Who has read the message. */
  userId: UserId;
  /** When; 0 if the server does not say. */
  readUtc: UnixMillis;
}

/**
 * A file on a message. Fields that are absent or null are the empty string, 0 or `false`; `attachmentState` is `"Initial"`,
 * and `size` is left out.
 */
export interface Attachment {
  attachmentId: AttachmentId;
  /** The name that the sender's file has. Untrusted. */
  fileName: string;
  /** Bytes. */
  fileSize: number;
  /** SHA-1 of the bytes, in hexadecimal. */
  fileChecksum: string;
  /** Whether the server has a small picture of it. */
  hasThumbnail: boolean;
  attachmentState: AttachmentState;
  createdUtc: UnixMillis;
  lastModifiedUtc: UnixMillis;
  /** The message that it hangs on. */
  textMessageId: MessageId;
  roomId: RoomId;
  /** Of a picture, sometimes: its size in pixels. */
  size?: { width: number; height: number };
}

/** What an issue carries in addition to its text. Neutral values: `"Task"`, `"Backlog"`, no assignees. */
export interface IssueProperties {
  type: IssueType;
  status: IssueStatus;
  /** Who is to do it. */
  assignees: UserId[];
}

/** What a meeting carries in addition to its text. */
export interface MeetingProperties {
  /** When it begins; 0 if it is not known. */
  timeUtc: UnixMillis;
  /** How long it takes, in the server's unit; 0 if it is not known. */
  duration: number;
}

/**
 * A text message. Fields that this version does not know are there too, untouched.
 *
 * Only `messageId` and `roomId` always come from the server. Another field that is absent or null gets its neutral value:
 *
 * - `""`: `text`
 * - 0: `userId`, `parentMessageId`, `commentCount`, and all times
 * - `"Regular"`: `messageType`; `"TextPlain"`: `markupType`; `"Normal"`: `priority`
 * - `[]`: `attachments`, `readTimestamps`
 * - left out: `issueProperties`, `meetingProperties`
 *
 * So does a field of the wrong kind (a string for a number), and the notice `malformed` tells of it.
 */
export interface Message {
  messageId: MessageId;
  /** The author. */
  userId: UserId;
  roomId: RoomId;
  /** The message that this one comments on; 0 if it is no comment. */
  parentMessageId: MessageId;
  /** The text, to be read as `markupType` says. Untrusted: never put it into a page as HTML. */
  text: string;
  messageType: MessageType;
  markupType: MarkupType;
  priority: Priority;
  createdUtc: UnixMillis;
  /** When the text last changed. */
  lastEditedUtc: UnixMillis;
  /** When anything about it last changed, a read receipt too. */
  lastModifiedUtc: UnixMillis;
  /** How many comments it has, as the server says: any number. */
  commentCount: number;
  attachments: Attachment[];
  /** The read receipts. */
  readTimestamps: ReadTimestamp[];
  /** Of an issue. */
  issueProperties?: IssueProperties;
  /** Of a meeting. */
  meetingProperties?: MeetingProperties;
}

/** The newest message of a room, in short. */
export interface LastMessage {
  messageId: MessageId;
  /** The author, if the server says so. */
  userId?: UserId;
  /** When it was sent; 0 if the server does not say. */
  createdUtc: UnixMillis;
}

/**
 * A room, as the logged-in user sees it. Fields that this version does not know are there too, untouched.
 *
 * Only `roomId` always comes from the server. Another field that is absent or null gets its neutral value: `"Private"` for
 * `roomType`, 0 for numbers and times, `false` for flags, null for `lastMessage`.
 */
export interface Room {
  roomId: RoomId;
  /**
   * What the room is called: the Events API's word. The same as `displayName` if the server sent only one of them; the
   * empty string if it sent neither.
   */
  name: string;
  /** What the room is called: the REST API's word. */
  displayName: string;
  roomType: RoomType;
  createdUtc: UnixMillis;
  lastModifiedUtc: UnixMillis;
  /** How many messages the user has not read, as the server says: any number. */
  unreadMessageCount: number;
  /** Whether the user moderates the room. */
  isModerator: boolean;
  isArchived: boolean;
  /** Whether the user has pinned the room. */
  isPinned: boolean;
  /** Null where the room has no message. */
  lastMessage: LastMessage | null;
}

/** `data` of TextMessagesCreated and TextMessagesUpdated: one or more messages, of one room or of several. */
export interface TextMessages {
  messages: Message[];
}

/** `data` of TextMessageDeleted. */
export interface TextMessageDeleted {
  /** The message that the deleted one commented on; 0 if it was no comment. */
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

/** The six events of the Events API, each with its `data`. */
export interface EventDataMap {
  /** New messages. */
  TextMessagesCreated: TextMessages;
  /** Messages that changed, each whole: an edit, a read receipt, an attachment, a comment more or less. */
  TextMessagesUpdated: TextMessages;
  /** A message that is gone. */
  TextMessageDeleted: TextMessageDeleted;
  /** A new room, or one that the user was added to. */
  RoomCreated: RoomData;
  /** A room that changed. */
  RoomUpdated: RoomData;
  /** A room that is gone, or that the user was removed from. */
  RoomDeleted: RoomDeleted;
}

/** The name of one of the six events. */
export type EventType = keyof EventDataMap;

/** One of the six events, whole: told apart by `type`. */
export type RoomEvent<Type extends EventType = EventType> = {
  [T in Type]: {
    type: T;
    data: EventDataMap[T];
    /** Whether the event was recovered from the REST API, after a gap or a comparison, instead of arriving on the stream. */
    recovered: boolean;
  };
}[Type];

/** An event of a type that this version does not know. */
export interface UnknownEvent {
  type: string;
  /** The event's `data`; undefined if it has none. */
  data: unknown;
  /** The frame's text, untouched. */
  frame: string;
}

/**
 * A frame, or a part of one, that could not be delivered as it came. The connection and later frames are not affected.
 *
 * `path` tells what is lost:
 *
 * - an optional field (`$.data.messages[3].commentCount`): its message is delivered with the neutral value.
 * - an id (`$.data.messages[3].messageId`): that message, attachment or receipt is left out; the rest is delivered.
 * - anything else, and the `roomId` of a room: the whole frame.
 */
export interface MalformedFrame {
  code: MalformedCode;
  /** A sentence that says what is wrong and where. After 16 errors in a frame, also how many more there were. */
  message: string;
  /** Where, from the frame's root: `$.data.messages[3].messageId`. */
  path: string;
  /** Where, in bytes of UTF-8 from the frame's beginning. */
  offset: number;
  /** Some 80 bytes of the frame around that place. Untrusted. */
  excerpt: string;
}

/** Why the connection left its last status. */
export interface CloseCause {
  /** The close code: 1006 if the connection broke or the server refused it, 0 if no socket is the cause. */
  code: number;
  /**
   * The server's reason, or the client's in a sentence, for example "the server refused the connection; GET /status was
   * answered with 403". Empty if a connection broke without a word.
   */
  reason: string;
  /** Whether both sides closed in order. */
  wasClean: boolean;
  /** The HTTP status of `GET /status`, if the client asked for it; 302 stands for any redirect. Otherwise null. */
  status: number | null;
}

/** What goes with the status of the connection. */
export interface Connection {
  /** While waiting: how many attempts have failed in a row. Otherwise: which attempt this is, from 1. */
  attempt: number;
  /**
   * While waiting or without a network, or when a request of the catch-up failed: when the next attempt comes, in
   * milliseconds since 1970, as `Date.now()`. Otherwise null.
   */
  retryAt: UnixMillis | null;
  /** Why the last socket is gone, or what the status is due to; null while all is well. */
  cause: CloseCause | null;
}

/** The notice `statechange`: the status of the connection, and what goes with it. */
export interface StateChange extends Connection {
  status: ConnectionStatus;
}

/** The client could not recover missed events. */
export interface Resync {
  /** The room; null for the list of rooms, or for everything (`nothing-known`). */
  roomId: RoomId | null;
  /** Why, and what to do about it. */
  reason: ResyncReason;
}

/**
 * The freshness of a room, or of the list of rooms, has changed. A room that comes to be watched begins with `loading` or
 * `catching-up` without this notice: ask `freshness()` first.
 */
export interface RoomFreshness {
  /** The room; null for the list of rooms. */
  roomId: RoomId | null;
  /** Its freshness now. */
  freshness: Freshness;
  /** Why it is not `live`; null if there is nothing to say. */
  cause: string | null;
}

/** What an engine has gone through, in numbers, since it started. Tabs that share it get the same numbers. */
export interface ClientStats {
  /** How many sockets were asked for. */
  attempts: number;
  /** How many of them opened. */
  connections: number;
  /** How many frames arrived on open connections, whatever became of them. */
  frames: number;
  /** How long those frames were, in bytes of UTF-8. */
  bytes: number;
  /** How many events of each type came up for delivery. */
  events: Record<EventType, number>;
  /** How many of these were recovered from the REST API. */
  recovered: number;
  /** How many events were of a type that this version does not know. */
  unknown: number;
  /** How many frames, or answers of the REST API, were malformed. */
  malformed: number;
  /** How often `resync` came up. */
  resyncs: number;
  /** What waits for the callbacks, or for the end of a catch-up. */
  queue: { frames: number; bytes: number };
  /** How the last socket ended that is gone, whoever closed it; null before any is. */
  lastClose: CloseCause | null;
}

/** What else can be listened to, each with what its callback gets. */
export interface NoticeMap {
  /** An event of a type that this version does not know. */
  unknown: UnknownEvent;
  /** A frame, or a part of one, that could not be delivered as it came. */
  malformed: MalformedFrame;
  /** The connection changed its status, or what goes with it. */
  statechange: StateChange;
  /** The client could not recover the missed events. Reload the room, unless the reason is `unreadable`. */
  resync: Resync;
  /** The freshness of a watched room, or of the list of rooms, has changed. */
  freshness: RoomFreshness;
}

/** Headers of a request. */
export type RequestHeaders = Headers | Record<string, string>;

/** What the client needs of a `WebSocket`. */
export interface WebSocketLike {
  binaryType: string;
  addEventListener(type: "open" | "message" | "close" | "error", listener: never): void;
  removeEventListener(type: "open" | "message" | "close" | "error", listener: never): void;
  close(code?: number, reason?: string): void;
}

/** Options of `connect()`. */
export interface ConnectOptions {
  /**
   * Where to connect: `ws:`, `wss:`, `http:`, `https:`, or relative to the page.
   * Default: `/api/v1/events` of the page's origin, `wss:` where the page came over `https:`.
   *
   * A function is called before every attempt, for example for a token in the query. If it rejects, or gives no address, the
   * attempt has failed. The query of what it gives goes along with requests to the REST API as well.
   */
  url?: string | URL | (() => string | URL | PromiseLike<string | URL>) | undefined;
  /**
   * Opens the sockets instead of the global `WebSocket`; called as `new WebSocket(url)`. For Node.js before version 22, and
   * for clients that send headers: `class extends WebSocket { constructor(url) { super(url, { headers }) } }`.
   */
  WebSocket?: (new (url: string) => WebSocketLike) | undefined;
  /** How the client connects, and connects again. */
  reconnect?: {
    /**
     * The delay before an attempt is drawn evenly from 0 to a bound that doubles with every failure. This is the first
     * bound in milliseconds, at least 1. Default: 500.
     */
    initialMs?: number | undefined;
    /** What the bound never exceeds, in milliseconds. Default: 30000. */
    maxMs?: number | undefined;
    /** After how many failures in a row the client closes itself. Default: never. */
    attempts?: number | undefined;
    /** After how many milliseconds an attempt that has not led to an open socket is given up. Default: 15000. */
    timeoutMs?: number | undefined;
    /**
     * How many milliseconds a connection has to stay open for the delays to start over, and for `onUnauthorized` to be
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
   * After it has resolved, it is not called again until a connection was stable (`reconnect.stableAfterMs`) and caught up,
   * or until you call `reconnectNow()`. So a login that does not help is not repeated in a circle.
   */
  onUnauthorized?: (() => unknown) | undefined;
  /** The REST API. */
  rest?: {
    /** Its base. Default: `url` without its last part (`/api/v1`). */
    url?: string | URL | undefined;
    /**
     * Headers of every request. A function is called before each; if it rejects, the request has failed. Default: `Accept:
     * application/json`, which is sent in any case unless you give another.
     */
    headers?: RequestHeaders | (() => RequestHeaders | PromiseLike<RequestHeaders>) | undefined;
    /** Whether cookies go along, as `fetch()` takes it. Default: `include`. */
    credentials?: "include" | "same-origin" | "omit" | undefined;
    /** Sends the requests instead of the global `fetch()`. */
    fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
    /**
     * After how many milliseconds without progress a request counts as failed. Each part of an answer that arrives starts
     * the time over. Default: 10000.
     */
    timeoutMs?: number | undefined;
  } | undefined;
  /**
   * After a gap, compares the list of rooms and each watched room with the REST API, and delivers the differences as events
   * that are `recovered`. Newer events of a room wait until then, for at most 5 seconds. Of a room that is not watched, new
   * messages are recovered, if the room's `lastMessage` has advanced. Costs one request for the list, one for each watched
   * room and one for each other room with new messages. Default: true.
   */
  catchUp?: boolean | {
    /**
     * Delivers rooms, and the newest messages of watched rooms, that are there already: when the first connection opens,
     * and when a room comes to be watched. Default: false; the application loads a room once its freshness is `live`.
     */
    history?: boolean | undefined;
    /**
     * How many of the newest messages of a watched room, and of the comments on each of them, are remembered and compared.
     * Edits, read receipts and deletions of older ones are not recovered. Default: 100.
     */
    window?: number | undefined;
    /**
     * How many new messages of a room, or comments on a message, are recovered after a gap. Beyond it, `resync` is
     * delivered. Default: 500.
     */
    maxMessages?: number | undefined;
    /**
     * How many of the most recently active rooms are watched for an application that listens to messages of all rooms.
     * Each costs one request when the first connection opens and after each gap. 0 watches none of them. Rooms that a
     * listener names are watched in addition. `follow(roomIds)` and `follow("all")` take precedence. Default: 10.
     */
    rooms?: number | undefined;
  } | undefined;
  /** The bounds of `room-events/store`, for each timeline. */
  store?: {
    /** How many messages one request asks for, at least 2. Default: 50. */
    pageSize?: number | undefined;
    /**
     * How many messages are held, at least two pages. Beyond it, the store lets go of those that are farthest from where the
     * reader last loaded. Default: 1000.
     */
    maxMessages?: number | undefined;
    /** How many bytes of JSON are held. Default: 8388608. */
    maxBytes?: number | undefined;
    /** How many missed messages are loaded after a gap. If more were missed, a `gap` item stands in their place. Default: 500. */
    maxMissed?: number | undefined;
    /** How many timelines that nobody shows any more keep their newest page. Default: 5. */
    keptTimelines?: number | undefined;
  } | undefined;
  /** Ends everything when it is aborted: `connect()` rejects with its reason, or the client is closed. */
  signal?: AbortSignal | undefined;
  /** Finds a connection on which nothing arrives and no error either. */
  watchdog?: {
    /**
     * After how many milliseconds of silence the client asks `GET /status`. In a hidden page it does so after 90 seconds,
     * or after `silenceMs` if that is longer. Default: 30000.
     */
    silenceMs?: number | undefined;
    /**
     * After how many milliseconds of silence a visible page compares the list of rooms and all watched rooms with the REST
     * API. Default: 300000.
     */
    compareAfterMs?: number | undefined;
  } | undefined;
  /**
   * Prints what the client does to the console, in groups to be opened. Default: whether `localStorage["room-events"]`
   * is `"debug"`. What prints is loaded only when it is asked for.
   */
  debug?: boolean | undefined;
  /**
   * What waits for the callbacks. When it is full, the client replaces the connection and catches up afterwards. The same
   * bounds apply separately to events that wait while the client catches up; beyond these, they are delivered at once.
   */
  queue?: {
    /** Default: 10000. */
    maxFrames?: number | undefined;
    /** Default: 16777216. */
    maxBytes?: number | undefined;
    /** After how many milliseconds of callbacks the event loop gets its turn. Default: 8. */
    turnMs?: number | undefined;
  } | undefined;
  /**
   * - `turn`: callbacks are called as events arrive.
   * - `frame`: callbacks are batched per animation frame, or per 250 ms if the page draws none. Of successive updates of
   *   one message, or of one room, only the last is delivered, in its place. Nothing that was created or deleted is left
   *   out.
   *
   * Default: `turn`.
   */
  delivery?: "turn" | "frame" | undefined;
  /**
   * Where the engine runs: the socket, the catch-up and the WebAssembly module.
   *
   * - `shared`: in a `SharedWorker`, one for all tabs of the browser whose options and `user` are equal: one socket, one set
   *   of requests, one module. Needs Web Locks.
   * - `worker`: in a `Worker` of this client.
   * - `page`: in this thread. The only choice if `WebSocket` or `rest.fetch` is given, or `init()` was given anything but an
   *   address.
   * - `auto`: the first of these that works.
   *
   * Default: `auto`. `client.engine` says which it is.
   */
  engine?: "auto" | EnginePlace | undefined;
  /**
   * Who is logged in: an id or a name. Tabs of different users do not share an engine. Default: nobody in particular, which
   * is right if all tabs of the browser share one login.
   */
  user?: string | number | undefined;
}

/** Where an engine runs. */
export type EnginePlace = "shared" | "worker" | "page";

/**
 * What is wrong.
 *
 * - `invalid-option`, `invalid-url`: an option cannot be used, or there is none of that name.
 * - `no-url`: there is no page to take the address from: give the option `url`.
 * - `no-web-socket`: there is no `WebSocket` in this environment. Node.js has it from version 22 on; give the option
 *   `WebSocket` otherwise.
 * - `load-failed`: the WebAssembly module could not be loaded, as `cause` says; the next call tries again. Or the module
 *   has failed since, as the message says; then only reloading the page helps.
 * - `engine-failed`: the engine could not be started in the place that you asked for, or it failed later.
 * - `unknown-topic`, `invalid-callback`: there is no such event, or the callback is no function.
 * - `closed`: the client was closed before the event came that `next()` waited for, or a store before something was loaded.
 * - `outbox-full`: a store has as many messages to send as it may.
 * - `buffer-overflow`: a loop over `events()` is slower than the server, and its buffer is full.
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
 * What `connect()` and `init()` reject with, `on()` throws, and waiting for an event may end with. `instanceof` works across
 * all entries of the package.
 */
export declare class RoomEventsError extends Error {
  constructor(code: RoomEventsErrorCode, message: string, options?: { cause?: unknown });
  name: "RoomEventsError";
  /** What is wrong. */
  readonly code: RoomEventsErrorCode;
  /** The error that led to this one, if any. */
  readonly cause?: unknown;
}

/** Everything that can be listened to, each with what the callback gets first. */
export interface TopicMap extends EventDataMap, NoticeMap {}

/** Options of `once()` and `next()`. */
export interface ListenOptions {
  /** Removes the listener when it is aborted. */
  signal?: AbortSignal | undefined;
  /**
   * The only room that is called back for. Default: all. The client watches a room that a listener for messages names.
   * Of the client's own notices only `freshness` is about rooms; the others are delivered to every listener.
   */
  roomId?: RoomId | undefined;
}

/** Options of `on()`. */
export interface OnOptions extends ListenOptions {
  /** Removes the listener after the first call, as `once()` does. Default: false. */
  once?: boolean | undefined;
}

/** Options of `events()`. */
export interface EventsOptions<Type extends EventType = EventType> extends ListenOptions {
  /** Which events. Default: all six. */
  types?: readonly Type[] | undefined;
  /**
   * How many events may wait for the loop. When one more comes, nothing is dropped in silence: the loop gets those that
   * wait, and then the error `buffer-overflow`. Default: 1000.
   */
  buffer?: number | undefined;
  /** Ends the loop with the signal's reason when it is aborted. */
  signal?: AbortSignal | undefined;
}

/** What `events()` gives: for `for await`. Leaving the loop takes its callbacks back. */
export interface EventIterator<Type extends EventType = EventType> extends AsyncIterableIterator<RoomEvent<Type>> {
  /** The next event; `done` when the client was closed. */
  next(): Promise<IteratorResult<RoomEvent<Type>, undefined>>;
  /** Ends it. */
  return(): Promise<IteratorResult<RoomEvent<Type>, undefined>>;
  [Symbol.asyncIterator](): EventIterator<Type>;
  /** The same as `return()`, for `await using events = client.events()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A connection to the Events API that keeps itself alive.
 *
 * It lives until `close()` is called, also when the page no longer holds it.
 */
export interface EventsClient {
  /**
   * Calls back for every event of that type, in the order of arrival.
   *
   * @param callback gets the event's `data`, and the event whole. All callbacks get the same object. One that throws
   *   is reported through `reportError` and stops nothing.
   * @param options `roomId`: call back for that room alone. An event about messages of several rooms comes with those of
   *   that room. Events you don't subscribe to are skipped: not validated, not built, not recovered.
   * @returns a function that removes the listener. Calling it again does nothing.
   * @throws RoomEventsError `unknown-topic`, `invalid-callback`, `invalid-option`
   */
  on<Type extends EventType>(
    type: Type,
    callback: (data: EventDataMap[Type], event: RoomEvent<Type>) => void,
    options?: OnOptions,
  ): () => void;
  /** Calls back for what the client itself has to say. */
  on<Topic extends keyof NoticeMap>(
    topic: Topic,
    callback: (notice: NoticeMap[Topic]) => void,
    options?: OnOptions,
  ): () => void;
  /** The same for generic code, which does not know which of the two a topic is. */
  on<Topic extends keyof TopicMap>(
    topic: Topic,
    callback: (value: TopicMap[Topic]) => void,
    options?: OnOptions,
  ): () => void;
  /** Calls back for the first event of that type from now on, and removes the listener. Otherwise as `on()`. */
  once<Type extends EventType>(
    type: Type,
    callback: (data: EventDataMap[Type], event: RoomEvent<Type>) => void,
    options?: ListenOptions,
  ): () => void;
  /** Calls back for what the client has to say next, once. */
  once<Topic extends keyof NoticeMap>(
    topic: Topic,
    callback: (notice: NoticeMap[Topic]) => void,
    options?: ListenOptions,
  ): () => void;
  /** The same for generic code, which does not know which of the two a topic is. */
  once<Topic extends keyof TopicMap>(
    topic: Topic,
    callback: (value: TopicMap[Topic]) => void,
    options?: ListenOptions,
  ): () => void;
  /** Takes back every registration of that callback for that topic. Does nothing if there is none. */
  off<Topic extends keyof TopicMap>(topic: Topic, callback: (...args: never[]) => void): void;
  /**
   * Resolves to the `data` of the next event of that type, or to the next notice.
   *
   * Rejects with `closed` when the client is closed before, and with the signal's reason when that is aborted.
   *
   * @example
   * const { room } = await client.next("RoomCreated", { signal: AbortSignal.timeout(5000) });
   */
  next<Topic extends keyof TopicMap>(topic: Topic, options?: ListenOptions): Promise<TopicMap[Topic]>;
  /**
   * The events as they come, for a loop. They are gathered from this call on; the loop ends when the client is closed.
   *
   * @example
   * for await (const event of client.events({ types: ["RoomCreated", "RoomDeleted"] })) {
   *   if (event.type === "RoomCreated") console.log(event.data.room.displayName);
   * }
   */
  events<Type extends EventType = EventType>(options?: EventsOptions<Type>): EventIterator<Type>;
  /** All six events, for `for await (const event of client)`: the same as `events()`. */
  [Symbol.asyncIterator](): EventIterator;
  /**
   * Says which rooms to watch. The client compares a watched room with the REST API after each gap, and so recovers
   * edits, read receipts, deletions and comments as well as new messages. A room is watched only if there is a listener
   * for its messages.
   *
   * - Room ids: watches these rooms, and restricts the client to their messages, whatever listeners there are. Events about
   *   the rooms themselves are delivered as before. What a room held before it was followed is read silently, or delivered
   *   if `catchUp.history` is on.
   * - `"all"`: watches every room and restricts nothing. Costs one request per room at the start and after each gap.
   * - `null`: the default. Watches the rooms that listeners name; if there are listeners for messages of all rooms, also
   *   the most recently active ones (`catchUp.rooms`).
   *
   * @throws RoomEventsError `invalid-option`
   */
  follow(roomIds: Iterable<RoomId> | "all" | null): void;
  /**
   * How current the client's knowledge of a room is, or, without an id, of the list of rooms. Undefined if the client does
   * not sync that room: it is not watched, and has no missed messages to be read; or `catchUp` is false. Changes are
   * delivered as `freshness`.
   *
   * @throws RoomEventsError `invalid-option`
   */
  freshness(roomId?: RoomId | null): Freshness | undefined;
  /** What the connection does now. Changes are delivered as `statechange`. */
  readonly status: ConnectionStatus;
  /** The attempt, the next one and the cause that go with the status: a plain object, made anew by every access. */
  readonly connection: Connection;
  /**
   * Tries again at once, for example after a new login, instead of after the delay. If the server refuses the session
   * again, `onUnauthorized` is called again. Does nothing while a connection is there.
   */
  reconnectNow(): void;
  /** The address of the latest attempt; empty until a function that was given as `url` has given the first. */
  readonly url: string;
  /** Where the client's engine runs. */
  readonly engine: EnginePlace;
  /**
   * What happened so far, in numbers. After `close()`: what had happened until then.
   *
   * Rejects with `engine-failed` if the engine ends before it has answered.
   */
  stats(): Promise<ClientStats>;
  /** Closes the connection for good. A last `statechange` tells of it; after that no callback is called. */
  close(): void;
  /** The same as `close()`, for `using client = await connect()`. */
  [Symbol.dispose](): void;
}
