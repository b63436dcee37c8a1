// Builds the published files in dist/ from wasm-pack's output in wasm/ and the sources in src/: one JavaScript file per
// entry point, the module once, and the types. Called by `cargo xtask build`.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { build } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const dist = here("dist");
const MODULE = "room-events.wasm";

/** The WebAssembly features that the module may use: only those that browsers have had for years. */
const FEATURES = [
  "bulk-memory",
  "bulk-memory-opt",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
  "simd",
];

/** Runs wasm-opt on the module. The names of its imports and exports become letters. */
async function shorten(from, to) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(import.meta.resolve("binaryen/bin/wasm-opt")),
    ...FEATURES.map((feature) => `--enable-${feature}`),
    ...["--strip-target-features", "--minify-imports-and-exports-and-modules", from, "-o", to],
  ]);
  return JSON.parse(stdout);
}

/**
 * Generates the module that connects the minified WebAssembly module with wasm-bindgen's JavaScript.
 *
 * @param {{ imports: [string, string, string][], exports: [string, string][] }} names the original and the short names
 */
function joint({ imports, exports }) {
  const files = [...new Set(imports.map(([file]) => file))];
  const lines = files.map((file, index) => `import * as from${index} from "./wasm/${path.posix.normalize(file)}";`);
  const given = imports.map(([file, name, short]) => `${short}: from${files.indexOf(file)}.${name}`);
  const known = exports.map(([name, short]) => `${JSON.stringify(name)}: exports.${short}`);
  return [
    ...lines,
    'export { Engine, __wbg_set_wasm as use } from "./wasm/room_events_bg.js";',
    `export const imports = () => ({ a: { ${given.join(", ")} } });`,
    `export const named = (exports) => ({ ${known.join(", ")} });`,
  ].join("\n");
}

/**
 * wasm-bindgen copies the files that Rust imports. This resolves the copies to the originals, which the entries import,
 * so that each is bundled once.
 */
const glue = (names) => ({
  name: "glue",
  setup(build) {
    // wasm-bindgen creates a decoder and an encoder at import, which not all test environments have. These are created
    // on first use.
    build.onLoad({ filter: /\/wasm\/room_events_bg\.js$/ }, async ({ path: file }) => ({
      contents: `import { TextDecoder, TextEncoder } from ${JSON.stringify(here("src/late-text.js"))};\n${await readFile(file, "utf8")}`,
    }));
    build.onResolve({ filter: /^module:joint$/ }, ({ path: name }) => ({ path: name, namespace: "joint" }));
    build.onLoad({ filter: /.*/, namespace: "joint" }, () => ({ contents: joint(names), resolveDir: here(".") }));
    build.onResolve({ filter: /\/snippets\// }, ({ path: copy }) => ({
      path: here(`../${/\/snippets\/[^/]+\/(.*)$/.exec(copy)[1]}`),
    }));
    // Loaded on demand.
    build.onResolve({ filter: /\/(debug|engine|upload)\.js$/ }, ({ kind, path: file }) =>
      kind === "dynamic-import" ? { path: file, external: true } : undefined);
    build.onResolve({ filter: /\/room-events\.wasm$/ }, ({ importer }) =>
      importer.endsWith("inline.js") ? { path: path.join(dist, MODULE) } : { path: `./${MODULE}`, external: true });
  },
});

/** Imports the WebAssembly module as a text of hexadecimal digits. */
const hexadecimal = {
  name: "hexadecimal",
  setup: ({ onLoad }) => onLoad({ filter: /\.wasm$/ }, async ({ path }) => ({ contents: await readFile(path, "hex"), loader: "text" })),
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const names = await shorten(here("wasm/room_events_bg.wasm"), path.join(dist, MODULE));
const { version, browserslist } = JSON.parse(await readFile(here("package.json"), "utf8"));
/** The oldest supported browsers, with their ids and names. */
const browsers = browserslist.map((line) => line.split(" >= "));
const NAMES = { chrome: "Chrome", firefox: "Firefox", safari: "Safari" };
const shown = browsers.filter(([name]) => NAMES[name]).map(([name, since]) => `${NAMES[name]} ${since}`);
const module = createHash("sha256").update(await readFile(path.join(dist, MODULE))).digest("hex");
/** The framework adapters, and the module that each imports. */
const frameworks = new Map([["angular", "@angular/core"], ["solid", "solid-js"], ["svelte", "svelte/reactivity"], ["vue", "vue"]]);
const settings = {
  outdir: dist,
  bundle: true,
  platform: "neutral",
  target: ["es2022", ...browsers.map(([name, since]) => `${name.replace("ios_saf", "ios")}${since}`)],
  minify: true,
  charset: "utf8",
  legalComments: "none",
  external: ["node:*", "react", ...frameworks.values()],
  plugins: [glue(names), hexadecimal],
  // Pages with other builds do not share an engine with this one.
  define: {
    "globalThis.ROOM_EVENTS_VERSION": JSON.stringify(`${version}-${module.slice(0, 8)}`),
    "globalThis.ROOM_EVENTS_BROWSERS": JSON.stringify(`${shown.join(", ")} or newer`),
  },
  logLevel: "warning",
};
/** Returns the paths of source files. */
const sources = (names) => names.map((name) => here(`src/${name}.js`));
await build({
  ...settings,
  entryPoints: sources(["debug", "engine", "index", "inline", "inspector", "node", "react", "reference", "rest", "store", "testing", "upload", "workerd", ...frameworks.keys()]),
  format: "esm",
});
// A script without imports runs in all kinds of workers.
await build({ ...settings, entryPoints: sources(["worker"]), format: "iife" });
// Mainly for test runners that load CommonJS.
const common = ["react", "reference", "rest", "store", "testing"];
await build({ ...settings, entryPoints: sources(common), format: "cjs", outExtension: { ".js": ".cjs" } });
await mkdir(path.join(dist, "generated"));
for (const name of ["index", "inline", "inspector", ...common, ...frameworks.keys(), "types", "generated/names"]) {
  await cp(here(`src/${name}.d.ts`), path.join(dist, `${name}.d.ts`));
}
// TypeScript identifies CommonJS types by the file name.
for (const name of [...common, "types", "generated/names"]) {
  const types = await readFile(here(`src/${name}.d.ts`), "utf8");
  await writeFile(path.join(dist, `${name}.d.cts`), types.replace(/(from "\.[^"]*)\.js"/g, '$1.cjs"'));
}
for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) await cp(here(`../${name}`), here(name));
