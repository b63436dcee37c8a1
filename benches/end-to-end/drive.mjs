// Records two traces, plays them to every contestant in one page of headless Chromium, and measures the latency of an
// event through a real server. Prints tables and writes the requested files.
//
// node drive.mjs DIST SERVER [--rounds N] [--share 0..1] [--out FILE.json] [--chart FILE.svg] [--table FILE.md]

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { launch, watch } from "../browser.mjs";
import { chart } from "../chart.mjs";
import { OPTIONS, table, write } from "../output.mjs";
import { record, serve } from "./record.mjs";

/** The traces: a description, and the arguments of `reference-server load`. */
const TRACES = {
  "A busy user in 200 rooms, one of them open": ["--rooms", "200", "--mix", "chat"],
  "A storm of read receipts": ["--rooms", "5", "--mix", "receipts"],
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "9" }, ...OPTIONS },
});
const of = (count) => String(Math.ceil(count * Number(values.share)));
const [dist, program] = positionals.map((path) => resolve(path));
const here = new URL(".", import.meta.url).pathname;

/** Returns the room with the most frames, which the application has open. */
function busiest(frames) {
  const counts = new Map();
  for (const frame of frames) {
    for (const { roomId } of JSON.parse(frame).data.messages ?? []) counts.set(roomId, (counts.get(roomId) ?? 0) + 1);
  }
  return [...counts].toSorted(([, one], [, other]) => other - one)[0][0];
}

const traces = [];
for (const [name, load] of Object.entries(TRACES)) {
  const { frames, rooms } = await record(program, [...load, "--count", of(2000), "--seed", "1", "--rate", "1000000"]);
  traces.push({ name, frames, rooms, room: busiest(frames) });
}

const bundle = await build({
  entryPoints: [`${here}page.js`],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
  logLevel: "error",
  alias: { "room-events": `${dist}/index.js` },
  external: ["./debug.js"],
});
const site = mkdtempSync(join(tmpdir(), "room-events-bench-"));
writeFileSync(join(site, "index.html"), "<!doctype html><meta charset=utf-8><title>end to end</title><link rel=icon href=data:,><script type=module src=page.js></script>");
writeFileSync(join(site, "page.js"), bundle.outputFiles[0].contents);
writeFileSync(join(site, "room-events.wasm"), readFileSync(`${dist}/room-events.wasm`));

const { url, stop } = await serve(program, site);
const browser = await launch();
try {
  // The server's policy forbids the code that zod compiles, and `waitForFunction()`.
  const page = await browser.newPage({ bypassCSP: true });
  watch(page);
  await page.goto(url);
  await page.waitForFunction("globalThis.ready");
  const report = { browser: `Chromium ${browser.version()}`, traces: [], latency: [] };
  for (const trace of traces) {
    const results = await page.evaluate(([trace, rounds]) => globalThis.traffic(trace, rounds), [trace, Number(values.rounds)]);
    const bytes = trace.frames.reduce((sum, frame) => sum + frame.length, 0);
    report.traces.push({ name: trace.name, frames: trace.frames.length, bytes, results });
  }
  report.latency = await page.evaluate((count) => globalThis.latency(count), Number(of(300)));
  print(report);
  write(values, report, { chart: chartOf, table: tableOf });
} finally {
  await browser.close();
  stop();
  rmSync(site, { recursive: true });
}

function print({ browser, traces, latency }) {
  console.log(`${browser}, medians of ${values.rounds} rounds; JSON.parse = 1\n`);
  const more = {
    "lowest and highest round": ({ low, high }) => `${low.toFixed(2)}–${high.toFixed(2)}`,
    "messages and rooms in the end": ({ messages, rooms }) => `${messages}, ${rooms}`,
  };
  for (const trace of traces) console.log(traceTable(trace, more));
  console.log(latencyTable(latency));
}

function tableOf({ traces, latency }) {
  return [...traces.map((trace) => traceTable(trace)), latencyTable(latency)].join("\n");
}

function latencyTable(latency) {
  const rows = latency.map(({ name, p50, p99 }) => [name, p50.toFixed(2), p99.toFixed(2)]);
  return `**From sending a message to its callback**, in ms, through the reference server:\n\n${table(["", "p50", "p99"], rows)}`;
}

/** Returns the table of a trace with its description. `more` has further columns. */
function traceTable({ name, frames, bytes, results }, more = {}) {
  const rows = results.map((result) => {
    const { name, micros, ratio, calls } = result;
    return [name, micros.toFixed(2), ratio.toFixed(2), calls, ...Object.values(more).map((cell) => cell(result))];
  });
  const head = ["", "ms for 1,000 frames", "ratio", "callbacks", ...Object.keys(more)];
  return `**${name}**: ${frames} frames of ${Math.round(bytes / frames)} characters on average.\n\n${table(head, rows)}`;
}

function chartOf({ browser, traces }) {
  const plain = (name) => name.replaceAll("`", "");
  return chart({
    title: `Milliseconds on the main thread for 1,000 frames (${browser})`,
    series: traces[0].results.map(({ name }) => plain(name)),
    rows: traces.map(({ name, results }) => ({
      name,
      bars: results.map(({ name, micros }) => ({ series: plain(name), value: micros, label: micros.toFixed(2) })),
    })),
  });
}
