// What the tarball holds, and that the installed package is found as its package.json says.

import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installPacked, root } from "./install.mjs";

let project;
before(async () => {
  project = await installPacked();
});
after(() => project?.remove());

const installed = (name) => path.join(project.folder, "node_modules", "room-events", name);

test("the tarball holds what the package needs and nothing else", () => {
  const names = project.files.map(({ path }) => path.replace(/^(wasm\/snippets\/)[^/]+/, "$1*")).sort();
  assert.deepEqual(names, [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "index.d.ts",
    "index.js",
    "inspector.d.ts",
    "package.json",
    "src/debug.js",
    "src/describe.js",
    "src/inspector-style.js",
    "src/inspector.js",
    "wasm/room_events.d.ts",
    "wasm/room_events.js",
    "wasm/room_events_bg.wasm",
    "wasm/snippets/*/src/browser/build.js",
    "wasm/snippets/*/src/browser/frame.js",
    "wasm/snippets/*/src/browser/glue.js",
    "wasm/snippets/*/src/browser/read.js",
  ]);
});

test("no dependency is installed with it", async () => {
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(await readFile(installed("package.json"), "utf8"));
  assert.deepEqual({ ...dependencies, ...peerDependencies }, {});
});

test("package and crate have the same version", async () => {
  const { version } = JSON.parse(await readFile(installed("package.json"), "utf8"));
  const manifest = await readFile(path.join(root, "Cargo.toml"), "utf8");
  assert.equal(version, /^\[package\][^[]*?^version = "([^"]*)"/m.exec(manifest)[1]);
});

test("every entry of exports exists", async () => {
  const { exports, main, types } = JSON.parse(await readFile(installed("package.json"), "utf8"));
  const targets = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targets));
  for (const target of [main, types, ...targets(exports)]) assert.ok((await stat(installed(target))).isFile(), target);
});

test("importing it where there is no browser does nothing and fails nowhere", async () => {
  const entry = pathToFileURL(installed("index.js"));
  assert.deepEqual(Object.keys(await import(entry)), ["connect"]);
  assert.deepEqual(Object.keys(await import(pathToFileURL(installed("src/inspector.js")))), ["RoomEventsInspector"]);
});
