/**
 * Hooks for React 18 and 19.
 *
 * @module room-events/react
 */

import type {
  EventDataMap,
  EventsClient,
  EventType,
  NoticeMap,
  OnOptions,
  RoomEvent,
  StateChange,
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

/** The status of the connection and what goes with it, as they change. While there is no client, and on a server: `connecting`. */
export declare function useConnectionState(source: EventsSource): StateChange;
