// The engine in its three places, in a browser that Playwright cannot drive as installed: Firefox, WebKit.
//
// BROWSER=firefox|webkit DRIVER=PROGRAM node --test engines.test.mjs

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { PlayedServer } from "./played-server.mjs";
import { Browser, until } from "./webdriver.mjs";

const { BROWSER: name, DRIVER: driver } = process.env;

let browser;
let server;

before(async () => {
  browser = await Browser.start(name, driver);
});
after(() => browser?.close());
beforeEach(async () => {
  server = await PlayedServer.start();
});
afterEach(() => server.close());

/** A tab with a client whose stream is open. */
async function open(options = {}) {
  const tab = await browser.tab();
  await browser.open(tab, server.url);
  await until("the page is ready", () => browser.run(tab, "globalThis.ready"));
  const engine = await browser.run(tab, `open(${JSON.stringify(options)})`);
  await until("the stream is open", async () => (await browser.run(tab, "client.status")) === "open");
  return { tab, engine };
}

const told = (tab, topic) => browser.run(tab, `told.filter(([one]) => one === "${topic}").map(([, value]) => value)`);

/** Sends an event, and waits for it in all of these tabs. */
async function event(roomId, ...tabs) {
  server.send("RoomDeleted", { roomId });
  for (const tab of tabs) await until(`room ${roomId} is told`, async () => (await told(tab, "RoomDeleted")).includes(roomId));
}

for (const engine of ["auto", "shared", "worker", "page"]) {
  test(`delivers events and catches up after a gap (${engine})`, async () => {
    const { tab, engine: place } = await open({ engine });
    assert.equal(place, engine === "auto" ? "shared" : engine);
    await event(7, tab);
    // What is there before the connection was open for a while may be late, and is read once more.
    await until("the rooms are read twice", () => server.asked.filter((path) => path.endsWith("/rooms")).length === 2);
    await until("the room is live", async () => (await browser.run(tab, "client.freshness(2)")) === "live");
    server.rooms.set(2, 2);
    server.drop();
    await until("the missed message is told", async () => (await told(tab, "TextMessagesCreated")).includes("message 2002"));
    assert.equal(server.opened, 2);
    await browser.closeTab(tab);
    await until("the connection is let go", () => server.live === 0);
  });
}

test("tabs share one socket, and the rest keep working if one closes", async () => {
  const first = await open();
  const second = await open();
  await event(7, first.tab, second.tab);
  assert.equal(server.opened, 1);
  // The tab that has created the worker. Some browsers end the worker with it.
  await browser.closeTab(first.tab);
  await until("the stream is open", async () => (await browser.run(second.tab, "client.status")) === "open");
  await until("there is one socket", () => server.live === 1);
  await until("a room is told", async () => {
    server.send("RoomDeleted", { roomId: 8 });
    return (await told(second.tab, "RoomDeleted")).includes(8);
  });
  // Either it is the same engine, or the page was told that there is another.
  assert.equal((await told(second.tab, "resync")).length, server.opened - 1);
  await browser.run(second.tab, "client.close()");
  await until("the connection is let go", () => server.live === 0);
  await browser.closeTab(second.tab);
});
