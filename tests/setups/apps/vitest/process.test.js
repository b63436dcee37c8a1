import { connect } from "room-events";
import { expect, test } from "vitest";
import WebSocket from "ws";

import { receive } from "./receive.mjs";

test("an event is received", async () => {
  expect(await receive(connect, { api: process.env.API, token: process.env.TOKEN, Socket: WebSocket })).toBe(true);
});
