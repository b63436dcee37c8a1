/**
 * Hooks for React 18 and 19.
 *
 * @module room-events/react
 */

import type { Anchor, Live, Store, Timeline, TimelineState, Unread } from "./store.js";
import type {
  EventDataMap,
  EventsClient,
  EventType,
  Freshness,
  MessageId,
  NoticeMap,
  OnOptions,
  Room,
  RoomEvent,
  RoomId,
  StateChange,
  TopicMap,
} from "./types.js";

/** A client or a promise of one. Hooks wait until there is one. */
export type EventsSource = EventsClient | PromiseLike<EventsClient> | null | undefined;

/**
 * Connects when the component mounts and closes the client when it unmounts. Does nothing on a server.
 *
 * The callbacks of `useEvents()` are registered before the first event is delivered.
 *
 * @param connect creates the client, usually with `connect()`. Called once per mount, with the values that it captured
 *   at that time. The signal is aborted when the component unmounts.
 * @returns the promise of the client; null before the component is mounted. If the promise rejects, the error is thrown
 *   for an error boundary.
 * @example
 * const connection = useConnection(() => connect());
 */
export declare function useConnection(
  connect: (signal: AbortSignal) => EventsClient | PromiseLike<EventsClient>,
): Promise<EventsClient> | null;

/**
 * Calls `callback` for every event of that type while the component is mounted. Always uses the latest callback;
 * changing it does not register a new listener.
 */
export declare function useEvents<Type extends EventType>(
  source: EventsSource,
  type: Type,
  callback: (data: EventDataMap[Type], event: RoomEvent<Type>) => void,
  options?: Omit<OnOptions, "signal">,
): void;
/** Calls `callback` for every notice of the client. */
export declare function useEvents<Topic extends keyof NoticeMap>(
  source: EventsSource,
  topic: Topic,
  callback: (notice: NoticeMap[Topic]) => void,
  options?: Omit<OnOptions, "signal">,
): void;
/** For generic code that handles both events and notices. */
export declare function useEvents<Topic extends keyof TopicMap>(
  source: EventsSource,
  topic: Topic,
  callback: (value: TopicMap[Topic]) => void,
  options?: Omit<OnOptions, "signal">,
): void;

/**
 * The status of the connection and its details, kept up to date. `connecting` while there is no client, and on a
 * server.
 */
export declare function useConnectionState(source: EventsSource): StateChange;

/** A store, or nothing yet. */
export type StoreSource = Store | null | undefined;

/**
 * Returns a value of a store and renders again when it changes. Loads when the component mounts, not during rendering.
 * On a server, returns the value before anything is loaded.
 *
 * @param select picks the relevant part: the component renders again only if that part has changed. If the function
 *   creates objects, keep its identity stable between renders.
 * @returns undefined while there is no value
 * @example
 * const count = useLive(store.rooms, (rooms) => rooms.length);
 */
export declare function useLive<T>(live: Live<T>): T;
/** For a value that may not exist yet. */
export declare function useLive<T>(live: Live<T> | null | undefined): T | undefined;
/** For a part of a value. */
export declare function useLive<T, U>(live: Live<T>, select: (value: T) => U): U;

/** The rooms, like `store.rooms`. Empty while there is no store. */
export declare function useRooms(store: StoreSource): readonly Readonly<Room>[];

/** A room; undefined if it does not exist. */
export declare function useRoom(store: StoreSource, roomId: RoomId | null | undefined): Readonly<Room> | undefined;

/** The content of a timeline, and the timeline for its methods; null while there is no store or no room. */
export interface ShownTimeline extends TimelineState {
  readonly timeline: Timeline | null;
}

/**
 * The messages of a room.
 *
 * @example
 * const { items, start, timeline } = useTimeline(store, roomId);
 */
export declare function useTimeline(store: StoreSource, roomId: RoomId | null | undefined, anchor?: Anchor): ShownTimeline;

/** The comments on a message in that room. */
export declare function useThread(
  store: StoreSource,
  roomId: RoomId | null | undefined,
  messageId: MessageId | null | undefined,
  anchor?: Anchor,
): ShownTimeline;

/** The numbers of unread messages in all rooms. */
export declare function useUnread(store: StoreSource): Unread;

/** The worst freshness of the connection and of everything shown. `loading` while there is no store. */
export declare function useFreshness(store: StoreSource): Freshness;
