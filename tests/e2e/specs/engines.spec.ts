/** Where the engine runs, how tabs share it, and what becomes of them when it ends. */

import { type BrowserContext, expect, type Page, test as base } from "@playwright/test";

import { type PlayedOptions, PlayedServer } from "../../engines/played-server.mjs";

interface Fixtures {
  /** Starts a server. */
  play: (options?: PlayedOptions) => Promise<PlayedServer>;
}

const test = base.extend<Fixtures>({
  play: async ({}, use) => {
    const servers: PlayedServer[] = [];
    await use(async (options) => {
      const server = await PlayedServer.start(options);
      servers.push(server);
      return server;
    });
    for (const server of servers) server.close();
  },
});

const run = <Result>(page: Page, script: string): Promise<Result> => page.evaluate<Result>(script);

/** A tab with a client; resolves to the tab once its stream is open, and says where its engine is. */
async function open(context: BrowserContext, server: PlayedServer, options: object = {}, listen: object = {}): Promise<{ page: Page; engine: string }> {
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction("globalThis.ready");
  const engine = await run<string>(page, `open(${JSON.stringify(options)}, ${JSON.stringify(listen)})`);
  await expect.poll(() => run(page, "client.status")).toBe("open");
  return { page, engine };
}

const told = (page: Page, topic: string): Promise<unknown[]> =>
  run(page, `told.filter(([topic]) => topic === ${JSON.stringify(topic)}).map(([, value]) => value)`);

/** Sends an event, and waits for it in all of these tabs. */
async function expectEvent(server: PlayedServer, pages: Page[], roomId: number): Promise<void> {
  server.send("RoomDeleted", { roomId });
  for (const page of pages) await expect.poll(async () => (await told(page, "RoomDeleted")).filter((id) => id === roomId)).toEqual([roomId]);
}

test("ten tabs share one socket and one set of requests", async ({ context, play }) => {
  const server = await play();
  const tabs: Page[] = [];
  for (let count = 0; count < 10; count += 1) {
    const { page, engine } = await open(context, server);
    expect(engine).toBe("shared");
    tabs.push(page);
  }
  await expectEvent(server, tabs, 7);
  expect([server.opened, server.live]).toEqual([1, 1]);
  // What is there before the connection was open for a while may be late, and is read once more.
  await expect.poll(() => server.asked.filter((path) => path.endsWith("/rooms")).length).toBe(2);
  await expect.poll(() => run(tabs[0] as Page, "client.freshness(2)")).toBe("live");

  // A gap, in which a message was missed.
  server.asked.length = 0;
  server.rooms.set(2, 2);
  server.drop();
  await expect.poll(() => told(tabs[0] as Page, "TextMessagesCreated"), { intervals: [50] }).toEqual(["message 2002"]);
  // A while later everything is read once more.
  const asked = [...server.asked];
  expect(asked.filter((path) => path.endsWith("/rooms"))).toHaveLength(1);
  expect(asked.filter((path) => path.includes("/rooms/2/messages"))).toHaveLength(1);
  for (const page of tabs) await expect.poll(() => told(page, "TextMessagesCreated")).toEqual(["message 2002"]);
  expect(server.opened).toBe(2);
});

test("tabs with a different user or different options use a separate engine", async ({ context, play }) => {
  const server = await play();
  await open(context, server, { user: "ada" });
  await open(context, server, { user: "bob" });
  await open(context, server, { user: "bob" });
  expect(server.opened).toBe(2);
  await open(context, server, { user: "bob", reconnect: { maxMs: 100 } });
  expect(server.opened).toBe(3);
});

test("delivers to each tab only the events it listens to", async ({ context, play }) => {
  const server = await play();
  const one = await open(context, server, {}, { roomId: 1 });
  const two = await open(context, server, {}, { roomId: 2 });
  const message = (messageId: number, roomId: number) => ({ messageId, roomId, userId: 1, text: `text ${messageId}` });
  server.send("TextMessagesCreated", { messages: [message(9001, 1), message(9002, 2)] });
  await expect.poll(() => told(one.page, "TextMessagesCreated")).toEqual(["text 9001"]);
  await expect.poll(() => told(two.page, "TextMessagesCreated")).toEqual(["text 9002"]);
});

for (const engine of ["shared", "page"]) {
  test(`a ${engine} engine delivers nothing about the previous user's rooms to the next user`, async ({ context, play }) => {
    const server = await play();
    const { page } = await open(context, server, { engine });
    await expect.poll(() => server.asked.filter((path) => path.endsWith("/rooms")).length).toBe(2);
    server.userId = 2;
    server.rooms = new Map([[3, 1]]);
    server.drop();
    await expect.poll(() => told(page, "resync")).toEqual(["nothing-known"]);
    await expect.poll(() => run(page, "client.status")).toBe("open");
    await expectEvent(server, [page], 8);
    expect(await told(page, "RoomDeleted")).toEqual([8]);
    expect(server.live).toBe(1);
  });
}

test("keeps the connection when one tab closes and ends it with the last tab", async ({ context, play }) => {
  const server = await play();
  const first = await open(context, server);
  const second = await open(context, server);
  // The tab that has created the worker.
  await first.page.close();
  await expectEvent(server, [second.page], 8);
  expect(server.opened).toBe(1);
  await run(second.page, "client.close()");
  await expect.poll(() => server.live).toBe(0);
  expect(await told(second.page, "statechange")).toEqual(["closed"]);
  const connections = "client.stats().then(({ connections }) => connections)";
  expect(await run(second.page, connections)).toBe(1);
  // The engine is gone, though the worker lives as long as the tab.
  await run(second.page, "open({}, {})");
  await expect.poll(() => run(second.page, "client.status")).toBe("open");
  expect(await run(second.page, connections)).toBe(1);
});

test("detects a tab that crashes", async ({ browser, play }) => {
  const server = await play();
  const context = await browser.newContext();
  const kept = await open(context, server);
  const { page } = await open(context, server);
  const locks = "navigator.locks.query().then(({ held }) => held.filter(({ name }) => name.startsWith('room-events page')).length)";
  expect(await run(kept.page, locks)).toBe(2);
  const crashed = page.waitForEvent("crash");
  await page.goto("chrome://crash").catch(() => {});
  await crashed;
  await expect.poll(() => run(kept.page, locks)).toBe(1);
  await expectEvent(server, [kept.page], 8);
  expect(server.opened).toBe(1);
  await context.close();
});

for (const engine of ["shared", "worker"]) {
  test(`replaces a killed ${engine} engine and delivers a resync event`, async ({ browser, context, play }) => {
    const server = await play();
    const { page } = await open(context, server, { engine });
    await expectEvent(server, [page], 7);
    if (engine === "worker") {
      await page.workers()[0]?.evaluate("close()");
    } else {
      const session = await browser.newBrowserCDPSession();
      const { targetInfos } = await session.send("Target.getTargets");
      const worker = targetInfos.find(({ type }) => type === "shared_worker");
      await session.send("Target.closeTarget", { targetId: worker?.targetId ?? "" });
    }
    await expect.poll(() => told(page, "resync")).toEqual(["nothing-known"]);
    await expect.poll(() => run(page, "client.status")).toBe("open");
    await expectEvent(server, [page], 8);
    expect(server.live).toBe(1);
  });
}

test("delivers missed events to a tab that returns from the back/forward cache", async ({ context, play }) => {
  const server = await play();
  const away = await open(context, server);
  const other = await open(context, server);
  await run(away.page, "void dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
  await expectEvent(server, [other.page], 7);
  expect(await told(away.page, "RoomDeleted")).toEqual([]);
  await run(away.page, "void dispatchEvent(new Event('pageshow'))");
  await expect.poll(() => told(away.page, "RoomDeleted")).toEqual([7]);
  await expectEvent(server, [away.page, other.page], 8);
  expect(await told(away.page, "resync")).toEqual([]);
  expect(server.opened).toBe(1);
});

test("releases the connection when the only tab enters the back/forward cache", async ({ context, play }) => {
  const server = await play();
  const { page } = await open(context, server);
  await run(page, "void dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
  await expect.poll(() => server.live).toBe(0);
  await run(page, "void dispatchEvent(new Event('pageshow'))");
  await expect.poll(() => server.live).toBe(1);
  await expectEvent(server, [page], 7);
});

test("delivers missed events to a frozen tab when it resumes", async ({ context, play }) => {
  const server = await play();
  const frozen = await open(context, server);
  const other = await open(context, server);
  const session = await context.newCDPSession(frozen.page);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  await expectEvent(server, [other.page], 7);
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await expect.poll(() => told(frozen.page, "RoomDeleted")).toEqual([7]);
});

test("runs the engine in the page if the worker script is missing", async ({ context, play }) => {
  const server = await play({ missing: ["/dist/worker.js"] });
  const { page, engine } = await open(context, server);
  expect(engine).toBe("page");
  await expectEvent(server, [page], 7);
});

test("runs the engine in the page if the policy forbids workers", async ({ context, play }) => {
  const server = await play({ policy: "default-src 'self' 'wasm-unsafe-eval'; worker-src 'none'" });
  const { page, engine } = await open(context, server);
  expect(engine).toBe("page");
  await expectEvent(server, [page], 7);
});

test("runs a shared engine under a strict policy that allows same-origin workers", async ({ context, play }) => {
  const server = await play({ policy: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; img-src data:" });
  const { page, engine } = await open(context, server);
  expect(engine).toBe("shared");
  await expectEvent(server, [page], 7);
});

test("rejects if the requested engine cannot start", async ({ context, play }) => {
  const server = await play({ missing: ["/dist/worker.js"] });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction("globalThis.ready");
  for (const engine of ["shared", "worker"]) {
    expect(await run(page, `open({ engine: "${engine}" }).catch(({ code }) => code)`)).toBe("engine-failed");
  }
});

test("rejects with every engine if the module fails to load", async ({ context, play }) => {
  const server = await play({ missing: ["/dist/room-events.wasm"] });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction("globalThis.ready");
  for (const engine of ["auto", "shared", "worker", "page"]) {
    expect(await run(page, `open({ engine: "${engine}" }).catch(({ code }) => code)`)).toBe("load-failed");
  }
  await expect.poll(() => server.live).toBe(0);
});

test("rejects under a policy that blocks WebAssembly and names the source to add", async ({ context, play }) => {
  const server = await play({ policy: "default-src 'self'" });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction("globalThis.ready");
  for (const engine of ["shared", "worker", "page"]) {
    const message = await run<string>(page, `open({ engine: "${engine}" }).catch(({ message }) => message)`);
    expect(message).toContain("'wasm-unsafe-eval' in script-src");
  }
});

test("calls functions in the options from the page", async ({ context, play }) => {
  const server = await play();
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction("globalThis.ready");
  const engine = await run(page, `open({
    url: async () => "/api/v1/events?token=" + (globalThis.tokens = (globalThis.tokens ?? 0) + 1),
    rest: { headers: async () => ({ "x-asked": "yes" }) },
    onUnauthorized: () => (globalThis.asked = true) && false,
  })`);
  expect(engine).toBe("shared");
  await expect.poll(() => run(page, "client.status")).toBe("open");
  expect(await run(page, "client.url")).toContain("token=1");
  await expect.poll(() => server.asked.some((path) => path.includes("token=1"))).toBe(true);
  server.status = 401;
  await run(page, "0");
});

test("runs the engine in the page for a sandboxed frame without an origin", async ({ context, play }) => {
  const server = await play();
  const page = await context.newPage();
  await page.goto(server.url);
  await page.setContent(`<iframe sandbox="allow-scripts" srcdoc='<script type=module>
    import { connect } from "${server.url}/dist/index.js";
    const client = await connect({ url: "${server.url}/api/v1/events", catchUp: false });
    client.on("RoomDeleted", ({ roomId }) => parent.postMessage([client.engine, roomId], "*"));
  </script>'></iframe><script>addEventListener("message", ({ data }) => (globalThis.heard = data))</script>`);
  await expect.poll(() => server.live).toBe(1);
  await expect.poll(async () => {
    server.send("RoomDeleted", { roomId: 7 });
    return run(page, "globalThis.heard");
  }).toEqual(["page", 7]);
});

test("tabs with different package versions use separate engines", async ({ context, play }) => {
  const server = await play();
  const older = await open(context, server);
  await context.route("**/dist/index.js", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/"\d+\.\d+\.\d+-[0-9a-f]{8}"/, '"999.0.0-00000000"');
    expect(body).toContain("999.0.0");
    await route.fulfill({ response, body });
  });
  const newer = await open(context, server);
  expect([older.engine, newer.engine]).toEqual(["shared", "shared"]);
  await expectEvent(server, [older.page, newer.page], 7);
  expect(server.live).toBe(2);
  await older.page.close();
  await expect.poll(() => server.live).toBe(1);
  await expectEvent(server, [newer.page], 8);
});

test("runs the engine in a dedicated worker if the page has no access to storage", async ({ context, play }) => {
  const server = await play();
  await context.addInitScript(`{
    const deny = () => { throw new DOMException("denied", "SecurityError"); };
    Object.defineProperty(globalThis, "localStorage", { get: deny });
    globalThis.SharedWorker = class { constructor() { deny(); } };
    navigator.locks.request = async () => deny();
  }`);
  const { page, engine } = await open(context, server);
  expect(engine).toBe("worker");
  await expectEvent(server, [page], 7);
});

test("keeps one working engine after twenty tabs open and close", async ({ context, play }) => {
  const server = await play();
  const kept = await open(context, server);
  for (let count = 0; count < 20; count += 1) {
    const { page } = await open(context, server);
    await (count % 2 === 0 ? page.close() : run(page, "client.close()"));
  }
  await expectEvent(server, [kept.page], 7);
  expect(server.opened).toBe(1);
});
