// Handles failures of the WebAssembly module: it is out of memory, or a bug made it trap. Its memory is unreliable
// then, so no engine calls it again.

import { report } from "../../src/browser/bridge.js";
import { closeAll } from "../../src/browser/socket.js";

/** The error that the module failed with; undefined while it works. */
let failure;

/** The number of nested calls into the module. */
let depth = 0;

const listeners = new Set();

/** The message about the module's failure; undefined while it works. */
export const failed = () => failure?.reason;

/**
 * Adds a listener for the module's failure.
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
  // Not during the current call into the module.
  queueMicrotask(() => {
    report(error);
    for (const listener of listeners) listener(failure.reason);
  });
}

/** Wraps a function of the module, so that it does nothing once the module has failed. */
const guard = (call) => (...args) => {
  depth += 1;
  try {
    // Timers, sockets and finalizers still call it.
    if (failure) throw failure.error;
    return call(...args);
  } catch (error) {
    fail(error);
    // The outer calls into the module must not continue.
    if (depth > 1) throw error;
  } finally {
    depth -= 1;
  }
};

/**
 * Wraps all functions of the module's exports. The bindings convert intended errors to exceptions outside of these
 * functions, so an exception here means that the module was interrupted.
 *
 * @param {WebAssembly.Exports} exports
 */
export const guarded = (exports) =>
  Object.fromEntries(
    Object.entries(exports).map(([name, value]) => [name, typeof value === "function" ? guard(value) : value]),
  );
