// Reactive objects for a store in Svelte.

import { createSubscriber } from "svelte/reactivity";

import { call, partsFor } from "./adapters/parts.js";

/** The subscriber of each value, shared by all its readers. */
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
