// What happens when the WebAssembly module itself fails: it has no memory left, or a bug made it trap. Nothing in its
// memory can be relied on then, so it is not entered again, by any client.

import { buildConnection, report } from "../../src/browser/glue.js";
import { closeAll } from "../../src/browser/socket.js";

/** What the module failed with, and the cause that the clients name; undefined as long as it works. */
let failure;

/** How many calls into the module are under way, one within the other. */
let depth = 0;

/** The callbacks for `statechange` of all clients. */
const listeners = new Set();

/** The cause of all clients' end; undefined as long as the module works. */
export const failed = () => failure?.cause;

/** What a failure leaves of every client's connection. */
const closed = () => buildConnection(1, NaN, { ...failed() });

function fail(error) {
  if (failure) return;
  const reason = `the client's WebAssembly module has failed (${error?.message ?? error}): reload the page`;
  failure = { error, cause: { code: 0, reason, wasClean: false, status: null } };
  closeAll();
  // Not from within whatever has called the module.
  queueMicrotask(() => {
    report(error);
    for (const told of listeners) {
      try {
        told({ status: "closed", ...closed() });
      } catch (thrown) {
        report(thrown);
      }
    }
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

/** Calls the module; where it has failed, before or by that, what `otherwise` gives. */
function attempt(call, otherwise) {
  let value;
  try {
    if (!failure) value = call();
  } catch (error) {
    if (!failure) throw error;
  }
  return failure ? otherwise() : value;
}

const nothing = () => {};

/**
 * The module's class with a way out of every method.
 *
 * @template {new (...args: any[]) => object} Base
 * @param {Base} Base
 * @param {(cause: object) => object} emptyStats
 */
export const failsafe = (Base, emptyStats) =>
  class extends Base {
    get status() {
      return attempt(() => super.status, () => "closed");
    }

    get connection() {
      return attempt(() => super.connection, closed);
    }

    on(topic, callback, options) {
      const isChange = topic === "statechange" && typeof callback === "function";
      const told = (change) => {
        if (change.status === "closed") listeners.delete(told);
        callback(change);
      };
      const off = attempt(() => super.on(topic, isChange ? told : callback, options), () => nothing);
      if (!isChange || this.status === "closed") return off;
      listeners.add(told);
      return () => {
        listeners.delete(told);
        off();
      };
    }

    follow(ids) {
      attempt(() => super.follow(ids), nothing);
    }

    freshness(roomId) {
      return attempt(() => super.freshness(roomId), nothing);
    }

    stats() {
      return attempt(() => super.stats(), () => emptyStats({ ...failed() }));
    }

    reconnectNow() {
      attempt(() => super.reconnectNow(), nothing);
    }

    close() {
      attempt(() => super.close(), nothing);
    }
  };
