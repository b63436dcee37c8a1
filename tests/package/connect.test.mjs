// `connect()`: what happens before the module is there, and what stops it.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installPacked } from "./install.mjs";
import { ALONE, installSockets, sockets, turn, until } from "./sockets.mjs";

let project;
let instances = 0;
before(async () => {
  project = await installPacked();
});
after(() => project?.remove());
beforeEach(installSockets);

/** The package, as if it was imported for the first time. */
function fresh() {
  const file = path.join(project.folder, "node_modules/room-events/dist/node.js");
  return import(`${pathToFileURL(file)}?${(instances += 1)}`);
}

/** Takes a promise that has to reject. */
const rejection = (promise) => promise.then(() => assert.fail("it did not reject"), (error) => error);

test("opens one socket, before the module loads", async () => {
  const { connect } = await fresh();
  const connecting = connect(ALONE);
  assert.deepEqual(sockets.map(({ url }) => url), [ALONE.url]);
  const client = await connecting;
  assert.equal(client.url, ALONE.url);
  assert.equal(client.status, "connecting");
  assert.equal(client.engine, "page");
  sockets[0].open();
  await turn();
  assert.equal(client.status, "open");
  assert.equal(sockets.length, 1);
  client.close();
  assert.deepEqual(sockets[0].closedWith, [1000, ""]);
});

test("queues events until the module loads and delivers them in order after the await", async () => {
  const { connect } = await fresh();
  const connecting = connect(ALONE);
  const [socket] = sockets;
  socket.open();
  for (let roomId = 1; roomId <= 5; roomId += 1) socket.send("RoomDeleted", { roomId });
  // The application's own function around it takes turns of its own.
  const wrapped = async () => await connecting;
  const client = await (async () => await wrapped())();
  const seen = [];
  client.on("statechange", ({ status }) => seen.push(status));
  client.on("RoomDeleted", ({ roomId }) => seen.push(roomId));
  socket.send("RoomDeleted", { roomId: 6 });
  assert.deepEqual(seen, [], "nothing is delivered before those who come first");
  await until(() => seen.length === 7);
  socket.send("RoomDeleted", { roomId: 7 });
  assert.deepEqual(seen, ["open", 1, 2, 3, 4, 5, 6, 7]);
  assert.equal((await client.stats()).frames, 7);
  client.close();
});

test("reconnects if the connection breaks before the module loads", async () => {
  const { connect } = await fresh();
  const connecting = connect({ ...ALONE, reconnect: { initialMs: 1, maxMs: 1 } });
  sockets[0].lose(1006, "refused");
  const client = await connecting;
  const statuses = [];
  client.on("statechange", ({ status, cause }) => statuses.push([status, cause?.reason]));
  await until(() => sockets.length === 2);
  assert.deepEqual(statuses[0], ["waiting", "refused; GET /status was not answered"]);
  sockets[1].open();
  assert.equal(client.status, "open");
  client.close();
});

test("delivers no earlier events to a client that closes at once", async () => {
  const { connect } = await fresh();
  const connecting = connect(ALONE);
  sockets[0].open();
  sockets[0].send("RoomDeleted", { roomId: 1 });
  const client = await connecting;
  client.on("RoomDeleted", () => assert.fail("the client is closed"));
  client.close();
  await turn();
  await turn();
  assert.equal(client.status, "closed");
});

test("drops the connection if the queue overflows", async () => {
  for (const queue of [{ maxFrames: 3 }, { maxBytes: 150 }]) {
    installSockets();
    const { connect } = await fresh();
    const connecting = connect({ ...ALONE, queue });
    sockets[0].open();
    for (let roomId = 1; roomId <= 2; roomId += 1) sockets[0].send("RoomDeleted", { roomId });
    assert.equal(sockets[0].closedWith, undefined);
    for (let roomId = 3; roomId <= 5; roomId += 1) sockets[0].send("RoomDeleted", { roomId });
    assert.deepEqual(sockets[0].closedWith, []);
    (await connecting).close();
  }
});

test("tries again if the browser refuses the socket", async () => {
  const { connect } = await fresh();
  let refusals = 0;
  const Played = globalThis.WebSocket;
  globalThis.WebSocket = class {
    constructor() {
      refusals += 1;
      throw new DOMException("mixed content", "SecurityError");
    }
  };
  const client = await connect({ ...ALONE, reconnect: { initialMs: 1, maxMs: 1 } });
  const { status, cause } = await client.next("statechange");
  assert.deepEqual([status, cause.code], ["waiting", 1006]);
  assert.match(cause.reason, /^the browser refused to open a WebSocket/);
  await until(() => refusals >= 2);
  globalThis.WebSocket = Played;
  await until(() => sockets.length === 1);
  client.close();
});

test("opens no socket if an option is invalid", async () => {
  const { connect } = await fresh();
  for (const [options, code] of [
    [7, "invalid-option"],
    [{ ...ALONE, reconnect: "fast" }, "invalid-option"],
    [{ ...ALONE, reconnect: { initialMs: 30001 } }, "invalid-option"],
    [{ ...ALONE, reconnect: { initialMs: 0 } }, "invalid-option"],
    [{ ...ALONE, reconnect: { attempts: 1.5 } }, "invalid-option"],
    [{ ...ALONE, queue: { maxBytes: "1" } }, "invalid-option"],
    [{ ...ALONE, watchdog: { silenceMs: null } }, "invalid-option"],
    [{ ...ALONE, catchUp: "yes" }, "invalid-option"],
    [{ ...ALONE, catchUp: { history: 1 } }, "invalid-option"],
    [{ ...ALONE, catchUp: { window: 2 ** 31 } }, "invalid-option"],
    [{ ...ALONE, catchUp: { window: 0 } }, "invalid-option"],
    [{ ...ALONE, catchUp: { rooms: -1 } }, "invalid-option"],
    [{ ...ALONE, catchUp: { rooms: 1.5 } }, "invalid-option"],
    [{ ...ALONE, rest: { url: 7 } }, "invalid-option"],
    [{ ...ALONE, onUnauthorized: "/login" }, "invalid-option"],
    [{ ...ALONE, signal: {} }, "invalid-option"],
    [{ ...ALONE, engine: "iframe" }, "invalid-option"],
    [{ ...ALONE, engine: "worker", WebSocket: globalThis.WebSocket }, "invalid-option"],
    [{ ...ALONE, engine: "shared", rest: { fetch } }, "invalid-option"],
    [{ ...ALONE, user: null }, "invalid-option"],
    [{ ...ALONE, engine: "worker" }, "engine-failed"],
    [{ ...ALONE, engine: "shared" }, "engine-failed"],
    [{ ...ALONE, url: "mailto:admin@chat.example" }, "invalid-url"],
    [{ ...ALONE, url: "/relative" }, "invalid-url"],
    [{}, "no-url"],
  ]) {
    const error = await rejection(connect(options));
    assert.equal(error.code, code, JSON.stringify(options));
    assert.equal(error.name, "RoomEventsError");
    assert.equal(sockets.length, 0);
  }
});

test("refuses an unknown option and names the nearest one", async () => {
  const { connect } = await fresh();
  for (const [options, message] of [
    [{ uri: ALONE.url }, "there is no option `uri`: did you mean `url`?"],
    [{ URL: ALONE.url }, "there is no option `URL`: did you mean `url`?"],
    [{ reconect: {} }, "there is no option `reconect`: did you mean `reconnect`?"],
    [{ catchup: false }, "there is no option `catchup`: did you mean `catchUp`?"],
    [{ reconnect: { intialMs: 1 } }, "there is no option `reconnect.intialMs`: did you mean `reconnect.initialMs`?"],
    [{ queue: { maxFrame: 1 } }, "there is no option `queue.maxFrame`: did you mean `queue.maxFrames`?"],
    [{ rest: { timeoutMS: 1 } }, "there is no option `rest.timeoutMS`: did you mean `rest.timeoutMs`?"],
    [{ stableAfterMs: 1 }, "there is no option `stableAfterMs`: did you mean `reconnect.stableAfterMs`?"],
    [{ watchdog: { rooms: 1 } }, "there is no option `watchdog.rooms`: did you mean `catchUp.rooms`?"],
    [{ backoff: undefined }, "there is no option `backoff`"],
    [{ "reconnect.maxMs": 1 }, "there is no option `reconnect.maxMs`"],
    [{ "": 1 }, "there is no option ``"],
  ]) {
    const error = await rejection(connect({ ...ALONE, ...options }));
    assert.deepEqual([error.code, error.message], ["invalid-option", message]);
    assert.equal(sockets.length, 0);
  }
});

test("treats an undefined option as absent at every level", async () => {
  const { connect } = await fresh();
  const absent = (...names) => Object.fromEntries(names.map((name) => [name, undefined]));
  for (const options of [
    absent("reconnect", "rest", "catchUp", "watchdog", "queue", "store", "delivery", "debug", "signal", "onUnauthorized", "WebSocket", "engine", "user"),
    {
      reconnect: absent("initialMs", "maxMs", "attempts", "timeoutMs", "stableAfterMs"),
      rest: absent("url", "timeoutMs", "headers", "credentials", "fetch"),
      catchUp: absent("history", "window", "maxMessages", "rooms"),
      watchdog: absent("silenceMs", "compareAfterMs"),
      queue: absent("maxFrames", "maxBytes", "turnMs"),
      store: absent("pageSize", "maxMessages", "maxBytes", "maxMissed", "keptTimelines"),
    },
  ]) {
    (await connect({ ...options, url: ALONE.url })).close();
  }
});

test("reports the same time of the next attempt to every caller", async () => {
  const { connect } = await fresh();
  const client = await connect({ ...ALONE, reconnect: { initialMs: 60_000, maxMs: 60_000 } });
  assert.deepEqual(client.connection, { attempt: 1, retryAt: null, cause: null });
  sockets[0].open();
  await turn();
  const told = client.next("statechange");
  sockets[0].lose(1012, "restart");
  const change = await told;
  const now = Date.now();
  assert.ok(Number.isInteger(change.retryAt) && change.retryAt >= now - 1000 && change.retryAt <= now + 60_000, `${change.retryAt}`);
  const cause = { code: 1012, reason: "restart", wasClean: false, status: null };
  assert.deepEqual(change, { status: "waiting", attempt: 1, retryAt: change.retryAt, cause });
  const then = performance.now();
  await until(() => performance.now() > then + 5);
  assert.deepEqual({ status: client.status, ...client.connection }, change);
  client.close();
  assert.equal(client.connection.retryAt, null);
});

test("accepts zero for an option if zero has a meaning", async () => {
  const { connect } = await fresh();
  (await connect({ ...ALONE, catchUp: { rooms: 0 } })).close();
});

test("rejects with a clear error if WebSocket is missing", async () => {
  const { connect } = await fresh();
  globalThis.WebSocket = undefined;
  const error = await rejection(connect(ALONE));
  assert.equal(error.code, "no-web-socket");
  assert.match(error.message, /Node\.js 22/);
});

test("retries a module that fails to load", async () => {
  const { connect, init } = await fresh();
  const cause = new Error("no network");
  const error = await rejection(init(Promise.reject(cause)));
  assert.equal(error.code, "load-failed");
  assert.equal(error.cause, cause);
  assert.match(error.message, /no network/);
  const broken = await rejection(init(new Uint8Array([0, 97, 115, 109])));
  assert.equal(broken.code, "load-failed");
  const page = new Response("<!doctype html>", { headers: { "content-type": "text/html; charset=utf-8" } });
  assert.match((await rejection(init(page))).message, /is an HTML page.*init\(\).*optimizeDeps/);
  // The socket that was opened for nothing is not left behind.
  assert.equal((await rejection(connect(ALONE))).code, "load-failed");
  assert.deepEqual(sockets.map(({ readyState }) => readyState), [3]);
  const { readFile } = await import("node:fs/promises");
  const file = path.join(project.folder, "node_modules/room-events/dist/room-events.wasm");
  await init(await WebAssembly.compile(await readFile(file)));
  (await connect(ALONE)).close();
  await init("nowhere: the module is there already");
});

test("clients share one module, and concurrent calls load it once", async () => {
  const { connect, init } = await fresh();
  const { instantiate } = WebAssembly;
  let instantiated = 0;
  WebAssembly.instantiate = (...args) => {
    instantiated += 1;
    return instantiate.call(WebAssembly, ...args);
  };
  try {
    const clients = await Promise.all([connect(ALONE), connect(ALONE), init().then(() => connect(ALONE))]);
    assert.equal(instantiated, 1);
    assert.equal(sockets.length, 3);
    for (const client of clients) client.close();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
});

test("a signal stops connect() at any time and closes the client afterwards", async () => {
  const { connect } = await fresh();
  const reason = new Error("never mind");
  assert.equal(await rejection(connect({ ...ALONE, signal: AbortSignal.abort(reason) })), reason);
  assert.equal(sockets.length, 0);

  const early = new AbortController();
  const connecting = connect({ ...ALONE, signal: early.signal });
  early.abort(reason);
  assert.equal(await rejection(connecting), reason);
  assert.deepEqual(sockets.map(({ readyState }) => readyState), [3]);

  const late = new AbortController();
  const client = await connect({ ...ALONE, signal: late.signal });
  sockets[1].open();
  late.abort(reason);
  assert.equal(client.status, "closed");
  assert.deepEqual(sockets[1].closedWith, [1000, ""]);
});

test("a signal keeps no listener of a closed client", async () => {
  const { connect } = await fresh();
  const { signal } = new AbortController();
  const { getEventListeners } = await import("node:events");
  for (let round = 0; round < 20; round += 1) (await connect({ ...ALONE, signal })).close();
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});

test("resolves the socket and REST addresses and refuses invalid ones", async () => {
  const { connect } = await fresh();
  const asked = [];
  const original = globalThis.fetch;
  globalThis.fetch = async (url) => {
    asked.push(String(url));
    return new Response("{}", { status: 503 });
  };
  const page = (href) => {
    if (href === undefined) delete globalThis.location;
    else Object.defineProperty(globalThis, "location", { configurable: true, value: { href } });
  };
  try {
    for (const [href, given, url, rest] of [
      ["http://127.0.0.1:7777/", undefined, "ws://127.0.0.1:7777/api/v1/events", "http://127.0.0.1:7777/api/v1"],
      ["https://chat.example/deep/page?x#y", null, "wss://chat.example/api/v1/events", "https://chat.example/api/v1"],
      ["https://chat.example:443/", undefined, "wss://chat.example/api/v1/events", "https://chat.example/api/v1"],
      ["http://[::1]:81/", undefined, "ws://[::1]:81/api/v1/events", "http://[::1]:81/api/v1"],
      ["http://chat.example/a/b", "/other/events", "ws://chat.example/other/events", "http://chat.example/other"],
      ["http://chat.example/a/b", "events", "ws://chat.example/a/events", "http://chat.example/a"],
      ["https://chat.example/", "//other.example/e", "wss://other.example/e", "https://other.example"],
      [undefined, "http://chat.example:80/e?x=1#part", "ws://chat.example/e?x=1", "http://chat.example"],
      [undefined, "https://chat.example:444/api/v1/events", "wss://chat.example:444/api/v1/events", "https://chat.example:444/api/v1"],
      [undefined, "WSS://Chat.Example/proxy/api/v1/events/", "wss://chat.example/proxy/api/v1/events/", "https://chat.example/proxy/api/v1"],
      [undefined, "ws://chat.example", "ws://chat.example/", "http://chat.example"],
      [undefined, "ws://chat.example//", "ws://chat.example//", "http://chat.example"],
      [undefined, "ws://chat.example/a//b?c/d", "ws://chat.example/a//b?c/d", "http://chat.example/a/"],
      [undefined, "ws://chat.example/a//", "ws://chat.example/a//", "http://chat.example"],
      [undefined, new URL("wss://chat.example/e?f"), "wss://chat.example/e?f", "https://chat.example"],
    ]) {
      installSockets();
      asked.length = 0;
      page(href);
      const client = await connect({ url: given });
      assert.equal(sockets[0].url, url, `${href} ${given}`);
      assert.equal(client.url, url);
      sockets[0].open();
      assert.equal(asked[0], `${rest}/rooms`, `${href} ${given}`);
      client.close();
    }
    // A frame in `srcdoc`, and a worker from a blob.
    const frame = { origin: "https://chat.example", addEventListener() {}, removeEventListener() {} };
    for (const [href, more] of [
      ["about:srcdoc", { ...frame, document: Object.assign(new EventTarget(), { baseURI: "https://chat.example/page" }) }],
      ["blob:https://chat.example/8c7d", { origin: "https://chat.example" }],
    ]) {
      page(href);
      Object.assign(globalThis, more);
      try {
        for (const given of [undefined, "/api/v1/events"]) {
          const client = await connect({ url: given, engine: "page" });
          assert.equal(client.url, "wss://chat.example/api/v1/events", href);
          client.close();
          await turn();
        }
      } finally {
        for (const name of Object.keys(more)) delete globalThis[name];
      }
    }
    for (const href of ["about:blank", "file:///index.html", "data:text/html,x", undefined]) {
      page(href);
      assert.equal((await rejection(connect())).code, "no-url", href);
    }
    for (const url of ["ws://", "mailto:a@chat.example", "javascript:0", "file:///e"]) {
      page("http://chat.example/");
      assert.equal((await rejection(connect({ url }))).code, "invalid-url", url);
    }
  } finally {
    globalThis.fetch = original;
    page(undefined);
  }
});
