import assert from "node:assert/strict";
import { test } from "node:test";

import { connect } from "room-events";
import WebSocket from "ws";

import { receive } from "./receive.mjs";

test("an event is received", async () => {
  assert.ok(await receive(connect, { api: process.env.API, token: process.env.TOKEN, Socket: WebSocket }));
});
