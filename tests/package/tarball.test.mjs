// What the tarball holds, and that the installed package is found as its package.json says.

import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { execute, installPacked, root } from "./install.mjs";

let project;
before(async () => {
  project = await installPacked();
});
after(() => project?.remove());

const installed = (name) => path.join(project.folder, "node_modules", "room-events", name);
const manifest = async () => JSON.parse(await readFile(installed("package.json"), "utf8"));
const visible = (names) => names.filter((name) => !name.startsWith("."));

test("the tarball contains what the package needs and nothing else", () => {
  assert.deepEqual(project.files.map(({ path }) => path).sort(), [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/angular.d.ts",
    "dist/angular.js",
    "dist/debug.js",
    "dist/engine.js",
    "dist/generated/names.d.cts",
    "dist/generated/names.d.ts",
    "dist/index.d.ts",
    "dist/index.js",
    "dist/inline.d.ts",
    "dist/inline.js",
    "dist/inspector.d.ts",
    "dist/inspector.js",
    "dist/node.js",
    "dist/react.cjs",
    "dist/react.d.cts",
    "dist/react.d.ts",
    "dist/react.js",
    "dist/reference.cjs",
    "dist/reference.d.cts",
    "dist/reference.d.ts",
    "dist/reference.js",
    "dist/rest.cjs",
    "dist/rest.d.cts",
    "dist/rest.d.ts",
    "dist/rest.js",
    "dist/room-events.wasm",
    "dist/solid.d.ts",
    "dist/solid.js",
    "dist/store.cjs",
    "dist/store.d.cts",
    "dist/store.d.ts",
    "dist/store.js",
    "dist/svelte.d.ts",
    "dist/svelte.js",
    "dist/testing.cjs",
    "dist/testing.d.cts",
    "dist/testing.d.ts",
    "dist/testing.js",
    "dist/types.d.cts",
    "dist/types.d.ts",
    "dist/upload.js",
    "dist/vue.d.ts",
    "dist/vue.js",
    "dist/worker.js",
    "dist/workerd.js",
    "package.json",
  ]);
});

test("installs no dependencies, and names only frameworks as peers", async () => {
  const { dependencies = {}, peerDependencies, peerDependenciesMeta } = await manifest();
  assert.deepEqual(dependencies, {});
  assert.deepEqual(Object.keys(peerDependencies), ["@angular/core", "react", "solid-js", "svelte", "vue"]);
  assert.equal(peerDependenciesMeta.react.optional, true);
  assert.deepEqual(await readdir(path.join(project.folder, "node_modules")).then(visible), ["room-events"]);
});

test("the module contains no names and no debug information", async () => {
  const module = await WebAssembly.compile(await readFile(installed("dist/room-events.wasm")));
  for (const section of ["name", "producers", ".debug_info", ".debug_line", "sourceMappingURL"]) {
    assert.deepEqual(WebAssembly.Module.customSections(module, section), [], section);
  }
});

test("the package and the crate have the same version", async () => {
  const { version } = JSON.parse(await readFile(installed("package.json"), "utf8"));
  const manifest = await readFile(path.join(root, "Cargo.toml"), "utf8");
  assert.equal(version, /^\[package\][^[]*?^version = "([^"]*)"/m.exec(manifest)[1]);
});

test("every entry of exports exists, and lists its types first", async () => {
  const { exports, main, types } = await manifest();
  const targets = (entry) => (typeof entry === "string" ? [entry] : Object.values(entry).flatMap(targets));
  for (const target of [main, types, ...targets(exports)]) assert.ok((await stat(installed(target))).isFile(), target);
  for (const entry of Object.values(exports)) {
    if (typeof entry === "string") continue;
    assert.equal(Object.keys(entry)[0], "types");
    assert.equal(Object.keys(entry).at(-1), "default");
  }
});

const EXPORTS = {
  "room-events": ["RoomEventsError", "connect", "init"],
  "room-events/inline": ["RoomEventsError", "connect", "init"],
  "room-events/inspector": ["RoomEventsInspector"],
  "room-events/reference": ["RestError", "createReference"],
  "room-events/rest": ["RestError", "createRest"],
  "room-events/store": ["RestError", "RoomEventsError", "createStore"],
  "room-events/testing": ["RoomEventsError", "createFakeClient", "fakeMessage", "fakeRoom"],
};

test("imports on a server without side effects or errors", async () => {
  // A process of its own, to see what is left of it: globals, and whatever would keep it from ending. Environments of test
  // runners have less than a page.
  const script = `
    for (const name of ["TextEncoder", "TextDecoder", "fetch", "Headers", "WebAssembly", "MessageChannel"]) delete globalThis[name];
    const before = new Set(Reflect.ownKeys(globalThis));
    const exports = {};
    for (const name of ${JSON.stringify(Object.keys(EXPORTS))}) exports[name] = Object.keys(await import(name));
    const left = Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).map(String);
    console.log(JSON.stringify({ exports, left, resources: process.getActiveResourcesInfo() }));
  `;
  await writeFile(path.join(project.folder, "import.mjs"), script);
  const printed = await execute(project.folder, process.execPath, "import.mjs");
  const { exports, left } = JSON.parse(printed);
  assert.deepEqual(exports, EXPORTS);
  assert.deepEqual(left, []);
});

test("connect() rejects with a code on a server without a WebSocket", async () => {
  const script = `
    import { connect } from "room-events";
    globalThis.WebSocket = undefined;
    await connect({ url: "ws://127.0.0.1:9/" }).catch((error) => console.log(error.code));
  `;
  await writeFile(path.join(project.folder, "connect.mjs"), script);
  assert.equal((await execute(project.folder, process.execPath, "connect.mjs")).trim(), "no-web-socket");
});
