// A store in Svelte: objects whose `current` is followed by whatever reads it.

import { createSubscriber } from "svelte/reactivity";

import { call, partsFor } from "./adapters/parts.js";

/** What follows a value, for all who read it. */
const subscribers = new WeakMap();

export function useLive(source, fallback) {
  return {
    get current() {
      const live = call(source);
      if (!live) return fallback;
      if (!subscribers.has(live)) subscribers.set(live, createSubscriber(live.subscribe));
      subscribers.get(live)();
      return live.get();
    },
  };
}

export const { useFreshness, useRoom, useRooms, useThread, useTimeline, useUnread } = /* @__PURE__ */ partsFor(useLive, (compute) => compute);
