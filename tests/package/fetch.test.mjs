// How an answer of the REST API is read: in parts, with a bound, and with what its headers say.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { REQUEST_FAILED, REQUEST_PROGRESS, REQUEST_TOO_LARGE } from "../../pkg/src/generated/tables.js";
import { abort, fetchText } from "../../src/browser/bridge.js";
import { readOptions } from "../../pkg/src/options.js";
import { readSpec } from "../../pkg/src/spec.js";

/** How the server answers; set by each test. */
let answer;
let server;
let origin;
let options;
before(async () => {
  server = createServer((request, response) => answer(response, request));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
  const { spec, local } = readOptions({ url: `${origin}/events`, WebSocket: class {} });
  options = readSpec(spec, () => assert.fail("no page is asked"), local);
});
after(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

/** Everything that is reported of a request, up to what became of it. */
function fetched({ redirects = true, path = "/", then } = {}) {
  const reports = [];
  return new Promise((resolve) => {
    const controller = fetchText(options, "GET", path, undefined, redirects, (status, body, wait) => {
      reports.push([status, body, wait]);
      if (status !== REQUEST_PROGRESS) resolve(reports);
      then?.(status, controller);
    });
  });
}

test("reports the whole response after its headers", async () => {
  answer = (response) => response.writeHead(404, { "content-type": "application/json" }).end('{"é":1}');
  assert.deepEqual(await fetched(), [[REQUEST_PROGRESS, "", NaN], [404, '{"é":1}', NaN]]);
  answer = (response) => response.writeHead(204).end();
  assert.deepEqual((await fetched()).at(-1), [204, "", NaN]);
});

test("reports progress at most once a second, and decodes a character split across chunks", async (context) => {
  let now = 5000;
  context.mock.method(performance, "now", () => now);
  const bytes = Buffer.from("日本👍");
  let at = 0;
  const pull = (stream) => {
    if (at === bytes.length) return stream.close();
    now += 400;
    stream.enqueue(bytes.subarray(at, (at += 1)));
  };
  const { fetch } = globalThis;
  globalThis.fetch = async () => new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
  try {
    const reports = await fetched();
    assert.deepEqual(reports.at(-1).slice(0, 2), [200, "日本👍"]);
    // At the headers, and then after 1200, 2400 and 3600 ms of 4000.
    assert.deepEqual(reports.slice(0, -1).map(([status]) => status), [REQUEST_PROGRESS, REQUEST_PROGRESS, REQUEST_PROGRESS, REQUEST_PROGRESS]);
  } finally {
    globalThis.fetch = fetch;
  }
});

test("reads at most 32 MiB", async () => {
  const part = Buffer.alloc(1 << 20, "x");
  let closed;
  let sent = 0;
  const send = (response, most) => {
    response.writeHead(200);
    closed = new Promise((resolve) => response.on("close", resolve));
    const more = () => {
      while (sent < most) {
        sent += 1;
        if (!response.write(part)) return response.once("drain", more);
      }
      response.end();
    };
    more();
  };
  answer = (response) => send(response, Infinity);
  assert.deepEqual((await fetched()).at(-1), [REQUEST_TOO_LARGE, "", NaN]);
  // The rest is not asked for.
  await closed;
  sent = 0;
  answer = (response) => send(response, 32);
  const [status, body] = (await fetched()).at(-1);
  assert.deepEqual([status, body.length], [200, 32 << 20]);
});

test("respects Retry-After for at most ten minutes", async () => {
  const DATE = "Tue, 03 Mar 2026 10:00:00 GMT";
  for (const [value, wait] of [
    ["0", 0],
    ["120", 120_000],
    ["601", 600_000],
    ["99999999999999999999", 600_000],
    ["Tue, 03 Mar 2026 10:01:30 GMT", 90_000],
    ["Tue, 03 Mar 2026 09:00:00 GMT", 0],
    ["Wed, 04 Mar 2026 10:00:00 GMT", 600_000],
    ["soon", NaN],
    ["", NaN],
    [undefined, NaN],
  ]) {
    answer = (response) => {
      if (value !== undefined) response.setHeader("retry-after", value);
      response.writeHead(503, { date: DATE }).end("{}");
    };
    assert.deepEqual((await fetched()).at(-1), [503, "{}", wait], value);
  }
});

test("follows a redirect, or reports it as the response", async () => {
  answer = (response, request) => {
    if (request.url === "/") response.writeHead(307, { location: "/login" }).end();
    else response.writeHead(200).end("<html>");
  };
  assert.deepEqual((await fetched()).at(-1).slice(0, 2), [200, "<html>"]);
  assert.equal((await fetched({ redirects: false })).at(-1)[0], 307);
  // A browser does not tell which redirect it was.
  const { fetch } = globalThis;
  globalThis.fetch = async (_, { redirect }) => {
    assert.equal(redirect, "manual");
    return { type: "opaqueredirect", status: 0, headers: new Headers(), body: null };
  };
  try {
    assert.deepEqual((await fetched({ redirects: false })).at(-1), [302, "", NaN]);
  } finally {
    globalThis.fetch = fetch;
  }
});

test("fails if the response breaks off", async () => {
  answer = (response) => response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
  assert.deepEqual((await fetched()).at(-1), [REQUEST_FAILED, "", NaN]);
});

test("reports nothing after the request is aborted", async () => {
  let closed;
  answer = (response) => {
    response.writeHead(200).flushHeaders();
    closed = new Promise((resolve) => response.on("close", resolve));
  };
  const reports = [];
  await new Promise((resolve) => {
    const controller = fetchText(options, "GET", "/", undefined, true, (status) => {
      reports.push(status);
      abort(controller);
      resolve();
    });
  });
  await closed;
  assert.deepEqual(reports, [REQUEST_PROGRESS]);
});
