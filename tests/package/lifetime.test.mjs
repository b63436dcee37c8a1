// Closed clients leave nothing in memory.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { installPacked } from "./install.mjs";
import { ALONE, installSockets, sockets, turn } from "./sockets.mjs";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

const { instantiate } = WebAssembly;

let project;
let connect;
let memory;
before(async () => {
  project = await installPacked();
  WebAssembly.instantiate = async (...args) => {
    const made = await instantiate.apply(WebAssembly, args);
    // The build shortens the names of exports.
    memory = Object.values((made.instance ?? made).exports).find((value) => value instanceof WebAssembly.Memory);
    return made;
  };
  const file = path.join(project.folder, "node_modules/room-events/dist/node.js");
  ({ connect } = await import(`${pathToFileURL(file)}?lifetime`));
});
after(async () => {
  WebAssembly.instantiate = instantiate;
  await project?.remove();
});

/** Opens clients with the signal of the whole application, lets each hear of rooms, and closes them. */
async function round(signal) {
  installSockets();
  const clients = [];
  for (let count = 0; count < 20; count += 1) {
    const client = await connect({ ...ALONE, signal });
    clients.push(client);
    client.on("RoomCreated", () => client.status);
    client.on("TextMessagesCreated", () => client.status, { roomId: count + 1, signal });
  }
  await turn();
  for (const socket of sockets) {
    socket.open();
    for (let roomId = 1; roomId <= 100; roomId += 1) socket.send("RoomCreated", { room: { roomId, name: `room ${roomId}` } });
  }
  await turn();
  for (const client of clients) client.close();
  await turn();
  return clients.map((client) => new WeakRef(client));
}

test("collects closed clients, and reuses the module's memory", async () => {
  const { signal } = new AbortController();
  const closed = await round(signal);
  const size = memory.buffer.byteLength;
  for (let count = 0; count < 6; count += 1) closed.push(...(await round(signal)));
  installSockets();
  await turn();
  collect();
  // The last of them may still be on the stack.
  const left = closed.filter((client) => client.deref()).length;
  assert.ok(left <= 1, `${left} of ${closed.length}`);
  assert.equal(memory.buffer.byteLength, size);
});
