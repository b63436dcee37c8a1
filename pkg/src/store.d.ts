/**
 * The live store: the rooms, the messages and what is being sent, always up to date.
 *
 * @module room-events/store
 */

import type { Permissions, User } from "./rest.js";
import type { EventsClient, Freshness, Message, MessageId, Room, RoomId, SendFailureReason, SendState } from "./types.js";

export { RestError } from "./rest.js";
export { RoomEventsError } from "./types.js";

/**
 * A value that changes. Its methods are bound: they can be passed around on their own.
 *
 * Values are immutable. `get()` returns the same object until something in it has changed, and parts that did not change
 * keep their identity.
 */
export interface Live<T> {
  /** The value now. `initial` as long as nothing is loaded, and again some time after the last listener is gone. */
  readonly get: () => T;
  /** The value before anything is loaded, for example for rendering on a server. */
  readonly initial: T;
  /**
   * Calls back after each change, in a microtask, and never from within this call. The first listener starts loading; after
   * the last one is removed, the value is kept up to date for `lingerMs`.
   *
   * @returns a function that removes the listener. Calling it again does nothing.
   */
  readonly subscribe: (listener: () => void) => () => void;
  /**
   * Resolves to the value once it is loaded; starts loading if nobody listens. Rejects when the store or the client is closed
   * before.
   */
  readonly ready: Promise<T>;
}

/** One step from a list to the next. Positions count from 0, in the list that the steps before have left. */
export type ListChange<T> =
  | { op: "reset"; items: readonly T[] }
  | { op: "insert"; index: number; item: T }
  | { op: "update"; index: number; item: T }
  | { op: "remove"; index: number };

/** The changes of a list, for one `for await` loop. Leaving the loop removes its listener. */
export interface ListChanges<T> extends AsyncIterableIterator<ListChange<T>[]> {
  /** The next changes, at least one; `done` when the store is closed. */
  next(): Promise<IteratorResult<ListChange<T>[], undefined>>;
  /** Ends it. */
  return(): Promise<IteratorResult<ListChange<T>[], undefined>>;
  [Symbol.asyncIterator](): ListChanges<T>;
}

/** A list that changes. */
export interface LiveList<T> extends Live<readonly T[]> {
  /** The changes, beginning with a `reset`. What happens while the loop is busy comes in one go. Counts as a listener. */
  readonly diffs: () => ListChanges<T>;
}

/** Why a message was not sent. */
export interface SendFailure {
  readonly reason: SendFailureReason;
  /** The HTTP status that the server refused it with; null for other reasons. */
  readonly status: number | null;
  /** Whether sending it again makes sense. */
  readonly mayResend: boolean;
}

/** A message that is being sent, as an item of a timeline. It stays, with its key, until the message itself is there. */
export interface OutgoingItem {
  readonly kind: "outgoing";
  readonly key: string;
  readonly text: string;
  readonly state: SendState;
  /** Null unless `state` is `failed`. */
  readonly failure: SendFailure | null;
  /** The files that go with the message. Only the page that sends it has them. */
  readonly files: readonly Blob[];
  /** The message that was sent, if its files are being uploaded or could not be; null before that. */
  readonly messageId: MessageId | null;
  /** How much of the files is uploaded, from 0 to 1. */
  readonly progress: number;
}

/** Options of `timeline.send()`. */
export interface SendOptions {
  /** Files that are attached to the message once it is there. */
  files?: ArrayLike<Blob> & Iterable<Blob> | undefined;
}

/** A message, as an item of a timeline. */
export interface MessageItem {
  readonly kind: "message";
  readonly key: string;
  readonly message: Readonly<Message>;
}

/** Messages that are not loaded, between those that are. `timeline.fill(item)` loads a page of them. */
export interface GapItem {
  readonly kind: "gap";
  readonly key: string;
  readonly isLoading: boolean;
}

/** An item of a timeline. Keys are unique within the timeline. */
export type TimelineItem = MessageItem | OutgoingItem | GapItem;

/** What a timeline shows. */
export interface TimelineState {
  /** Messages in order of their ids, with gaps; then what is being sent. */
  readonly items: readonly TimelineItem[];
  /** How current the items are. */
  readonly freshness: Freshness;
  /** Why they are not `live`, or why something that was asked for is not there yet; null if there is nothing to say. */
  readonly cause: string | null;
  /** Whether the first item is the first of the list: there is nothing older. */
  readonly start: boolean;
  /** Whether the last message is the newest: new messages follow by themselves. */
  readonly end: boolean;
  /** Whether older messages are being loaded. */
  readonly isLoadingOlder: boolean;
  /** Whether newer messages are being loaded. */
  readonly isLoadingNewer: boolean;
  /** Whether the message that the timeline was opened at, or was to jump to, does not exist. */
  readonly isAnchorMissing: boolean;
  /** Whether the room is gone, or the message whose comments these are: deleted, or no longer for this user. */
  readonly isGone: boolean;
  /** The oldest message that the user has not read, among the newest that are shown without a gap; null if there is none. */
  readonly firstUnreadId: MessageId | null;
}

/** Where a timeline begins: at the newest message, at the oldest unread one with all that is newer, or around a message. */
export type Anchor = "end" | "unread" | MessageId;

/** The messages of a room, or the comments on a message. Its methods do nothing while nobody listens, except `send()`. */
export interface Timeline extends Live<TimelineState> {
  readonly roomId: RoomId;
  /** The message whose comments these are; 0 for a room's messages. */
  readonly parentMessageId: MessageId | 0;
  /** Loads a page of older messages, unless `start` is true. */
  readonly older: () => void;
  /** Loads a page of newer messages, unless `end` is true. */
  readonly newer: () => void;
  /** Loads a page of the messages in a gap, the oldest first. */
  readonly fill: (gap: GapItem | string) => void;
  /** Shows the messages around that one as well. */
  readonly jumpTo: (messageId: MessageId) => void;
  /** Shows the newest messages as well, and follows them. */
  readonly jumpToEnd: () => void;
  /**
   * Marks what is shown up to that message as read. Each message is marked once, however often this is called; the user's own
   * are not. What fails is repeated with the next call.
   */
  readonly markRead: (upTo: MessageId) => void;
  /**
   * Sends a message. It is an item at once, and is kept while there is no connection. Before anything is sent again, the
   * client looks whether the server has it, so that nothing is sent twice. Files are uploaded once the message is there: the
   * item is `uploading`, next to the message. They are lost if the page is closed before that.
   *
   * @returns the key of its item
   * @throws RoomEventsError `outbox-full`: 100 messages are being sent; `invalid-option`: the text is empty
   */
  readonly send: (text: string, options?: SendOptions) => string;
  /** Sends a message again that has failed, or uploads its files again. */
  readonly resend: (key: string) => void;
  /** Lets go of a message that was not sent, or of its files. Does nothing while the message is being posted. */
  readonly discard: (key: string) => void;
  /** The changes of `items`. Counts as a listener. */
  readonly diffs: () => ListChanges<TimelineItem>;
}

/** A message that is being sent, by whichever tab. */
export interface OutboxMessage extends Omit<OutgoingItem, "kind"> {
  readonly roomId: RoomId;
  /** The message that it comments on; 0 if it is no comment. */
  readonly parentMessageId: MessageId | 0;
}

/** All messages that are being sent. */
export interface Outbox extends LiveList<OutboxMessage> {
  /** Sends a message again that has failed, or uploads its files again. */
  readonly resend: (key: string) => void;
  /** Lets go of a message that was not sent, or of its files. Does nothing while the message is being posted. */
  readonly discard: (key: string) => void;
}

/** How much is unread. */
export interface Unread {
  /** How many messages. */
  readonly messages: number;
  /** In how many rooms. */
  readonly rooms: number;
}

/** Options of `createStore()`. */
export interface StoreOptions {
  /** How many milliseconds a value is kept up to date after its last listener is gone. Default: 10000. */
  lingerMs?: number | undefined;
}

/** What an application shows. */
export interface Store {
  /** The rooms: the pinned ones first, then the most recently active. */
  readonly rooms: LiveList<Readonly<Room>>;
  /** One of the rooms; undefined if it is not there. */
  room(roomId: RoomId): Live<Readonly<Room> | undefined>;
  /**
   * The messages of a room. The same arguments give the same object.
   *
   * @param anchor where it begins. Default: `end`.
   */
  timeline(roomId: RoomId, anchor?: Anchor): Timeline;
  /** The comments on a message of that room. The same arguments give the same object. */
  thread(roomId: RoomId, messageId: MessageId, anchor?: Anchor): Timeline;
  /** How much is unread, in all rooms. */
  readonly unread: Live<Unread>;
  /** What is being sent. */
  readonly outbox: Outbox;
  /** The worst freshness of the connection and of all that somebody listens to. */
  readonly freshness: Live<Freshness>;
  /** The cause of `freshness`, for example why the connection was lost; null while all is well. */
  readonly cause: Live<string | null>;
  /** All users. Loaded when somebody begins to listen; not kept up to date. */
  readonly users: Live<readonly Readonly<User>[]>;
  /** What the user may do in a room; undefined until it is loaded. Not kept up to date. */
  permissions(roomId: RoomId): Live<Readonly<Permissions> | undefined>;
  /**
   * Deletes a message.
   *
   * @throws RestError
   */
  remove(messageId: MessageId): Promise<void>;
  /** Stops everything. What is shown stays, as `stale`. The client goes on. */
  close(): void;
  /** The same as `close()`, for `using store = createStore(client)`. */
  [Symbol.dispose](): void;
}

/**
 * Creates a store on a client. Nothing is loaded until somebody listens.
 *
 * @param client a client, or the promise of one: until it is there, everything is `loading`
 * @example
 * const store = createStore(connect());
 */
export declare function createStore(client: EventsClient | PromiseLike<EventsClient>, options?: StoreOptions): Store;
