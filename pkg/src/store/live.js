// Values that can be read at any time, and whose listeners are called after changes.

import { report } from "../../../src/browser/bridge.js";

/** The sets of listeners to call in the next microtask. */
const due = new Set();

function flush() {
  const lists = [...due];
  due.clear();
  for (const entries of lists) {
    for (const entry of [...entries]) {
      // It was removed in the meantime.
      if (!entries.has(entry)) continue;
      try {
        entry.listener();
      } catch (error) {
        report(error);
      }
    }
  }
}

/** Schedules listeners in a microtask: never during `subscribe()` or a method, and once for simultaneous changes. */
function tell(entries) {
  if (due.size === 0) queueMicrotask(flush);
  due.add(entries);
}

/** Starts a timer that does not keep the process alive. */
const later = (task, delay) => {
  const timer = setTimeout(task, delay);
  timer.unref?.();
  return timer;
};

/**
 * Creates a value.
 *
 * @template T
 * @param {object} core the store's shared state
 * @param {object} source
 * @param {T} source.initial the value until it is loaded
 * @param {() => T} source.read returns the current value: the same object if nothing has changed
 * @param {() => ((error?: Error) => void) | void} source.start called for the first listener; returns a function that
 *   is called a while after the last listener is removed, or with an error when the store ends
 * @param {() => boolean} source.isLoaded
 * @returns {{ live: import("../store.js").Live<T>, changed(): void, fail(error: Error): void, end(error: Error): void, isWatched(): boolean, isHeard(): boolean }}
 */
export function makeLive(core, { initial, read, start, isLoaded }) {
  const entries = new Set();
  let stop;
  let timer;
  /** The promise of `ready`, and the functions that settle it. */
  let waiting;
  let isStarted = false;

  const release = () => {
    core.changed();
    if (entries.size > 0 || waiting?.isHeld) return;
    clearTimeout(timer);
    timer = later(() => {
      waiting = undefined;
      leave();
    }, core.linger);
  };
  const leave = (error) => {
    if (!isStarted) return;
    isStarted = false;
    core.started.delete(own);
    stop?.(error);
  };
  const hold = () => {
    clearTimeout(timer);
    if (!isStarted && !core.failure) {
      isStarted = true;
      core.started.add(own);
      stop = start();
    }
    core.changed();
  };
  const settle = (error) => {
    if (!waiting?.isHeld || !(error || isLoaded())) return;
    waiting.isHeld = false;
    if (error) waiting.reject(error);
    else waiting.resolve();
    release();
  };
  const live = {
    // Prevents Vue from wrapping it.
    __v_skip: true,
    initial,
    get: read,
    subscribe(listener) {
      const entry = { listener };
      entries.add(entry);
      hold();
      return () => {
        if (entries.delete(entry)) release();
      };
    },
    get ready() {
      if (!waiting) {
        waiting = { isHeld: true };
        waiting.promise = new Promise((resolve, reject) => Object.assign(waiting, { resolve, reject })).then(read);
        // Not an unhandled rejection if nobody awaits it.
        waiting.promise.catch(() => {});
        hold();
        settle(core.failure);
      }
      return waiting.promise;
    },
  };
  const own = {
    live,
    isWatched: () => isStarted,
    isHeard: () => entries.size > 0,
    changed() {
      tell(entries);
      settle();
    },
    /** Handles a failure to load. The next listener tries again. */
    fail(error) {
      settle(error);
      clearTimeout(timer);
      waiting = undefined;
      leave();
    },
    end(error) {
      clearTimeout(timer);
      leave(error);
      tell(entries);
      settle(error);
    },
  };
  return own;
}

const isSame = (one, other) =>
  one === other ||
  (one && Object.getPrototypeOf(one) === Object.prototype && Object.keys(one).every((name) => one[name] === other?.[name]));

/**
 * Creates a value that is computed from another one.
 *
 * @template T, U
 * @param {import("../store.js").Live<T>} source
 * @param {(value: T) => U} compute
 * @returns {import("../store.js").Live<U>}
 */
export function derive(source, compute) {
  const initial = compute(source.initial);
  let from = source.initial;
  let value = initial;
  const get = () => {
    const now = source.get();
    if (now !== from) {
      from = now;
      const next = now === source.initial ? initial : compute(now);
      if (next === initial || !isSame(value, next)) value = next;
    }
    return value;
  };
  return {
    __v_skip: true,
    initial,
    get,
    subscribe(listener) {
      let told = get();
      return source.subscribe(() => {
        const now = get();
        if (now === told) return;
        told = now;
        listener();
      });
    },
    get ready() {
      return source.ready.then(get);
    },
  };
}
