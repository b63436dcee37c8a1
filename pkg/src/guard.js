// What happens when the WebAssembly module itself fails: it has no memory left, or a bug made it trap. Nothing in its
// memory can be relied on then, so it is not entered again, by any engine.

import { report } from "../../src/browser/bridge.js";
import { closeAll } from "../../src/browser/socket.js";

/** What the module failed with; undefined as long as it works. */
let failure;

/** How many calls into the module are under way, one within the other. */
let depth = 0;

const listeners = new Set();

/** What is to be said of the module's failure; undefined as long as it works. */
export const failed = () => failure?.reason;

/**
 * Calls back when the module fails.
 *
 * @param {(reason: string) => void} listener
 */
export const onFailure = (listener) => listeners.add(listener);

/** @param {(reason: string) => void} listener */
export const offFailure = (listener) => listeners.delete(listener);

function fail(error) {
  if (failure) return;
  failure = { error, reason: `the client's WebAssembly module has failed (${error?.message ?? error}): reload the page` };
  closeAll();
  // Not from within whatever has called the module.
  queueMicrotask(() => {
    report(error);
    for (const listener of listeners) listener(failure.reason);
  });
}

/** A function of the module that does nothing once the module has failed. */
const guard = (call) => (...args) => {
  depth += 1;
  try {
    // Timers, sockets and finalizers still come.
    if (failure) throw failure.error;
    return call(...args);
  } catch (error) {
    fail(error);
    // What is still under way in the module is not to go on.
    if (depth > 1) throw error;
  } finally {
    depth -= 1;
  }
};

/**
 * The module's exports with every function guarded. The bindings turn what the module throws on purpose into exceptions
 * outside of these: what leaves a function here has ended it in the middle.
 *
 * @param {WebAssembly.Exports} exports
 */
export const guarded = (exports) =>
  Object.fromEntries(
    Object.entries(exports).map(([name, value]) => [name, typeof value === "function" ? guard(value) : value]),
  );
