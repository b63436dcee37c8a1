/** Pages and workers whose address does not say where their server is. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { expect, test } from "@playwright/test";

import { PlayedServer } from "../../engines/played-server.mjs";

const LISTEN = "globalThis.addEventListener('message', ({ data }) => (globalThis.heard = data))";

/** A module that connects without an address, and reports where to, its engine and an event, or the error's code. */
const code = (server: PlayedServer, report: string): string => `
  import { connect } from "${server.url}/dist/index.js";
  const report = (data) => ${report};
  try {
    const client = await connect({ catchUp: false });
    client.on("RoomDeleted", ({ roomId }) => report([client.url, client.engine, roomId]));
  } catch ({ code }) {
    report(code);
  }`;

let server: PlayedServer;
let folder: string;
test.beforeEach(async () => {
  server = await PlayedServer.start();
  folder = mkdtempSync(path.join(tmpdir(), "addresses-"));
});
test.afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const eventsUrl = (): string => `${server.url.replace("http", "ws")}/api/v1/events`;

for (const [what, engine, script] of [
  ["a frame with srcdoc", "shared", () => `
    const frame = document.createElement("iframe");
    frame.srcdoc = ${JSON.stringify(`<script type=module>${code(server, 'parent.postMessage(data, "*")')}</script>`).replaceAll("</script>", "<\\/script>")};
    document.body.append(frame);`],
  ["a worker from a blob", "page", () => `
    const code = new Blob([${JSON.stringify(code(server, "postMessage(data)"))}], { type: "text/javascript" });
    new Worker(URL.createObjectURL(code), { type: "module" }).onmessage = ({ data }) => (globalThis.heard = data);`],
] as const) {
  test(`${what} connects to its page's origin`, async ({ page }) => {
    await page.goto(server.url);
    await page.evaluate(`${LISTEN};${script()}`);
    await expect.poll(() => server.live).toBe(1);
    await expect.poll(async () => {
      server.send("RoomDeleted", { roomId: 7 });
      return page.evaluate("globalThis.heard");
    }).toEqual([eventsUrl(), engine, 7]);
  });
}

test("a page loaded from a file rejects without a URL", async ({ page }) => {
  const file = path.join(folder, "page.html");
  writeFileSync(file, `<!doctype html><script type=module>${code(server, "(globalThis.heard = data)")}</script>`);
  await page.goto(pathToFileURL(file).href);
  await expect.poll(() => page.evaluate("globalThis.heard")).toBe("no-url");
});
