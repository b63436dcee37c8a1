// `room-events/store` on the fake client of `room-events/testing`: the same suite as with the real one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createStore } from "../../pkg/src/store.js";
import { createFakeClient, fakeMessage, fakeRoom } from "../../pkg/src/testing.js";
import { eventually, storeSuite } from "./store-suite.mjs";

const ME = 1;
const ALICE = 2;

/** A client whose events tell what others do. */
function makeStage() {
  let uploadStatus;
  const client = createFakeClient({ userId: ME, onUpload: () => uploadStatus ?? "accept" });
  let lastId = 1000;
  let now = 1;
  const rooms = new Map();
  const say = (type, data) => client.emit(type, data);
  const changeRoom = (roomId, changes) => {
    rooms.set(roomId, fakeRoom({ ...rooms.get(roomId), roomId, ...changes }));
    say("RoomUpdated", { room: rooms.get(roomId) });
  };
  const messages = new Map();
  const write = async (roomId, parentMessageId, text) => {
    const message = fakeMessage({ messageId: ++lastId, roomId, parentMessageId, userId: ALICE, text });
    messages.set(lastId, message);
    say("TextMessagesCreated", { messages: [message] });
    const { unreadMessageCount } = rooms.get(roomId);
    changeRoom(roomId, {
      unreadMessageCount: unreadMessageCount + 1,
      lastMessage: { messageId: lastId, userId: ALICE, createdUtc: ++now },
    });
    return lastId;
  };
  return {
    client,
    refuseUploads: (status) => (uploadStatus = status),
    store: createStore(client),
    createStore,
    async addRoom(count) {
      const roomId = ++lastId;
      rooms.set(roomId, fakeRoom({ roomId, createdUtc: ++now }));
      say("RoomCreated", { room: rooms.get(roomId) });
      const ids = [];
      for (let index = 0; index < count; index += 1) ids.push(await write(roomId, 0, `message ${index + 1}`));
      return { roomId, ids };
    },
    post: (roomId, text) => write(roomId, 0, text),
    comment: write,
    async edit(messageId, text) {
      say("TextMessagesUpdated", { messages: [{ ...messages.get(messageId), text }] });
    },
    async remove(messageId) {
      const { roomId, parentMessageId } = messages.get(messageId);
      say("TextMessageDeleted", { messageId, roomId, parentMessageId });
    },
    async deleteRoom(roomId) {
      say("RoomDeleted", { roomId });
    },
    reads: () => client.requests.filter(([, path]) => path.endsWith("/read")).length,
    async lose() {
      client.setStatus("waiting");
      return async () => client.setStatus("open");
    },
  };
}

storeSuite("the fake store", makeStage);

test("shows the initial data, and fills in missing fields", async () => {
  const client = createFakeClient({
    rooms: [{ roomId: 5, displayName: "Lobby" }],
    messages: [{ messageId: 7, roomId: 5, text: "hello" }],
    users: [{ userId: 1, userName: "bob" }],
    permissions: { canCreateIssues: true },
  });
  const store = createStore(client);
  assert.deepEqual((await store.rooms.ready).map(({ name }) => name), ["Lobby"]);
  const [{ message }] = (await store.timeline(5).ready).items;
  assert.deepEqual([message.text, message.attachments, message.messageType], ["hello", [], "Regular"]);
  assert.equal((await store.users.ready)[0].userName, "bob");
  assert.equal((await store.permissions(5).ready).canCreateIssues, true);
  await assert.rejects(store.permissions(6).ready, { code: "not-found" });
  await store.remove(7);
  assert.deepEqual(store.timeline(5).get().items, []);
  assert.deepEqual(client.requests.at(-1), ["DELETE", "/messages/7"]);
});

test("a test decides the outcome of each sent message", async () => {
  const seen = [];
  const client = createFakeClient({
    rooms: [{ roomId: 5 }],
    onSend(message) {
      seen.push(message);
      return { refused: 403, busy: 423, slow: "hold" }[message.text] ?? "accept";
    },
  });
  const store = createStore(client);
  const timeline = store.timeline(5);
  await timeline.ready;
  const keys = ["refused", "busy", "slow", "fine"].map((text) => timeline.send(text));
  await eventually(() => timeline.get().items.some(({ message }) => message?.text === "fine"));
  const outgoing = store.outbox.get().map(({ text, state, failure }) => [text, state, failure?.status, failure?.mayResend]);
  assert.deepEqual(outgoing, [
    ["refused", "failed", 403, false],
    ["busy", "failed", 423, true],
    ["slow", "sending", undefined, undefined],
  ]);
  assert.deepEqual(seen[0], { text: "refused", roomId: 5, parentMessageId: 0 });
  store.outbox.resend(keys[1]);
  await eventually(() => seen.length === 5);
  for (const key of keys) timeline.discard(key);
  assert.deepEqual(store.outbox.get(), []);
});
