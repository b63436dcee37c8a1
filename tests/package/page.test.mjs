// The page's part of a client: what it makes of what an engine sends.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { ACKNOWLEDGE, BATCH, TOPICS, WELCOME } from "../../pkg/src/generated/tables.js";
import { attach, Page, receive } from "../../pkg/src/page.js";

test("a delivery that cannot be built is reported and holds up no other", async () => {
  const said = [];
  const page = new Page({ spec: {}, url: "", functions: {}, turnMs: 8 });
  const welcomed = page[attach]({ port: { postMessage: (message) => said.push(message) }, about: {}, dispose() {} });
  page[receive]({ kind: WELCOME, epoch: "1", status: "open", connection: {}, freshness: [] });
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
  mock.restoreAll();
  assert.deepEqual(types, ["Good", "Later"]);
  assert.equal(reported.callCount(), 1);
  assert.equal(said.filter(({ kind }) => kind === ACKNOWLEDGE).length, 2);
});
