// Every bundler builds a page with the installed package, and the page receives an event in a browser.

import assert from "node:assert/strict";
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { ELEMENTS, execute, serve, setUp, stage, start, workplace } from "./support.mjs";

const { application, declare, install, modules, program, work } = workplace(import.meta.url);
const MODULE = "room-events.wasm";

let scene;
let tarball;
before(async () => {
  tarball = await install();
  scene = await stage();
});
after(() => scene?.end());

/** The page of a folder receives an event. */
async function receives(folder, { types, ...how } = {}) {
  const site = await serve(folder, types);
  try {
    return { ...(await scene.receives(site.origin, how)), requests: site.requests };
  } finally {
    site.close();
  }
}

const files = async (folder) => (await readdir(folder, { recursive: true })).sort();
const wasm = async (folder) => (await files(folder)).filter((file) => file.endsWith(".wasm"));

/** A page that loads one bundle. */
const page = (folder) => copyFile(new URL("apps/page.html", import.meta.url), path.join(folder, "index.html"));

/** The names of the package's files that were asked for. */
const loaded = (requests) => requests.filter((file) => file.includes("room-events")).map((file) => path.basename(file)).sort();

test("a plain page, without any bundler, loads one file of JavaScript, the worker and the module", async (t) => {
  setUp(t, "No bundler", "", "page");
  const { requests, engine } = await receives(await plain());
  assert.equal(engine, "shared");
  assert.deepEqual(loaded(requests), ["index.js", MODULE, "worker.js"]);
});

test("a plain page finds an engine in each place", async () => {
  for (const [place, files] of [
    ["worker", ["index.js", MODULE, "worker.js"]],
    ["page", ["engine.js", "index.js", MODULE]],
  ]) {
    const { requests, engine } = await receives(await plain(), { asks: { engine: place } });
    assert.equal(engine, place);
    assert.deepEqual(loaded(requests), files);
  }
});

let plainFolder;
/** The page, with the package inside of what is served. */
async function plain() {
  if (plainFolder) return plainFolder;
  plainFolder = await application("plain", { "index.html": "plain/index.html", "show.js": "show.js" });
  await execute(plainFolder, "npm", "install", "--offline", "--no-audit", "--prefix", plainFolder, tarball);
  return plainFolder;
}

test("loads the module from the URL that the page gives, even in a worker", async () => {
  const folder = await plain();
  await copyFile(path.join(work, "node_modules/room-events/dist", MODULE), path.join(folder, "elsewhere.wasm"));
  const { requests, engine } = await receives(folder, { asks: { module: "elsewhere.wasm" } });
  assert.equal(engine, "shared");
  assert.ok(requests.includes("/elsewhere.wasm"), requests.join());
  assert.deepEqual(loaded(requests), ["index.js", "worker.js"]);
});

test("loads the module from a server that does not know its media type, and warns", async () => {
  const { console: printed } = await receives(await plain(), { types: { ".wasm": "text/plain" }, asks: { engine: "page" } });
  const warnings = printed.filter((line) => line.startsWith("warning"));
  assert.ok(warnings.some((line) => line.includes("application/wasm")), printed.join("\n"));
});

/** Serves an application for development, and tells what the page receives there. */
async function developing(folder, vite, look = (address) => scene.receives(address)) {
  const server = await start(
    process.execPath,
    [path.join(modules, vite, "bin/vite.js"), "--host", "127.0.0.1", "--port", "0"],
    /Local:\D*(http:\/\/127\.0\.0\.1:\d+)/,
    { cwd: folder, env: { ...process.env, NO_COLOR: "1" } },
  );
  try {
    return await look(server.found);
  } finally {
    await server.stop();
  }
}

test("Vite 7 with another cache directory needs the setting that the error and the documentation name", async () => {
  const setting = 'optimizeDeps: { exclude: ["room-events"] }';
  assert.ok((await readFile(new URL("../../docs/bundlers.md", import.meta.url), "utf8")).includes(`\`${setting}\``));
  const folder = await application("vite-cache", { "index.html": "vite/index.html", "main.js": "vite/main.js", "show.js": "show.js" });
  const configure = (more) => writeFile(path.join(folder, "vite.config.js"), `export default { cacheDir: ".cache", ${more} };`);
  await configure("");
  const query = new URLSearchParams({ server: scene.socket });
  const error = await developing(folder, "vite-7", (address) => scene.evaluates(`${address}?${query}`, "document.documentElement.dataset.error"));
  assert.match(error, /^load-failed: .*is an HTML page\..*optimizeDeps\.exclude/);
  await configure(setting);
  await developing(folder, "vite-7");
});

for (const vite of ["vite", "vite-7", "vite-6", "vite-5", "vite-4"]) {
  const parts = { "index.html": "vite/index.html", "main.js": "vite/main.js", "show.js": "show.js", "vite.config.js": "vite/config.js" };

  test(`${vite}, built`, async (t) => {
    await declare(t, "Vite", vite, "build");
    const folder = await application(vite, parts);
    await program(folder, `${vite}/bin/vite.js`, "build", "--logLevel", "warn");
    assert.equal((await wasm(path.join(folder, "dist"))).length, 1);
    const { console: printed, engine } = await receives(path.join(folder, "dist"));
    assert.deepEqual([engine, printed], ["shared", []]);
  });

  test(`${vite}, while developing`, async (t) => {
    await declare(t, "Vite", vite, "dev server");
    const { engine, console: printed } = await developing(await application(`${vite}-dev`, parts), vite);
    assert.equal(engine, "shared");
    assert.deepEqual(printed.filter((line) => line.includes("room-events")), []);
  });
}

test("the first steps with React take three commands and fewer than fifteen lines", async () => {
  const guide = await readFile(new URL("../../docs/getting-started.md", import.meta.url), "utf8");
  const [, commands] = /```sh\n(npm create vite[^]*?)```/.exec(guide);
  const [, app] = /```tsx[^\n]*\n([^]*?)```/.exec(guide);
  const [, config] = /```ts[^\n]*\n\/\/ vite\.config\.ts\n([^]*?)```/.exec(guide);
  const [create, , add, ...more] = commands.trim().split("\n");
  assert.deepEqual([create, add, more], ["npm create vite@latest chat -- --template react-ts", "npm install room-events", []]);
  assert.ok(app.trim().split("\n").length < 15, app);

  // What the first two do, with what is installed already; the third has been done above.
  await program(work, "create-vite/index.js", ...create.split(" ").slice(3).filter((word) => word !== "--"), "--no-interactive");
  const folder = path.join(work, "chat");
  await writeFile(path.join(folder, "src/App.tsx"), app);
  // The page and the server of this test are where the ones of a developer are.
  await writeFile(path.join(folder, "vite.config.ts"), config.replace("http://127.0.0.1:7777", scene.origin));
  await program(folder, "typescript/bin/tsc", "-b");
  await program(folder, "vite/bin/vite.js", "build", "--logLevel", "warn");
  const vite = await start(
    process.execPath,
    [path.join(modules, "vite/bin/vite.js"), "--host", "127.0.0.1", "--port", "0"],
    /Local:\D*(http:\/\/127\.0\.0\.1:\d+)/,
    { cwd: folder, env: { ...process.env, NO_COLOR: "1" } },
  );
  try {
    const { text, room } = await scene.prints(vite.found);
    assert.equal(text, `${room} Good morning`);
  } finally {
    await vite.stop();
  }
});

for (const version of ["19", "18"]) {
  test(`React ${version} in its strict mode, TypeScript, Vite`, async (t) => {
    await declare(t, "React", version === "19" ? "react" : "../react-18/node_modules/react", "strict mode");
    const folder = await application(`react-${version}`, {
      "index.html": "react/index.html",
      "main.tsx": "react/main.tsx",
      "app.tsx": "react/app.tsx",
    });
    const from = version === "19" ? modules : path.join(modules, "../react-18/node_modules");
    const alias = Object.fromEntries(["react", "react-dom"].map((name) => [name, path.join(from, name)]));
    // Built for development, so that the strict mode mounts everything twice.
    const config = { resolve: { alias, dedupe: ["react", "react-dom"] }, mode: "development", logLevel: "warn" };
    await writeFile(path.join(folder, "vite.config.js"), `export default ${JSON.stringify(config)};`);
    process.env.NODE_ENV = "development";
    try {
      await program(folder, "vite/bin/vite.js", "build", "--mode", "development");
    } finally {
      delete process.env.NODE_ENV;
    }
    const { console: printed, engine } = await receives(path.join(folder, "dist"), { show: ELEMENTS });
    assert.equal(engine, "shared");
    assert.deepEqual(printed.filter((line) => line.startsWith("error")), []);
  });
}

for (const version of ["19", "18"]) {
  test(`the hooks work as documented in React ${version}`, async () => {
    const folder = await application(`hooks-${version}`, { "main.jsx": "hooks/main.jsx", "store.jsx": "hooks/store.jsx" });
    const from = version === "19" ? modules : path.join(modules, "../react-18/node_modules");
    const output = path.join(folder, "dist");
    await esbuild(folder, "main.jsx", output, {
      alias: Object.fromEntries(["react", "react-dom"].map((name) => [name, path.join(from, name)])),
      jsx: "automatic",
      define: { "process.env.NODE_ENV": '"development"' },
      minify: false,
    });
    await page(output);
    const site = await serve(output);
    try {
      const outcomes = await scene.evaluates(site.origin, "globalThis.outcomes");
      assert.deepEqual(outcomes.filter((outcome) => !outcome.startsWith("ok: ")), []);
      assert.equal(outcomes.length, 12);
    } finally {
      site.close();
    }
  });
}

/** Bundles with webpack, and receives an event in the page. */
async function webpack(folder, more) {
  const { default: bundle } = await import("webpack");
  const output = path.join(folder, "dist");
  const stats = await new Promise((resolve, reject) => {
    const options = { mode: "production", context: folder, entry: "./main.js", output: { path: output, filename: "main.js" }, ...more };
    bundle(options, (error, done) => (error ? reject(error) : resolve(done)));
  });
  assert.equal(stats.hasErrors(), false, stats.toString());
  // The hint of docs/bundlers.md, and nothing else.
  const other = stats.compilation.warnings.filter(({ name }) => name !== "AssetsOverSizeLimitWarning" && name !== "NoAsyncChunksWarning");
  assert.deepEqual(other.map(String), []);
  assert.equal((await wasm(output)).length, 1);
  await page(output);
  assert.equal((await receives(output)).engine, "shared");
}

test("webpack 5", async (t) => {
  await declare(t, "webpack", "webpack", "build");
  await webpack(await application("webpack", { "main.js": "webpack/main.js", "show.js": "show.js" }));
});

/** A configuration that the documentation shows, by a word in it. */
async function shown(word) {
  const text = await readFile(new URL("../../docs/bundlers.md", import.meta.url), "utf8");
  const [, code] = [...text.matchAll(/```js\n(export default [^]*?)```/g)].find(([, block]) => block.includes(word));
  return code;
}

test("webpack 5, with a rule for wasm files", async () => {
  const folder = await application("webpack-rule", { "main.js": "webpack/main.js", "show.js": "show.js" });
  await writeFile(path.join(folder, "config.js"), await shown("asyncWebAssembly"));
  const { default: config } = await import(path.join(folder, "config.js"));
  await webpack(folder, config);
});

test("Vite builds for a worker that cannot compile WebAssembly", async () => {
  const folder = await application("vite-workerd", {});
  await writeFile(path.join(folder, "main.js"), 'export { connect } from "room-events";');
  await writeFile(path.join(folder, "vite.config.js"), await shown("workerd"));
  await program(folder, "vite/bin/vite.js", "build", "--ssr", "main.js", "--logLevel", "warn");
  const code = await readFile(path.join(folder, "dist/main.js"), "utf8");
  assert.match(code, /from ?"room-events"/);
  // What deploys the worker bundles the rest.
  const output = path.join(folder, "worker");
  await esbuild(folder, "dist/main.js", output, { conditions: ["workerd"], external: ["*.wasm"] });
  assert.match(await readFile(path.join(output, "main.js"), "utf8"), /from ?"\.\/room-events\.wasm"/);
});

/** Bundles with Rollup. */
async function rollup(folder, input, output) {
  const { rollup: bundle } = await import("rollup");
  const { default: resolve } = await import("@rollup/plugin-node-resolve");
  const warnings = [];
  const built = await bundle({
    input: path.join(folder, input),
    plugins: [resolve({ browser: true, rootDir: folder })],
    onwarn: (warning) => warnings.push(warning.message),
  });
  const { output: chunks } = await built.write({ dir: output, entryFileNames: "main.js", format: "es" });
  await built.close();
  assert.deepEqual(warnings.filter((warning) => !warning.startsWith("Generated an empty chunk")), []);
  return chunks;
}

test("Rollup, with the module and the worker copied to the bundle", async (t) => {
  await declare(t, "Rollup", "rollup", "build");
  const folder = await application("rollup", { "main.js": "rollup/main.js", "show.js": "show.js" });
  const output = path.join(folder, "dist");
  await rollup(folder, "main.js", output);
  await page(output);
  await copy(output, MODULE);
  // Without the worker's file the engine is in the page.
  assert.equal((await receives(output)).engine, "page");
  await copy(output, "worker.js");
  assert.equal((await receives(output)).engine, "shared");
});

/** Copies files of the package. */
async function copy(output, ...names) {
  for (const name of names) await copyFile(path.join(work, "node_modules/room-events/dist", name), path.join(output, name));
}

/** Bundles with esbuild. */
async function esbuild(folder, input, output, options) {
  const { build } = await import("esbuild");
  const { warnings, metafile } = await build({
    absWorkingDir: folder,
    entryPoints: { main: input },
    outdir: output,
    bundle: true,
    minify: true,
    metafile: true,
    format: "esm",
    logLevel: "silent",
    ...options,
  });
  assert.deepEqual(warnings, []);
  return metafile;
}

test("esbuild, with the module as one of its files", async (t) => {
  await declare(t, "esbuild", "esbuild", "build");
  const folder = await application("esbuild", { "main.js": "esbuild/main.js", "show.js": "show.js" });
  const output = path.join(folder, "dist");
  await esbuild(folder, "main.js", output, { loader: { ".wasm": "file" } });
  assert.equal((await wasm(output)).length, 1);
  await page(output);
  assert.equal((await receives(output)).engine, "page");
  await copy(output, "worker.js");
  assert.equal((await receives(output)).engine, "shared");
});

test("esbuild builds a single classic script with room-events/inline", async () => {
  const folder = await application("inline", { "main.js": "inline.js", "show.js": "show.js" });
  const output = path.join(folder, "dist");
  await esbuild(folder, "main.js", output, { format: "iife" });
  await page(output);
  assert.deepEqual(await files(output), ["index.html", "main.js"]);
  const { requests, engine } = await receives(output);
  assert.equal(engine, "page");
  assert.deepEqual(requests, ["/", "/main.js"]);
});

test("Parcel", async (t) => {
  await declare(t, "Parcel", "parcel", "build");
  const folder = await application("parcel", { "index.html": "parcel/index.html", "main.js": "parcel/main.js", "show.js": "show.js" });
  // Subpaths of packages are found by `exports` where the application asks for it.
  const manifest = { private: true, type: "module", "@parcel/resolver-default": { packageExports: true } };
  await writeFile(path.join(folder, "package.json"), JSON.stringify(manifest));
  const args = ["build", "index.html", "--no-cache", "--no-source-maps", "--dist-dir", "dist", "--public-url", "./"];
  await program(folder, "parcel/lib/bin.js", ...args);
  assert.equal((await wasm(path.join(folder, "dist"))).length, 1);
  assert.equal((await receives(path.join(folder, "dist"))).engine, "shared");
});

for (const bundler of ["turbopack", "webpack"]) {
  test(`Next.js with ${bundler} renders the page on the server, and the page receives events`, async (t) => {
    await declare(t, "Next.js", "next", bundler);
    const folder = await application(`next-${bundler}`, { app: "next/app", "tsconfig.json": "next/tsconfig.json" });
    await writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const root = JSON.stringify(path.join(modules, ".."));
    await writeFile(
      path.join(folder, "next.config.mjs"),
      `export default { turbopack: { root: ${root} }, outputFileTracingRoot: ${root}, typescript: { ignoreBuildErrors: true } };`,
    );
    await program(folder, "next/dist/bin/next", "build", `--${bundler}`);
    const next = await start(
      process.execPath,
      [path.join(modules, "next/dist/bin/next"), "start", "--hostname", "127.0.0.1", "--port", "0"],
      /Local:\D*(http:\/\/127\.0\.0\.1:\d+)/,
      { cwd: folder, env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" } },
    );
    try {
      const { html, engine } = await scene.receives(next.found, { show: ELEMENTS });
      assert.equal(engine, "shared");
      assert.match(html, /<b id="status">connecting<\/b>/);
    } finally {
      await next.stop();
    }
  });
}

test("bundles leave out unused code, above all the module", async () => {
  const folder = await application("shaken", {});
  const bundled = async (name, source) => {
    await writeFile(path.join(folder, `${name}.ts`), source);
    const output = path.join(folder, name);
    await esbuild(folder, `${name}.ts`, output, { external: ["react"] });
    assert.deepEqual(await wasm(output), []);
    return readFile(path.join(output, "main.js"), "utf8");
  };
  // A type, or an import that nothing uses, costs nothing.
  for (const source of [
    'import type { Message } from "room-events"; export const text = (message: Message) => message.text;',
    'import { connect } from "room-events"; import { init } from "room-events/inline"; export const text = (message: any) => message.text;',
  ]) {
    const code = await bundled("types", source);
    assert.ok(code.length < 100, code);
  }
  // The client of tests needs neither the module nor what drives it.
  const testing = await bundled("testing", 'import { createFakeClient } from "room-events/testing"; console.log(createFakeClient());');
  assert.ok(testing.length < 15_000, `${testing.length} bytes`);
  assert.doesNotMatch(testing, /WebAssembly|\.wasm|WebSocket\(/);
  const hooks = await bundled("hooks", 'import { useEvents } from "room-events/react"; console.log(useEvents);');
  assert.ok(hooks.length < 1500, `${hooks.length} bytes`);
  assert.doesNotMatch(hooks, /WebAssembly|\.wasm|WebSocket\(/);
  const rolled = path.join(folder, "rolled");
  await writeFile(path.join(folder, "rolled.js"), 'import "room-events"; import "room-events/inline"; import "room-events/testing";');
  const [chunk] = await rollup(folder, "rolled.js", rolled);
  assert.equal(chunk.code.trim(), "");
});

test("Node.js receives an event through its own WebSocket or the package ws", async () => {
  const folder = await application("node", {});
  await writeFile(
    path.join(folder, "main.mjs"),
    `
    import { connect } from "room-events";
    // Node.js has no cookies: they are a matter of the application. Before version 22 it has no WebSocket either.
    const native = globalThis.WebSocket;
    const Standard = native ?? (await import("ws")).default;
    const headers = { cookie: process.env.COOKIE };
    globalThis.WebSocket = class extends Standard {
      constructor(url) {
        super(url, native ? { headers } : [], { headers });
      }
    };
    const client = await connect({ url: process.env.SERVER, catchUp: false });
    if (client.status !== "open") await client.next("statechange");
    console.log(client.status);
    const { room } = await client.next("RoomCreated");
    console.log(room.displayName);
    client.close();
    `,
  );
  const running = start(process.execPath, ["main.mjs"], /^(Room \d+)$/, {
    cwd: folder,
    env: { ...process.env, COOKIE: scene.cookie, SERVER: scene.socket },
  });
  let settled = false;
  const ended = running.finally(() => (settled = true));
  const created = [];
  // Until it is connected it hears of none.
  while (!settled) {
    created.push(await scene.createRoom());
    await Promise.race([ended.catch(() => {}), new Promise((resolve) => setTimeout(resolve, 100))]);
  }
  const node = await ended;
  assert.ok(created.includes(node.found), node.found);
  await node.stop();
});

test("a worker that cannot compile WebAssembly imports the module", async () => {
  const folder = await application("workerd", {});
  await writeFile(path.join(folder, "main.js"), 'export { connect } from "room-events";');
  const output = path.join(folder, "dist");
  await esbuild(folder, "main.js", output, { conditions: ["workerd"], external: ["*.wasm"] });
  const code = await readFile(path.join(output, "main.js"), "utf8");
  assert.match(code, /from ?"\.\/room-events\.wasm"/);
  assert.doesNotMatch(code, /import\.meta|node:/);
  await copy(output, MODULE);
  // As such a worker does it: what is imported is the module compiled.
  await writeFile(
    path.join(folder, "hooks.mjs"),
    `
    export async function load(url, context, next) {
      if (!url.endsWith(".wasm")) return next(url, context);
      const source = \`import { readFileSync } from "node:fs";
        export default new WebAssembly.Module(readFileSync(new URL(\${JSON.stringify(url)})));\`;
      return { format: "module", shortCircuit: true, source };
    }
    `,
  );
  await writeFile(
    path.join(folder, "run.mjs"),
    `
    import { register } from "node:module";
    register("./hooks.mjs", import.meta.url);
    const socket = Object.assign(new EventTarget(), { close() {} });
    globalThis.WebSocket = function () { return socket; };
    // Node.js compiles some for itself when this is first used.
    void new Response();
    const { instantiate } = WebAssembly;
    WebAssembly.compile = WebAssembly.instantiateStreaming = () => { throw new Error("compiled at run time"); };
    WebAssembly.instantiate = (module, ...rest) =>
      module instanceof WebAssembly.Module ? instantiate(module, ...rest) : WebAssembly.compile();
    const { connect } = await import("./dist/main.js");
    const client = await connect({ url: "ws://chat.example/", catchUp: false });
    client.on("RoomDeleted", ({ roomId }) => console.log("room", roomId));
    // Until the engine knows of it.
    await new Promise((resolve) => setTimeout(() => setImmediate(resolve)));
    socket.dispatchEvent(new Event("open"));
    const data = JSON.stringify({ type: "RoomDeleted", data: { roomId: 7 } });
    socket.dispatchEvent(Object.assign(new Event("message"), { data }));
    client.close();
    `,
  );
  assert.equal((await execute(folder, process.execPath, "run.mjs")).trim(), "room 7");
});

test("publint and are-the-types-wrong report no problems", async () => {
  const { publint } = await import("publint");
  const { messages } = await publint({ pkgDir: path.join(work, "node_modules/room-events"), pack: false });
  assert.deepEqual(messages, []);
  await program(work, "@arethetypeswrong/cli/dist/index.js", tarball, "--profile", "esm-only", "--exclude-entrypoints", "room-events.wasm");
});

test("the tarball duplicates only the module, as text", async () => {
  const dist = path.join(work, "node_modules/room-events/dist");
  assert.deepEqual(await wasm(path.join(work, "node_modules/room-events")), [path.join("dist", MODULE)]);
  const module = await readFile(path.join(dist, MODULE));
  const inline = await readFile(path.join(dist, "inline.js"), "utf8");
  assert.ok(inline.includes(module.toString("hex")));
});
