// Measures what a page loads: this package like its budget does, and its peers as bundled.
//
// node drive.mjs DIST [--out FILE.json] [--chart FILE.svg] [--table FILE.md]

import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants } from "node:zlib";

import { build } from "esbuild";

import { chart } from "../chart.mjs";
import { OPTIONS, table, write } from "../output.mjs";
import { typia } from "../typia.mjs";
import { CLIENTS, VALIDATORS } from "./entries.mjs";

const here = new URL(".", import.meta.url).pathname;
const root = resolve(here, "../..");
const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS });
const dist = resolve(positionals[0]);

const OURS = "room-events";
/** The files of this package, by their names in `pkg/budget.json`: in the page, and in the worker. */
const PARTS = [`${OURS} (page)`, `${OURS} (worker)`];
/** The kinds of rows, as named in the table and the chart. */
const KINDS = { ours: "this package", client: "another client", validator: "a validator, with the six events declared" };

const json = (file) => JSON.parse(readFileSync(join(root, file), "utf8"));
const lock = json("package-lock.json").packages;

/** Returns the size with the best compression of a web server. */
function compressed(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
}

/** Returns the total sizes of files that are loaded separately. */
function weight(files) {
  const sum = (numbers) => numbers.reduce((one, other) => one + other, 0);
  return { bytes: sum(files.map((file) => file.length)), brotli: sum(files.map(compressed)) };
}

/** Returns the files that a page loads initially, without dynamic imports. */
async function bundled(source) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: here, sourcefile: "entry.js" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    absWorkingDir: here,
    outdir: here,
    plugins: [typia(/decode\/typia\.ts$/)],
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const needed = new Set();
  const add = (path) => {
    if (needed.has(path)) return;
    needed.add(path);
    for (const { kind, path: next, external } of metafile.outputs[path].imports) {
      if (kind !== "dynamic-import" && !external) add(next);
    }
  };
  add(Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint));
  return outputFiles.filter(({ path }) => needed.has(path.slice(here.length))).map(({ contents }) => contents);
}

const version = (name) => (lock[`benches/node_modules/${name}`] ?? lock[`node_modules/${name}`]).version;
const results = [{
  name: OURS,
  version: json("pkg/package.json").version,
  kind: "ours",
  ...weight(PARTS.flatMap((part) => json("pkg/budget.json")[part].files).map((file) => readFileSync(join(dist, file)))),
}];
for (const [kind, entries] of [["client", CLIENTS], ["validator", VALIDATORS]]) {
  for (const { name, package: from, source } of entries) {
    results.push({ name, version: version(from), kind, ...weight(await bundled(source)) });
  }
}
results.sort((one, other) => one.brotli - other.brotli);
const report = { results };
console.log("Bytes that a page loads, and bytes under brotli at quality 11; 1 kB is 1,000 bytes\n");
console.log(tableOf(report));
write(values, report, { chart: chartOf, table: tableOf });

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function tableOf({ results }) {
  const rows = results.map(({ name, version, kind, bytes, brotli }) =>
    [name, version, KINDS[kind], kilobytes(bytes), kilobytes(brotli)]);
  return table(["package", "version", "what it is", "minified", "brotli"], rows, 3);
}

function chartOf({ results }) {
  return chart({
    title: "What a page loads, in kB under brotli",
    series: Object.values(KINDS),
    rows: results.map(({ name, kind, brotli }) => ({
      name,
      bars: [{ series: KINDS[kind], value: brotli / 1000, label: (brotli / 1000).toFixed(1) }],
    })),
  });
}
