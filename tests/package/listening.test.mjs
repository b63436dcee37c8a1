// Listening in all its ways: to a client of the package, and to the one for tests, which has to do the same.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installPacked, root } from "./install.mjs";
import { readFile } from "node:fs/promises";
import { ALONE, installSockets, sockets, turn } from "./sockets.mjs";

let project;
before(async () => {
  project = await installPacked();
});
after(() => project?.remove());

const load = (name) => import(pathToFileURL(path.join(project.folder, "node_modules/room-events/dist", name)));

/** Each makes an open client, and says how the server sends an event to it, once the engine knows what is listened to. */
const CLIENTS = {
  "the package's": async () => {
    const { connect } = await load("node.js");
    installSockets();
    const client = await connect(ALONE);
    const [socket] = sockets;
    socket.open();
    await turn();
    const send = async (type, data) => {
      await turn();
      socket.send(type, data);
    };
    return { client, send, lose: () => socket.lose(1012, "restart") };
  },
  "the one for tests": async () => {
    const { createFakeClient } = await load("testing.js");
    const client = createFakeClient({ url: ALONE.url });
    const cause = { code: 1012, reason: "restart", wasClean: false };
    return { client, send: async (type, data) => client.emit(type, data), lose: () => client.setStatus("waiting", { cause, retryAt: 1 }) };
  },
};

const rejection = (promise) => promise.then(() => assert.fail("it did not reject"), (error) => error);

for (const [name, make] of Object.entries(CLIENTS)) {
  describe(`client: ${name}`, () => {
    test("keeps Vue from wrapping the client in a proxy", async () => {
      const { client } = await make();
      // What `reactive()`, `ref()` and `data()` look at before they make a proxy.
      assert.equal(client.__v_skip, true);
      client.close();
    });

    test("on() calls the listener until it is removed", async () => {
      const { client, send } = await make();
      const seen = [];
      const off = client.on("RoomDeleted", (data, event) => seen.push([data, event]));
      await send("RoomDeleted", { roomId: 2 });
      await send("RoomCreated", { room: { roomId: 3 } });
      assert.deepEqual(seen, [[{ roomId: 2 }, { type: "RoomDeleted", data: { roomId: 2 }, recovered: false }]]);
      assert.equal(seen[0][0], seen[0][1].data);
      off();
      off();
      await send("RoomDeleted", { roomId: 2 });
      assert.equal(seen.length, 1);
      client.close();
    });

    test("reports a callback that throws and continues", async () => {
      const { client, send } = await make();
      const reported = [];
      globalThis.reportError = (error) => reported.push(error.message);
      try {
        const seen = [];
        client.on("RoomDeleted", () => {
          throw new Error("a mistake of the page");
        });
        client.on("RoomDeleted", ({ roomId }) => seen.push(roomId));
        await send("RoomDeleted", { roomId: 1 });
        await send("RoomDeleted", { roomId: 2 });
        assert.deepEqual(seen, [1, 2]);
        assert.deepEqual(reported, ["a mistake of the page", "a mistake of the page"]);
      } finally {
        delete globalThis.reportError;
        client.close();
      }
    });

    test("once() calls the listener once", async () => {
      const { client, send } = await make();
      const seen = [];
      client.once("RoomDeleted", ({ roomId }, { type }) => seen.push(roomId, type));
      const off = client.once("RoomDeleted", () => assert.fail("taken back"));
      off();
      await send("RoomDeleted", { roomId: 1 });
      await send("RoomDeleted", { roomId: 2 });
      assert.deepEqual(seen, [1, "RoomDeleted"]);
      client.close();
    });

    test("on() with `once` calls the listener once, for its room and until its signal aborts", async () => {
      const { client, send } = await make();
      const seen = [];
      const note = ({ roomId }) => seen.push(roomId);
      const controller = new AbortController();
      client.on("RoomDeleted", note, { once: true, roomId: 2 });
      client.on("RoomDeleted", (data) => note({ roomId: -data.roomId }), { once: false, roomId: 2 });
      client.on("RoomDeleted", () => assert.fail("aborted"), { once: true, signal: controller.signal });
      client.on("RoomDeleted", () => assert.fail("taken back"), { once: true })();
      const off = () => assert.fail("off() was called");
      client.on("RoomDeleted", off, { once: true });
      client.off("RoomDeleted", off);
      controller.abort();
      for (const roomId of [1, 2, 2]) await send("RoomDeleted", { roomId });
      assert.deepEqual(seen, [2, -2, -2]);
      client.close();
    });

    test("refuses an unknown listening option", async () => {
      const { client } = await make();
      const code = "invalid-option";
      const listen = (method, options) => client[method]("RoomDeleted", () => {}, options);
      assert.throws(() => listen("on", { roomID: 1 }), { code, message: "there is no option `roomID`: did you mean `roomId`?" });
      assert.throws(() => listen("on", { capture: true }), { code, message: "there is no option `capture`" });
      assert.throws(() => listen("once", { once: true }), { code });
      assert.equal((await rejection(client.next("RoomDeleted", { sginal: undefined }))).code, code);
      assert.throws(() => client.events({ typs: ["RoomDeleted"] }), { code, message: /did you mean `types`/ });
      for (const options of [undefined, null, {}, { roomId: undefined, signal: undefined, once: undefined }]) listen("on", options);
      client.events({ types: undefined, buffer: undefined, signal: undefined, roomId: undefined });
      client.close();
    });

    test("off() removes every registration of a callback for that topic and no other", async () => {
      const { client, send } = await make();
      const seen = [];
      const note = ({ roomId }) => seen.push(roomId);
      client.on("RoomDeleted", note);
      client.on("RoomDeleted", note);
      client.once("RoomDeleted", note);
      client.on("TextMessageDeleted", note);
      client.off("RoomDeleted", note);
      client.off("RoomDeleted", note);
      await send("RoomDeleted", { roomId: 1 });
      await send("TextMessageDeleted", { roomId: 2, messageId: 3, parentMessageId: 0 });
      assert.deepEqual(seen, [2]);
      client.close();
    });

    test("removes callbacks when their signal aborts", async () => {
      const { client, send } = await make();
      const controller = new AbortController();
      const { signal } = controller;
      const seen = [];
      client.on("RoomDeleted", ({ roomId }) => seen.push(roomId), { signal });
      client.once("RoomDeleted", ({ roomId }) => seen.push(-roomId), { signal });
      client.on("RoomDeleted", () => assert.fail("aborted before"), { signal: AbortSignal.abort() });
      await send("RoomDeleted", { roomId: 1 });
      controller.abort();
      await send("RoomDeleted", { roomId: 2 });
      assert.deepEqual(seen, [1, -1]);
      client.close();
    });

    test("a closed client holds no signal", async () => {
      const { client } = await make();
      const { signal } = new AbortController();
      const listen = () => {
        client.on("RoomDeleted", () => {}, { signal });
        client.once("RoomDeleted", () => {}, { signal });
        client.next("RoomDeleted", { signal }).catch(() => {});
        return client.events({ signal });
      };
      listen();
      const heard = [];
      client.on("statechange", ({ status }) => heard.push(status), { signal });
      client.close();
      assert.deepEqual(getEventListeners(signal, "abort"), []);
      assert.deepEqual(heard, ["closed"]);
      assert.deepEqual(await listen().next(), { value: undefined, done: true });
      assert.deepEqual(getEventListeners(signal, "abort"), []);
    });

    test("refuses an unknown topic or an invalid callback with a code", async () => {
      const { client } = await make();
      for (const method of ["on", "once"]) {
        assert.throws(() => client[method]("RoomExploded", () => {}), { name: "RoomEventsError", code: "unknown-topic" });
        assert.throws(() => client[method](Symbol("state"), () => {}), { code: "unknown-topic" });
        assert.throws(() => client[method]("RoomDeleted", {}), { code: "invalid-callback" });
        assert.throws(() => client[method]("RoomDeleted"), { code: "invalid-callback" });
      }
      assert.equal((await rejection(client.next("RoomExploded"))).code, "unknown-topic");
      assert.throws(() => client.events({ types: ["RoomExploded"] }), { code: "unknown-topic" });
      client.close();
    });

    test("next() resolves to the next event", async () => {
      const { client, send, lose } = await make();
      const rooms = Promise.all([client.next("RoomDeleted"), client.next("RoomDeleted", {})]);
      await send("RoomDeleted", { roomId: 1 });
      await send("RoomDeleted", { roomId: 2 });
      assert.deepEqual(await rooms, [{ roomId: 1 }, { roomId: 1 }]);
      const state = client.next("statechange");
      lose();
      assert.equal((await state).status, "waiting");
      client.close();
    });

    test("next() ends when its signal aborts or the client closes", async () => {
      const { client, send } = await make();
      const controller = new AbortController();
      const reason = new Error("enough");
      assert.equal(await rejection(client.next("RoomDeleted", { signal: AbortSignal.abort(reason) })), reason);
      const aborted = client.next("RoomDeleted", { signal: controller.signal });
      controller.abort(reason);
      assert.equal(await rejection(aborted), reason);
      await send("RoomDeleted", { roomId: 1 });

      const waiting = client.next("RoomDeleted");
      const last = client.next("statechange");
      client.close();
      assert.equal((await rejection(waiting)).code, "closed");
      assert.equal((await last).status, "closed");
      assert.equal((await rejection(client.next("RoomDeleted"))).code, "closed");
    });

    test("for await yields every event in order and ends when the client closes", async () => {
      const { client, send } = await make();
      const seen = [];
      const loop = (async () => {
        for await (const event of client) seen.push([event.type, event.data.roomId]);
      })();
      await send("RoomDeleted", { roomId: 1 });
      await send("TextMessageDeleted", { roomId: 2, messageId: 3, parentMessageId: 0 });
      await turn();
      await send("RoomDeleted", { roomId: 3 });
      client.close();
      await loop;
      assert.deepEqual(seen, [["RoomDeleted", 1], ["TextMessageDeleted", 2], ["RoomDeleted", 3]]);
      for await (const event of client) assert.fail(`closed, and yet ${event.type}`);
    });

    test("events() collects events from the call on and removes its callbacks when the loop exits", async () => {
      const { client, send } = await make();
      const events = client.events({ types: ["RoomDeleted"], buffer: 2 });
      await send("RoomDeleted", { roomId: 1 });
      await send("TextMessageDeleted", { roomId: 9, messageId: 3, parentMessageId: 0 });
      await send("RoomDeleted", { roomId: 2 });
      for await (const { data } of events) {
        assert.equal(data.roomId, 1);
        break;
      }
      assert.deepEqual(await events.next(), { value: undefined, done: true });
      // With callbacks left, the third would be one too many.
      for (let roomId = 3; roomId < 9; roomId += 1) await send("RoomDeleted", { roomId });
      assert.deepEqual(await events.next(), { value: undefined, done: true });
      client.close();
    });

    test("does not drop events silently if the buffer is full", async () => {
      const { client, send } = await make();
      const events = client.events({ buffer: 2 });
      for (let roomId = 1; roomId <= 4; roomId += 1) await send("RoomDeleted", { roomId });
      assert.equal((await events.next()).value.data.roomId, 1);
      assert.equal((await events.next()).value.data.roomId, 2);
      const error = await rejection(events.next());
      assert.deepEqual([error.name, error.code], ["RoomEventsError", "buffer-overflow"]);
      assert.deepEqual(await events.next(), { value: undefined, done: true });
      client.close();
    });

    test("a loop delivers buffered events before its signal ends it", async () => {
      const { client, send } = await make();
      const controller = new AbortController();
      const reason = new Error("enough");
      const events = client.events({ signal: controller.signal });
      await send("RoomDeleted", { roomId: 1 });
      controller.abort(reason);
      await send("RoomDeleted", { roomId: 2 });
      assert.equal((await events.next()).value.data.roomId, 1);
      assert.equal(await rejection(events.next()), reason);
      assert.throws(() => client.events({ signal: controller.signal }), reason);
      client.close();
    });

    test("an iterator serves concurrent next() calls and ends pending ones on disposal", async () => {
      const { client, send } = await make();
      const events = client.events();
      const asked = [events.next(), events.next(), events.next()];
      await send("RoomDeleted", { roomId: 1 });
      await send("RoomDeleted", { roomId: 2 });
      assert.deepEqual([(await asked[0]).value.data.roomId, (await asked[1]).value.data.roomId], [1, 2]);
      await events[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]();
      assert.deepEqual(await asked[2], { value: undefined, done: true });
      client.close();
    });

    test("closes the client on disposal", async () => {
      const { client } = await make();
      client[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();
      assert.equal(client.status, "closed");
      client.on("statechange", () => assert.fail("nothing follows"));
      client.close();
      client.reconnectNow();
    });

    test("has every member that the types declare", async () => {
      const { client } = await make();
      const types = await readFile(path.join(root, "pkg/src/types.d.ts"), "utf8");
      const [body] = types.split("export interface EventsClient {\n")[1].split("\n}\n");
      const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)(?:[<(]|: )/gm)].map(([, member]) => member);
      assert.ok(members.includes("on") && members.includes("status") && members.length >= 9, members.join());
      for (const member of members) assert.ok(member in client, member);
      assert.deepEqual(Object.keys((await client.stats())).length, 11);
      client.close();
    });
  });
}

test("an error is an instance of every entry's class, and nothing else is", async () => {
  const entries = await Promise.all(["node", "index", "inline", "testing"].map((name) => load(`${name}.js`)));
  const { client } = await CLIENTS["the package's"]();
  const { client: fake } = await CLIENTS["the one for tests"]();
  const thrown = (made) => {
    try {
      made.on("RoomExploded", () => {});
    } catch (error) {
      return error;
    }
  };
  for (const { RoomEventsError } of entries) {
    const mine = new RoomEventsError("closed", "for a test", { cause: 7 });
    assert.deepEqual([mine.name, mine.code, mine.message, mine.cause], ["RoomEventsError", "closed", "for a test", 7]);
    assert.match(mine.stack, /for a test/);
    for (const error of [mine, thrown(client), thrown(fake), await rejection(entries[0].connect({ uri: "" }))]) {
      assert.ok(error instanceof RoomEventsError && error instanceof Error, String(error));
    }
    for (const other of [undefined, null, 7, {}, new Error("RoomEventsError"), { name: "RoomEventsError", code: "closed" }]) {
      assert.ok(!(other instanceof RoomEventsError), String(other));
    }
    class Narrower extends RoomEventsError {}
    assert.ok(new Narrower("closed", "") instanceof RoomEventsError && new Narrower("closed", "") instanceof Narrower);
    assert.ok(!(mine instanceof Narrower));
  }
  client.close();
});

test("a fake client counts, changes its status and builds complete objects", async () => {
  const { createFakeClient, fakeMessage, fakeRoom } = await load("testing.js");
  const client = createFakeClient({ status: "connecting" });
  assert.equal(client.status, "connecting");
  const changes = [];
  client.on("statechange", (change) => changes.push(change));
  client.setStatus("waiting", { attempt: 2, retryAt: 500 });
  client.emit("statechange", { status: "open", attempt: 3, retryAt: null, cause: null });
  assert.deepEqual(changes, [
    { status: "waiting", attempt: 2, retryAt: 500, cause: null },
    { status: "open", attempt: 3, retryAt: null, cause: null },
  ]);
  const events = [];
  client.on("TextMessagesCreated", (_, event) => events.push(event));
  client.emit("TextMessagesCreated", { messages: [fakeMessage({ text: "hello" })] }, { recovered: true });
  assert.equal(events[0].recovered, true);
  assert.equal(events[0].data.messages[0].text, "hello");
  assert.equal((await client.stats()).recovered, 1);
  assert.equal((await client.stats()).events.TextMessagesCreated, 1);
  assert.equal(client.listenerCount("TextMessagesCreated"), 1);
  assert.deepEqual([fakeRoom({ name: "Kitchen" }).displayName, fakeRoom({ displayName: "Hall" }).name], ["Kitchen", "Hall"]);
  client.reconnectNow();
  assert.equal(client.reconnects, 1);
  assert.deepEqual([client.freshness(), client.freshness(1)], ["live", undefined]);
  const told = { all: [], one: [] };
  client.on("freshness", (notice) => told.all.push(notice.roomId));
  client.on("freshness", (notice) => told.one.push(notice.freshness), { roomId: 1 });
  client.emit("freshness", { roomId: 1, freshness: "stale", cause: "the room cannot be read" });
  client.emit("freshness", { roomId: null, freshness: "catching-up", cause: null });
  assert.deepEqual(told, { all: [1, null], one: ["stale"] });
  assert.deepEqual([client.freshness(), client.freshness(1)], ["catching-up", "stale"]);
  client.setStatus("waiting", { cause: { code: 1006, reason: "", wasClean: false } });
  assert.equal(client.connection.cause.status, null);
  client.follow([2]);
  client.emit("TextMessagesCreated", { messages: [fakeMessage()] });
  client.follow("all");
  client.emit("TextMessagesCreated", { messages: [fakeMessage()] });
  assert.equal(events.length, 2);
  client.close();
  client.emit("TextMessagesCreated", { messages: [] });
  assert.equal(events.length, 2);
  assert.equal(client.listenerCount("TextMessagesCreated"), 0);
  assert.throws(() => client.emit("RoomExploded", {}), { code: "unknown-topic" });
});
