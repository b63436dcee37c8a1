// While an application is being developed, its client is made again and again: by React's strict mode, and by hot updates.

import assert from "node:assert/strict";
import { appendFile, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { PlayedServer } from "../engines/played-server.mjs";
import { serve, stage, start, workplace } from "./support.mjs";

const { application, install, modules, program } = workplace(import.meta.url);

let scene;
before(async () => {
  await install();
  scene = await stage();
});
after(() => scene?.end());

/** Opens a page in a window of its own; returns it with what it prints, and the sockets that it opens to the API. */
async function open(address) {
  const context = await scene.logIn();
  const page = await context.newPage();
  const printed = [];
  page.on("console", (message) => printed.push(message.text()));
  page.on("pageerror", (error) => printed.push(`page error: ${error.stack}`));
  const sockets = [];
  page.on("websocket", (socket) => socket.url().includes("/api/") && sockets.push(socket));
  await page.goto(address);
  return { page, printed, sockets, close: () => context.close() };
}

let strict;
/** The React page in its strict mode, built for development: everything is mounted twice. */
async function strictPage() {
  if (strict) return strict;
  const folder = await application("strict", { "index.html": "react/index.html", "main.tsx": "react/main.tsx", "app.tsx": "react/app.tsx" });
  await writeFile(path.join(folder, "vite.config.js"), 'process.env.NODE_ENV = "development";\nexport default { logLevel: "warn" };');
  await program(folder, "vite/bin/vite.js", "build", "--mode", "development");
  return (strict = path.join(folder, "dist"));
}

for (const engine of ["shared", "worker", "page"]) {
  for (const [outcome, refuses] of [["open", false], ["unauthorized", true]]) {
    test(`React's strict mode opens one socket (engine: ${engine}, ${outcome})`, async () => {
      const server = await PlayedServer.start({ refuses });
      const site = await serve(await strictPage());
      const address = `${site.origin}/?${new URLSearchParams({ server: `${server.url}/api/v1/events`, engine })}`;
      const { page, printed, close } = await open(address);
      try {
        await page.waitForFunction(`document.getElementById("status")?.textContent === "${outcome}"`);
        assert.equal(server.attempts, 1);
        if (refuses) assert.deepEqual(server.asked, ["/api/v1/status"]);
        assert.deepEqual(printed.filter((line) => /before the connection is established|page error/.test(line)), []);
      } finally {
        await close();
        site.close();
        server.close();
      }
    });
  }
}

/** The snippet of the documentation about hot updates. */
async function snippet() {
  const text = await readFile(new URL("../../docs/bundlers.md", import.meta.url), "utf8");
  const [code] = /(?<=```js\n)[^`]*import\.meta\.hot[^`]*(?=```)/.exec(text);
  return code;
}

test("hot updates leave one client if the page uses the documented lines", async () => {
  const folder = await application("hmr", { "index.html": "hmr/index.html", "main.js": "hmr/main.js" });
  const code = (await snippet()).replace("connect({", 'connect({ url: new URLSearchParams(location.search).get("server"), engine: "page",');
  const chat = path.join(folder, "chat.js");
  const count = "globalThis.clients = (globalThis.clients ?? 0) + 1;";
  // An edit overwrites the text, which keeps its length: emptied first, the file would change twice.
  const edited = (edit, flag = "r+") => writeFile(chat, `${code}\nexport const edit = ${edit};\n${count}\n`, { flag });
  await edited(0, "w");
  const vite = await start(
    process.execPath,
    [path.join(modules, "vite/bin/vite.js"), "--host", "127.0.0.1", "--port", "0"],
    /Local:\D*(http:\/\/127\.0\.0\.1:\d+)/,
    { cwd: folder, env: { ...process.env, NO_COLOR: "1" } },
  );
  const { page, printed, sockets, close } = await open(`${vite.found}/?server=${scene.socket}`);
  try {
    const shows = (text, timeout) =>
      page.waitForFunction(`document.documentElement.dataset.shown === "${text}"`, undefined, { timeout });
    await shows("0 open");
    // Before that, Vite tells the page of no change.
    while (!printed.some((line) => line.includes("[vite] connected"))) await page.waitForEvent("console");
    await page.evaluate("globalThis.isSame = true");
    for (let edit = 1; edit <= 4; edit += 1) {
      await edited(edit);
      // Vite overlooks a change that comes right after another: then the file is touched.
      while (!(await shows(`${edit} open`, 3_000).catch(() => undefined))) await utimes(chat, new Date(), new Date());
    }
    await appendFile(path.join(folder, "main.js"), "globalThis.isEdited = true;\n");
    await page.waitForFunction("globalThis.isEdited");
    assert.ok(await page.evaluate("globalThis.isSame"), "the page was loaded anew");
    while (sockets.filter((socket) => !socket.isClosed()).length !== 1) {
      await sockets.find((socket) => !socket.isClosed()).waitForEvent("close");
    }
    const clients = await page.evaluate("clients");
    assert.ok(clients >= 5, String(clients));
    assert.equal(sockets.length, clients);
    const room = await scene.createRoom();
    await page.waitForFunction("heard.length > 0");
    assert.deepEqual(await page.evaluate("heard"), [room]);
  } finally {
    await close();
    await vite.stop();
  }
});
