// What a store says to an engine, and what becomes of it when the engine is lost.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  BATCH,
  BYE,
  SENDING,
  SHOW,
  SHOW_AROUND,
  SHOW_DISCARD,
  SHOW_END,
  SHOW_MESSAGE,
  SHOW_NEWEST,
  SHOW_NO_MORE,
  SHOW_RESEND,
  SHOW_ROOMS,
  SHOW_SEND,
  SHOW_SENDING,
  VIEW_END,
  VIEW_LOADS_OLDER,
  WELCOME,
} from "../../pkg/src/generated/tables.js";
import { createStore } from "../../pkg/src/store.js";

/** What the store has posted since it was last looked at. */
let posted;
/** Says something to the store, as an engine. */
let say;
let calls;
let left;
let client;
beforeEach(() => {
  posted = [];
  calls = [];
  left = 0;
  let lastView = 0;
  client = {
    status: "open",
    connection: { cause: null },
    on: () => () => {},
    [Symbol.for("room-events.store")](hear) {
      say = hear;
      return {
        post: (message) => posted.push(message),
        call: async (name, args) => {
          calls.push(args);
          return { status: 404, text: '{"errorText":"no such thing"}' };
        },
        nextView: () => (lastView += 1),
        leave: () => (left += 1),
      };
    },
  };
});

/** What was posted: codes and arguments; of what is sent the text as well. */
function taken() {
  return posted.splice(0).map(({ kind, what, args, text }) => {
    assert.equal(kind, SHOW);
    return what === SHOW_SEND ? [what, ...args, text] : [what, ...args];
  });
}

const message = (messageId, text) => JSON.stringify({ messageId, roomId: 1, userId: 2, text });
const LIVE = ["live", null, VIEW_END, null];
const tell = (view, steps, state = null) => say({ kind: BATCH, items: [], tapes: new ArrayBuffer(0), views: [view, steps, state] });
const idsOf = (timeline) => timeline.get().items.map(({ key }) => key);
const nothing = () => {};

test("opens a view for the first listener, and closes it with the store", () => {
  const store = createStore(client);
  const timeline = store.timeline(7);
  assert.deepEqual(taken(), []);
  const stop = timeline.subscribe(nothing);
  timeline.subscribe(nothing);
  assert.deepEqual(taken(), [[SHOW_SENDING], [SHOW_END, 1, 7, 0, 0]]);
  store.rooms.subscribe(nothing);
  assert.deepEqual(taken(), [[SHOW_ROOMS, 2]]);
  stop();
  store.close();
  assert.deepEqual(taken(), [[SHOW_NO_MORE, 1], [SHOW_NO_MORE, 2]]);
  assert.equal(left, 1);
});

test("applies steps in order, and keeps the objects of unchanged items", () => {
  const timeline = createStore(client).timeline(1);
  timeline.subscribe(nothing);
  tell(1, [0, message(5, "five"), 2, message(6, "six")], LIVE);
  const [five] = timeline.get().items;
  tell(1, [3, message(6, "edited"), 4, [3, false], 6, [12, "draft", "queued"]]);
  assert.deepEqual(idsOf(timeline), ["m5", "m6", "g3", "o12"]);
  assert.equal(timeline.get().items[0], five);
  assert.equal(timeline.get().items[1].message.text, "edited");
  tell(1, [-1, null, 3, [3, true]], ["live", null, VIEW_END | VIEW_LOADS_OLDER, 6]);
  assert.deepEqual(idsOf(timeline), ["m6", "g3", "o12"]);
  assert.equal(timeline.get().items[1].isLoading, true);
  assert.deepEqual([timeline.get().isLoadingOlder, timeline.get().firstUnreadId], [true, 6]);
  tell(99, [0, message(1, "of a view that is closed")], LIVE);
});

test("requests the same views from another engine, and keeps the old items until that engine shows its own", () => {
  const timeline = createStore(client).timeline(1);
  timeline.subscribe(nothing);
  tell(1, [0, message(5, "five"), 2, message(6, "six")], LIVE);
  const [five] = timeline.get().items;
  taken();
  say({ kind: BYE, reason: "the worker has ended" });
  assert.deepEqual([timeline.get().freshness, timeline.get().cause], ["stale", "the worker has ended"]);
  assert.equal(timeline.get().items[0], five);
  say({ kind: WELCOME });
  assert.deepEqual(taken(), [[SHOW_SENDING], [SHOW_END, 2, 1, 0, 0]]);
  tell(1, [-1, null], LIVE);
  tell(2, [], ["loading", null, 0, null]);
  assert.deepEqual([timeline.get().freshness, idsOf(timeline).length], ["stale", 2], "the new engine shows nothing yet");
  tell(2, [0, message(5, "five"), 2, message(7, "seven")], LIVE);
  assert.deepEqual(idsOf(timeline), ["m5", "m7"]);
  assert.equal(timeline.get().items[0], five);
  assert.equal(timeline.get().freshness, "live");
});

test("another engine reopens a timeline at its last position", () => {
  const timeline = createStore(client).timeline(1);
  timeline.subscribe(nothing);
  timeline.jumpTo(77);
  say({ kind: WELCOME });
  timeline.jumpToEnd();
  say({ kind: WELCOME });
  assert.deepEqual(taken().slice(2), [
    [SHOW_AROUND, 1, 1, 0, 77],
    [SHOW_SENDING],
    [SHOW_MESSAGE, 2, 1, 0, 77],
    [SHOW_NEWEST, 2],
    [SHOW_SENDING],
    [SHOW_END, 3, 1, 0, 0],
  ]);
});

test("reports an item that it cannot build, and continues", (context) => {
  const { mock: reported } = context.mock.method(console, "error", nothing);
  const timeline = createStore(client).timeline(1);
  timeline.subscribe(nothing);
  tell(1, [0, "no JSON"], LIVE);
  assert.equal(reported.callCount(), 1);
});

test("another engine continues the outbox, including messages that the first engine never received", () => {
  const store = createStore(client);
  const timeline = store.timeline(1);
  timeline.subscribe(nothing);
  tell(1, [], LIVE);
  const [first, second, third] = ["one", "two", "three"].map((text) => Number(timeline.send(text).slice(1)));
  assert.deepEqual(taken().slice(2), [
    [SHOW_SEND, first, 1, 0, "one"],
    [SHOW_SEND, second, 1, 0, "two"],
    [SHOW_SEND, third, 1, 0, "three"],
  ]);
  say({
    kind: SENDING,
    all: [
      [first, "one", 1, 0, 55, 9, "sending"],
      [second, "two", 1, 0, -1, 9, "failed", "refused", 403, false],
    ],
    heard: second,
    sent: [],
  });
  assert.deepEqual(store.outbox.get().map(({ key, state }) => [key, state]), [
    [`o${first}`, "sending"],
    [`o${second}`, "failed"],
    [`o${third}`, "queued"],
  ]);
  assert.deepEqual(store.outbox.get()[1].failure, { reason: "refused", status: 403, mayResend: false });
  say({ kind: BYE, reason: "gone" });
  say({ kind: WELCOME });
  assert.deepEqual(taken().filter(([what]) => what === SHOW_SEND), [
    [SHOW_SEND, first, 1, 0, 55, 9, 0, -1, "one"],
    [SHOW_SEND, second, 1, 0, -1, 9, 403, 0, "two"],
    [SHOW_SEND, third, 1, 0, -1, NaN, 0, -1, "three"],
  ]);
  // Another page was first, and the message is there already.
  say({ kind: SENDING, all: [], heard: first, sent: [] });
  assert.deepEqual(store.outbox.get().map(({ text }) => text), ["two", "three"]);
});

test("shows a sent message until the view has it, and never twice", () => {
  const timeline = createStore(client).timeline(1);
  timeline.subscribe(nothing);
  tell(1, [0, message(5, "five")], LIVE);
  const key = timeline.send("hello");
  const [, item] = timeline.get().items;
  const number = Number(key.slice(1));
  say({ kind: SENDING, all: [[number, "hello", 1, 0, -1, NaN, "queued"]], heard: number, sent: [] });
  assert.deepEqual(idsOf(timeline), ["m5", key]);
  assert.equal(timeline.get().items[1].state, item.state);
  tell(1, [2, [number, "hello", "sending"]]);
  assert.deepEqual(idsOf(timeline), ["m5", key]);
  say({ kind: SENDING, all: [], heard: NaN, sent: [] });
  tell(1, [-2, null, 2, message(6, "hello")]);
  assert.deepEqual(idsOf(timeline), ["m5", "m6"]);
});

test("sends at most a hundred messages at once", () => {
  const timeline = createStore(client).timeline(1);
  for (let count = 0; count < 100; count += 1) timeline.send("text");
  assert.throws(() => timeline.send("one more"), { code: "outbox-full" });
});

test("resends and discards a message by its key, even before the engine knows it", () => {
  const store = createStore(client);
  const key = store.timeline(1).send("text");
  const number = Number(key.slice(1));
  taken();
  store.outbox.resend(key);
  store.outbox.discard(key);
  assert.deepEqual(taken(), [[SHOW_RESEND, number], [SHOW_DISCARD, number]]);
  assert.deepEqual(store.outbox.get(), []);
});

test("rejects with the server's message if a response reports an error", async () => {
  const store = createStore(client);
  await assert.rejects(store.remove(5), { name: "RestError", code: "not-found", message: "no such thing", status: 404 });
  assert.deepEqual(calls, [["DELETE", "/messages/5"]]);
  await assert.rejects(store.users.ready, { code: "not-found" });
  // Not for ever.
  await assert.rejects(store.users.ready, { code: "not-found" });
  store.close();
  await assert.rejects(store.remove(5), { code: "network", message: /the store is closed/ });
});
