// Answers from a cache: a service worker may give them, whatever a request says about caching.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Endpoint } from "../../pkg/src/endpoint.js";

const ROOMS = "/rooms";
const at = (seconds) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toUTCString();

/** The seconds of the monotonic clock. */
let now;
/** The methods of the requests. */
let asked;
let warnings;
/** What answers: gets the method, returns the header `Date` or null, or throws. */
let answer;
let endpoint;
beforeEach((t) => {
  now = 0;
  asked = [];
  warnings = [];
  t.mock.method(performance, "now", () => now * 1000);
  t.mock.method(console, "warn", (text) => warnings.push(text));
  const fetch = async (_, { method }) => {
    asked.push(method);
    const date = await answer(method);
    return new Response(null, { headers: date === null ? {} : { date } });
  };
  const spec = { url: "https://chat.example/api/v1/events", rest: { url: null, headers: {}, credentials: "include" } };
  endpoint = new Endpoint(spec, () => assert.fail("the page was asked"), { fetch });
});

const get = (path = ROOMS, method = "GET") => endpoint.fetch(path, { method, signal: new AbortController().signal });
/** A cache in front of a server whose clock is right. */
const cached = (method) => at(method === "GET" ? 0 : now);

test("rejects a repeated response from a cache, and warns once", async () => {
  answer = cached;
  await get();
  for (now of [10, 20, 30]) await assert.rejects(get(), /\/rooms came from a cache/);
  assert.deepEqual(warnings, ["room-events: /rooms came from a cache. Exclude the API from your service worker."]);
  answer = () => at(now);
  await get();
});

test("detects a cache that fails other requests", async () => {
  answer = (method) => {
    if (method !== "GET") throw new TypeError("Failed to fetch");
    return at(0);
  };
  await get();
  now = 10;
  await assert.rejects(get(), /came from a cache/);
});

test("trusts a server that always sends the same date", async () => {
  answer = () => at(0);
  for (now of [0, 10, 20]) await get();
  assert.deepEqual(warnings, []);
});

test("sends no further request if the server sends no date", async () => {
  answer = () => null;
  for (now of [0, 10, 20]) await get();
  assert.deepEqual(asked, ["GET", "GET", "GET"]);
});

test("accepts responses from the same second, and simultaneous responses from a slow server", async () => {
  answer = () => at(Math.floor(now));
  for (now of [0, 0.5, 0.9]) await get();

  let release;
  const held = new Promise((resolve) => (release = resolve));
  answer = () => held;
  const first = get();
  now = 10;
  const second = get();
  now = 30;
  release(at(30));
  await Promise.all([first, second]);
  assert.ok(!asked.includes("HEAD"));
});

test("compares the responses of each URL separately", async () => {
  answer = () => at(0);
  await get("/rooms/1/messages");
  now = 10;
  await get("/rooms/2/messages");
  assert.ok(!asked.includes("HEAD"));
});

test("accepts a repeated response to a request that changes data", async () => {
  answer = (method) => at(method === "POST" ? 0 : now);
  for (now of [0, 10, 20]) await get("/rooms/1/messages", "POST");
  assert.deepEqual(asked, ["POST", "POST", "POST"]);
});

test("reports no cache if the request is aborted while its response is checked", async () => {
  const controller = new AbortController();
  answer = (method) => {
    if (method === "GET") return at(0);
    controller.abort();
    throw controller.signal.reason;
  };
  await get();
  now = 10;
  await assert.rejects(endpoint.fetch(ROOMS, { method: "GET", signal: controller.signal }), { name: "AbortError" });
  assert.deepEqual(warnings, []);
});
