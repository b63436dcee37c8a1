/**
 * A store in Angular 17 and newer: signals, in an injection context.
 *
 * @module room-events/angular
 */

import type { Signal } from "@angular/core";

import type { Anchor, Live, Store, Timeline, TimelineState, Unread } from "./store.js";
import type { Freshness, MessageId, Room, RoomId } from "./types.js";

/** A value, a signal, or a function that gives one. */
export type Given<T> = T | (() => T);

/** A signal. */
export type Shown<T> = Signal<T>;

/**
 * Shows a value of a store, from when it is first needed until what asked for it is gone.
 *
 * @param fallback what is shown while there is no value to look at
 */
export declare function useLive<T>(source: Given<Live<T>>): Shown<T>;
/** Of a value that may not be there yet. */
export declare function useLive<T, F = undefined>(source: Given<Live<T> | null | undefined>, fallback?: F): Shown<T | F>;

/** The rooms. Empty while there is no store. */
export declare function useRooms(store: Given<Store | null | undefined>): Shown<readonly Readonly<Room>[]>;

/** One of the rooms; undefined if it is not there. */
export declare function useRoom(store: Given<Store | null | undefined>, roomId: Given<RoomId | null | undefined>): Shown<Readonly<Room> | undefined>;

/** A timeline, and what it shows. */
export interface ShownTimeline {
  /** For its methods. Undefined while there is no store or no room. */
  readonly timeline: Shown<Timeline | undefined>;
  readonly state: Shown<TimelineState>;
}

/** The messages of a room. */
export declare function useTimeline(
  store: Given<Store | null | undefined>,
  roomId: Given<RoomId | null | undefined>,
  anchor?: Given<Anchor | undefined>,
): ShownTimeline;

/** The comments on a message of that room. */
export declare function useThread(
  store: Given<Store | null | undefined>,
  roomId: Given<RoomId | null | undefined>,
  messageId: Given<MessageId | null | undefined>,
  anchor?: Given<Anchor | undefined>,
): ShownTimeline;

/** How much is unread, in all rooms. */
export declare function useUnread(store: Given<Store | null | undefined>): Shown<Unread>;

/** How current all that is shown is. `loading` while there is no store. */
export declare function useFreshness(store: Given<Store | null | undefined>): Shown<Freshness>;
