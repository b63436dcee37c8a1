// The package `ws` in the place of the browser's WebSocket: it ends the process when a socket's error has no listener.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import path from "node:path";
import { writeFile } from "node:fs/promises";

import { WebSocketServer } from "ws";

import { execute, installPacked } from "./install.mjs";

let project;
before(async () => {
  project = await installPacked();
});
after(() => project?.remove());

/** Runs a program that uses the package with `ws`, in a process of its own; resolves to what it printed. */
async function run(url, program) {
  const file = path.join(project.folder, "ws.mjs");
  const script = `
    import WebSocket from ${JSON.stringify(import.meta.resolve("ws"))};
    import { connect } from "room-events";
    const patient = { initialMs: 1000000, maxMs: 1000000 };
    const options = { url: ${JSON.stringify(url)}, catchUp: false, reconnect: patient, WebSocket };
    ${program}
  `;
  await writeFile(file, script);
  return (await execute(project.folder, process.execPath, file)).trim();
}

/** A program that prints the first status of that name and then closes the client. */
const untilStatus = (status) => `
  const client = await connect(options);
  while (client.status !== "${status}") await client.next("statechange");
  const { cause } = client.connection;
  client.close();
  console.log(JSON.stringify(cause));
`;

/** A server that treats upgrades in that way, and answers everything else with that status. */
async function serve(upgrade, status) {
  const server = createServer((_, response) => response.writeHead(status).end("{}"));
  server.on("upgrade", (_, socket) => upgrade(socket));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `ws://127.0.0.1:${server.address().port}/api/v1/events`;
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url, stop };
}

test("waits if the connection is refused", async () => {
  // A port that was free a moment ago.
  const { url, stop } = await serve(() => {}, 200);
  await stop();
  const cause = JSON.parse(await run(url, untilStatus("waiting")));
  assert.deepEqual([cause.code, cause.status], [1006, null]);
  assert.match(cause.reason, /GET \/status was not answered/);
});

test("becomes unauthorized if the server answers the upgrade with 401", async () => {
  const { url, stop } = await serve((socket) => socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n"), 401);
  try {
    const cause = JSON.parse(await run(url, untilStatus("unauthorized")));
    assert.deepEqual([cause.code, cause.status], [1006, 401]);
  } finally {
    await stop();
  }
});

test("reconnects to a server that restarts", async () => {
  const listen = async (port) => {
    const sockets = new WebSocketServer({ host: "127.0.0.1", port });
    await once(sockets, "listening");
    return sockets;
  };
  const first = await listen(0);
  const { port } = first.address();
  const running = run(
    `ws://127.0.0.1:${port}/api/v1/events`,
    `
      const client = await connect({ ...options, reconnect: { initialMs: 1, maxMs: 50 } });
      const statuses = [client.status];
      client.on("statechange", ({ status }) => statuses.push(status));
      while (statuses.filter((status) => status === "open").length < 2) await client.next("statechange");
      client.close();
      console.log(statuses.includes("waiting"));
    `,
  );
  const [socket] = await once(first, "connection");
  first.close();
  socket.terminate();
  const second = await listen(port);
  try {
    assert.equal(await running, "true");
  } finally {
    for (const client of second.clients) client.terminate();
    second.close();
  }
});

test("closes a client before its connection opens", async () => {
  const sockets = [];
  const { url, stop } = await serve((socket) => sockets.push(socket), 200);
  try {
    const printed = await run(
      url,
      `
        const client = await connect(options);
        client.close();
        console.log(client.status);
        const controller = new AbortController();
        const connecting = connect({ ...options, signal: controller.signal });
        controller.abort(new Error("never mind"));
        await connecting.catch(({ message }) => console.log(message));
      `,
    );
    assert.equal(printed, "closed\nnever mind");
  } finally {
    for (const socket of sockets) socket.destroy();
    await stop();
  }
});
