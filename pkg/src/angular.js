// Signals for a store in Angular.

import { computed, effect, signal, untracked } from "@angular/core";

import { call, partsFor } from "./adapters/parts.js";

export function useLive(source, fallback) {
  const live = computed(() => call(source));
  /** The number of changes. */
  const changes = signal(0);
  effect((onCleanup) => {
    const watched = live();
    // On a server, the current value is rendered once.
    if (watched && typeof document !== "undefined") onCleanup(untracked(() => watched.subscribe(() => changes.update((count) => count + 1))));
  });
  return computed(() => {
    changes();
    const watched = live();
    return watched ? watched.get() : fallback;
  });
}

export const { useFreshness, useRoom, useRooms, useThread, useTimeline, useUnread } = /* @__PURE__ */ partsFor(useLive, computed);
