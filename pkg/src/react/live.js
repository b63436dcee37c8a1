// Hooks for a store.

import { useMemo, useSyncExternalStore } from "react";

import { NO_ROOMS, NO_TIMELINE, NO_UNREAD } from "../adapters/nothing.js";

/** Stands for a value while there is no store. */
const NOTHING = { initial: undefined, get: () => undefined, subscribe: () => () => {} };

/** Returns a function that remembers its last result. */
function remembering(compute) {
  let from = remembering;
  let result;
  return (value) => {
    if (value !== from) {
      result = compute(value);
      from = value;
    }
    return result;
  };
}

export function useLive(live, select) {
  const { get, initial, subscribe } = live ?? NOTHING;
  const [read, readInitial] = useMemo(() => {
    if (!select) return [get, () => initial];
    const [now, first] = [remembering(select), remembering(select)];
    return [() => now(get()), () => first(initial)];
  }, [get, initial, select]);
  return useSyncExternalStore(subscribe, read, readInitial);
}

export const useRooms = (store) => useLive(store?.rooms) ?? NO_ROOMS;

export const useRoom = (store, roomId) => useLive(roomId == null ? undefined : store?.room(roomId));

/** Returns a timeline with its content. */
function useShown(timeline = null) {
  const state = useLive(timeline) ?? NO_TIMELINE;
  return useMemo(() => ({ ...state, timeline }), [state, timeline]);
}

export const useTimeline = (store, roomId, anchor) =>
  useShown(roomId == null ? undefined : store?.timeline(roomId, anchor));

export const useThread = (store, roomId, messageId, anchor) =>
  useShown(roomId == null || messageId == null ? undefined : store?.thread(roomId, messageId, anchor));

export const useUnread = (store) => useLive(store?.unread) ?? NO_UNREAD;

export const useFreshness = (store) => useLive(store?.freshness) ?? "loading";
