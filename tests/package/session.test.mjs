// A session that the server refuses, and how the application's login is called.

import assert from "node:assert/strict";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installPacked } from "./install.mjs";
import { ALONE, installSockets, sockets, turn, until } from "./sockets.mjs";

const { fetch } = globalThis;
const QUICK = { ...ALONE, reconnect: { initialMs: 1, maxMs: 1 } };

let project;
let connect;
/** What `GET /status` is answered with, and how it was asked. */
let status;
let asked;
before(async () => {
  project = await installPacked();
  const file = path.join(project.folder, "node_modules/room-events/dist/node.js");
  ({ connect } = await import(pathToFileURL(file)));
});
after(() => project?.remove());
beforeEach(() => {
  installSockets();
  asked = [];
  status = 401;
  globalThis.fetch = async (url, { redirect }) => {
    asked.push([String(url), redirect]);
    return new Response("{}", { status });
  };
});
afterEach(() => {
  globalThis.fetch = fetch;
});

test("calls a login that rejects again until it resolves", async (context) => {
  const { mock } = context.mock.method(console, "error", () => {});
  let calls = 0;
  const onUnauthorized = async () => {
    calls += 1;
    if (calls < 3) throw new Error(`no network ${calls}`);
  };
  const client = await connect({ ...QUICK, onUnauthorized });
  sockets[0].lose(4401, "");
  await until(() => sockets.length === 2);
  assert.equal(calls, 3);
  assert.deepEqual(mock.calls.map(({ arguments: [error] }) => error.message), ["no network 1", "no network 2"]);
  client.close();
});

test("calls a login that resolves to false again only after reconnectNow()", async () => {
  let calls = 0;
  const client = await connect({ ...QUICK, onUnauthorized: () => (calls += 1) > 2 });
  for (const count of [1, 2]) {
    sockets.at(-1).lose(1006, "");
    await until(() => client.status === "unauthorized");
    await turn();
    assert.deepEqual([calls, sockets.length], [count, count]);
    assert.equal(client.connection.cause.status, 401);
    client.reconnectNow();
  }
  sockets.at(-1).lose(1006, "");
  await until(() => sockets.length === 4);
  assert.equal(calls, 3);
  client.close();
});

test("does not follow a redirect of GET /status, and becomes unauthorized", async () => {
  status = 302;
  const client = await connect(QUICK);
  sockets[0].lose(1006, "");
  await until(() => client.status === "unauthorized");
  assert.deepEqual(asked, [["http://chat.example/api/v1/status", "manual"]]);
  const reason = "the server refused the connection; GET /status was answered with a redirect";
  assert.deepEqual(client.connection.cause, { code: 1006, reason, wasClean: false, status: 302 });
  client.close();
});
