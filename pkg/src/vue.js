// Refs for a store in Vue.

import { computed, shallowReadonly, shallowRef, toValue, watch } from "vue";

import { partsFor } from "./adapters/parts.js";

export function useLive(source, fallback) {
  const shown = shallowRef(fallback);
  watch(
    () => toValue(source),
    (live, _, onCleanup) => {
      const update = () => {
        shown.value = live ? live.get() : fallback;
      };
      // On a server, the current value is rendered once.
      if (live && typeof document !== "undefined") onCleanup(live.subscribe(update));
      update();
    },
    { immediate: true, flush: "sync" },
  );
  return shallowReadonly(shown);
}

export const { useFreshness, useRoom, useRooms, useThread, useTimeline, useUnread } = /* @__PURE__ */ partsFor(useLive, computed, toValue);
