/**
 * The live store: rooms, messages and outgoing messages, kept up to date.
 *
 * @module room-events/store
 */

import type { Permissions, User } from "./rest.js";
import type { EventsClient, Freshness, Message, MessageId, Room, RoomId, SendFailureReason, SendState } from "./types.js";

export { RestError } from "./rest.js";
export { RoomEventsError } from "./types.js";

/**
 * A value that changes over time. Its methods are bound: they can be passed around without the object.
 *
 * Values are immutable. `get()` returns the same object until something in it has changed, and unchanged parts keep
 * their identity.
 */
export interface Live<T> {
  /**
   * The current value. Until it is loaded, this is `initial`. Rooms and timelines return to `initial` once they are
   * unloaded, `lingerMs` after the last listener is removed.
   */
  readonly get: () => T;
  /** The value before anything is loaded, for example for server-side rendering. */
  readonly initial: T;
  /**
   * Calls `listener` after each change, in a microtask and never during this call. The first listener starts loading.
   * After the last one is removed, the value is kept up to date for `lingerMs`.
   *
   * @returns a function that removes the listener. Calling it again does nothing.
   */
  readonly subscribe: (listener: () => void) => () => void;
  /**
   * Resolves to the value once it is loaded. Starts loading even without listeners. Rejects if loading fails, or if the
   * store or the client is closed first.
   */
  readonly ready: Promise<T>;
}

/** One step from a list to the next. Positions count from 0, in the list that the previous steps produced. */
export type ListChange<T> =
  | { op: "reset"; items: readonly T[] }
  | { op: "insert"; index: number; item: T }
  | { op: "update"; index: number; item: T }
  | { op: "remove"; index: number };

/** The changes of a list, for a `for await` loop. Leaving the loop removes its listener. */
export interface ListChanges<T> extends AsyncIterableIterator<ListChange<T>[]> {
  /** The next changes, at least one; `done` once the store is closed. */
  next(): Promise<IteratorResult<ListChange<T>[], undefined>>;
  /** Ends the iteration. */
  return(): Promise<IteratorResult<ListChange<T>[], undefined>>;
  [Symbol.asyncIterator](): ListChanges<T>;
}

/** A list that changes over time. */
export interface LiveList<T> extends Live<readonly T[]> {
  /**
   * Iterates over the changes, beginning with a `reset`. Changes made while the loop is busy arrive together. Counts as
   * a listener.
   */
  readonly diffs: () => ListChanges<T>;
}

/** The reason why a message was not sent. */
export interface SendFailure {
  readonly reason: SendFailureReason;
  /** The HTTP status of the refusal; null for other reasons. */
  readonly status: number | null;
  /** Whether a retry may succeed. */
  readonly mayResend: boolean;
}

/** An outgoing message, as an item of a timeline. It keeps its key and stays until the message itself arrives. */
export interface OutgoingItem {
  readonly kind: "outgoing";
  readonly key: string;
  readonly text: string;
  readonly state: SendState;
  /** Null unless `state` is `failed`. */
  readonly failure: SendFailure | null;
  /** The files to attach. Only the sending page has them. */
  readonly files: readonly Blob[];
  /** The sent message while its files are uploading or could not be uploaded; null before that. */
  readonly messageId: MessageId | null;
  /** The uploaded share of the files, from 0 to 1. */
  readonly progress: number;
}

/** Options of `timeline.send()`. */
export interface SendOptions {
  /** Files to attach to the message once it is sent. */
  files?: ArrayLike<Blob> & Iterable<Blob> | undefined;
}

/** A message, as an item of a timeline. */
export interface MessageItem {
  readonly kind: "message";
  readonly key: string;
  readonly message: Readonly<Message>;
}

/** Messages between the loaded ones that are not loaded. `timeline.fill(item)` loads a page of them. */
export interface GapItem {
  readonly kind: "gap";
  readonly key: string;
  readonly isLoading: boolean;
}

/** An item of a timeline. Keys are unique within a timeline. */
export type TimelineItem = MessageItem | OutgoingItem | GapItem;

/** The content of a timeline. */
export interface TimelineState {
  /** Messages in order of their ids, with gaps; then outgoing messages. */
  readonly items: readonly TimelineItem[];
  /** How current the items are. */
  readonly freshness: Freshness;
  /** Why they are not `live`, or why requested messages are not loaded yet; null if unknown. */
  readonly cause: string | null;
  /** Whether the first item is the first of the list: there are no older messages. */
  readonly start: boolean;
  /** Whether the last message is the newest: new messages are appended automatically. */
  readonly end: boolean;
  /** Whether older messages are being loaded. */
  readonly isLoadingOlder: boolean;
  /** Whether newer messages are being loaded. */
  readonly isLoadingNewer: boolean;
  /** Whether the message that the timeline was opened at, or last jumped to, does not exist. */
  readonly isAnchorMissing: boolean;
  /** Whether the room or the parent message was deleted, or is no longer accessible to the user. */
  readonly isGone: boolean;
  /** The oldest unread message among the newest messages up to the first gap; null if there is none. */
  readonly firstUnreadId: MessageId | null;
}

/**
 * Where a timeline starts: at the newest message, at the oldest unread message with all newer ones, or around a
 * message.
 */
export type Anchor = "end" | "unread" | MessageId;

/**
 * The messages of a room, or the comments on a message. Without a listener, its methods do nothing, except `send()`,
 * `resend()` and `discard()`.
 */
export interface Timeline extends Live<TimelineState> {
  readonly roomId: RoomId;
  /** The message that the comments are on; 0 for a room's messages. */
  readonly parentMessageId: MessageId | 0;
  /** Loads a page of older messages, unless `start` is true. */
  readonly older: () => void;
  /** Loads a page of newer messages, unless `end` is true. */
  readonly newer: () => void;
  /** Loads a page of the messages in a gap, oldest first. */
  readonly fill: (gap: GapItem | string) => void;
  /** Adds the messages around that one. */
  readonly jumpTo: (messageId: MessageId) => void;
  /** Adds the newest messages, and follows them. */
  readonly jumpToEnd: () => void;
  /**
   * Marks the shown messages up to that one as read. Each message is marked only once; the user's own messages are not
   * marked. Failures are retried with the next call.
   */
  readonly markRead: (upTo: MessageId) => void;
  /**
   * Sends a message. It becomes an item immediately, and waits while there is no connection. Before a retry, the client
   * checks whether the server has the message, so nothing is sent twice. Files are uploaded once the message is sent:
   * the item is `uploading`, next to the message. They are lost if the page is closed before that.
   *
   * @returns the key of its item
   * @throws RoomEventsError `outbox-full`: 100 messages are in the outbox; `invalid-option`: the text is empty
   */
  readonly send: (text: string, options?: SendOptions) => string;
  /** Sends a failed message again, or uploads its files again. */
  readonly resend: (key: string) => void;
  /** Drops a message that was not sent, or its files. Does nothing while the message is being posted. */
  readonly discard: (key: string) => void;
  /** Iterates over the changes of `items`. Counts as a listener. */
  readonly diffs: () => ListChanges<TimelineItem>;
}

/** An outgoing message of any tab. */
export interface OutboxMessage extends Omit<OutgoingItem, "kind"> {
  readonly roomId: RoomId;
  /** The message that it comments on; 0 if it is not a comment. */
  readonly parentMessageId: MessageId | 0;
}

/** All outgoing messages. */
export interface Outbox extends LiveList<OutboxMessage> {
  /** Sends a failed message again, or uploads its files again. */
  readonly resend: (key: string) => void;
  /** Drops a message that was not sent, or its files. Does nothing while the message is being posted. */
  readonly discard: (key: string) => void;
}

/** Numbers of unread messages. */
export interface Unread {
  /** The number of unread messages. */
  readonly messages: number;
  /** The number of rooms with unread messages. */
  readonly rooms: number;
}

/** Options of `createStore()`. */
export interface StoreOptions {
  /** How long a value is kept up to date after its last listener is removed, in milliseconds. Default: 10000. */
  lingerMs?: number | undefined;
}

/** The data that an application shows. */
export interface Store {
  /** The rooms: pinned ones first, then the most recently active. */
  readonly rooms: LiveList<Readonly<Room>>;
  /** A room; undefined if it does not exist. */
  room(roomId: RoomId): Live<Readonly<Room> | undefined>;
  /**
   * The messages of a room. Equal arguments return the same object.
   *
   * @param anchor where to start. Default: `end`.
   */
  timeline(roomId: RoomId, anchor?: Anchor): Timeline;
  /** The comments on a message in that room. Equal arguments return the same object. */
  thread(roomId: RoomId, messageId: MessageId, anchor?: Anchor): Timeline;
  /** The numbers of unread messages in all rooms. */
  readonly unread: Live<Unread>;
  /** The outgoing messages. */
  readonly outbox: Outbox;
  /** The worst freshness of the connection and of everything that has listeners. */
  readonly freshness: Live<Freshness>;
  /** The cause of `freshness`, for example why the connection was lost; null if there are no problems. */
  readonly cause: Live<string | null>;
  /** All users. Loaded with the first listener; not kept up to date. */
  readonly users: Live<readonly Readonly<User>[]>;
  /** The user's permissions in a room; undefined until loaded. Not kept up to date. */
  permissions(roomId: RoomId): Live<Readonly<Permissions> | undefined>;
  /**
   * Deletes a message.
   *
   * @throws RestError
   */
  remove(messageId: MessageId): Promise<void>;
  /** Stops the store. Its values remain, as `stale`. The client stays open. */
  close(): void;
  /** The same as `close()`, for `using store = createStore(client)`. */
  [Symbol.dispose](): void;
}

/**
 * Creates a store on a client. Nothing is loaded before the first listener.
 *
 * @param client a client or a promise of one; until it resolves, everything is `loading`
 * @example
 * const store = createStore(connect());
 */
export declare function createStore(client: EventsClient | PromiseLike<EventsClient>, options?: StoreOptions): Store;
