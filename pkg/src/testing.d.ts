/**
 * A fake client for tests.
 *
 * @module room-events/testing
 */

import type {
  CloseCause,
  ConnectionStatus,
  EventDataMap,
  EventsClient,
  EventType,
  Message,
  NoticeMap,
  Room,
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
}

/** Makes one. It is `open` unless `status` says otherwise, and the list of rooms is `live`. */
export declare function createFakeClient(options?: {
  url?: string | undefined;
  status?: ConnectionStatus | undefined;
}): FakeEventsClient;

/** A whole message: a short plain text by user 1 in room 1, with the given fields in place of those. */
export declare function fakeMessage(fields?: Partial<Message>): Message;

/** A whole room, with the given fields in place of the usual ones. `name` and `displayName` are the same. */
export declare function fakeRoom(fields?: Partial<Room>): Room;
