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

/** A client controlled by the test: no WebAssembly, no network. Can be used in place of any client. */
export interface FakeEventsClient extends EventsClient {
  /**
   * Calls the callbacks of that event synchronously, in order of registration. Exceptions are reported with
   * `reportError`, as with a real client. After `close()`, nothing is called.
   *
   * @throws RoomEventsError `unknown-topic`
   */
  emit<Type extends EventType>(type: Type, data: EventDataMap[Type], options?: { recovered?: boolean | undefined }): void;
  /**
   * Calls the callbacks of a notice. `statechange` also changes the status, and `freshness` the result of
   * `freshness()`.
   */
  emit<Topic extends keyof NoticeMap>(topic: Topic, notice: NoticeMap[Topic]): void;
  /** Changes the status and emits `statechange`. Does nothing after `closed`. */
  setStatus(
    status: ConnectionStatus,
    details?: {
      attempt?: number | undefined;
      /** Milliseconds since 1970. */
      retryAt?: number | null | undefined;
      /** `status` is null unless given. */
      cause?: (Omit<CloseCause, "status"> & Partial<Pick<CloseCause, "status">>) | null | undefined;
    },
  ): void;
  /** Returns the number of listeners for that topic. */
  listenerCount(topic: EventType | keyof NoticeMap): number;
  /** The number of calls of `reconnectNow()`. */
  readonly reconnects: number;
  /**
   * The requests that stores have sent, except for loading and sending: HTTP methods and paths, for example
   * `/messages/5/read`.
   */
  readonly requests: readonly (readonly [method: string, path: string])[];
}

/** A message sent by a store. */
export interface FakeSend {
  text: string;
  roomId: RoomId;
  /** The message that it comments on; 0 if it is not a comment. */
  parentMessageId: MessageId | 0;
}

/** The files of a message sent by a store. */
export interface FakeUpload {
  messageId: MessageId;
  files: readonly Blob[];
}

/** Options of `createFakeClient()`. */
export interface FakeClientOptions {
  url?: string | undefined;
  /** Default: `open`. */
  status?: ConnectionStatus | undefined;
  /** The initial rooms of stores on the client. Emitted events change them. */
  rooms?: readonly Partial<Room>[] | undefined;
  /** The initial messages of stores on the client. Emitted events change them. */
  messages?: readonly Partial<Message>[] | undefined;
  /** The value of `store.users`. */
  users?: readonly Partial<User>[] | undefined;
  /** The value of `store.permissions()` for every room. */
  permissions?: Permissions | undefined;
  /** The logged-in user, who is the author of sent messages. Default: 1. */
  userId?: UserId | undefined;
  /**
   * Decides the outcome of a message sent by a store. `accept`: it is sent and emitted as `TextMessagesCreated`.
   * `hold`: it stays `sending`. A number: it is refused with that HTTP status. Default: `accept`.
   */
  onSend?: ((message: FakeSend) => "accept" | "hold" | number) | undefined;
  /**
   * Decides the outcome of a file upload by a store. `accept`: the files are attached, and `TextMessagesUpdated` is
   * emitted. `hold`: they stay `uploading`. A number: they are refused with that HTTP status. Default: `accept`.
   */
  onUpload?: ((upload: FakeUpload) => "accept" | "hold" | number) | undefined;
}

/**
 * Creates a fake client. It is `open` unless `status` says otherwise, and the list of rooms is `live`.
 *
 * `createStore()` accepts it like any client, and shows the emitted events.
 */
export declare function createFakeClient(options?: FakeClientOptions): FakeEventsClient;

/** Returns a complete message: an empty plain text by user 1 in room 1, with the given fields replaced. */
export declare function fakeMessage(fields?: Partial<Message>): Message;

/**
 * Returns a complete room with the given fields replaced. If only one of `name` and `displayName` is given, both get
 * its value.
 */
export declare function fakeRoom(fields?: Partial<Room>): Room;
