// Hooks that show a store.

import { useMemo, useSyncExternalStore } from "react";

/** What is looked at while there is no store. */
const NOTHING = { initial: undefined, get: () => undefined, subscribe: () => () => {} };

const NONE = [];
const NO_TIMELINE = {
  items: NONE,
  freshness: "loading",
  cause: null,
  start: false,
  end: false,
  isLoadingOlder: false,
  isLoadingNewer: false,
  isAnchorMissing: false,
  isGone: false,
  firstUnreadId: null,
};
const NO_UNREAD = { messages: 0, rooms: 0 };

/** A function that is computed once for each value. */
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

export const useRooms = (store) => useLive(store?.rooms) ?? NONE;

export const useRoom = (store, roomId) => useLive(roomId == null ? undefined : store?.room(roomId));

/** A timeline with what it shows. */
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
