// The entries that CommonJS can load, for test runners above all: in an environment that lacks what a page has.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { execute, installPacked } from "./install.mjs";

const EXPORTS = {
  "room-events/react": [
    ...["useConnection", "useConnectionState", "useEvents", "useFreshness"],
    ...["useLive", "useRoom", "useRooms", "useThread", "useTimeline", "useUnread"],
  ],
  "room-events/reference": ["RestError", "createReference"],
  "room-events/rest": ["RestError", "createRest"],
  "room-events/store": ["RestError", "RoomEventsError", "createStore"],
  "room-events/testing": ["RoomEventsError", "createFakeClient", "fakeMessage", "fakeRoom"],
};
/** What environments of test runners do not have. */
const ABSENT = ["TextEncoder", "TextDecoder", "fetch", "Headers", "Request", "Response", "WebAssembly", "MessageChannel", "AbortController"];
/** Node.js can load modules by `require()`, which test runners cannot. */
const STRICT = process.features.require_module ? ["--no-experimental-require-module"] : [];

let project;
before(async () => {
  project = await installPacked({ beside: ["react"] });
});
after(() => project?.remove());

async function run(script) {
  await writeFile(path.join(project.folder, "script.cjs"), script);
  return (await execute(project.folder, process.execPath, ...STRICT, "script.cjs")).trim();
}

test("require() returns the same exports as import, and needs no web APIs", async () => {
  const printed = await run(`
    for (const name of ${JSON.stringify(ABSENT)}) delete globalThis[name];
    const found = {};
    for (const name of ${JSON.stringify(Object.keys(EXPORTS))}) found[name] = Object.keys(require(name)).sort();
    console.log(JSON.stringify(found));
  `);
  assert.deepEqual(JSON.parse(printed), EXPORTS);
});

test("an error is an instance of both the required and the imported class", async () => {
  const printed = await run(`
    const { RestError } = require("room-events/rest");
    const { RoomEventsError, createFakeClient } = require("room-events/testing");
    (async () => {
      const rest = await import("room-events/rest");
      const testing = await import("room-events/testing");
      const thrown = (act) => { try { act(); } catch (error) { return error; } };
      console.log(JSON.stringify([
        RestError !== rest.RestError,
        new rest.RestError("network", "") instanceof RestError,
        new RestError("network", "") instanceof rest.RestError,
        thrown(() => createFakeClient().on("nothing", () => {})) instanceof testing.RoomEventsError,
        thrown(() => testing.createFakeClient().on("nothing", () => {})) instanceof RoomEventsError,
      ]));
    })();
  `);
  assert.deepEqual(JSON.parse(printed), [true, true, true, true, true]);
});
