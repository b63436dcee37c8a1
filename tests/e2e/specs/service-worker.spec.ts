/** A service worker that answers requests to the REST API from its cache. */

import { expect, test } from "@playwright/test";

import { PlayedServer } from "../../engines/played-server.mjs";

/** What guides to offline pages show, for every request. */
const CACHE_FIRST = `
let isFirst = true;
addEventListener("message", () => (isFirst = false));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (!isFirst || !new URL(event.request.url).pathname.startsWith("/api/")) return;
  event.respondWith((async () => {
    const cache = await caches.open("api");
    const known = await cache.match(event.request);
    if (known) {
      for (const client of await clients.matchAll()) client.postMessage(event.request.url);
      return known;
    }
    const answer = await fetch(event.request);
    await cache.put(event.request, answer.clone());
    return answer;
  })());
});`;

for (const engine of ["page", "shared"]) {
  test(`does not report a room as deleted if a cache answers (engine: ${engine})`, async ({ page }) => {
    const server = await PlayedServer.start({ scripts: { "/sw.js": CACHE_FIRST } });
    const run = <Result>(script: string): Promise<Result> => page.evaluate<Result>(script);
    const deleted = (): Promise<unknown[]> => run(`told.filter(([topic]) => topic === "RoomDeleted")`);
    try {
      const warnings: string[] = [];
      page.context().on("console", (message) => warnings.push(message.text()));
      await page.goto(server.url);
      await run(`(globalThis.cached = [], navigator.serviceWorker.onmessage = ({ data }) => data.endsWith("/rooms") && cached.push(Date.now()), 0)`);
      await run(`navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready)`);
      await page.waitForFunction("navigator.serviceWorker.controller && globalThis.ready");
      await run(`open({ engine: "${engine}", reconnect: { initialMs: 1, maxMs: 500 } })`);
      await expect.poll(() => run("client.freshness(null)")).toBe("live");

      // The list in the cache is older than this room.
      server.rooms.set(3, 1);
      server.send("RoomCreated", { room: { roomId: 3, displayName: "room 3" } });
      server.drop();
      // It has looked twice, at answers that lack the room.
      await page.waitForFunction("cached.at(-1) - cached[0] > 5000");
      expect(await deleted()).toEqual([]);
      if (engine === "page") expect(warnings.filter((text) => text.includes("service worker"))).toHaveLength(1);

      // Without the cache it is told what is so.
      server.rooms.delete(2);
      await run(`navigator.serviceWorker.controller.postMessage("network")`);
      await expect.poll(deleted, { timeout: 30_000 }).toEqual([["RoomDeleted", 2]]);
      await expect.poll(() => run("client.freshness(null)"), { timeout: 30_000 }).toBe("live");
    } finally {
      server.close();
    }
  });
}
