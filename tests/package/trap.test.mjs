// A WebAssembly module that fails in the middle: no memory is left, or it traps.

import assert from "node:assert/strict";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installPacked } from "./install.mjs";
import { ALONE, installSockets, sockets, turn, until } from "./sockets.mjs";

const { instantiate } = WebAssembly;

let project;
let instances = 0;
/** The exports of the module that was loaded last. */
let exports;
/** What each function of the module throws from now on. */
let trap;

before(async () => {
  project = await installPacked();
});
after(() => project?.remove());
beforeEach((context) => {
  installSockets();
  context.mock?.reset();
  trap = undefined;
  WebAssembly.instantiate = async (...args) => {
    const made = await instantiate.apply(WebAssembly, args);
    exports = { ...(made.instance ?? made).exports };
    const trapping = (call) => (...args) => {
      if (trap) throw trap;
      return call(...args);
    };
    const entries = Object.entries(exports);
    const played = entries.map(([name, it]) => [name, typeof it === "function" ? trapping(it) : it]);
    return { instance: { exports: Object.fromEntries(played) } };
  };
});
afterEach(() => {
  WebAssembly.instantiate = instantiate;
});

/** A client of a module of its own, open, and what it told. */
async function opened(options) {
  const file = path.join(project.folder, "node_modules/room-events/dist/node.js");
  const { connect } = await import(`${pathToFileURL(file)}?trap=${(instances += 1)}`);
  const client = await connect({ ...ALONE, ...options });
  const changes = [];
  client.on("statechange", (change) => changes.push(change));
  sockets[0].open();
  return { client, connect, changes };
}

/** What is printed, as a page would be told. */
function reports(context) {
  const { mock } = context.mock.method(console, "error", () => {});
  return () => mock.calls.map(({ arguments: [error] }) => error);
}

async function assertClosed({ client, connect, changes }, words) {
  await turn();
  const { cause } = client.connection;
  assert.equal(client.status, "closed");
  assert.match(cause.reason, words);
  assert.deepEqual([cause.code, cause.wasClean, cause.status], [0, false, null]);
  assert.deepEqual(changes.at(-1), { status: "closed", ...client.connection });
  assert.equal(changes.filter((told) => told.status === "closed").length, 1);
  assert.equal(sockets[0].readyState, 3);
  // Nothing throws any more.
  client.on("RoomDeleted", () => {})();
  client.once("statechange", () => assert.fail("nothing follows"))();
  client.follow([1]);
  client.reconnectNow();
  assert.equal(client.freshness(), undefined);
  await assert.rejects(client.stats(), { code: "engine-failed", message: words });
  await assert.rejects(client.next("RoomDeleted"), { code: "closed" });
  for await (const event of client) assert.fail(event.type);
  client.close();
  client[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();
  await assert.rejects(connect(ALONE), { code: "load-failed", message: words });
  assert.equal(sockets.length, 1, "no socket is opened for nothing");
}

test("closes the client if the module runs out of memory", async (context) => {
  const reported = reports(context);
  const made = await opened();
  const { client } = made;
  client.on("RoomCreated", () => {});
  const waiting = assert.rejects(client.next("RoomDeleted"), { code: "closed" });
  const memory = Object.values(exports).find((it) => it instanceof WebAssembly.Memory);
  for (let pages = 1 << 16; pages >= 1; ) {
    try {
      memory.grow(pages);
    } catch {
      pages /= 2;
    }
  }
  const room = { roomId: 1, name: "x".repeat(4 << 20) };
  await turn();
  sockets[0].send("RoomCreated", { room });
  await waiting;
  await assertClosed(made, /WebAssembly module has failed \(.+\): reload the page/);
  assert.equal(reported().length, 1);
  assert.ok(reported()[0] instanceof WebAssembly.RuntimeError);
});

test("survives a trap at every entry point of the module", async (context) => {
  for (const [name, enter] of [
    ["a frame", () => sockets[0].send("RoomDeleted", { roomId: 1 })],
    ["a close", () => sockets[0].lose(1006, "gone")],
    ["stats()", ({ client }) => client.stats().catch(() => {})],
    ["on()", ({ client }) => client.on("RoomDeleted", () => {})()],
    ["follow()", ({ client }) => client.follow("all")],
    ["reconnectNow()", ({ client }) => client.reconnectNow()],
    ["a callback", ({ client }) => {
      const later = trap;
      trap = undefined;
      client.on("RoomDeleted", () => {
        trap = later;
        client.reconnectNow();
      });
      return turn().then(() => sockets[0].send("RoomDeleted", { roomId: 1 }));
    }],
  ]) {
    installSockets();
    trap = undefined;
    const made = await opened();
    const reported = reports(context);
    trap = new WebAssembly.RuntimeError(`trapped in ${name}`);
    await enter(made);
    await turn();
    assert.deepEqual(reported(), [trap], name);
    // The module is not entered again, though it would work.
    trap = undefined;
    await assertClosed(made, /trapped in/);
    context.mock.restoreAll();
  }
});

test("closes the client as requested if close() traps", async (context) => {
  const { client, connect, changes } = await opened();
  const reported = reports(context);
  trap = new WebAssembly.RuntimeError("trapped in close()");
  client.close();
  await turn();
  assert.deepEqual(reported(), [trap]);
  assert.deepEqual(changes.at(-1), { status: "closed", ...client.connection });
  assert.equal(client.connection.cause.reason, "closed by the application");
  assert.equal(sockets[0].readyState, 3);
  trap = undefined;
  await assert.rejects(connect(ALONE), { code: "load-failed", message: /trapped in close/ });
});

test("survives a trap in a timer or in a response", async (context) => {
  const reported = reports(context);
  const made = await opened({ reconnect: { timeoutMs: 1, stableAfterMs: 1 } });
  trap = new WebAssembly.RuntimeError("trapped in a timer");
  await until(() => reported().length > 0);
  await assertClosed(made, /trapped in a timer/);

  installSockets();
  trap = undefined;
  const { fetch } = globalThis;
  globalThis.fetch = async () => {
    trap = new WebAssembly.RuntimeError("trapped in an answer");
    return new Response("{}", { status: 503 });
  };
  try {
    const other = await opened({ catchUp: true });
    await until(() => reported().length > 1);
    await assertClosed(other, /trapped in an answer/);
  } finally {
    globalThis.fetch = fetch;
  }
});

test("a callback that throws does not stop the module", async (context) => {
  const reported = reports(context);
  const { client } = await opened();
  const seen = [];
  client.on("RoomDeleted", () => {
    throw new Error("mine");
  });
  client.on("RoomDeleted", ({ roomId }) => seen.push(roomId));
  await turn();
  sockets[0].send("RoomDeleted", { roomId: 1 });
  assert.deepEqual(seen, [1]);
  assert.equal(client.status, "open");
  assert.throws(() => client.on("RoomDeleted", 7), { code: "invalid-callback" });
  assert.throws(() => client.follow("lobby"), { code: "invalid-option" });
  assert.throws(() => client.freshness(1.5), { code: "invalid-option" });
  assert.equal(client.status, "open");
  assert.deepEqual(reported().map(({ message }) => message), ["mine"]);
  client.close();
});
