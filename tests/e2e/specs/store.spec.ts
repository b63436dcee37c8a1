/** The store in tabs that share an engine, and what it shows when that engine ends. */

import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { expect, type Page, test as base } from "@playwright/test";

import { ReferenceServer } from "../support/reference-server.ts";

const PACKAGE = dirname(createRequire(import.meta.url).resolve("room-events/package.json"));

const FAULTS = "/api/v1/reference/faults";

const PAGE = `<!doctype html><meta charset=utf-8><title>store</title><link rel=icon href=data:,>
<script type=module src=page.js></script>`;

/** A page with a store that shows a room; `shown()` says what it shows in short. */
const SCRIPT = `import { connect } from "./dist/index.js";
import { createStore } from "./dist/store.js";
globalThis.open = async (engine) => {
  const client = (globalThis.client = await connect({ engine, reconnect: { initialMs: 50, maxMs: 200 } }));
  const store = (globalThis.store = createStore(client, { lingerMs: 100 }));
  const timeline = (globalThis.timeline = store.timeline(1));
  globalThis.stop = timeline.subscribe(() => {});
  store.rooms.subscribe(() => {});
  await Promise.all([timeline.ready, store.rooms.ready]);
  return client.engine;
};
globalThis.texts = () => timeline.get().items.map(({ text, message }) => text ?? message?.text);
globalThis.count = (text) => texts().filter((other) => other === text).length;
globalThis.ready = true;`;

interface Scene {
  open: (engine?: string) => Promise<Page>;
  /** What the REST API says of the room: how often it has that text. */
  taken: (text: string) => Promise<number>;
  post: (text: string) => Promise<unknown>;
  /** Lets something go wrong; without one, ends what does. */
  fault: (fault?: object) => Promise<unknown>;
}

const run = <Result>(page: Page, script: string): Promise<Result> => page.evaluate<Result>(script);

const test = base.extend<{ scene: Scene }>({
  scene: async ({ browser }, use) => {
    const folder = await mkdtemp(join(tmpdir(), "room-events-store-"));
    await cp(join(PACKAGE, "dist"), join(folder, "dist"), { recursive: true });
    await writeFile(join(folder, "index.html"), PAGE);
    await writeFile(join(folder, "page.js"), SCRIPT);
    const server = await ReferenceServer.start({ page: folder, more: ["--faults"] });
    const context = await browser.newContext({ baseURL: server.url });
    await context.request.post("/api/v1/login", { data: { userName: "bob", password: "bob" } });
    await use({
      async open(engine = "shared") {
        const page = await context.newPage();
        await page.goto("/");
        await page.waitForFunction("globalThis.ready");
        expect(await run(page, `open("${engine}")`)).toBe(engine);
        return page;
      },
      async taken(text) {
        const answer = await context.request.get("/api/v1/rooms/1/messages?direction=backward&limit=100");
        const { messages } = (await answer.json()) as { messages: { text: string }[] };
        return messages.filter((message) => message.text === text).length;
      },
      post: (text) => context.request.post("/api/v1/rooms/1/messages", { data: { content: text } }),
      fault: (fault) => (fault ? context.request.post(FAULTS, { data: fault }) : context.request.delete(FAULTS)),
    });
    await context.close();
    await server.dispose();
    await rm(folder, { recursive: true, force: true });
  },
});

const expectShown = async (pages: Page[], text: string): Promise<void> => {
  for (const page of pages) await expect.poll(() => run(page, `count(${JSON.stringify(text)})`)).toBe(1);
};

test("tabs that share an engine show the same content, each with its own views", async ({ scene }) => {
  const [one, other] = [await scene.open(), await scene.open()];
  expect(await run(one, "texts().join()")).toBe(await run(other, "texts().join()"));
  await scene.post("from elsewhere");
  await expectShown([one, other], "from elsewhere");
  await run(one, "timeline.send('from the first')");
  expect(await run(one, "count('from the first')")).toBe(1);
  await expectShown([one, other], "from the first");
  await expect.poll(() => run(other, "store.outbox.get().length")).toBe(0);
  expect(await scene.taken("from the first")).toBe(1);
  // Views go with their tab, and with the last listener.
  await one.close();
  await scene.post("after one has left");
  await expectShown([other], "after one has left");
  await run(other, "stop()");
  await expect.poll(() => run(other, "timeline.get() === timeline.initial")).toBe(true);
  await run(other, "void timeline.subscribe(() => {})");
  await expectShown([other], "after one has left");
  expect(await run(other, "client.stats().then(({ connections }) => connections)")).toBe(1);
});

for (const engine of ["shared", "worker"]) {
  test(`replaces a killed ${engine} engine, keeps views, and sends each message exactly once`, async ({ browser, scene }) => {
    const tabs = [await scene.open(engine), await scene.open(engine)];
    const [page] = tabs as [Page];
    await run(page, "globalThis.first = timeline.get().items[0]");
    await scene.fault({ fault: "refuseUpgrades" });
    await scene.fault({ fault: "drop" });
    await expect.poll(() => run(page, "timeline.get().freshness")).toBe("stale");
    await run(page, "timeline.send('unsent')");
    await expectShown([page], "unsent");
    if (engine === "worker") {
      await page.workers()[0]?.evaluate("close()");
    } else {
      await expectShown(tabs, "unsent");
      const session = await browser.newBrowserCDPSession();
      const { targetInfos } = await session.send("Target.getTargets");
      const worker = targetInfos.find(({ type }) => type === "shared_worker");
      await session.send("Target.closeTarget", { targetId: worker?.targetId ?? "" });
    }
    await run(page, "timeline.send('unheard')");
    expect(await run(page, "timeline.get().freshness")).toBe("stale");
    await expectShown([page], "unheard");
    expect(await run(page, "timeline.get().items[0] === first"), "what is shown stays").toBe(true);
    await scene.fault();
    for (const text of ["unsent", "unheard"]) {
      await expect.poll(() => scene.taken(text)).toBe(1);
      await expectShown(tabs, text);
    }
    for (const tab of tabs) {
      await expect.poll(() => run(tab, "store.outbox.get().length")).toBe(0);
      await expect.poll(() => run(tab, "timeline.get().freshness")).toBe("live");
    }
    expect(await run(page, "timeline.get().items.every(({ kind }) => kind === 'message')")).toBe(true);
    expect(await run(page, "timeline.get().items[0] === first"), "and is the same").toBe(true);
    expect([await scene.taken("unsent"), await scene.taken("unheard")]).toEqual([1, 1]);
  });
}

test("a tab shows missed messages when it returns from the back/forward cache", async ({ scene }) => {
  const [away, other] = [await scene.open(), await scene.open()];
  await run(away, "void dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
  await scene.post("while it was away");
  await expectShown([other], "while it was away");
  expect(await run(away, "count('while it was away')")).toBe(0);
  await run(away, "void dispatchEvent(new Event('pageshow'))");
  await expectShown([away], "while it was away");
});
