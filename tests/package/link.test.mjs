// How a page finds an engine, and what happens to the two of them: in a browser that the test plays.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { BYE, PRESENCE, PRESENCE_LEFT, PRESENCE_VISIBLE, READY } from "../../pkg/src/generated/tables.js";
import { openLink } from "../../pkg/src/link.js";
import { turn } from "./sockets.mjs";

const ENGINE_LOCK = "an engine";
const ready = { kind: READY, version: 1, lock: ENGINE_LOCK };

/** Web Locks, exclusive ones alone. */
class PlayedLocks {
  /** The requests for each name; the first of them holds the lock. */
  #requests = new Map();

  request(name, ...rest) {
    const [{ signal } = {}, callback] = rest.length > 1 ? rest : [{}, rest[0]];
    return new Promise((resolve, reject) => {
      const request = { callback, resolve, name };
      const queue = this.#requests.get(name) ?? [];
      this.#requests.set(name, queue);
      signal?.addEventListener("abort", () => {
        const at = queue.indexOf(request);
        if (at < 1) return;
        queue.splice(at, 1);
        reject(signal.reason);
      });
      queue.push(request);
      if (queue.length === 1) this.#grant(request);
    });
  }

  async #grant(request) {
    await undefined;
    request.resolve(await request.callback());
    const queue = this.#requests.get(request.name);
    queue.shift();
    if (queue.length > 0) this.#grant(queue[0]);
    else this.#requests.delete(request.name);
  }

  /** How many wait for a lock. */
  waiting(name) {
    return this.#requests.get(name).length - 1;
  }

  /** The locks of pages that are held. */
  get pages() {
    return [...this.#requests.keys()].filter((name) => name !== ENGINE_LOCK);
  }
}

/** What a page is told when it is left, to be put away or for good. */
const leaving = (persisted) => Object.assign(new Event("pagehide"), { persisted });

let locks;
let endEngine;
/** The workers that were started. */
let workers;
/** What each kind of worker does when it is started. */
let behaviour;

class PlayedWorker {
  onerror = null;
  onmessage = null;
  posted = [];

  constructor(place) {
    this.place = place;
    this.isTerminated = false;
    workers.push(this);
    behaviour[place]?.(this);
  }

  /** A shared worker's port is an object of its own. */
  get port() {
    return this.place === "shared" ? this : undefined;
  }

  close() {
    this.isClosed = true;
  }

  postMessage(message) {
    this.posted.push(message);
  }

  terminate() {
    this.isTerminated = true;
  }
}

const speaks = (worker) => queueMicrotask(() => worker.onmessage?.({ data: ready }));
const fails = (worker) => queueMicrotask(() => worker.onerror?.({ message: "404" }));
const throws = () => {
  throw new DOMException("from another origin", "SecurityError");
};

const descriptors = ["document", "navigator", "SharedWorker", "Worker", "addEventListener", "removeEventListener"].map((name) => [
  name,
  Object.getOwnPropertyDescriptor(globalThis, name),
]);
/** The page's window. */
let page;

beforeEach(() => {
  locks = new PlayedLocks();
  page = new EventTarget();
  workers = [];
  behaviour = { shared: speaks, worker: speaks };
  const played = {
    document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
    navigator: { locks },
    SharedWorker: PlayedWorker,
    Worker: PlayedWorker,
    addEventListener: (...args) => page.addEventListener(...args),
    removeEventListener: (...args) => page.removeEventListener(...args),
  };
  for (const [name, value] of Object.entries(played)) Object.defineProperty(globalThis, name, { configurable: true, value });
  locks.request(ENGINE_LOCK, () => new Promise((resolve) => (endEngine = resolve)));
});
afterEach(() => {
  for (const [name, descriptor] of descriptors) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else delete globalThis[name];
  }
});

/** Opens a way to an engine; what it tells the client is gathered. */
function open({ engine = "auto", source = {} } = {}) {
  const told = [];
  const settings = { engine, spec: {}, local: {}, user: undefined };
  const local = () => ({ postMessage() {}, start: () => told.push("local") });
  const from = {
    module: "https://page.example/room-events.wasm",
    worker: { shared: () => new PlayedWorker("shared"), worker: () => new PlayedWorker("worker") },
    local: async () => {
      const port = local();
      queueMicrotask(() => queueMicrotask(() => port.onmessage?.({ data: { ...ready, lock: undefined } })));
      return port;
    },
    ...source,
  };
  const caller = {
    attach: ({ engine: place }) => told.push(place),
    receive: ({ kind }) => told.push(kind),
    left: () => told.push("left"),
    lost: (reason) => told.push(reason),
  };
  return { told, opening: openLink(settings, from, caller) };
}

test("starts the engine in the first place that works, and holds no lock for the others", async () => {
  for (const [shared, worker, place, started] of [
    [speaks, speaks, "shared", ["shared"]],
    [throws, speaks, "worker", ["shared", "worker"]],
    [fails, speaks, "worker", ["shared", "worker"]],
    [fails, fails, "page", ["shared", "worker"]],
    [throws, throws, "page", ["shared", "worker"]],
  ]) {
    behaviour = { shared, worker };
    workers = [];
    const link = await open().opening;
    assert.equal(link.engine, place);
    assert.deepEqual(workers.map((one) => one.place), started);
    await turn();
    assert.deepEqual(locks.pages, place === "page" ? [] : [link.about.lock], place);
    link.dispose();
    await turn();
    assert.deepEqual(locks.pages, []);
  }
});

test("rejects if the only requested place is unavailable, or if no engine starts there", async () => {
  behaviour = { shared: fails, worker: throws };
  await assert.rejects(open({ engine: "shared" }).opening, { code: "engine-failed", message: /404/ });
  await assert.rejects(open({ engine: "worker" }).opening, { code: "engine-failed", message: /from another origin/ });
  await assert.rejects(open({ engine: "worker", source: { worker: undefined } }).opening, { code: "engine-failed" });
  // A compiled module cannot be given to a worker by its address.
  await assert.rejects(open({ engine: "shared", source: { module: new Uint8Array() } }).opening, { code: "engine-failed" });
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: {} });
  await assert.rejects(open({ engine: "shared" }).opening, { code: "engine-failed", message: /`shared`/ });
  const link = await open().opening.catch((error) => error);
  assert.equal(link.engine, "page");
});

test("terminates a worker that sends nothing for ten seconds, and rejects", async (context) => {
  behaviour = { worker: () => {} };
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { opening } = open({ engine: "worker" });
  while (workers.length === 0) await undefined;
  await undefined;
  context.mock.timers.tick(9_999);
  assert.equal(workers[0].isTerminated, false);
  context.mock.timers.tick(1);
  await assert.rejects(opening, { code: "engine-failed", message: /did not start/ });
  assert.equal(workers[0].isTerminated, true);
});

test("keeps the connection if a worker reports an error after its first message", async () => {
  const { told, opening } = open({ engine: "worker" });
  const link = await opening;
  const [worker] = workers;
  worker.onerror?.({ message: "what a callback threw" });
  worker.onmessage({ data: { kind: PRESENCE } });
  assert.deepEqual(told, ["worker", READY, PRESENCE]);
  link.dispose();
});

test("reports the end of an engine once", async () => {
  const { told, opening } = open({ engine: "shared" });
  await opening;
  await turn();
  endEngine();
  await turn();
  assert.deepEqual(told, ["shared", READY, "the connection's worker has ended"]);
});

test("says goodbye and releases the lock if the page closes", async () => {
  for (const engine of ["shared", "worker"]) {
    workers = [];
    await open({ engine }).opening;
    page.dispatchEvent(leaving(false));
    assert.deepEqual(workers[0].posted, [{ kind: BYE }], engine);
    await turn();
    assert.deepEqual(locks.pages, []);
  }
});

test("reconnects to the engine if a closing page is shown again", async () => {
  const { told, opening } = open({ engine: "shared" });
  const link = await opening;
  page.dispatchEvent(leaving(false));
  page.dispatchEvent(new Event("pageshow"));
  await turn();
  assert.equal(link.port, workers[1]);
  assert.deepEqual(locks.pages, [link.about.lock]);
  assert.equal(told.at(-1), READY);
});

test("releases the lock in the back/forward cache, and acquires it again on return", async () => {
  const link = await open({ engine: "worker" }).opening;
  const [worker] = workers;
  await turn();
  page.dispatchEvent(leaving(true));
  document.dispatchEvent(new Event("visibilitychange"));
  document.dispatchEvent(new Event("freeze"));
  await turn();
  assert.deepEqual(locks.pages, []);
  page.dispatchEvent(new Event("pageshow"));
  await turn();
  assert.deepEqual(locks.pages, [link.about.lock]);
  assert.deepEqual(worker.posted, [
    { kind: PRESENCE, presence: PRESENCE_LEFT },
    { kind: PRESENCE, presence: PRESENCE_VISIBLE },
  ]);
  link.dispose();
  page.dispatchEvent(leaving(true));
  assert.equal(worker.posted.length, 2);
});

test("closes the port to a shared worker in the back/forward cache, and opens a new one on return", async () => {
  const { told, opening } = open({ engine: "shared" });
  const link = await opening;
  const [worker] = workers;
  await turn();
  page.dispatchEvent(leaving(true));
  assert.deepEqual([worker.isClosed, worker.onmessage], [true, null]);
  assert.deepEqual(worker.posted, [{ kind: PRESENCE, presence: PRESENCE_LEFT }]);
  page.dispatchEvent(new Event("pageshow"));
  link.port.postMessage("said too early");
  await turn();
  assert.equal(workers.length, 2);
  assert.equal(link.port, workers[1]);
  assert.equal(link.about.presence, PRESENCE_VISIBLE);
  assert.deepEqual(told, ["shared", READY, "left", READY]);
  assert.deepEqual(workers[1].posted, ["said too early"]);
  endEngine();
  await turn();
  assert.equal(told.at(-1), "the connection's worker has ended");
});

test("waits for no lock and sends nothing if the page leaves again before it has its lock back", async () => {
  for (const engine of ["shared", "worker"]) {
    workers = [];
    const link = await open({ engine }).opening;
    const [worker] = workers;
    await turn();
    for (const event of [leaving(true), new Event("pageshow"), leaving(true)]) page.dispatchEvent(event);
    await turn();
    assert.deepEqual(locks.pages, []);
    assert.equal(worker.posted.at(-1).presence, PRESENCE_LEFT, engine);
    // Nobody waits for the end of the engine either.
    assert.equal(locks.waiting(ENGINE_LOCK), 0, engine);
    page.dispatchEvent(new Event("pageshow"));
    await turn();
    assert.equal(locks.pages.length, 1);
    link.dispose();
    await turn();
  }
});
