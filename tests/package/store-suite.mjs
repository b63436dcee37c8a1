// What a store does, whatever it stands on: run for the real one against the reference server, and for the one of tests.

import assert from "node:assert/strict";
import { test } from "node:test";

/** Resolves when the condition holds, whatever changes. */
export async function eventually(condition, what = condition) {
  for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 5))) {
    const result = condition();
    if (result) return result;
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
  }
}

const nothing = () => {};
const messagesOf = ({ items }) => items.flatMap(({ message }) => message ?? []);
const textsOf = (state) => messagesOf(state).map(({ text }) => text);
const idsOf = (state) => messagesOf(state).map(({ messageId }) => messageId);
const isLive = (live) => live.get().freshness === "live";

/** Has somebody look at it until the test is over. */
function watch(context, live, listener = nothing) {
  context.after(live.subscribe(listener));
  return live;
}

/**
 * @param {string} name
 * @param {() => object} make gives the stage: `store`, `createStore`, `client`, `me`, and what others do: `addRoom()`, `post()`,
 *   `edit()`, `remove()`, `lose()`
 */
export function storeSuite(name, make) {
  const it = (title, run) => test(`${name}: ${title}`, (context) => run(context, make()));

  it("loads nothing before the first listener", async (_, { store, addRoom }) => {
    const { roomId } = await addRoom(3);
    const timeline = store.timeline(roomId);
    assert.equal(timeline.get(), timeline.initial);
    assert.deepEqual(timeline.get().items, []);
    assert.equal(timeline.get().freshness, "loading");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(timeline.get(), timeline.initial);
  });

  it("shows the rooms, and keeps the objects of unchanged rooms", async (context, { store, addRoom, post }) => {
    const { roomId } = await addRoom(1);
    const other = await addRoom(1);
    const rooms = watch(context, store.rooms);
    const first = await rooms.ready;
    assert.equal(first, rooms.get());
    assert.ok(Object.isFrozen(first) && first.every(Object.isFrozen));
    const before = await eventually(() => rooms.get().some((room) => room.roomId === other.roomId) && rooms.get());
    const untouched = before.find((room) => room.roomId === other.roomId);
    const room = watch(context, store.room(roomId));
    let changes = 0;
    watch(context, store.room(other.roomId), () => (changes += 1));
    await eventually(() => room.get()?.lastMessage);
    const old = room.get();
    const id = await post(roomId, "a new one");
    await eventually(() => room.get().lastMessage?.messageId === id);
    assert.notEqual(room.get(), old);
    assert.equal(rooms.get().find((one) => one.roomId === other.roomId), untouched);
    assert.equal(changes, 0);
    const places = rooms.get().map((one) => one.roomId);
    assert.ok(places.indexOf(roomId) < places.indexOf(other.roomId), "the most recently active comes first");
  });

  it("counts unread messages and rooms", async (context, { store, addRoom, post }) => {
    const { roomId } = await addRoom(0);
    watch(context, store.rooms);
    const unread = watch(context, store.unread);
    await store.rooms.ready;
    await eventually(() => store.room(roomId).get());
    const before = unread.get();
    await post(roomId, "one");
    await post(roomId, "two");
    await eventually(() => unread.get().messages === before.messages + 2);
    assert.equal(unread.get().rooms, before.rooms + 1);
    const same = unread.get();
    assert.equal(unread.get(), same);
  });

  it("shows the end of a room, follows it, and loads older messages", async (context, { store, addRoom, post, edit, remove }) => {
    const { roomId, ids } = await addRoom(60);
    const timeline = watch(context, store.timeline(roomId));
    assert.equal(store.timeline(roomId), timeline, "the same arguments give the same object");
    const loaded = await timeline.ready;
    assert.equal(loaded.freshness, "live");
    assert.deepEqual([loaded.end, loaded.start], [true, false]);
    assert.deepEqual(idsOf(loaded), ids.slice(10));
    while (!timeline.get().start) {
      timeline.older();
      // A short page is not the end; only one with nothing new is.
      await eventually(() => !timeline.get().isLoadingOlder);
    }
    const state = timeline.get();
    assert.deepEqual(idsOf(state), ids);
    assert.equal(state.items.at(-1), loaded.items.at(-1), "what has not changed stays the same");
    const id = await post(roomId, "news");
    await eventually(() => idsOf(timeline.get()).includes(id));
    await edit(ids[30], "edited");
    await eventually(() => textsOf(timeline.get()).includes("edited"));
    const items = timeline.get().items;
    assert.deepEqual(items.filter((item, index) => item !== state.items[index]).map(({ key }) => key), [`m${ids[30]}`, `m${id}`]);
    await remove(ids[31]);
    await eventually(() => !idsOf(timeline.get()).includes(ids[31]));
    assert.equal(new Set(timeline.get().items.map(({ key }) => key)).size, timeline.get().items.length);
  });

  it("jumps to a message, fills the gap, and jumps to the end", async (context, { store, addRoom, post }) => {
    const { roomId, ids } = await addRoom(220);
    const timeline = watch(context, store.timeline(roomId));
    await timeline.ready;
    timeline.jumpTo(ids[5]);
    await eventually(() => isLive(timeline) && idsOf(timeline.get()).includes(ids[5]));
    const kinds = () => timeline.get().items.map(({ kind }) => kind);
    assert.equal(kinds().filter((kind) => kind === "gap").length, 1);
    while (kinds().includes("gap")) {
      const gap = timeline.get().items.find(({ kind }) => kind === "gap");
      timeline.fill(gap);
      await eventually(() => !timeline.get().items.includes(gap) && !timeline.get().items.some(({ isLoading }) => isLoading));
    }
    assert.deepEqual(idsOf(timeline.get()).slice(-200), ids.slice(-200));
    const middle = watch(context, store.timeline(roomId, ids[100]));
    await middle.ready;
    assert.ok(idsOf(middle.get()).includes(ids[100]));
    await post(roomId, "at the end");
    middle.jumpToEnd();
    await eventually(() => textsOf(middle.get()).includes("at the end"));
    assert.equal(middle.get().end, true);
    const missing = watch(context, store.timeline(roomId, ids.at(-1) + 100_000));
    await eventually(() => missing.get().isAnchorMissing);
  });

  it("shows comments", async (context, { store, addRoom, comment, remove }) => {
    const { roomId, ids } = await addRoom(1);
    const thread = watch(context, store.thread(roomId, ids[0]));
    await thread.ready;
    assert.deepEqual(thread.get().items, []);
    await comment(roomId, ids[0], "a comment");
    await eventually(() => textsOf(thread.get()).includes("a comment"));
    const key = thread.send("an answer");
    assert.equal(thread.get().items.at(-1).key, key);
    await eventually(() => textsOf(thread.get()).includes("an answer"));
    assert.equal(thread.get().isGone, false);
    await remove(ids[0]);
    await eventually(() => thread.get().isGone);
  });

  it("shows an outgoing item at once, then the sent message, never both", async (context, { store, addRoom }) => {
    const { roomId } = await addRoom(2);
    const timeline = watch(context, store.timeline(roomId));
    watch(context, store.outbox);
    await timeline.ready;
    const states = new Set();
    watch(context, timeline, () => {
      const { items } = timeline.get();
      for (const item of items) if (item.kind === "outgoing") states.add(item.state);
      const here = items.filter(({ text, message }) => (text ?? message?.text) === "hello");
      assert.ok(here.length <= 1, "never both");
    });
    const key = timeline.send("hello");
    const { items } = timeline.get();
    assert.deepEqual([items.at(-1).kind, items.at(-1).key, items.at(-1).text], ["outgoing", key, "hello"]);
    assert.deepEqual(store.outbox.get().map((entry) => [entry.key, entry.roomId, entry.parentMessageId]), [[key, roomId, 0]]);
    await eventually(() => textsOf(timeline.get()).includes("hello"));
    assert.deepEqual(timeline.get().items.map(({ kind }) => kind), ["message", "message", "message"]);
    await eventually(() => store.outbox.get().length === 0);
    assert.throws(() => timeline.send("  "), { code: "invalid-option" });
  });

  it("attaches files after it sends the message", async (context, { store, addRoom }) => {
    const { roomId } = await addRoom(1);
    const timeline = watch(context, store.timeline(roomId));
    await timeline.ready;
    const files = [new File(["abc"], "note.txt"), new File(["defg"], "other.txt")];
    const seen = [];
    watch(context, store.outbox, () => seen.push(...store.outbox.get()));
    const key = timeline.send("with files", { files });
    assert.deepEqual(timeline.get().items.at(-1).files, files);
    const sent = () => messagesOf(timeline.get()).find(({ text }) => text === "with files");
    const { messageId, attachments } = await eventually(() => sent()?.attachments.length === 2 && sent());
    assert.deepEqual(attachments.map(({ fileName, fileSize }) => [fileName, fileSize]), [["note.txt", 3], ["other.txt", 4]]);
    await eventually(() => store.outbox.get().length === 0);
    const uploading = seen.find(({ state }) => state === "uploading");
    assert.deepEqual([uploading.key, uploading.messageId, uploading.files], [key, messageId, files]);
    assert.ok(seen.every(({ progress }) => progress >= 0 && progress < 1));
  });

  it("reports why files fail to upload, and uploads them again", async (context, { store, addRoom, refuseUploads }) => {
    const { roomId } = await addRoom(1);
    const timeline = watch(context, store.timeline(roomId));
    await timeline.ready;
    const send = (text) => timeline.send(text, { files: [new File(["abc"], `${text}.txt`)] });
    const entry = (key) => timeline.get().items.find((item) => item.key === key);
    const failed = async (key) => (await eventually(() => entry(key)?.state === "failed" && entry(key))).failure;
    refuseUploads(503);
    const busy = send("busy");
    assert.deepEqual(await failed(busy), { reason: "unclear", status: 503, mayResend: true });
    assert.ok(textsOf(timeline.get()).includes("busy"));
    refuseUploads(403);
    const refused = send("refused");
    assert.deepEqual(await failed(refused), { reason: "refused", status: 403, mayResend: false });
    refuseUploads(undefined);
    timeline.resend(busy);
    timeline.discard(refused);
    const filesOf = (text) => messagesOf(timeline.get()).find((message) => message.text === text).attachments.length;
    await eventually(() => filesOf("busy") === 1);
    await eventually(() => store.outbox.get().length === 0);
    assert.equal(filesOf("refused"), 0);
  });

  it("discards files with their message", async (context, { store, addRoom, deleteRoom }) => {
    const { roomId } = await addRoom(1);
    const timeline = watch(context, store.timeline(roomId));
    await timeline.ready;
    await deleteRoom(roomId);
    const key = timeline.send("too late", { files: [new File(["abc"], "note.txt")] });
    await eventually(() => timeline.get().items.find((item) => item.key === key)?.state === "failed");
    timeline.discard(key);
    await eventually(() => store.outbox.get().length === 0);
    assert.deepEqual(timeline.get().items.filter(({ kind }) => kind === "outgoing"), []);
  });

  it("keeps a message that it cannot send, reports why, and discards it", async (context, { store, addRoom, deleteRoom }) => {
    const { roomId } = await addRoom(1);
    const timeline = watch(context, store.timeline(roomId));
    await timeline.ready;
    await deleteRoom(roomId);
    const key = timeline.send("too late");
    const item = () => timeline.get().items.find((one) => one.key === key);
    await eventually(() => item()?.state === "failed");
    assert.equal(typeof item().failure.reason, "string");
    assert.equal(item().failure.mayResend, false);
    timeline.discard(key);
    await eventually(() => !item());
    assert.equal(timeline.get().isGone, true);
  });

  it("starts at the oldest unread message, and marks messages as read once", async (context, { store, addRoom, post, reads }) => {
    const { roomId } = await addRoom(0);
    const ids = [];
    for (const text of ["one", "two", "three"]) ids.push(await post(roomId, text));
    const timeline = watch(context, store.timeline(roomId, "unread"));
    await timeline.ready;
    await eventually(() => timeline.get().firstUnreadId === ids[0]);
    const before = reads();
    timeline.markRead(ids[1]);
    timeline.markRead(ids[1]);
    await eventually(() => timeline.get().firstUnreadId === ids[2]);
    timeline.markRead(ids[2]);
    timeline.markRead(ids[2]);
    await eventually(() => timeline.get().firstUnreadId === null);
    assert.equal(reads() - before, 3);
  });

  it("batches calls to listeners, and never calls them synchronously", async (context, { store, addRoom, post }) => {
    const { roomId } = await addRoom(1);
    const timeline = store.timeline(roomId);
    let calls = 0;
    const { get, subscribe } = timeline;
    const stop = subscribe(() => (calls += 1));
    assert.equal(calls, 0);
    await eventually(() => get().freshness === "live");
    const seen = get();
    assert.equal(get(), seen);
    await post(roomId, "more");
    await eventually(() => get() !== seen);
    const failing = watch(context, timeline, () => {
      throw new Error("a listener's own mistake");
    });
    assert.equal(failing, timeline);
    stop();
    stop();
    const before = calls;
    const reported = [];
    const { reportError } = globalThis;
    globalThis.reportError = (error) => reported.push(error.message);
    await post(roomId, "more still");
    await eventually(() => reported.length > 0);
    globalThis.reportError = reportError;
    assert.equal(calls, before, "one that was removed is not called");
  });

  it("releases its data a while after the last listener leaves", async (_, { client, createStore, addRoom }) => {
    const { roomId } = await addRoom(2);
    const store = createStore(client, { lingerMs: 40 });
    const timeline = store.timeline(roomId);
    const stop = timeline.subscribe(nothing);
    await timeline.ready;
    stop();
    assert.equal(timeline.get().items.length, 2, "not at once");
    timeline.subscribe(nothing)();
    await eventually(() => timeline.get() === timeline.initial);
    assert.equal((await timeline.ready).items.length, 2, "waiting loads again");
    await store.unread.ready;
    await eventually(() => [store.rooms, store.unread, store.room(roomId)].every((live) => live.get() === live.initial));
    store.close();
  });

  it("yields the changes of a list", async (_, { store, addRoom, post, edit, remove }) => {
    const { roomId, ids } = await addRoom(2);
    const timeline = store.timeline(roomId);
    await timeline.ready;
    const changes = timeline.diffs();
    const [reset] = (await changes.next()).value;
    assert.equal(reset.op, "reset");
    const list = [...reset.items];
    const apply = async () => {
      for (const step of (await changes.next()).value) {
        if (step.op === "insert") list.splice(step.index, 0, step.item);
        else if (step.op === "update") list[step.index] = step.item;
        else if (step.op === "remove") list.splice(step.index, 1);
      }
    };
    await post(roomId, "third");
    while (list.length < 3) await apply();
    await edit(ids[0], "changed");
    while (list[0].message.text !== "changed") await apply();
    await remove(ids[1]);
    while (list.length > 2) await apply();
    assert.deepEqual(list, [...timeline.get().items]);
    await changes.return();
    assert.equal((await changes.next()).done, true);
  });

  it("is stale without a connection, and shows missed messages after it", async (context, { store, addRoom, post, lose }) => {
    const { roomId } = await addRoom(3);
    const timeline = watch(context, store.timeline(roomId));
    watch(context, store.freshness);
    await timeline.ready;
    await eventually(() => store.freshness.get() === "live");
    const kept = timeline.get().items[0];
    const back = await lose();
    await eventually(() => timeline.get().freshness === "stale");
    assert.equal(store.freshness.get(), "stale");
    assert.equal(typeof store.cause.get(), "string");
    assert.equal(timeline.get().items[0], kept);
    const key = timeline.send("written offline");
    assert.equal(timeline.get().items.at(-1).key, key);
    await post(roomId, "missed");
    await back();
    await eventually(() => isLive(timeline) && textsOf(timeline.get()).includes("missed"));
    await eventually(() => textsOf(timeline.get()).includes("written offline"));
    await eventually(() => store.freshness.get() === "live");
    assert.equal(store.cause.get(), null);
    assert.equal(timeline.get().items[0], kept);
  });

  it("stops when closed, and keeps its items as stale", async (context, { client, createStore, addRoom, post }) => {
    const { roomId } = await addRoom(1);
    const store = createStore(client);
    const timeline = watch(context, store.timeline(roomId));
    await timeline.ready;
    const never = store.thread(roomId, 1).ready;
    const changes = timeline.diffs();
    await changes.next();
    store.close();
    store.close();
    await assert.rejects(never, { code: "closed" });
    assert.equal((await changes.next()).done, true);
    assert.deepEqual([timeline.get().freshness, timeline.get().items.length], ["stale", 1]);
    await post(roomId, "unheard");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(timeline.get().items.length, 1);
    await assert.rejects(store.rooms.ready, { code: "closed" });
    assert.equal(client.status, "open", "the client goes on");
  });

  it("waits for the promise of a client", async (_, { client, createStore, addRoom }) => {
    const { roomId } = await addRoom(1);
    const store = createStore(Promise.resolve(client));
    assert.equal((await store.timeline(roomId).ready).items.length, 1);
    store.close();
    const failed = createStore(Promise.reject(new Error("no engine")));
    await assert.rejects(failed.rooms.ready, /no engine/);
  });

  it("refuses invalid arguments", (_, { store, createStore }) => {
    assert.throws(() => store.timeline("1"), { code: "invalid-option" });
    assert.throws(() => store.timeline(1, "start"), { code: "invalid-option" });
    assert.throws(() => createStore({}), { code: "invalid-option" });
    assert.throws(() => createStore(null, { linger: 1 }), { code: "invalid-option" });
  });
}
