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

/** A client, or the promise of one. Hooks wait while there is none. */
export type EventsSource = EventsClient | PromiseLike<EventsClient> | null | undefined;

/**
 * Connects when the component is mounted and closes the client when it is unmounted. Does nothing on a server.
 *
 * The callbacks of `useEvents()` are registered before the first event is delivered.
 *
 * @param connect makes the client, from this package's `connect()` or another's. Called once a mount; what it closes over
 *   then is what counts. The signal is aborted when the component is unmounted.
 * @returns the promise of the client; null before the component is mounted. Where the promise rejects, the error is
 *   thrown, for an error boundary.
 * @example
 * const connection = useConnection(() => connect());
 */
export declare function useConnection(
  connect: (signal: AbortSignal) => EventsClient | PromiseLike<EventsClient>,
): Promise<EventsClient> | null;

/**
 * Calls back for every event of that type while the component is mounted. The callback of the last rendering is called;
 * a new one does not register anything anew.
 */
export declare function useEvents<Type extends EventType>(
  source: EventsSource,
  type: Type,
  callback: (data: EventDataMap[Type], event: RoomEvent<Type>) => void,
  options?: Omit<OnOptions, "signal">,
): void;
/** Calls back for what the client itself has to say. */
export declare function useEvents<Topic extends keyof NoticeMap>(
  source: EventsSource,
  topic: Topic,
  callback: (notice: NoticeMap[Topic]) => void,
  options?: Omit<OnOptions, "signal">,
): void;
/** The same for generic code, which does not know which of the two a topic is. */
export declare function useEvents<Topic extends keyof TopicMap>(
  source: EventsSource,
  topic: Topic,
  callback: (value: TopicMap[Topic]) => void,
  options?: Omit<OnOptions, "signal">,
): void;

/** The status of the connection and what goes with it, as they change. While there is no client, and on a server: `connecting`. */
export declare function useConnectionState(source: EventsSource): StateChange;

/** A store, if there is one already. */
export type StoreSource = Store | null | undefined;

/**
 * A value of a store, up to date. Loads when the component is mounted, not while it renders; on a server it is what the value
 * is before anything is loaded.
 *
 * @param select what of it is of interest: the component renders again only if that has changed. Keep the function the same
 *   from one rendering to the next if it makes objects.
 * @returns undefined while there is no value to look at
 * @example
 * const count = useLive(store.rooms, (rooms) => rooms.length);
 */
export declare function useLive<T>(live: Live<T>): T;
/** Of a value that may not be there yet. */
export declare function useLive<T>(live: Live<T> | null | undefined): T | undefined;
/** Of a part of it. */
export declare function useLive<T, U>(live: Live<T>, select: (value: T) => U): U;

/** The rooms, as `store.rooms`. Empty while there is no store. */
export declare function useRooms(store: StoreSource): readonly Readonly<Room>[];

/** One of the rooms; undefined if it is not there. */
export declare function useRoom(store: StoreSource, roomId: RoomId | null | undefined): Readonly<Room> | undefined;

/** What a timeline shows, and the timeline with its methods; null while there is no store or no room. */
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

/** The comments on a message of that room. */
export declare function useThread(
  store: StoreSource,
  roomId: RoomId | null | undefined,
  messageId: MessageId | null | undefined,
  anchor?: Anchor,
): ShownTimeline;

/** How much is unread, in all rooms. */
export declare function useUnread(store: StoreSource): Unread;

/** How current all that is shown is. `loading` while there is no store. */
export declare function useFreshness(store: StoreSource): Freshness;
