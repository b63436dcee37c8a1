// The functions that all framework adapters share, built from each framework's primitives.

import { NO_ROOMS, NO_TIMELINE, NO_UNREAD } from "./nothing.js";

/** Reads an argument. Signals, accessors and getters are functions. */
export const call = (given) => (typeof given === "function" ? given() : given);

/**
 * @template Shown
 * @param {(source: () => object | undefined, fallback?: unknown) => Shown} show follows the value of a function
 * @param {(compute: () => unknown) => unknown} memo computes a value again when its dependencies change
 * @param {(given: unknown) => any} read reads an argument, or a result of `memo`
 */
export function partsFor(show, memo, read = call) {
  const part = (name, fallback) => (store) => show(() => read(store)?.[name], fallback);
  const timeline = (name, count) => (store, ...args) => {
    const found = memo(() => {
      const given = args.map(read);
      return given.slice(0, count).some((id) => id == null) ? undefined : read(store)?.[name](...given);
    });
    return { timeline: found, state: show(() => read(found), NO_TIMELINE) };
  };
  return {
    useRooms: part("rooms", NO_ROOMS),
    useUnread: part("unread", NO_UNREAD),
    useFreshness: part("freshness", "loading"),
    useRoom: (store, roomId) =>
      show(() => {
        const id = read(roomId);
        return id == null ? undefined : read(store)?.room(id);
      }),
    useTimeline: timeline("timeline", 1),
    useThread: timeline("thread", 2),
  };
}
