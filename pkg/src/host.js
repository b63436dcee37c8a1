// Connects an engine with its pages. Runs in the engine's thread: a worker, or the page.

import {
  ACKNOWLEDGE,
  ACKNOWLEDGED_TOGETHER,
  ANSWER,
  ASK,
  BATCH,
  BYE,
  CALL,
  FAILURE,
  FRESHNESS,
  HELLO,
  LISTEN,
  PORT_VERSION,
  PRESENCE,
  PRESENCE_LEFT,
  PRESENCE_VISIBLE,
  READY,
  RESULT,
  SENDING,
  SHOW,
  WELCOME,
} from "./generated/tables.js";
import { EarlySocket } from "../../src/browser/socket.js";
import { readSpec } from "./spec.js";
import { failed, offFailure, onFailure } from "./guard.js";

/** How long after releasing its lock a page may still report that it was suspended, not closed. */
const GRACE_MS = 1000;

/** How long a page may be suspended before it is dropped, as its queue takes memory. */
const AWAY_MS = 600_000;

/** The timeout of requests for pages. */
const ANSWER_MS = 30_000;

/** A page from the engine's point of view. */
class Tab {
  /** Its number in the engine; undefined until it has joined. */
  id;
  presence = PRESENCE_VISIBLE;
  /** The name of the lock that the page holds while it exists; undefined for a page in this thread. */
  lock;
  /** The batches that are not acknowledged yet: the page's port may have been closed before they arrived. */
  #sent = [];
  #acknowledged = 0;
  /** The last sent outgoing messages. */
  #sending;
  #port;
  /** Cancels waiting for the page's lock. */
  #watching;
  #timer;

  constructor(port) {
    this.#port = port;
  }

  post(message, transfer) {
    this.#port.postMessage(message, transfer);
  }

  /** Called by Rust. */
  postBatch(items, tapes, views) {
    if (this.lock) this.#sent.push([items, tapes.slice(), views]);
    this.#postBatch(items, tapes, views);
  }

  #postBatch(items, tapes, views) {
    const { buffer } = tapes.slice();
    this.post({ kind: BATCH, items, tapes: buffer, views }, [buffer]);
  }

  /** Called by Rust. */
  postSending(all, heard, sent) {
    this.#sending = { kind: SENDING, all, heard, sent: sent.slice() };
    this.post(this.#sending);
  }

  /** Resets the page, which has to join again. */
  forget() {
    this.id = undefined;
    this.#sent = [];
    this.#acknowledged = 0;
    this.#sending = undefined;
  }

  acknowledge() {
    this.#sent.splice(0, ACKNOWLEDGED_TOGETHER);
    this.#acknowledged += ACKNOWLEDGED_TOGETHER;
  }

  /** Resumes a page with a new port: sends again what did not arrive before it left. */
  resume(port, received) {
    this.#port = port;
    for (const batch of this.#sent.slice(received - this.#acknowledged)) this.#postBatch(...batch);
    if (this.#sending) this.post(this.#sending);
  }

  get isAway() {
    return this.presence >= PRESENCE_LEFT;
  }

  /** Calls back when the page is gone, which releases its lock. */
  watch(gone) {
    clearTimeout(this.#timer);
    if (this.isAway) {
      this.#timer = setTimeout(gone, AWAY_MS);
      return;
    }
    if (!this.lock || this.#watching) return;
    const watching = new AbortController();
    this.#watching = watching;
    const got = () => {
      this.#watching = undefined;
      if (!this.isAway) this.#timer = setTimeout(() => this.isAway || gone(), GRACE_MS);
    };
    navigator.locks.request(this.lock, { signal: watching.signal }, got).catch(() => {});
  }

  unwatch() {
    this.#watching?.abort();
    this.#watching = undefined;
    clearTimeout(this.#timer);
  }
}

export class Host {
  #load;
  #isLocal;
  #left;
  #lock;
  #tabs = new Set();
  /** The options of the engine, as JSON. */
  #spec;
  #engine;
  /** The engine's endpoint. */
  #endpoint;
  /** Settles once the engine has started. */
  #starting;
  /** The socket that was opened before the engine exists. */
  #early;
  #asked = new Map();
  #lastAsked = 0;

  /**
   * @param {(source: unknown) => Promise<new (...args: unknown[]) => object>} load loads the module and returns its
   *   engine
   * @param {boolean} isLocal whether the page is in the same thread
   * @param {() => void} [left] called when the last page has left
   */
  constructor(load, isLocal, left) {
    this.#load = load;
    this.#isLocal = isLocal;
    this.#left = left;
    const { locks } = isLocal ? {} : navigator;
    if (locks) {
      const name = `room-events engine ${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
      this.#lock = new Promise((resolve) => {
        // Held until the worker ends.
        locks.request(name, () => (resolve(name), new Promise(() => {}))).catch(() => resolve());
      });
    }
    onFailure(this.#failed);
  }

  #failed = (message) => {
    this.#engine = undefined;
    for (const tab of this.#tabs) tab.post({ kind: FAILURE, code: "engine-failed", message });
  };

  /**
   * Starts to serve a page.
   *
   * @param {MessagePort} port
   */
  attach(port) {
    const tab = new Tab(port);
    this.#listenTo(port, tab);
    this.#ready(tab);
  }

  #listenTo(port, tab) {
    port.onmessage = ({ data }) => {
      try {
        this.#receive(tab, data, port);
      } catch (error) {
        // Failures of the module are reported in a message. In the page's thread they do not interrupt the application.
        if (!failed()) throw error;
      }
    };
  }

  /** Invites a page to send its hello. */
  #ready(tab) {
    const tell = (lock) => tab.post({ kind: READY, version: PORT_VERSION, lock });
    if (this.#lock) this.#lock.then(tell);
    else tell();
  }

  #receive(tab, message, port) {
    switch (message.kind) {
      case HELLO:
        this.#hear(tab, message, port);
        return;
      case ANSWER:
        this.#asked.get(message.id)?.settle(message);
        return;
      case CALL:
        return this.#call(tab, message);
      case BYE:
        return this.#leave(tab);
    }
    if (tab.id === undefined) {
      // The page was dropped while it was suspended.
      if (message.kind === PRESENCE) this.#ready(tab);
      return;
    }
    const engine = this.#engine;
    switch (message.kind) {
      case LISTEN:
        engine?.listen(tab.id, message.registered, message.follow, message.rooms);
        if (engine) tab.post({ kind: FRESHNESS, all: engine.freshness() });
        return;
      case PRESENCE:
        tab.presence = message.presence;
        tab.watch(() => this.#leave(tab));
        if (tab.isAway) this.#askOthers(tab);
        engine?.setPresence(tab.id, message.presence);
        return;
      case SHOW:
        engine?.show(tab.id, message.what, message.args, message.text);
        return;
      case ACKNOWLEDGE:
        tab.acknowledge();
        for (let count = 0; count < ACKNOWLEDGED_TOGETHER; count += 1) engine?.acknowledge(tab.id);
    }
  }

  #call(tab, { name, id, args }) {
    if (name === "reconnectNow") return this.#engine?.reconnectNow();
    const answer = (value, error) => tab.post({ kind: RESULT, id, value, error });
    if (name === "request") {
      const failure = (error) => answer(undefined, String(error?.message ?? error));
      return void this.#request(...args).then(answer, failure);
    }
    const value = this.#engine?.stats();
    answer(value, value ? undefined : (failed() ?? "the engine has not started"));
  }

  /** Sends a page's request to the REST API, like the engine's own. */
  async #request(method, path, body) {
    if (!this.#endpoint) throw new Error("the engine has not started");
    const answer = await this.#endpoint.fetch(path, { method, body, cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    return { status: answer.status, text: await answer.text(), retryAfter: answer.headers.get("retry-after") };
  }

  /** Handles a page's hello. */
  #hear(tab, message, port) {
    const { lock, presence, received } = message;
    const known = lock && [...this.#tabs].find((one) => one.lock === lock);
    if (!known) {
      // It may have been invited twice.
      if (!this.#tabs.has(tab)) this.#join(tab, message);
      return;
    }
    if (known === tab) return;
    this.#listenTo(port, known);
    known.resume(port, received);
    if (known.id !== undefined) this.#welcome(known, true);
    this.#receive(known, { kind: PRESENCE, presence });
  }

  /** @param {boolean} isBack whether it is known, and is sent what it missed */
  #welcome(tab, isBack) {
    const { status, connection } = this.#engine;
    tab.post({ kind: WELCOME, isBack, status, connection, freshness: this.#engine.freshness() });
  }

  async #join(tab, { version, spec, presence, lock, module, local = {} }) {
    const refuse = (code, message, cause) => tab.post({ kind: FAILURE, code, message, cause });
    if (version !== PORT_VERSION) return refuse("engine-failed", "worker.js and this page differ in version");
    const text = JSON.stringify(spec);
    this.#spec ??= text;
    // Never happens with our own pages: the options are part of the worker's name.
    if (text !== this.#spec) return refuse("engine-failed", "the engine was started with other options");
    Object.assign(tab, { presence, lock });
    this.#tabs.add(tab);
    try {
      // Repeated if all pages left during the start, before this one joined.
      do await this.#start(spec, local, module);
      while (!this.#engine && this.#tabs.has(tab));
    } catch (cause) {
      this.#tabs.delete(tab);
      const said = `the WebAssembly module could not be loaded: ${cause?.message ?? cause}`;
      return refuse("load-failed", said, this.#isLocal ? cause : undefined);
    }
    const engine = this.#engine;
    if (!this.#tabs.has(tab) || !engine) return;
    tab.watch(() => this.#leave(tab));
    tab.id = engine.join(tab, tab.presence);
    this.#welcome(tab, false);
  }

  /** Starts an engine if there is none. The socket is opened while the module is still compiling. */
  #start(spec, local, module) {
    if (this.#engine && this.#engine.status !== "closed") return;
    return (this.#starting ??= (async () => {
      if (failed()) throw new Error(failed());
      // Not during a call of the engine that is replaced.
      const startOver = () => queueMicrotask(() => this.#startOver());
      const options = readSpec(spec, (what) => this.#ask(what), local, startOver);
      this.#endpoint = options.endpoint;
      const link = new EarlySocket(options);
      this.#early = link;
      try {
        const Engine = await this.#load(module);
        // All pages may have left in the meantime.
        if (this.#early) this.#engine = new Engine(options, link, this.#isLocal);
      } catch (error) {
        link.close();
        throw error;
      } finally {
        this.#starting = this.#early = undefined;
      }
    })());
  }

  /** Replaces the engine after another user has logged in, who may not see anything that it knows. */
  #startOver() {
    const engine = this.#engine;
    const tabs = [...this.#tabs];
    this.#engine = undefined;
    this.#tabs.clear();
    for (const tab of tabs) {
      tab.unwatch();
      if (tab.id !== undefined) engine?.leave(tab.id);
      tab.forget();
    }
    engine?.free();
    for (const tab of tabs) this.#ready(tab);
  }

  #leave(tab) {
    tab.unwatch();
    if (!this.#tabs.delete(tab)) return;
    if (tab.id !== undefined) this.#engine?.leave(tab.id);
    tab.id = undefined;
    this.#askOthers(tab);
    if (this.#tabs.size > 0) return;
    this.#early?.close();
    this.#early = undefined;
    this.#engine?.free();
    this.#engine = undefined;
    if (this.#isLocal) offFailure(this.#failed);
    this.#left?.();
  }

  /** Asks other pages what that page was asked. */
  #askOthers(tab) {
    for (const asked of this.#asked.values()) if (asked.tab === tab) asked.again();
  }

  /**
   * Asks a page to call a function of its options. Prefers visible pages, and asks another one if the page leaves or is
   * suspended.
   */
  #ask(what) {
    const id = ++this.#lastAsked;
    return new Promise((resolve, reject) => {
      const asked = {
        again: () => {
          const [tab] = [...this.#tabs].filter((one) => !one.isAway).sort((one, other) => one.presence - other.presence);
          if (!tab) return asked.settle({ error: "no active page to ask" });
          asked.tab = tab;
          tab.post({ kind: ASK, id, what });
        },
        settle: ({ value, error }) => {
          this.#asked.delete(id);
          if (error === undefined) resolve(value);
          else reject(new Error(error));
        },
      };
      this.#asked.set(id, asked);
      asked.again();
    });
  }
}
