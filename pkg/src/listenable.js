// The methods of a client that build on `on()`, also used by the fake client.

import { makeError } from "./error.js";
import { checkNames } from "./names.js";
import { EVENT_TYPES } from "./generated/tables.js";

/** The default number of events that an iterator buffers for a slow consumer. */
const BUFFER = 1000;

/** The options of all methods that add listeners. */
const OPTIONS = ["signal", "roomId"];

/** The well-known symbols, or substitutes in environments without them. */
const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** Listens to a signal, until the client is closed or the returned function is called. */
export const hold = Symbol("hold");
/** Called by the class when it is closed, after its last `statechange`. */
export const ended = Symbol("ended");

/**
 * Extends a class with `status`, `close()`, and an `on()` that returns a function that removes the listener.
 *
 * @template {new (...args: any[]) => object} Base
 * @param {Base} Base
 */
export const listenable = (Base) =>
  class extends Base {
    /** Prevents Vue from wrapping the client: a proxy cannot access private members. */
    get __v_skip() {
      return true;
    }

    /** The listeners for `off()`: topic, callback, and a function that removes it. */
    #registered = new Set();
    /** Functions that remove listeners from signals, which may live as long as the application. */
    #held = new Set();

    [hold](signal, listener) {
      const letGo = () => {
        this.#held.delete(letGo);
        signal?.removeEventListener("abort", listener);
      };
      if (signal && this.status !== "closed") {
        this.#held.add(letGo);
        signal.addEventListener("abort", listener);
      }
      return letGo;
    }

    [ended]() {
      for (const letGo of this.#held) letGo();
    }

    on(topic, callback, options) {
      checkNames(options ?? {}, [...OPTIONS, "once"]);
      return options?.once ? this.#first(topic, callback, options) : this.#register(topic, callback, callback, options);
    }

    once(topic, callback, options) {
      checkNames(options ?? {}, OPTIONS);
      return this.#first(topic, callback, options);
    }

    #first(topic, callback, options) {
      const first = (...args) => {
        off();
        callback(...args);
      };
      const off = this.#register(topic, typeof callback === "function" ? first : callback, callback, options);
      return off;
    }

    off(topic, callback) {
      for (const [itsTopic, itsCallback, off] of this.#registered) {
        if (itsTopic === topic && itsCallback === callback) off();
      }
    }

    #register(topic, callback, known, options) {
      const signal = options?.signal;
      const stop = super.on(topic, callback, options);
      const registered = this.#registered;
      const off = () => {
        registered.delete(entry);
        letGo();
        stop();
      };
      const letGo = this[hold](signal, off);
      const entry = [topic, known, off];
      registered.add(entry);
      if (signal?.aborted) off();
      return off;
    }

    /**
     * Calls back without arguments when the client is closed, or with the signal's reason when the signal is aborted.
     *
     * @returns {() => void} removes the listener
     */
    #untilEnd(signal, end) {
      const letGo = this[hold](signal, () => end(signal.reason));
      const off = this.on("statechange", ({ status }) => status === "closed" && end());
      return () => {
        letGo();
        off();
      };
    }

    next(topic, { signal, ...filter } = {}) {
      return new Promise((resolve, reject) => {
        checkNames(filter, OPTIONS);
        signal?.throwIfAborted();
        const settle = (settled, value) => {
          for (const off of offs) off();
          settled(value);
        };
        const closed = () => makeError("closed", `the client was closed before the next \`${topic}\``);
        const offs = [
          this.on(topic, (value) => settle(resolve, value), filter),
          this.#untilEnd(signal, (reason = closed()) => settle(reject, reason)),
        ];
        if (this.status === "closed") settle(reject, closed());
      });
    }

    events({ types = EVENT_TYPES, buffer = BUFFER, signal, ...filter } = {}) {
      checkNames(filter, [...OPTIONS, "types", "buffer"]);
      signal?.throwIfAborted();
      const queue = [];
      let failure;
      let over = this.status === "closed";
      let wake;
      let woken;
      const awake = () => {
        wake?.();
        wake = woken = undefined;
      };
      const end = (reason) => {
        if (over) return;
        over = true;
        failure = reason;
        for (const off of offs) off();
        awake();
      };
      const keep = (_, event) => {
        if (queue.length < buffer) queue.push(event);
        else end(makeError("buffer-overflow", `more than ${buffer} events wait: read faster or raise \`buffer\``));
        awake();
      };
      const offs = [...types.map((type) => this.on(type, keep, filter)), this.#untilEnd(signal, end)];
      return {
        async next() {
          for (;;) {
            if (queue.length > 0) return { value: queue.shift(), done: false };
            if (over) break;
            // Concurrent calls of `next()` share one promise.
            await (woken ??= new Promise((resolve) => (wake = resolve)));
          }
          const reason = failure;
          failure = undefined;
          if (reason !== undefined) throw reason;
          return { value: undefined, done: true };
        },
        async return(value) {
          queue.length = 0;
          end();
          return { value, done: true };
        },
        [Symbol.asyncIterator]() {
          return this;
        },
        async [asyncDispose]() {
          await this.return();
        },
      };
    }

    [Symbol.asyncIterator]() {
      return this.events();
    }

    [dispose]() {
      this.close();
    }
  };
