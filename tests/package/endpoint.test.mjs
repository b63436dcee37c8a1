// Where a client connects to and how, if the application has its own way: addresses with a token, headers, `fetch`, sockets.

import assert from "node:assert/strict";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installPacked } from "./install.mjs";
import { ALONE, installSockets, sockets, turn, until } from "./sockets.mjs";

const { fetch, WebSocket } = globalThis;
const QUICK = { catchUp: false, reconnect: { initialMs: 1, maxMs: 1 } };

let project;
let connect;
/** The requests to the REST API: address and what else `fetch()` got. */
let asked;
before(async () => {
  project = await installPacked();
  ({ connect } = await import(pathToFileURL(path.join(project.folder, "node_modules/room-events/dist/node.js"))));
});
after(() => project?.remove());
beforeEach(() => {
  installSockets();
  asked = [];
  globalThis.fetch = async (url, init) => {
    asked.push([String(url), init]);
    return new Response("[]", { status: 503 });
  };
});
afterEach(() => {
  globalThis.fetch = fetch;
  globalThis.WebSocket = WebSocket;
  delete globalThis.location;
});

const rejection = (promise) => promise.then(() => assert.fail("it did not reject"), (error) => error);

test("calls a function for the address before every attempt", async () => {
  let calls = 0;
  const client = await connect({ ...QUICK, url: async () => `https://chat.example/api/v1/events?token=${(calls += 1)}` });
  assert.equal(calls, 1);
  await until(() => sockets.length === 1);
  assert.equal(client.url, "wss://chat.example/api/v1/events?token=1");
  sockets[0].open();
  sockets[0].lose(1012, "restart");
  await until(() => sockets.length === 2);
  assert.deepEqual(sockets.map(({ url }) => url.at(-1)), ["1", "2"]);
  assert.equal(client.url, sockets[1].url);
  sockets[1].open();
  assert.equal(client.status, "open");
  client.close();
});

test("accepts a URL or a relative address that a function returns synchronously", async () => {
  for (const [given, expected] of [
    [() => new URL("http://chat.example/e"), "ws://chat.example/e"],
    [() => "/e?t=1", "wss://page.example/e?t=1"],
  ]) {
    installSockets();
    Object.defineProperty(globalThis, "location", { configurable: true, value: { href: "https://page.example/deep/" } });
    const client = await connect({ ...QUICK, url: given });
    await until(() => sockets.length === 1);
    assert.deepEqual([sockets[0].url, client.url], [expected, expected]);
    client.close();
  }
});

test("creates the client before the address arrives", async () => {
  let give;
  const client = await connect({ ...QUICK, url: () => new Promise((resolve) => (give = resolve)) });
  assert.deepEqual([client.url, client.status, sockets.length], ["", "connecting", 0]);
  give(ALONE.url);
  await until(() => sockets.length === 1);
  client.close();
});

test("delivers even an immediate failure after the await", async () => {
  const connecting = connect({ ...QUICK, url: () => { throw new Error("at once"); } });
  const wrapped = async () => await connecting;
  const client = await (async () => await wrapped())();
  assert.equal((await client.next("statechange")).status, "waiting");
  client.close();
});

test("opens no socket if the address arrives too late", async () => {
  const controller = new AbortController();
  const gives = [];
  const options = { ...QUICK, url: () => new Promise((resolve) => gives.push(resolve)) };
  const connecting = connect({ ...options, signal: controller.signal });
  controller.abort();
  await rejection(connecting);
  const client = await connect(options);
  client.close();
  for (const give of gives) give(ALONE.url);
  await turn();
  assert.deepEqual([gives.length, sockets.length, client.url], [2, 0, ""]);
});

test("fails the attempt if the address does not arrive in time", async () => {
  let calls = 0;
  const url = () => ((calls += 1) === 1 ? new Promise(() => {}) : ALONE.url);
  const client = await connect({ ...QUICK, reconnect: { ...QUICK.reconnect, timeoutMs: 1 }, url });
  await until(() => sockets.length > 0);
  assert.ok(calls > 1);
  client.close();
});

test("fails the attempt without an address and gives the reason in the cause", async () => {
  for (const [given, reason] of [
    [() => Promise.reject(new Error("no network")), "the option `url` gave no address: no network"],
    [() => { throw "no token"; }, "the option `url` gave no address: no token"],
    [() => undefined, "the option `url` gave no address: the option `url` has to be a string or a URL"],
    [async () => "mailto:a@chat.example", /gave no address: no WebSocket can be opened to `mailto:a@chat\.example`: give a ws:/],
    [async () => "/relative", /gave no address: no WebSocket can be opened to `\/relative`/],
  ]) {
    installSockets();
    let works = false;
    const client = await connect({ ...QUICK, url: () => (works ? ALONE.url : given()) });
    const change = await client.next("statechange");
    assert.deepEqual([change.status, change.attempt], ["waiting", 1]);
    assert.ok(Number.isInteger(change.retryAt));
    const { reason: told, ...cause } = change.cause;
    assert.deepEqual(cause, { code: 0, wasClean: true, status: null });
    if (typeof reason === "string") assert.equal(told, reason);
    else assert.match(told, reason);
    works = true;
    await until(() => sockets.length === 1);
    assert.ok(client.connection.attempt > 1);
    assert.equal((await client.stats()).lastClose, null, "no socket was there");
    client.close();
  }
  assert.deepEqual(asked, [], "the server has refused nothing: it is not asked");
});

test("counts attempts without an address", async () => {
  const reconnect = { ...QUICK.reconnect, attempts: 3 };
  let calls = 0;
  const client = await connect({ ...QUICK, reconnect, url: async () => Promise.reject(new Error(`${(calls += 1)}`)) });
  await until(() => client.status === "closed");
  assert.equal(calls, 3);
  assert.equal(client.connection.cause.reason, "the option `url` gave no address: 3");
});

test("adds the query of a function's address to requests", async () => {
  for (const [options, expected] of [
    [{ url: async () => "wss://chat.example/api/v1/events?token=a%26b&limit=9" }, "https://chat.example/api/v1/rooms?token=a%26b&limit=9"],
    [{ url: () => "wss://chat.example/api/v1/events" }, "https://chat.example/api/v1/rooms"],
    [{ url: () => "wss://chat.example/e?token=1", rest: { url: "https://rest.example/v1/" } }, "https://rest.example/v1/rooms?token=1"],
    // As before: what stands in a text is the socket's alone.
    [{ url: "wss://chat.example/api/v1/events?token=1" }, "https://chat.example/api/v1/rooms"],
  ]) {
    installSockets();
    asked = [];
    globalThis.fetch = async (url) => {
      asked.push(String(url));
      if (!asked.at(-1).includes("/messages")) return Response.json([{ roomId: 1, lastMessage: { messageId: 1 } }]);
      return Response.json([]);
    };
    const client = await connect(options);
    client.on("TextMessagesCreated", () => {}, { roomId: 1 });
    await until(() => sockets.length === 1);
    sockets[0].open();
    await until(() => asked.some((url) => url.includes("/messages")));
    assert.ok(asked.includes(expected), asked.join("\n"));
    const { searchParams } = new URL(asked.find((url) => url.includes("/messages")));
    const given = new URL(expected).searchParams;
    assert.equal(searchParams.get("token"), given.get("token"));
    // A request's own parameters are its own.
    assert.notEqual(searchParams.get("limit"), "9");
    assert.equal(searchParams.getAll("limit").length, 1);
    client.close();
  }
});

test("sends requests to the address of the latest attempt", async () => {
  let host = 0;
  const client = await connect({ ...QUICK, catchUp: true, url: () => `wss://${(host += 1)}.example/e` });
  await until(() => sockets.length === 1);
  sockets[0].open();
  await until(() => asked.length > 0);
  sockets[0].lose(1012, "");
  await until(() => sockets.length === 2);
  asked = [];
  sockets[1].open();
  await until(() => asked.length > 0);
  assert.equal(asked[0][0], "https://2.example/rooms");
  client.close();
});

test("sends the given headers and credentials, and by default nothing else", async () => {
  for (const [rest, headers, credentials] of [
    [undefined, { accept: "application/json" }, "include"],
    [{ headers: { Authorization: "Bearer 1" }, credentials: "omit" }, { accept: "application/json", authorization: "Bearer 1" }, "omit"],
    [{ headers: new Headers({ Accept: "application/vnd.chat" }), credentials: "same-origin" }, { accept: "application/vnd.chat" }, "same-origin"],
    [{ headers: () => ({ "X-A": "b" }) }, { accept: "application/json", "x-a": "b" }, "include"],
    [{ headers: async () => new Headers({ "X-A": "c" }) }, { accept: "application/json", "x-a": "c" }, "include"],
  ]) {
    installSockets();
    asked = [];
    const client = await connect({ url: ALONE.url, rest });
    sockets[0].open();
    await until(() => asked.length > 0);
    const [url, init] = asked[0];
    assert.equal(url, "http://chat.example/api/v1/rooms");
    assert.deepEqual([Object.fromEntries(init.headers), init.credentials], [headers, credentials]);
    assert.deepEqual([init.cache, init.redirect], ["no-store", "follow"]);
    client.close();
  }
});

test("gets headers before each request and fails the request without them", async () => {
  let calls = 0;
  const headers = async () => {
    calls += 1;
    if (calls < 3) throw new Error("no token");
    return { Authorization: `Bearer ${calls}` };
  };
  const client = await connect({ ...QUICK, catchUp: { rooms: 0 }, url: ALONE.url, rest: { headers } });
  sockets[0].open();
  await until(() => asked.length > 0);
  assert.equal(asked[0][1].headers.get("authorization"), "Bearer 3");
  await turn();
  assert.equal(client.status, "open");
  client.close();
});

test("does not send a request that is cancelled while it awaits its headers", async () => {
  let give;
  const headers = () => new Promise((resolve) => (give = resolve));
  const client = await connect({ url: ALONE.url, rest: { headers } });
  sockets[0].open();
  await until(() => give);
  client.close();
  give({});
  await turn();
  assert.deepEqual(asked, []);
});

test("uses a given fetch and a given WebSocket instead of the globals", async () => {
  globalThis.fetch = () => assert.fail("the global fetch");
  const Played = globalThis.WebSocket;
  globalThis.WebSocket = undefined;
  const opened = [];
  const requests = [];
  class Mine extends Played {
    constructor(...args) {
      super(...args);
      opened.push(args);
    }
  }
  const rest = {
    fetch(url, { headers }) {
      assert.equal(this, undefined);
      requests.push([url, headers.get("authorization")]);
      return Promise.resolve(new Response("[]"));
    },
    headers: { Authorization: "Bearer bot" },
  };
  const client = await connect({ url: ALONE.url, rest, WebSocket: Mine });
  assert.deepEqual(opened, [[ALONE.url]]);
  sockets[0].open();
  await until(() => requests.length > 0);
  assert.deepEqual(requests[0], ["http://chat.example/api/v1/rooms", "Bearer bot"]);
  client.close();
});

test("refuses invalid options", async () => {
  for (const options of [
    { WebSocket: "ws" },
    { WebSocket: null },
    { rest: { fetch: {} } },
    { rest: { headers: "Bearer 1" } },
    { rest: { headers: { "a b": "c" } } },
    { rest: { headers: null } },
    { rest: { credentials: "always" } },
    { rest: { credentials: true } },
  ]) {
    const error = await rejection(connect({ ...ALONE, ...options }));
    assert.equal(error.code, "invalid-option", JSON.stringify(options));
    assert.match(error.message, /the option `(WebSocket|rest\.\w+)` has to be/);
    assert.equal(sockets.length, 0);
  }
});
