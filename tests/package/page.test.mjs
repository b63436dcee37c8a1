// The page's part of a client: what it makes of what an engine sends.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { ACKNOWLEDGE, ACKNOWLEDGED_TOGETHER, BATCH, BYE, HELLO, LISTEN, PORT_VERSION, READY, TOPICS, WELCOME } from "../../pkg/src/generated/tables.js";
import { attach, leave, Page, receive } from "../../pkg/src/page.js";
import { turn } from "./sockets.mjs";

test("reports a delivery that it cannot build, and delivers the others", async () => {
  const said = [];
  const page = new Page({ spec: {}, url: "", functions: {}, turnMs: 8 });
  const welcomed = page[attach]({ port: { postMessage: (message) => said.push(message) }, about: {}, dispose() {} });
  page[receive]({ kind: WELCOME, status: "open", connection: {}, freshness: [] });
  await welcomed;
  const types = [];
  page.on("unknown", ({ type }) => types.push(type));
  const { mock: reported } = mock.method(console, "error", () => {});
  const unknown = TOPICS.indexOf("unknown");
  const batch = (...frames) => ({
    kind: BATCH,
    items: frames.flatMap(([type, frame]) => [unknown, [type, frame], 0]),
    tapes: new ArrayBuffer(0),
  });
  page[receive](batch(["Broken", "no JSON"], ["Good", "{}"]));
  page[receive](batch(["Later", "{}"]));
  for (let count = 2; count < ACKNOWLEDGED_TOGETHER; count += 1) {
    assert.ok(!said.some(({ kind }) => kind === ACKNOWLEDGE));
    page[receive](batch());
  }
  mock.restoreAll();
  assert.deepEqual(types, ["Good", "Later"]);
  assert.equal(reported.callCount(), 1);
  assert.equal(said.filter(({ kind }) => kind === ACKNOWLEDGE).length, 1);
});

test("sends one message for all listeners that change in the same turn", async () => {
  const said = [];
  const page = new Page({ spec: {}, url: "", functions: {}, turnMs: 8 });
  const welcomed = page[attach]({ port: { postMessage: (message) => said.push(message) }, about: {}, dispose() {} });
  page[receive]({ kind: WELCOME, status: "open", connection: {}, freshness: [] });
  await welcomed;
  await turn();
  said.length = 0;
  const ids = Array.from({ length: 1000 }, (_, index) => index + 1);
  const rooms = () => said.map(({ kind, registered }) => (assert.equal(kind, LISTEN), registered.length / 2));
  const unsubscribe = ids.map((roomId) => page.on("TextMessagesCreated", () => {}, { roomId }));
  for (const roomId of ids) page.follow([roomId]);
  await turn();
  assert.deepEqual(rooms(), [1000]);
  for (const off of unsubscribe) off();
  await turn();
  assert.deepEqual(rooms(), [1000, 0]);
});

test("a page that returns resyncs if it missed events, and its pending calls reject", async () => {
  const said = [];
  const page = new Page({ spec: {}, url: "", functions: {}, turnMs: 8 });
  const link = { port: { postMessage: (message) => said.push(message) }, about: { lock: "mine" }, dispose() {} };
  const welcomed = page[attach](link);
  const welcome = (isBack) => page[receive]({ kind: WELCOME, isBack, status: "open", connection: {}, freshness: [] });
  welcome(false);
  await welcomed;
  const resyncs = [];
  page.on("resync", (notice) => resyncs.push(notice));
  const stats = page.stats();
  page[receive]({ kind: BATCH, items: [], tapes: new ArrayBuffer(0) });
  page[leave]("put away");
  await assert.rejects(stats, { code: "engine-failed", message: "put away" });
  said.length = 0;
  page[receive]({ kind: READY, version: PORT_VERSION });
  const [hello] = said.filter(({ kind }) => kind === HELLO);
  assert.deepEqual([hello.received, hello.lock], [1, "mine"]);
  welcome(true);
  assert.deepEqual(resyncs, [], "it missed nothing");
  welcome(false);
  assert.equal(resyncs.length, 1, "another engine knows nothing of what was told");
  page.close();
  said.length = 0;
  welcome(false);
  assert.deepEqual(said.map(({ kind }) => kind), [BYE]);
});
