// `room-events/store` with the client and its engine, against the reference server.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import WebSocket from "ws";

import { installPacked } from "./install.mjs";
import { logIn, startServer } from "./server.mjs";
import { eventually, storeSuite } from "./store-suite.mjs";

let project;
let server;
let stage;
before(async () => {
  project = await installPacked();
  const load = (name) => import(pathToFileURL(path.join(project.folder, `node_modules/room-events/dist/${name}.js`)));
  const [{ connect }, { createStore }, rest, reference] = await Promise.all(["node", "store", "rest", "reference"].map(load));
  server = await startServer("--faults");
  const [bob, alice] = await Promise.all(["bob", "alice"].map((name) => logIn({ ...rest, ...reference }, server.api, name)));
  const headers = { cookie: `VirolaUserSessionId=${bob.userSessionId}` };
  /** The sockets that are open, and whether there is a network. */
  const sockets = new Set();
  let isDown = false;
  let uploadStatus;
  let reads = 0;
  class Socket extends WebSocket {
    constructor(url) {
      super(isDown ? "ws://127.0.0.1:9/" : url, { headers });
      sockets.add(this);
      this.addEventListener("error", () => {});
    }
  }
  const connectWith = (more) => connect({
    url: `${server.api.replace("http", "ws")}/events`,
    WebSocket: Socket,
    rest: {
      headers,
      fetch(url, init) {
        if (isDown) return Promise.reject(new TypeError("there is no network"));
        if (url.endsWith("/read")) reads += 1;
        if (url.endsWith("/attachments") && uploadStatus) return Promise.resolve(Response.json({ errorText: "no" }, { status: uploadStatus }));
        return fetch(url, init);
      },
    },
    reconnect: { initialMs: 1, maxMs: 20 },
    ...more,
  });
  const client = await connectWith({});
  const store = createStore(client);
  let told = 0;
  client.on("TextMessagesCreated", ({ messages }) => (told = Math.max(told, ...messages.map(({ messageId }) => messageId))));
  const newestOf = async (list) => (await list({ limit: 1, direction: "backward" }))[0].messageId;
  stage = {
    client,
    connectWith,
    store,
    createStore,
    me: bob.userId,
    refuseUploads: (status) => (uploadStatus = status),
    async addRoom(count) {
      const { roomId } = await alice.reference.createRoom({ name: `room of ${count}`, memberIds: [bob.userId] });
      const drafts = Array.from({ length: count }, (_, index) => ({ content: `message ${index + 1}` }));
      const ids = count ? await alice.reference.sendMany(roomId, drafts) : [];
      // Events that come later would be in a timeline beside its first page.
      await eventually(() => told >= (ids.at(-1) ?? 0));
      return { roomId, ids };
    },
    async post(roomId, text) {
      await alice.rest.send(roomId, text);
      return newestOf((options) => alice.rest.messages(roomId, options));
    },
    async comment(_, messageId, text) {
      await alice.rest.sendComment(messageId, text);
      return newestOf((options) => alice.rest.comments(messageId, options));
    },
    edit: (messageId, text) => alice.reference.editMessage(messageId, text),
    remove: (messageId) => alice.rest.deleteMessage(messageId),
    deleteRoom: (roomId) => alice.reference.deleteRoom(roomId),
    reads: () => reads,
    async lose() {
      isDown = true;
      for (const socket of sockets) socket.terminate();
      sockets.clear();
      return async () => {
        isDown = false;
        client.reconnectNow();
      };
    },
  };
  stage.alice = alice;
});
after(async () => {
  stage?.client.close();
  await server?.stop();
  await project?.remove();
});

storeSuite("the real store", () => stage);

test("reads users and permissions through the client", async () => {
  const { store, addRoom } = stage;
  const { roomId } = await addRoom(0);
  const users = await store.users.ready;
  assert.ok(users.some(({ userName }) => userName === "bob"));
  const permissions = await store.permissions(roomId).ready;
  assert.equal(permissions.canSendMessagesInMainThread, true);
  await assert.rejects(store.permissions(999_999).ready, { name: "RestError", code: "not-found" });
});

test("deletes a message through the client", async () => {
  const { store, addRoom } = stage;
  const { roomId } = await addRoom(0);
  const timeline = store.timeline(roomId);
  await timeline.ready;
  timeline.send("to be deleted");
  const found = () => timeline.get().items.find(({ message }) => message)?.message;
  const { messageId } = await eventually(found);
  await store.remove(messageId);
  await eventually(() => !found());
  await assert.rejects(store.remove(messageId), { code: "not-found" });
});

test("the client's options limit a timeline", async (context) => {
  const { addRoom, connectWith, createStore } = stage;
  const { roomId, ids } = await addRoom(60);
  const client = await connectWith({ store: { pageSize: 5, maxMessages: 12, keptTimelines: 0 } });
  context.after(() => client.close());
  const timeline = createStore(client).timeline(roomId);
  context.after(timeline.subscribe(() => {}));
  const { items } = await timeline.ready;
  assert.deepEqual(items.map(({ message }) => message.messageId), ids.slice(-5));
  while (timeline.get().end) {
    const before = timeline.get();
    timeline.older();
    await eventually(() => !timeline.get().isLoadingOlder && timeline.get() !== before);
    assert.ok(timeline.get().items.length <= 12);
  }
  await assert.rejects(connectWith({ store: { pageSize: 1 } }), { code: "invalid-option" });
});

test("leaves a gap if the client missed more messages than load automatically", async () => {
  const { store, addRoom, lose, alice } = stage;
  const { roomId, ids } = await addRoom(5);
  const timeline = store.timeline(roomId);
  const stop = timeline.subscribe(() => {});
  await timeline.ready;
  const back = await lose();
  await alice.reference.sendMany(roomId, Array.from({ length: 700 }, (_, index) => ({ content: `missed ${index}` })));
  await back();
  // Ten pages of 50, each but the first with a message that is known if cursors are inclusive.
  await eventually(() => timeline.get().freshness === "live" && timeline.get().items.length > 490);
  const { items } = timeline.get();
  assert.deepEqual(items.slice(0, 5).map(({ message }) => message.messageId), ids);
  assert.equal(items[5].kind, "gap");
  assert.equal(items.at(-1).message.text, "missed 699");
  stop();
});
