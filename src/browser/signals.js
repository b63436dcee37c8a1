// What the browser tells of the network and of the page.

/** The signals, each by its number. Those from `visibilitychange` on are the document's, the others the window's. */
const SIGNALS = ["online", "offline", "pagehide", "pageshow", "visibilitychange", "freeze", "resume"];

/**
 * Listens. In a worker there is only the network to hear of, and in Node.js nothing.
 *
 * @param {(signal: number) => void} report never called from within this call
 * @returns {AbortController} ends it
 */
export function listenToPage(report) {
  const controller = new AbortController();
  SIGNALS.forEach((type, number) => {
    const target = number < 4 ? globalThis : globalThis.document;
    target?.addEventListener?.(type, () => report(number), { signal: controller.signal });
  });
  return controller;
}
