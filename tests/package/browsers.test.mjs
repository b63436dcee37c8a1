// The oldest browsers that the package says it works in, and what it says in older ones.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { bundlers, execute, installPacked, root } from "./install.mjs";

const data = createRequire(path.join(bundlers, "package.json"))("@mdn/browser-compat-data");

/** WebAssembly's features, by the names of wasm-opt, and what browsers call them. */
const FEATURES = {
  "bulk-memory": "bulk-memory-operations",
  multivalue: "multi-value",
  "nontrapping-float-to-int": "non-trapping-float-to-int-conversions",
  "reference-types": "reference-types",
  "sign-ext": "sign-extension-operations",
  simd: "fixed-width-SIMD",
};
/** What is used only if it is there. */
const GUARDED = ["Symbol.dispose", "Symbol.asyncDispose", "SharedWorker"];

let project;
let dist;
/** The oldest version of each browser. */
let oldest;
before(async () => {
  project = await installPacked();
  dist = path.join(project.folder, "node_modules/room-events/dist");
  const { browserslist } = JSON.parse(await readFile(path.join(dist, "../package.json"), "utf8"));
  oldest = browserslist.map((line) => line.split(" >= ")).map(([name, since]) => [name.replace("ios_saf", "safari_ios"), Number(since)]);
});
after(() => project?.remove());

/** The browsers that do not have it yet in the version that is the oldest. */
function lacking(compat) {
  const { support } = compat.__compat;
  return oldest
    .filter(([name, since]) => {
      const first = [support[name] ?? support[name === "edge" ? "chrome" : name]].flat().at(-1)?.version_added;
      return first === true || first === undefined ? false : !(parseFloat(String(first).replace("≤", "")) <= since);
    })
    .map(([name]) => name);
}

/** The names of features that wasm-opt has to allow for the module to be valid. */
async function isValid(features) {
  const args = ["--mvp-features", ...features.map((name) => `--enable-${name}`), path.join(dist, "room-events.wasm")];
  const program = path.join(root, "node_modules/binaryen/bin/wasm-opt");
  return promisify(execFile)(process.execPath, [program, ...args]).then(() => true, () => false);
}

test("the module uses only instructions that the oldest browsers support", async () => {
  // wasm-opt sets a part of the first apart; and the tables do not have the oldest of all, which came before SIMD.
  const features = ["bulk-memory-opt", "mutable-globals", ...Object.keys(FEATURES)];
  for (const [name, known] of Object.entries(FEATURES)) assert.deepEqual(lacking(data.webassembly[known]), [], name);
  assert.ok(await isValid(features));
  assert.equal(await isValid(features.filter((name) => name !== "simd")), false, "SIMD is said to be needed");
});

test("the JavaScript calls nothing that the oldest browsers lack", async () => {
  const found = new Set();
  const check = (name, compat) => {
    if (compat?.__compat && lacking(compat).length > 0 && !GUARDED.includes(name)) found.add(`${name}: ${lacking(compat).join()}`);
  };
  const { builtins } = data.javascript;
  const methods = ["Array", "AsyncIterator", "Map", "Object", "Promise", "Set", "String"].flatMap((type) =>
    Object.entries(builtins[type] ?? {}).map(([name, compat]) => [type, name, compat]));
  for (const file of await readdir(dist)) {
    if (!file.endsWith(".js") || ["inline.js", "node.js", "workerd.js"].includes(file)) continue;
    const code = await readFile(path.join(dist, file), "utf8");
    for (const [, owner, name] of code.matchAll(/\b([A-Z]\w+)\.(\w+)\b/g)) {
      check(`${owner}.${name}`, builtins[owner]?.[name] ?? data.api[owner]?.[`${name}_static`]);
    }
    for (const [, name] of code.matchAll(/\bnew (?:globalThis\.)?([A-Z]\w+)/g)) check(name, builtins[name] ?? data.api[name]);
    for (const [type, name, compat] of methods) if (new RegExp(`\\.${name}\\(`).test(code)) check(`${type}.prototype.${name}`, compat);
  }
  assert.deepEqual([...found], []);
});

test("the documentation names the oldest browsers", async () => {
  const text = await readFile(path.join(root, "docs/bundlers.md"), "utf8");
  const { browserslist } = JSON.parse(await readFile(path.join(root, "pkg/package.json"), "utf8"));
  assert.ok(text.includes(`"browserslist": ${JSON.stringify(browserslist).replaceAll('","', '", "')}`), text);
  const shown = Object.fromEntries(oldest);
  assert.ok(text.includes(`Chrome and Edge ${shown.chrome}, Firefox ${shown.firefox} and Safari ${shown.safari}`));
});

// V8 can be told to work as on a processor that has none of these instructions.
const WITHOUT_SIMD = ["--no-enable-ssse3", "--no-enable-sse4-1"];
// On other processors SIMD cannot be taken away.
if (process.arch === "x64") test("the error without SIMD names the browsers that support it", async () => {
  await writeFile(
    path.join(project.folder, "old.mjs"),
    `import { connect, init } from "room-events";
    const WebSocket = class extends EventTarget { close() {} };
    const tell = ({ code, message }) => console.log(code, message);
    await init(new Uint8Array([0, 97, 115, 109, 9])).catch(tell);
    await connect({ url: "ws://chat.example/", WebSocket }).then((client) => client.close(), tell);`,
  );
  const needed = /WebAssembly with SIMD is needed: Chrome \d+, Firefox \d+, Safari [\d.]+ or newer/;
  assert.match(await execute(project.folder, process.execPath, ...WITHOUT_SIMD, "old.mjs"), new RegExp(`\nload-failed .*${needed.source}`));
  // A damaged module in a browser that is new enough is another matter.
  const damaged = await execute(project.folder, process.execPath, "old.mjs");
  assert.match(damaged, /could not be loaded: /);
  assert.doesNotMatch(damaged, needed);
});

test("accepts a media type with a parameter", async () => {
  const { init } = await import(path.join(dist, "index.js"));
  const warned = [];
  const { warn } = console;
  console.warn = (text) => warned.push(text);
  try {
    const bytes = await readFile(path.join(dist, "room-events.wasm"));
    await init(new Response(bytes, { headers: { "content-type": "application/wasm; charset=utf-8" } }));
  } finally {
    console.warn = warn;
  }
  assert.deepEqual(warned, []);
});
