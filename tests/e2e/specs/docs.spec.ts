/** The snippets of the documentation that are marked `run=page`, in a page of a logged-in user. */

import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

import { build } from "esbuild";

import { allBlocks, type Block } from "../../package/snippets.mjs";
import { ReferenceServer } from "../support/reference-server.ts";
import { expect, test } from "../support/test.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const PACKAGE = dirname(createRequire(import.meta.url).resolve("room-events/package.json"));

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Snippet</title><link rel="icon" href="data:,">
<div id="root"></div><ul id="messages"></ul><script type="module" src="main.js"></script></html>`;
/** What shows a component that a snippet exports. */
const MOUNT = `import { createElement } from "react"; import { createRoot } from "react-dom/client"; import App from "./snippet";
createRoot(document.getElementById("root")).render(createElement(App));`;

/** Builds a page of a block, as a user's bundler would, and returns its folder. */
async function pageOf({ code, language }: Block): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "room-events-snippet-"));
  await writeFile(join(folder, `snippet.${language}`), code);
  const isComponent = /^export default /m.test(code);
  if (isComponent) await writeFile(join(folder, "entry.js"), MOUNT);
  await build({
    entryPoints: [join(folder, isComponent ? "entry.js" : `snippet.${language}`)],
    outfile: join(folder, "main.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    nodePaths: [join(ROOT, "node_modules")],
    define: { "process.env.NODE_ENV": '"production"' },
  });
  // It is looked for beside the script.
  await copyFile(join(PACKAGE, "dist/room-events.wasm"), join(folder, "room-events.wasm"));
  await writeFile(join(folder, "index.html"), PAGE);
  return folder;
}

const blocks = (await allBlocks()).filter(({ words }) => words.includes("run=page"));

test("finds snippets to run", () => {
  expect(blocks.length).toBeGreaterThan(1);
});

for (const block of blocks) {
  test(`the snippet at ${block.page}:${block.line} prints a new message`, async ({ browser }) => {
    const folder = await pageOf(block);
    const server = await ReferenceServer.start({ page: folder });
    const context = await browser.newContext({ baseURL: server.url });
    try {
      const page = await context.newPage();
      const printed: string[] = [];
      const errors: string[] = [];
      page.on("console", (message) => (message.type() === "error" ? errors : printed).push(message.text()));
      page.on("pageerror", (error) => errors.push(String(error)));
      await context.request.post("/api/v1/login", { data: { userName: "bob", password: "bob" } });
      const opened = page.waitForEvent("websocket").then((socket) => socket.waitForEvent("framereceived"));
      await page.goto("/");
      // Messages that come before the page listens are none of its business: they are sent until one is heard.
      await expect
        .poll(async () => {
          await context.request.post("/api/v1/rooms/1/messages", { data: { content: "Hello snippet" } });
          return printed.join("\n");
        })
        .toContain("Hello snippet");
      await opened;
      expect(errors).toEqual([]);
    } finally {
      await context.close();
      await server.dispose();
      await rm(folder, { recursive: true, force: true });
    }
  });
}
