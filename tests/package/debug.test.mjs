// What the option `debug` prints, of a client that does what the test says.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installPacked } from "./install.mjs";
import { turn } from "./sockets.mjs";

let project;
let watch;
let testing;
before(async () => {
  project = await installPacked();
  const load = (name) => import(pathToFileURL(path.join(project.folder, "node_modules/room-events/dist", name)));
  ({ watch } = await load("debug.js"));
  testing = await load("testing.js");
});
after(() => project?.remove());

/** What is printed by the calls of `act`: the console's method and its arguments, without the styles. */
async function printed(context, act) {
  const calls = [];
  for (const method of ["info", "warn", "log", "groupCollapsed", "groupEnd"]) {
    context.mock.method(console, method, (...args) => calls.push([method, ...args]));
  }
  act();
  await turn();
  context.mock.restoreAll();
  return calls;
}

test("prints an event as a group with a one-line summary and the whole event inside", async (context) => {
  const client = testing.createFakeClient();
  const calls = await printed(context, () => {
    watch(client);
    client.emit("TextMessagesCreated", { messages: [testing.fakeMessage({ messageId: 7, roomId: 3, text: "100 %c\nHello" })] });
  });
  assert.deepEqual(calls.map(([method]) => method), ["info", "groupCollapsed", "log", "groupEnd"]);
  const [, , [, event]] = calls;
  assert.equal(event.type, "TextMessagesCreated");
  const line = calls[1].at(-1);
  assert.match(line, /message 7 in room 3: 100 %c Hello/);
  assert.ok(!calls[1][1].includes("100"), "what others write is no format");
});

test("prints problems as warnings", async (context) => {
  const client = testing.createFakeClient();
  const error = { code: "wrong-type", message: "a string was expected", path: "$.data", offset: 8, excerpt: "" };
  const calls = await printed(context, () => {
    watch(client);
    client.emit("malformed", error);
    client.emit("resync", { roomId: null, reason: "nothing-known" });
    client.emit("freshness", { roomId: 3, freshness: "stale", cause: "the room cannot be read" });
  });
  assert.deepEqual(calls.map(([method]) => method), ["info", "warn", "warn", "groupCollapsed", "log", "groupEnd"]);
  assert.equal(calls[1].at(-1), error);
  assert.ok(calls[2].some((part) => String(part).includes("all rooms: nothing-known")));
  assert.equal(calls[3].at(-1), "room 3: stale · the room cannot be read");
});

test("prints a change of status with the statistics", async (context) => {
  context.mock.method(Date, "now", () => 1_000_000);
  const client = testing.createFakeClient({ status: "connecting" });
  const calls = await printed(context, () => {
    watch(client);
    client.setStatus("waiting", { attempt: 2, retryAt: Date.now() + 1500, cause: { code: 1006, reason: "gone", wasClean: false } });
  });
  assert.deepEqual(calls.map(([method]) => method), ["info", "groupCollapsed", "log", "groupEnd", "log"]);
  assert.match(calls[1].at(-1), /^waiting · next attempt in 1\.5 s · 1006 gone$/);
  assert.equal(calls[4][1], "stats");
  assert.equal(calls[4][2].frames, 0);
});
