// The engine's part that speaks with pages. It runs where the engine does: in a worker, or in the page.

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

/** The time in which a page that released its lock can say that it was put away, not closed. */
const GRACE_MS = 1000;

/** How long a page may be away before it is given up: what waits for it takes memory. */
const AWAY_MS = 600_000;

/** How long a request of a page may take. */
const ANSWER_MS = 30_000;

/** A page, as the engine sees it. */
class Tab {
  /** Its number in the engine; undefined as long as it has not joined. */
  id;
  presence = PRESENCE_VISIBLE;
  /** The name of the lock that the page holds while it is there; none for a page in this thread. */
  lock;
  /** The batches that it has not acknowledged yet: its port may have been closed before they came. */
  #sent = [];
  #acknowledged = 0;
  /** What it was last told of the messages that are being sent. */
  #sending;
  #port;
  /** Gives up waiting for the page's lock. */
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

  /** It has to join anew. */
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

  /** The page is back, with another port: it is sent again what had not come when it left. */
  resume(port, received) {
    this.#port = port;
    for (const batch of this.#sent.slice(received - this.#acknowledged)) this.#postBatch(...batch);
    if (this.#sending) this.post(this.#sending);
  }

  get isAway() {
    return this.presence >= PRESENCE_LEFT;
  }

  /** Calls back when the page is gone: with it goes its lock. */
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
  /** The options that the engine was started with, as text. */
  #spec;
  #engine;
  /** Where its requests go. */
  #endpoint;
  /** Settles when there is an engine. */
  #starting;
  /** The socket that was opened before there is one. */
  #early;
  #asked = new Map();
  #lastAsked = 0;

  /**
   * @param {(source: unknown) => Promise<new (...args: unknown[]) => object>} load loads the module, and gives its engine
   * @param {boolean} isLocal whether its page is in the same thread
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
   * Begins to serve a page.
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
        // A failure of the module is told in a message. In the page's thread it does not interrupt the application.
        if (!failed()) throw error;
      }
    };
  }

  /** Tells a page that it can say hello. */
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
      // It was given up while it was away.
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

  /** Sends a request of a page to the REST API, as the engine sends its own. */
  async #request(method, path, body) {
    if (!this.#endpoint) throw new Error("the engine has not started");
    const answer = await this.#endpoint.fetch(path, { method, body, cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    return { status: answer.status, text: await answer.text(), retryAfter: answer.headers.get("retry-after") };
  }

  /** A page says hello. */
  #hear(tab, message, port) {
    const { lock, presence, received } = message;
    const known = lock && [...this.#tabs].find((one) => one.lock === lock);
    if (!known) {
      // It may be told twice that it can say hello.
      if (!this.#tabs.has(tab)) this.#join(tab, message);
      return;
    }
    if (known === tab) return;
    this.#listenTo(port, known);
    known.resume(port, received);
    if (known.id !== undefined) this.#welcome(known, true);
    this.#receive(known, { kind: PRESENCE, presence });
  }

  /** @param {boolean} isBack whether it has been here before, and is sent what it missed */
  #welcome(tab, isBack) {
    const { status, connection } = this.#engine;
    tab.post({ kind: WELCOME, isBack, status, connection, freshness: this.#engine.freshness() });
  }

  async #join(tab, { version, spec, presence, lock, module, local = {} }) {
    const refuse = (code, message, cause) => tab.post({ kind: FAILURE, code, message, cause });
    if (version !== PORT_VERSION) return refuse("engine-failed", "worker.js and this page differ in version");
    const text = JSON.stringify(spec);
    this.#spec ??= text;
    // Unreachable by our own pages: the options are part of the worker's name.
    if (text !== this.#spec) return refuse("engine-failed", "the engine was started with other options");
    Object.assign(tab, { presence, lock });
    this.#tabs.add(tab);
    try {
      // Again if all pages left while it was starting, before this one came.
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

  /** Sees to it that there is an engine: the socket is opened while the module is still being compiled. */
  #start(spec, local, module) {
    if (this.#engine && this.#engine.status !== "closed") return;
    return (this.#starting ??= (async () => {
      if (failed()) throw new Error(failed());
      // Not within a call of the engine that is to go.
      const startOver = () => queueMicrotask(() => this.#startOver());
      const options = readSpec(spec, (what) => this.#ask(what), local, startOver);
      this.#endpoint = options.endpoint;
      const link = new EarlySocket(options);
      this.#early = link;
      try {
        const Engine = await this.#load(module);
        // All pages may have left meanwhile.
        if (this.#early) this.#engine = new Engine(options, link, this.#isLocal);
      } catch (error) {
        link.close();
        throw error;
      } finally {
        this.#starting = this.#early = undefined;
      }
    })());
  }

  /** Another user has logged in: nothing that this engine knows is for them. */
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

  /** Has other pages answer what that page was asked. */
  #askOthers(tab) {
    for (const asked of this.#asked.values()) if (asked.tab === tab) asked.again();
  }

  /** Asks a page for what only pages have: a visible one if possible; another one if it leaves or is put away. */
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
