// Accessors for a store in Solid.

import { createComputed, createMemo, createSignal, onCleanup } from "solid-js";

import { call, partsFor } from "./adapters/parts.js";

export function useLive(source, fallback) {
  const [shown, setShown] = createSignal(fallback);
  createComputed(() => {
    const live = call(source);
    const update = () => setShown(() => (live ? live.get() : fallback));
    update();
    // On a server, the current value is rendered once.
    if (live && typeof document !== "undefined") onCleanup(live.subscribe(update));
  });
  return shown;
}

export const { useFreshness, useRoom, useRooms, useThread, useTimeline, useUnread } = /* @__PURE__ */ partsFor(useLive, createMemo);
