// Makes what is shipped, in dist/, of what wasm-pack has left in wasm/ and of the sources in src/: one file of JavaScript
// for each entry, the module once, and the types. Called by `cargo xtask build`.

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

/** The instructions that the module may use: those that browsers have had for years, and no newer way of writing it. */
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

/** Runs wasm-opt over the module: the names by which it and its JavaScript know each other become letters. */
async function shorten(from, to) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    fileURLToPath(import.meta.resolve("binaryen/bin/wasm-opt")),
    ...FEATURES.map((feature) => `--enable-${feature}`),
    ...["--minify-imports-and-exports-and-modules", from, "-o", to],
  ]);
  return JSON.parse(stdout);
}

/** Replaces what has to be there once: generated code that has changed stops the build, for somebody to look. */
function replace(text, pattern, by) {
  if (!pattern.test(text)) throw new Error(`the generated JavaScript has nothing like ${pattern}`);
  return text.replace(pattern, by);
}

/**
 * The JavaScript that wasm-bindgen has written, with the short names and without what no page needs.
 *
 * @param {string} text
 * @param {{ imports: [string, string, string][], exports: [string, string][] }} names the module's names and the short ones
 */
function adapt(text, { imports, exports }) {
  // Effects of importing alone. To dispose of a client is to close it, not to free it.
  text = replace(text, /^if \(Symbol\.dispose\) .*\n/m, "");
  // Loading is done by load.js, which needs two functions of all that comes at the end.
  text = replace(text, /^async function __wbg_load\([^]*$/m, "export { __wbg_get_imports as imports, __wbg_finalize_init as start };\n");
  // Strings go in seldom, and are short: addresses, answers of the REST API.
  text = replace(text, /^ {4}if \(realloc === undefined\) \{\n([^]*?)^ {4}\}\n[^]*?^\}\n/m, "$1}\n");
  text = replace(text, /^if \(!\('encodeInto' in cachedTextEncoder\)\) \{\n[^]*?^\}\n/m, "");
  // Nothing is made when the module is imported: environments of test runners have neither of the two.
  const [, decoder] = /^let cachedTextDecoder = (new TextDecoder\(.*\));$/m.exec(text) ?? [];
  text = replace(text, /^let cachedTextDecoder = .*;\ncachedTextDecoder\.decode\(\);\n/m, "let cachedTextDecoder;\n");
  text = replace(text, /cachedTextDecoder\.decode\(bytes\)/, `(cachedTextDecoder ??= ${decoder}).decode(bytes)`);
  text = replace(text, /^const cachedTextEncoder = new TextEncoder\(\);\n/m, "let cachedTextEncoder;\n");
  text = replace(text, /cachedTextEncoder\.encode\(/, "(cachedTextEncoder ??= new TextEncoder()).encode(");
  // One object of imports. Functions of the snippets stand in it under their own names.
  text = text.replace(/^import \* as import\d+ from .*\n/gm, "");
  const own = "./room_events_bg.js";
  const snippets = imports.filter(([module]) => module !== own);
  const lines = snippets.map(([module, name, short]) => `import { ${name} as imported_${short} } from "${module}";\n`);
  const members = snippets.map(([, , short]) => `        ${short}: imported_${short},\n`);
  text = replace(text, /^ {4}return \{\n {8}__proto__: null,\n {8}"[^]*?^ {4}\};\n/m, "    return { a: import0 };\n");
  text = replace(text, /(const import0 = \{\n.*\n)/, `$1${members.join("")}`);
  for (const [module, name, short] of imports) {
    if (module === own) text = replace(text, new RegExp(`^( {8})${name}: `, "m"), `$1${short}: `);
  }
  const letters = new Map(exports);
  text = text.replace(/\bwasm\.(\w+)/g, (_, name) => {
    if (!letters.has(name)) throw new Error(`the module has no export ${name}`);
    return `wasm.${letters.get(name)}`;
  });
  return lines.join("") + text;
}

/** wasm-bindgen copies the files that Rust imports. The entries import the originals: each is to be there once. */
const glue = (script) => ({
  name: "glue",
  setup(build) {
    build.onResolve({ filter: /\/snippets\// }, ({ path: copy }) => ({
      path: here(`../${/\/snippets\/[^/]+\/(.*)$/.exec(copy)[1]}`),
    }));
    build.onLoad({ filter: /\/wasm\/room_events\.js$/ }, () => ({ contents: script }));
    // Loaded only where it is asked for.
    build.onResolve({ filter: /\/(debug|engine)\.js$/ }, ({ kind, path: file }) =>
      kind === "dynamic-import" ? { path: file, external: true } : undefined);
    build.onResolve({ filter: /\/room-events\.wasm$/ }, ({ importer }) =>
      importer.endsWith("inline.js") ? { path: path.join(dist, MODULE) } : { path: `./${MODULE}`, external: true });
  },
});

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
const names = await shorten(here("wasm/room_events_bg.wasm"), path.join(dist, MODULE));
const script = adapt(await readFile(here("wasm/room_events.js"), "utf8"), names);
const { version } = JSON.parse(await readFile(here("package.json"), "utf8"));
const module = createHash("sha256").update(await readFile(path.join(dist, MODULE))).digest("hex");
const settings = {
  outdir: dist,
  bundle: true,
  platform: "neutral",
  target: ["es2022"],
  minify: true,
  charset: "utf8",
  legalComments: "none",
  external: ["node:*", "react"],
  loader: { ".wasm": "base64" },
  plugins: [glue(script)],
  // Pages of other builds do not share an engine with this one.
  define: { "globalThis.ROOM_EVENTS_VERSION": JSON.stringify(`${version}-${module.slice(0, 8)}`) },
  logLevel: "warning",
};
/** Paths of sources of that name. */
const sources = (names) => names.map((name) => here(`src/${name}.js`));
await build({
  ...settings,
  entryPoints: sources(["debug", "engine", "index", "inline", "inspector", "node", "react", "reference", "rest", "testing", "workerd"]),
  format: "esm",
});
// A script that imports nothing runs in every kind of worker.
await build({ ...settings, entryPoints: sources(["worker"]), format: "iife" });
// For test runners that load CommonJS, above all.
const common = ["react", "reference", "rest", "testing"];
await build({ ...settings, entryPoints: sources(common), format: "cjs", outExtension: { ".js": ".cjs" } });
await mkdir(path.join(dist, "generated"));
for (const name of ["index", "inline", "inspector", ...common, "types", "generated/names"]) {
  await cp(here(`src/${name}.d.ts`), path.join(dist, `${name}.d.ts`));
}
// The compiler tells from the file's name whether types are those of CommonJS.
for (const name of [...common, "types", "generated/names"]) {
  const types = await readFile(here(`src/${name}.d.ts`), "utf8");
  await writeFile(path.join(dist, `${name}.d.cts`), types.replace(/(from "\.[^"]*)\.js"/g, '$1.cjs"'));
}
for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) await cp(here(`../${name}`), here(name));
