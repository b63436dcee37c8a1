// The engine's part that speaks with pages: who is asked, and when a page is given up.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import {
  ACKNOWLEDGE,
  ACKNOWLEDGED_TOGETHER,
  ANSWER,
  ASK,
  BATCH,
  BYE,
  CALL,
  FAILURE,
  HELLO,
  LISTEN,
  PORT_VERSION,
  PRESENCE,
  PRESENCE_HIDDEN,
  PRESENCE_LEFT,
  PRESENCE_VISIBLE,
  READY,
  RESULT,
  SHOW,
  SHOW_ROOMS,
  WELCOME,
} from "../../pkg/src/generated/tables.js";
import { Host } from "../../pkg/src/host.js";
import { installSockets, sockets } from "./sockets.mjs";

/** What the host asked of its engine. */
let calls;

class PlayedEngine {
  status = "open";
  connection = {};
  pages = [];
  #tabs = 0;

  constructor(options) {
    this.options = options;
    PlayedEngine.last = this;
  }

  freshness() {
    return [];
  }

  join(page) {
    this.pages.push(page);
    return this.#tabs++;
  }

  stats() {
    return { frames: 7 };
  }
}
for (const name of ["listen", "setPresence", "acknowledge", "leave", "reconnectNow", "free", "show"]) {
  PlayedEngine.prototype[name] = (...args) => calls.push([name, ...args]);
}

const SPEC = { url: "ws://chat.example/api/v1/events", rest: {}, numbers: {}, flags: [], logsIn: true };

/** Web Locks, each of which is asked for by one at a time. */
class PlayedLocks {
  #held = new Set();
  #waiting = new Map();

  request(name, { signal }, callback) {
    if (!this.#held.has(name)) queueMicrotask(() => signal.aborted || callback());
    else this.#waiting.set(name, callback);
    signal.addEventListener("abort", () => this.#waiting.delete(name));
    return Promise.resolve();
  }

  hold(name) {
    this.#held.add(name);
  }

  release(name) {
    this.#held.delete(name);
    this.#waiting.get(name)?.();
    this.#waiting.delete(name);
  }
}

const navigatorBefore = Object.getOwnPropertyDescriptor(globalThis, "navigator");

/** A page's end of a port to the host, and what it was told. */
function page(host) {
  const told = [];
  const port = { postMessage: (message) => told.push(message) };
  host.attach(port);
  const of = (kind) => told.filter((message) => message.kind === kind);
  const say = (message) => port.onmessage({ data: message });
  return { told, of, say, hello: (more) => say({ kind: HELLO, version: PORT_VERSION, spec: SPEC, presence: PRESENCE_VISIBLE, ...more }) };
}

/** Resolves when everything that waits for promises has been done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  calls = [];
  installSockets();
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => {
  mock.timers.reset();
  if (navigatorBefore) Object.defineProperty(globalThis, "navigator", navigatorBefore);
  else delete globalThis.navigator;
});

test("passes a page's store requests to the engine", async () => {
  const host = new Host(async () => PlayedEngine, true);
  const one = page(host);
  one.say({ kind: SHOW, what: SHOW_ROOMS, args: Float64Array.of(1) });
  one.hello();
  await settled();
  const args = Float64Array.of(1);
  one.say({ kind: SHOW, what: SHOW_ROOMS, args, text: "" });
  assert.deepEqual(calls, [["show", 0, SHOW_ROOMS, args, ""]], "and nothing before it has joined");
  one.say({ kind: BYE });
});

test("sends a page's request like the engine's own", async () => {
  const host = new Host(async () => PlayedEngine, true);
  const one = page(host);
  one.say({ kind: CALL, name: "request", id: 1, args: ["GET", "/users"] });
  await settled();
  assert.deepEqual(one.of(RESULT).map(({ id, error }) => [id, error]), [[1, "the engine has not started"]]);
  const sent = [];
  const fetch = async (url, { method, headers }) => {
    sent.push([method, url, headers.get("authorization")]);
    return new Response("{}", { status: 403, headers: { "retry-after": "7" } });
  };
  one.hello({ spec: { ...SPEC, rest: { headers: [["authorization", "Bearer token"]] } }, local: { fetch } });
  await settled();
  one.say({ kind: CALL, name: "request", id: 2, args: ["POST", "/messages/5/read"] });
  await settled();
  await settled();
  assert.deepEqual(sent, [["POST", "http://chat.example/api/v1/messages/5/read", "Bearer token"]]);
  assert.deepEqual(one.of(RESULT)[1].value, { status: 403, text: "{}", retryAfter: "7" });
  one.say({ kind: BYE });
});

test("opens a page's socket before the module loads and welcomes the page after", async () => {
  let loaded;
  const host = new Host(() => new Promise((resolve) => (loaded = resolve)), true);
  const one = page(host);
  assert.equal(one.of(READY).length, 1);
  one.hello();
  assert.equal(sockets.length, 1);
  await settled();
  assert.equal(one.of(WELCOME).length, 0);
  loaded(PlayedEngine);
  await settled();
  assert.equal(one.of(WELCOME)[0].isBack, false);
  one.say({ kind: CALL, name: "stats", id: 3 });
  assert.deepEqual(one.of(RESULT), [{ kind: RESULT, id: 3, value: { frames: 7 }, error: undefined }]);
});

test("refuses a page with another version or other options", async () => {
  const host = new Host(async () => PlayedEngine, true);
  const [old, first, other] = [page(host), page(host), page(host)];
  old.hello({ version: PORT_VERSION + 1 });
  first.hello();
  other.hello({ spec: { ...SPEC, url: "ws://elsewhere.example/" } });
  await settled();
  assert.equal(first.of(WELCOME).length, 1);
  for (const refused of [old, other]) assert.equal(refused.of(FAILURE)[0].code, "engine-failed");
  assert.equal(sockets.length, 1);
});

test("closes the socket of a page that leaves while the module loads", async () => {
  let loaded;
  const host = new Host(() => new Promise((resolve) => (loaded = resolve)), true);
  const one = page(host);
  one.hello();
  one.say({ kind: BYE });
  assert.equal(sockets[0].readyState, 3);
  const two = page(host);
  two.hello();
  loaded(PlayedEngine);
  await settled();
  loaded(PlayedEngine);
  await settled();
  assert.deepEqual([one.of(WELCOME).length, two.of(WELCOME).length], [0, 1]);
});

test("drops a page that is away too long and lets it rejoin when it returns", async () => {
  const host = new Host(async () => PlayedEngine, true);
  const one = page(host);
  one.hello();
  await settled();
  one.say({ kind: PRESENCE, presence: PRESENCE_LEFT });
  mock.timers.tick(599_999);
  assert.ok(!calls.some(([name]) => name === "leave"));
  mock.timers.tick(1);
  assert.deepEqual(calls.filter(([name]) => name === "leave"), [["leave", 0]]);
  one.say({ kind: PRESENCE, presence: PRESENCE_VISIBLE });
  assert.equal(one.of(READY).length, 2);
  one.hello();
  await settled();
  assert.deepEqual(one.of(WELCOME).map(({ isBack }) => isBack), [false, false]);
});

test("resends undelivered batches to a page that returns through another port", async () => {
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks: new PlayedLocks() } });
  const host = new Host(async () => PlayedEngine, true);
  const before = page(host);
  before.hello({ lock: "page 1" });
  await settled();
  const [tab] = PlayedEngine.last.pages;
  const last = ACKNOWLEDGED_TOGETHER + 2;
  for (let number = 1; number <= last; number += 1) tab.postBatch([number], new Uint8Array([number]));
  before.say({ kind: ACKNOWLEDGE });
  before.say({ kind: PRESENCE, presence: PRESENCE_LEFT });
  const after = page(host);
  after.hello({ lock: "page 1", received: last - 1 });
  await settled();
  assert.deepEqual(after.of(WELCOME).map(({ isBack }) => isBack), [true]);
  assert.deepEqual(after.of(BATCH).map(({ items, tapes }) => [...items, ...new Uint8Array(tapes)]), [[last, last]]);
  assert.deepEqual(calls.at(-1), ["setPresence", 0, PRESENCE_VISIBLE]);
  after.say({ kind: BYE });
  assert.deepEqual(calls.at(-2), ["leave", 0]);
});

test("does not drop a page for an absence that ended", async () => {
  const locks = new PlayedLocks();
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks } });
  const host = new Host(async () => PlayedEngine, true);
  const one = page(host);
  locks.hold("page 1");
  one.hello({ lock: "page 1" });
  await settled();
  one.say({ kind: PRESENCE, presence: PRESENCE_LEFT });
  locks.release("page 1");
  await settled();
  locks.hold("page 1");
  one.say({ kind: PRESENCE, presence: PRESENCE_VISIBLE });
  mock.timers.tick(10_000_000);
  await settled();
  assert.ok(!calls.some(([name]) => name === "leave"));
});

test("moves all pages to another engine when another user logs in", async () => {
  const host = new Host(async () => PlayedEngine, true);
  const [one, two] = [page(host), page(host)];
  for (const each of [one, two]) each.hello();
  await settled();
  const first = PlayedEngine.last;
  calls = [];
  first.options.startOver();
  assert.deepEqual(calls, [], "the engine is in the middle of something");
  await settled();
  assert.deepEqual(calls, [["leave", 0], ["leave", 1], ["free"]]);
  for (const each of [one, two]) {
    assert.equal(each.of(READY).length, 2);
    each.hello();
  }
  await settled();
  assert.notEqual(PlayedEngine.last, first);
  assert.deepEqual(two.of(WELCOME).map(({ isBack }) => isBack), [false, false]);
  assert.equal(sockets.length, 2);
});

test("keeps a page that returns in time", async () => {
  const host = new Host(async () => PlayedEngine, true);
  const one = page(host);
  one.hello();
  await settled();
  one.say({ kind: PRESENCE, presence: PRESENCE_LEFT });
  mock.timers.tick(500_000);
  one.say({ kind: PRESENCE, presence: PRESENCE_VISIBLE });
  mock.timers.tick(500_000);
  one.say({ kind: LISTEN, registered: new Float64Array([0, -1]), follow: 0, rooms: new Float64Array() });
  assert.deepEqual(calls.map(([name]) => name), ["setPresence", "setPresence", "listen"]);
});

test("a page that says hello twice joins once", async () => {
  const host = new Host(async () => PlayedEngine, true);
  const one = page(host);
  one.hello();
  one.hello();
  await settled();
  one.hello();
  await settled();
  assert.equal(one.of(WELCOME).length, 1);
});

test("a page that goes away does not block the others with its pending answer", async () => {
  const host = new Host(async () => PlayedEngine, true);
  const [hidden, seen] = [page(host), page(host)];
  hidden.hello({ presence: PRESENCE_HIDDEN });
  seen.hello();
  await settled();
  const login = PlayedEngine.last.options.login();
  seen.say({ kind: PRESENCE, presence: PRESENCE_LEFT });
  hidden.say({ kind: ANSWER, id: hidden.of(ASK)[0].id, value: 1 });
  assert.equal(await login, 1);
});

test("asks the visible page, and another one if it leaves", async () => {
  const host = new Host(async () => PlayedEngine, true);
  const [hidden, seen] = [page(host), page(host)];
  hidden.hello({ presence: PRESENCE_HIDDEN });
  seen.hello();
  await settled();
  const login = PlayedEngine.last.options.login();
  assert.deepEqual([hidden.of(ASK).length, seen.of(ASK).length], [0, 1]);
  seen.say({ kind: BYE });
  const [{ id, what }] = hidden.of(ASK);
  assert.equal(what, "login");
  hidden.say({ kind: ANSWER, id, value: 1 });
  assert.equal(await login, 1);
});
