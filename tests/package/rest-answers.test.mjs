// What `room-events/rest` makes of answers that are wrong, odd, late or none, and what it sends.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installPacked } from "./install.mjs";

let project;
let createRest;
let createReference;
let RestError;
let server;
let url;
/** How the server answers, set by each test; and the requests that it has got. */
let answer;
let requests;
before(async () => {
  project = await installPacked();
  const load = (name) => import(pathToFileURL(path.join(project.folder, `node_modules/room-events/dist/${name}.js`)));
  ({ createRest, RestError } = await load("rest"));
  ({ createReference } = await load("reference"));
  server = createServer((request, response) => {
    requests.push(request);
    answer(response, request);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${server.address().port}/api/v1`;
});
after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await project?.remove();
});
beforeEach(() => {
  requests = [];
});
afterEach(() => {
  delete globalThis.XMLHttpRequest;
  delete globalThis.origin;
});

const json = (body, status = 200, headers = {}) => (response) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
const text = (body, status = 200) => (response) => response.writeHead(status, { "content-type": "text/html" }).end(body);
const rejects = async (promise, code, status, check = () => true) => {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof RestError, String(error));
    assert.deepEqual([error.code, error.status], [code, status], error.message);
    return check(error);
  });
};

test("maps each status to a code and reports the server's error text", async () => {
  const rest = createRest({ url });
  for (const [status, code] of [
    [400, "rejected"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "not-found"],
    [409, "rejected"],
    [429, "rejected"],
    [500, "server"],
    [503, "server"],
  ]) {
    answer = json({ errorText: `No: ${status}`, httpStatusCode: status }, status);
    await rejects(rest.rooms(), code, status, ({ message, retryAfterMs, cause }) => {
      assert.deepEqual([message, retryAfterMs, cause], [`No: ${status}`, null, undefined]);
      return true;
    });
    answer = text("<html>", status);
    await rejects(rest.rooms(), code, status, ({ message }) => message === `GET /rooms: ${code}`);
  }
});

test("reads the delay of a failure from Retry-After", async () => {
  for (const [value, wait] of [
    ["0", 0],
    ["120", 120_000],
    ["99999999999", 2 ** 31 - 1],
    [new Date(0).toUTCString(), null],
    ["soon", null],
    ["-1", null],
    ["", null],
  ]) {
    answer = json({}, 429, { "retry-after": value });
    await rejects(createRest({ url }).rooms(), "rejected", 429, ({ retryAfterMs }) => {
      assert.equal(retryAfterMs, wait, value);
      return true;
    });
  }
  answer = json({}, 503, { "retry-after": new Date(Date.now() + 90_000).toUTCString() });
  await rejects(createRest({ url }).rooms(), "server", 503, ({ retryAfterMs }) => retryAfterMs > 60_000 && retryAfterMs <= 90_000);
});

test("rejects a login page as malformed", async () => {
  const rest = createRest({ url });
  const reference = createReference({ url });
  const calls = [
    ...Object.entries(rest).filter(([name]) => !/Url$|ages$|^around$|^attach$/.test(name)),
    ...Object.entries(reference),
    ...["pages", "commentPages"].map((name) => [name, (id) => rest[name](id).next()]),
    ["around", () => rest.around(1, 2)],
    ["attach", () => rest.attach(1, [new Blob(["a"])])],
  ];
  assert.ok(calls.length > 35);
  for (const [name, call] of calls) {
    for (const body of ["<!doctype html><title>Log in</title>", "", "{", '{"rooms": [', "null", "7", '"text"', "true"]) {
      answer = text(body);
      await rejects(call(1, 2), "malformed", 200, ({ cause }) => cause instanceof Error || assert.fail(`${name}: ${body}`));
    }
  }
});

test("rejects an object without the operation's result as malformed", async () => {
  const rest = createRest({ url });
  for (const body of [{}, { rooms: null }, { rooms: {} }, { rooms: "rooms" }, { rooms: [{ roomId: "1" }, null, 7, { roomId: 2 ** 53 }] }]) {
    answer = json(body);
    await rejects(rest.rooms(), "malformed", 200);
  }
  answer = json({ userSessionId: "a" });
  await rejects(rest.login("a", "b"), "malformed", 200);
  answer = json({ roomPermissions: { permissions: null } });
  await rejects(rest.permissions(1), "malformed", 200);
  answer = json({ attachmentId: null });
  await rejects(rest.attachment(1), "malformed", 200);
});

test("drops a bad entry from a list and delivers the rest", async () => {
  const rest = createRest({ url });
  answer = json({ users: [null, { userId: 1 }, "user", { userId: "2" }, [], { userId: -3 }] });
  assert.deepEqual((await rest.users()).map(({ userId }) => userId), [1, -3]);
  answer = json({ rooms: [] });
  assert.deepEqual(await rest.rooms(), []);
});

test("fills absent and null fields with neutral values and keeps unknown ones", async () => {
  const rest = createRest({ url });
  answer = json({ rooms: [{ roomId: 1, displayName: "A", lastMessage: null }, { roomId: 2, name: "B", isPinned: null, color: "red" }, { roomId: 3, lastMessage: { messageId: 4 } }] });
  const rooms = await rest.rooms();
  const neutral = { createdUtc: 0, lastModifiedUtc: 0, roomType: "Private", unreadMessageCount: 0, isModerator: false, isArchived: false, isPinned: false, lastMessage: null };
  assert.deepEqual(rooms, [
    { ...neutral, roomId: 1, name: "A", displayName: "A" },
    { ...neutral, roomId: 2, name: "B", displayName: "B", color: "red" },
    { ...neutral, roomId: 3, name: "", displayName: "", lastMessage: { messageId: 4, createdUtc: 0 } },
  ]);
  const attachment = { attachmentId: 5, fileName: null };
  answer = json({ roomId: 8, parentMessageId: 9, messages: [{ messageId: 1, text: null, attachments: [attachment, null, {}], readTimestamps: [{ userId: 3 }], issueProperties: {}, meetingProperties: null }, { messageId: 2, attachments: "none" }] });
  const [first, second] = await rest.comments(9);
  assert.deepEqual(first, {
    messageId: 1, userId: 0, roomId: 8, parentMessageId: 9, text: "", messageType: "Regular", markupType: "TextPlain", priority: "Normal",
    createdUtc: 0, lastEditedUtc: 0, lastModifiedUtc: 0, commentCount: 0,
    attachments: [{ attachmentId: 5, fileName: "", fileSize: 0, fileChecksum: "", hasThumbnail: false, attachmentState: "Initial", createdUtc: 0, lastModifiedUtc: 0, textMessageId: 0, roomId: 0 }],
    readTimestamps: [{ userId: 3, readUtc: 0 }],
    issueProperties: { type: "Task", status: "Backlog", assignees: [] },
  });
  assert.deepEqual([second.attachments, second.readTimestamps], [[], []]);
  answer = json({ userId: 1 });
  assert.deepEqual(await rest.status(), { userId: 1, userSessionId: null });
});

test("times out if a response does not come or stops midway", async () => {
  const rest = createRest({ url, timeoutMs: 50 });
  let closed;
  answer = (response) => {
    closed = new Promise((resolve) => response.on("close", resolve));
  };
  await rejects(rest.rooms(), "timeout", null);
  await closed;
  answer = (response) => {
    closed = new Promise((resolve) => response.on("close", resolve));
    response.writeHead(200).write('{"rooms": [');
  };
  await rejects(rest.rooms(), "timeout", 200);
  await closed;
  // Also where the function that is given as `fetch` knows no signals.
  const deaf = createRest({ url, timeoutMs: 1, fetch: () => new Promise(() => {}) });
  await rejects(deaf.rooms(), "timeout", null);
  // And where the headers do not come.
  await rejects(createRest({ url, timeoutMs: 1, headers: () => new Promise(() => {}) }).rooms(), "timeout", null);
});

test("does not time out while a response makes progress", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const parts = [..."{\"rooms\": []}"].map((letter) => Buffer.from(letter));
  const pull = (stream) => {
    context.mock.timers.tick(900);
    const part = parts.shift();
    if (part) stream.enqueue(part);
    else stream.close();
  };
  const fetch = async () => new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
  assert.deepEqual(await createRest({ url, fetch, timeoutMs: 1000 }).rooms(), []);
});

test("never times out if the timeout exceeds a timer's maximum", async () => {
  answer = json({ rooms: [] });
  assert.deepEqual(await createRest({ url, timeoutMs: Infinity }).rooms(), []);
});

test("reports an unreachable server and a broken response as network errors with a cause", async () => {
  await rejects(createRest({ url: "http://127.0.0.1:1/" }).rooms(), "network", null, ({ cause }) => cause instanceof TypeError);
  answer = (response) => response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy());
  await rejects(createRest({ url }).rooms(), "network", 200, ({ cause }) => cause instanceof Error);
  const reason = new Error("no token");
  await rejects(createRest({ url, headers: () => Promise.reject(reason) }).rooms(), "network", null, ({ cause }) => cause === reason);
});

test("stops reading a response after 32 MiB", async () => {
  const part = Buffer.alloc(1 << 20, " ");
  let closed;
  answer = (response) => {
    closed = new Promise((resolve) => response.on("close", resolve));
    const more = () => {
      while (response.write(part));
      response.once("drain", more);
    };
    more();
  };
  await rejects(createRest({ url }).rooms(), "network", 200);
  await closed;
});

test("rejects a cancelled request with the signal's reason", async () => {
  const rest = createRest({ url });
  const reason = new Error("never mind");
  await assert.rejects(rest.rooms({ signal: AbortSignal.abort(reason) }), reason);
  assert.equal(requests.length, 0);
  const controller = new AbortController();
  let closed;
  answer = (response) => {
    closed = new Promise((resolve) => response.on("close", resolve));
    controller.abort(reason);
  };
  await assert.rejects(rest.rooms({ signal: controller.signal }), reason);
  await closed;
  // Cancelled while the answer arrives, and while the headers are made.
  const late = new AbortController();
  answer = (response) => response.writeHead(500).write("{", () => late.abort(reason));
  await assert.rejects(rest.rooms({ signal: late.signal }), reason);
  const early = new AbortController();
  const slow = createRest({ url, headers: () => new Promise(() => early.abort(reason)) });
  await assert.rejects(slow.rooms({ signal: early.signal }), reason);
});

test("releases the signal when a request ends", async (context) => {
  answer = json({ rooms: [] });
  const { signal } = new AbortController();
  const added = context.mock.method(signal, "addEventListener");
  const removed = context.mock.method(signal, "removeEventListener");
  await createRest({ url }).rooms({ signal });
  const [listener] = added.mock.calls.map(({ arguments: [, listener] }) => listener);
  assert.deepEqual(removed.mock.calls.map(({ arguments: [, listener] }) => listener), [listener]);
});

test("sends an Accept header and disables the cache", async () => {
  let init;
  const fetch = async (_, given) => {
    init = given;
    return new Response("{}");
  };
  await createRest({ fetch }).send(1, "hello");
  assert.deepEqual([init.cache, init.credentials, init.method, init.body], ["no-store", "include", "POST", '{"content":"hello"}']);
  assert.deepEqual(Object.fromEntries(init.headers), { accept: "application/json", "content-type": "application/json" });
  await createRest({ fetch, headers: { Accept: "text/x" }, credentials: "omit" }).serverHealth();
  assert.deepEqual([Object.fromEntries(init.headers), init.credentials, init.body], [{ accept: "text/x" }, "omit", undefined]);
});

test("builds addresses from the page's origin or the given URL", async () => {
  const { attachmentUrl } = createRest({ url: new URL("https://chat.example/base/v1//") });
  assert.equal(attachmentUrl({ attachmentId: 1, fileName: "a/b?#%.txt" }), "https://chat.example/base/v1/attachments/1/a%2Fb%3F%23%25.txt");
  // Half of a surrogate pair cannot be written in an address.
  assert.equal(attachmentUrl({ attachmentId: 1, fileName: "\ud83da" }), "https://chat.example/base/v1/attachments/1/%EF%BF%BDa");
  globalThis.origin = "https://page.example";
  assert.equal(createRest().roomAvatarUrl(3), "https://page.example/api/v1/rooms/3/avatar.jpg");
  delete globalThis.origin;
  assert.equal(createRest({}).userAvatarUrl(3), "/api/v1/users/3/avatar.jpg");
});

/** A server with that many messages, whose pages have at most that many, with a cursor of that kind. */
function list(count, { cap = Infinity, inclusive, extra = [] }) {
  return (response, { url: path }) => {
    const query = new URL(path, url).searchParams;
    const isBackward = query.get("direction") === "backward";
    const cursor = query.has("cursor") ? Number(query.get("cursor")) : isBackward ? Infinity : -Infinity;
    const limit = Math.min(cap, Number(query.get("limit") ?? Infinity));
    const messages = Array.from({ length: count }, (_, index) => ({ messageId: 10 * (index + 1) }));
    const beyond = messages.filter(({ messageId }) => (inclusive && messageId === cursor) || (isBackward ? messageId < cursor : messageId > cursor));
    const page = isBackward ? beyond.slice(Math.max(0, beyond.length - limit)) : beyond.slice(0, limit);
    json({ roomId: 1, messages: [...page, ...extra] })(response);
  };
}

for (const inclusive of [true, false]) {
  for (const cap of [2, 3, 100]) {
    test(`pages() reads everything once with ${inclusive ? "inclusive" : "exclusive"} cursors and pages of ${cap}`, async () => {
      answer = list(9, { cap, inclusive });
      const rest = createRest({ url });
      for (const limit of [1, 2, 5, 1000]) {
        for (const direction of ["forward", "backward"]) {
          for (const cursor of [undefined, 50]) {
            const pages = [];
            for await (const page of rest.pages(1, { limit, direction, cursor })) pages.push(page.map(({ messageId }) => messageId));
            const found = (direction === "backward" ? pages.toReversed() : pages).flat();
            const expected = [10, 20, 30, 40, 50, 60, 70, 80, 90].filter((id) => cursor === undefined || (direction === "backward" ? id < cursor : id > cursor));
            assert.deepEqual(found, expected, `${limit} ${direction} ${cursor}`);
          }
        }
      }
    });
  }

  test(`around() includes the message with ${inclusive ? "inclusive" : "exclusive"} cursors`, async () => {
    answer = list(9, { inclusive });
    const rest = createRest({ url });
    for (const [id, limit, least] of [[50, 2, [30, 40, 50, 60, 70]], [10, 1, [10, 20]], [90, 3, [60, 70, 80, 90]]]) {
      const found = (await rest.around(1, id, { limit })).map(({ messageId }) => messageId);
      assert.deepEqual(least.filter((id) => !found.includes(id)), [], String(found));
      assert.deepEqual(found, [...new Set(found)].sort((one, other) => one - other));
    }
  });
}

test("pages() ends and repeats nothing if the server makes no progress", async () => {
  answer = json({ messages: [{ messageId: 2 }, { messageId: 1 }, { messageId: 2 }] });
  const pages = [];
  for await (const page of createRest({ url }).pages(1)) pages.push(page.map(({ messageId }) => messageId));
  assert.deepEqual(pages, [[1, 2]]);
  assert.equal(requests.length, 2);
});

test("pages() sends no request after the loop ends and rejects if a page cannot be read", async () => {
  answer = list(9, { cap: 2 });
  for await (const page of createRest({ url }).pages(1)) if (page) break;
  assert.equal(requests.length, 1);
  const pages = createRest({ url }).pages(1);
  await pages.next();
  answer = json({ errorText: "no" }, 500);
  await rejects(pages.next(), "server", 500);
  assert.deepEqual(await pages.next(), { value: undefined, done: true });
});

/** An XMLHttpRequest that the test plays. */
class PlayedRequest {
  static made;
  upload = {};
  headers = {};
  constructor() {
    PlayedRequest.made = this;
  }
  open(...how) {
    this.opened = how;
  }
  setRequestHeader(name, value) {
    this.headers[name] = value;
  }
  getResponseHeader(name) {
    return name === "retry-after" ? "3" : null;
  }
  send(body) {
    this.body = body;
    this.sent();
  }
  sent() {}
  abort() {
    this.aborted = true;
  }
  answer(status, response) {
    Object.assign(this, { status, response });
    this.onload();
  }
}

/** Attaches a file through a played request; resolves when that has been sent. */
async function upload(options, call) {
  globalThis.XMLHttpRequest = PlayedRequest;
  const sent = new Promise((resolve) => (PlayedRequest.prototype.sent = resolve));
  const attached = createRest({ url, ...options }).attach(7, [new File(["abc"], "a.txt")], call);
  attached.catch(() => {});
  await Promise.race([sent, attached]);
  return { attached, request: PlayedRequest.made };
}

test("reports the progress of an upload", async () => {
  const progress = [];
  const { attached, request } = await upload({ headers: { "x-a": "b" } }, { onProgress: (step) => progress.push(step) });
  assert.deepEqual(request.opened, ["POST", `${url}/messages/7/attachments`]);
  assert.deepEqual([request.headers, request.withCredentials], [{ accept: "application/json", "x-a": "b" }, true]);
  assert.deepEqual(request.body.getAll("files").map(({ name }) => name), ["a.txt"]);
  request.upload.onprogress({ loaded: 1, total: 3 });
  request.upload.onprogress({ loaded: 3, total: 3 });
  request.answer(200, '{"httpStatusCode":200}');
  assert.equal(await attached, undefined);
  assert.deepEqual(progress, [{ loaded: 1, total: 3 }, { loaded: 3, total: 3 }]);
});

test("an upload fails like any other request", async () => {
  const refused = await upload();
  refused.request.answer(413, '{"errorText":"too large"}');
  await rejects(refused.attached, "rejected", 413, ({ message, retryAfterMs }) => message === "too large" && retryAfterMs === 3000);
  const page = await upload();
  page.request.answer(200, "<html>");
  await rejects(page.attached, "malformed", 200);
  const broken = await upload();
  broken.request.onerror();
  await rejects(broken.attached, "network", null);
  const silent = await upload({ timeoutMs: 1 });
  await rejects(silent.attached, "timeout", null);
  assert.ok(silent.request.aborted);
  const reason = new Error("never mind");
  const controller = new AbortController();
  const cancelled = await upload({}, { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(cancelled.attached, reason);
  assert.ok(cancelled.request.aborted);
});

test("does not time out while an upload makes progress", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { attached, request } = await upload({ timeoutMs: 1000 });
  for (let loaded = 0; loaded < 5; loaded += 1) {
    context.mock.timers.tick(900);
    request.upload.onprogress({ loaded, total: 5 });
  }
  request.answer(200, "{}");
  await attached;
});

test("an upload through fetch() times out only if the call sets a timeout", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.XMLHttpRequest = class {};
  let respond;
  const fetch = () => new Promise((resolve) => (respond = resolve));
  const attached = createRest({ url, fetch, timeoutMs: 10 }).attach(1, [new Blob(["a"])]);
  while (!respond) await Promise.resolve();
  context.mock.timers.tick(1_000_000);
  respond(new Response("{}"));
  await attached;
  const hasty = createRest({ url, fetch }).attach(1, [new Blob(["a"])], { timeoutMs: 10 });
  context.mock.timers.tick(10);
  await rejects(hasty, "timeout", null);
});
