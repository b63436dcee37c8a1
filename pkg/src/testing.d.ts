/**
 * A fake client for tests.
 *
 * @module room-events/testing
 */

import type { Permissions, User } from "./rest.js";
import type {
  CloseCause,
  ConnectionStatus,
  EventDataMap,
  EventsClient,
  EventType,
  Message,
  MessageId,
  NoticeMap,
  Room,
  RoomId,
  UserId,
} from "./types.js";

export { RoomEventsError } from "./types.js";

/**
 * A client that does what a test says: no WebAssembly, no network. It can be used wherever a client is.
 */
export interface FakeEventsClient extends EventsClient {
  /**
   * Calls the callbacks of that event, at once and in the order of their registration. One that throws is reported through
   * `reportError` and stops nothing, as with a real client. After `close()` nothing is called.
   *
   * @throws RoomEventsError `unknown-topic`
   */
  emit<Type extends EventType>(type: Type, data: EventDataMap[Type], options?: { recovered?: boolean | undefined }): void;
  /**
   * Calls the callbacks of what the client itself has to say. `statechange` changes the status as well, and `freshness` what
   * `freshness()` returns.
   */
  emit<Topic extends keyof NoticeMap>(topic: Topic, notice: NoticeMap[Topic]): void;
  /** Changes the status and tells of it. After `closed` nothing changes any more. */
  setStatus(
    status: ConnectionStatus,
    details?: {
      attempt?: number | undefined;
      /** Milliseconds since 1970. */
      retryAt?: number | null | undefined;
      /** Its `status` is null unless given. */
      cause?: (Omit<CloseCause, "status"> & Partial<Pick<CloseCause, "status">>) | null | undefined;
    },
  ): void;
  /** How many callbacks are registered for that topic. */
  listenerCount(topic: EventType | keyof NoticeMap): number;
  /** How often `reconnectNow()` was called. */
  readonly reconnects: number;
  /** The requests that a store has sent, except for loading and sending: HTTP methods and paths, for example `/messages/5/read`. */
  readonly requests: readonly (readonly [method: string, path: string])[];
}

/** A message that a store sends. */
export interface FakeSend {
  text: string;
  roomId: RoomId;
  /** The message that it comments on; 0 if it is no comment. */
  parentMessageId: MessageId | 0;
}

/** The files of a message that a store has sent. */
export interface FakeUpload {
  messageId: MessageId;
  files: readonly Blob[];
}

/** Options of `createFakeClient()`. */
export interface FakeClientOptions {
  url?: string | undefined;
  /** Default: `open`. */
  status?: ConnectionStatus | undefined;
  /** What a store on the client shows of rooms at first. What is emitted changes it. */
  rooms?: readonly Partial<Room>[] | undefined;
  /** What a store shows of messages at first. What is emitted changes it. */
  messages?: readonly Partial<Message>[] | undefined;
  /** What `store.users` gives. */
  users?: readonly Partial<User>[] | undefined;
  /** What `store.permissions()` gives for each room. */
  permissions?: Permissions | undefined;
  /** Who is logged in: the author of what a store sends. Default: 1. */
  userId?: UserId | undefined;
  /**
   * What becomes of a message that a store sends. `accept`: it is there, and emitted as `TextMessagesCreated`. `hold`: it stays
   * `sending`. A number: it is refused with that HTTP status. Default: `accept`.
   */
  onSend?: ((message: FakeSend) => "accept" | "hold" | number) | undefined;
  /**
   * What becomes of the files of a message that a store sends. `accept`: they are attached, and `TextMessagesUpdated` is
   * emitted. `hold`: they stay `uploading`. A number: they are refused with that HTTP status. Default: `accept`.
   */
  onUpload?: ((upload: FakeUpload) => "accept" | "hold" | number) | undefined;
}

/**
 * Makes one. It is `open` unless `status` says otherwise, and the list of rooms is `live`.
 *
 * `createStore()` takes it as it takes any client, and shows what is emitted.
 */
export declare function createFakeClient(options?: FakeClientOptions): FakeEventsClient;

/** A whole message: a short plain text by user 1 in room 1, with the given fields in place of those. */
export declare function fakeMessage(fields?: Partial<Message>): Message;

/** A whole room, with the given fields in place of the usual ones. `name` and `displayName` are the same. */
export declare function fakeRoom(fields?: Partial<Room>): Room;
