/**
 * Reactive objects for a store in Svelte 5: read `current`.
 *
 * @module room-events/svelte
 */

import type { Anchor, Live, Store, Timeline, TimelineState, Unread } from "./store.js";
import type { Freshness, MessageId, Room, RoomId } from "./types.js";

/** A value, or a function that returns one: use `() => roomId` for values that change. */
export type Given<T> = T | (() => T);

/** An object whose `current` is reactive. */
export type Shown<T> = { readonly current: T };

/**
 * Follows a value of a store while its `current` is read in an effect or a template.
 *
 * @param fallback the result while there is no value
 */
export declare function useLive<T>(source: Given<Live<T>>): Shown<T>;
/** For a value that may not exist yet. */
export declare function useLive<T, F = undefined>(source: Given<Live<T> | null | undefined>, fallback?: F): Shown<T | F>;

/** The rooms. Empty while there is no store. */
export declare function useRooms(store: Given<Store | null | undefined>): Shown<readonly Readonly<Room>[]>;

/** A room; undefined if it does not exist. */
export declare function useRoom(store: Given<Store | null | undefined>, roomId: Given<RoomId | null | undefined>): Shown<Readonly<Room> | undefined>;

/** A timeline and its content. */
export interface ShownTimeline {
  /** Returns the timeline, for its methods. Undefined while there is no store or no room. */
  readonly timeline: () => Timeline | undefined;
  readonly state: Shown<TimelineState>;
}

/** The messages of a room. */
export declare function useTimeline(
  store: Given<Store | null | undefined>,
  roomId: Given<RoomId | null | undefined>,
  anchor?: Given<Anchor | undefined>,
): ShownTimeline;

/** The comments on a message in that room. */
export declare function useThread(
  store: Given<Store | null | undefined>,
  roomId: Given<RoomId | null | undefined>,
  messageId: Given<MessageId | null | undefined>,
  anchor?: Given<Anchor | undefined>,
): ShownTimeline;

/** The numbers of unread messages in all rooms. */
export declare function useUnread(store: Given<Store | null | undefined>): Shown<Unread>;

/** The worst freshness of the connection and of everything shown. `loading` while there is no store. */
export declare function useFreshness(store: Given<Store | null | undefined>): Shown<Freshness>;
