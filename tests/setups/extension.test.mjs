// An extension for Chromium: its page and its service worker receive an event.

import { createHash } from "node:crypto";
import path from "node:path";
import { after, before, test } from "node:test";

import { build } from "esbuild";

import { extensionWindow, setUp, stage, workplace } from "../bundlers/support.mjs";

const { application, install, work } = workplace(import.meta.url);

/** The id that Chromium makes of a folder's path. */
const id = createHash("sha256").update(path.join(work, "extension")).digest("hex").slice(0, 32)
  .replace(/./g, (digit) => String.fromCharCode("a".charCodeAt(0) + parseInt(digit, 16)));
const origin = `chrome-extension://${id}`;

let scene;
let context;
before(async () => {
  await install();
  const folder = await application(
    "extension",
    Object.fromEntries(["manifest.json", "popup.html", "worker.html", "worker.js"].map((name) => [name, `extension/${name}`])),
  );
  const sources = await application("sources", {
    ...{ "popup.js": "extension/popup.js", "background.js": "extension/background.js", "show.js": "../../bundlers/apps/show.js" },
  });
  const entryPoints = ["popup.js", "background.js"].map((name) => path.join(sources, name));
  await build({ entryPoints, outdir: folder, bundle: true, format: "iife", minify: true, logLevel: "warning" });
  scene = await stage([origin]);
  context = await extensionWindow(folder);
  // An extension is another site.
  await scene.logIn(context, { sameSite: "None", secure: true });
});
after(async () => {
  await context?.close();
  await scene?.end();
});

const version = () => `Chromium ${context.browser().version()}`;

test("Extension (MV3), page", async (t) => {
  setUp(t, "Extension (Manifest V3)", version(), "page");
  await scene.receives(origin, { path: "/popup.html", context });
});

test("Extension (MV3), service worker", async (t) => {
  setUp(t, "Extension (Manifest V3)", version(), "service worker");
  await scene.receives(origin, { path: "/worker.html", context });
});
