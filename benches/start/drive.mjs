// Measures the time from the first import to an open socket, in headless Chromium: this package, socket.io-client and
// SignalR, each with its own minimal server.
//
// node drive.mjs DIST [--rounds N] [--out FILE.json] [--chart FILE.svg] [--table FILE.md]

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { brotliCompressSync } from "node:zlib";

import { build } from "esbuild";

import { launch } from "../browser.mjs";
import { chart } from "../chart.mjs";
import { OPTIONS, table, write } from "../output.mjs";
import { servers } from "./servers.mjs";

/** How often a page is loaded before it counts as warm: the browser has cached the compiled code then. */
const WARMING = 3;
/** Descriptions of the measured moments. */
const MOMENTS = { open: "the socket is open", ready: "the client says that it is connected" };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "25" }, ...OPTIONS },
});
const rounds = Number(values.rounds);
const dist = resolve(positionals[0]);
const here = new URL(".", import.meta.url).pathname;
/** Pages with the engine in a shared worker, and the minimum; opened as a first and as a second tab. */
const TABS = { "room-events": "shared.js", "a bare WebSocket": "bare.js" };
const CONTESTANTS = { "room-events": "ours.js", "socket.io-client": "socket-io.js", "@microsoft/signalr": "signalr.js" };

const bundles = await build({
  entryPoints: [...Object.values(CONTESTANTS), ...Object.values(TABS)].map((file) => `${here}${file}`),
  outdir: here,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
  logLevel: "error",
  alias: { "room-events": `${dist}/index.js` },
  external: ["./debug.js"],
});

/** Compressed once, and cacheable by the browser. */
const file = (type, content) => ({ content: brotliCompressSync(content), type });
const files = new Map([["/room-events.wasm", file("application/wasm", readFileSync(`${dist}/room-events.wasm`))]]);
for (const name of ["engine.js", "worker.js"]) files.set(`/${name}`, file("text/javascript", readFileSync(`${dist}/${name}`)));
for (const { path, contents } of bundles.outputFiles) files.set(path.slice(here.length - 1), file("text/javascript", contents));
for (const name of [...Object.values(CONTESTANTS), ...Object.values(TABS)]) {
  files.set(`/${name}.html`, file("text/html", `<!doctype html><meta charset=utf-8><title>${name}</title><link rel=icon href=data:,>
<script type=module>
const NativeSocket = WebSocket;
const times = globalThis.times = {};
globalThis.WebSocket = class extends NativeSocket {
  constructor(...args) {
    super(...args);
    times.asked ??= performance.now();
    this.addEventListener("open", () => (times.open ??= performance.now()));
  }
};
const address = new URLSearchParams(location.search).get("server");
times.begin = performance.now();
const { connect } = await import("./${name}");
times.imported = performance.now();
await connect(address);
times.ready = performance.now();
</script>`));
}
const site = createServer((request, response) => {
  const found = files.get(new URL(request.url, "http://localhost").pathname);
  if (!found) return response.writeHead(404).end();
  const headers = { "content-type": found.type, "content-encoding": "br", "cache-control": "public, max-age=3600" };
  return response.writeHead(200, headers).end(found.content);
});
await new Promise((ready) => site.listen(0, "127.0.0.1", ready));
const peers = await servers();

const browser = await launch();

/** Opens a page. Resolves to it and to its times. */
async function open(context, file, address) {
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${site.address().port}/${file}.html?server=${encodeURIComponent(address)}`);
  await page.waitForFunction("globalThis.times?.ready !== undefined");
  return { page, times: await page.evaluate("times") };
}

/** Loads a contestant's page once. */
async function load(context, name) {
  const { page, times } = await open(context, CONTESTANTS[name], peers.addresses[name]);
  await page.waitForFunction("times.open !== undefined");
  const { begin, open: opened, ready } = { ...times, ...(await page.evaluate("times")) };
  await page.close();
  return { open: opened - begin, ready: ready - begin };
}

/** Opens two tabs, one after the other. Resolves to how long each took to open its client. */
async function loadTabs(name) {
  const context = await browser.newContext();
  const address = peers.addresses["room-events"];
  const tabs = [];
  for (let count = 0; count < 2; count += 1) tabs.push((await open(context, TABS[name], address)).times);
  await context.close();
  return tabs.map(({ begin, ready }) => ready - begin);
}

const names = Object.keys(CONTESTANTS);
const samples = { cold: {}, warm: {} };
const add = (kind, name, sample) => (samples[kind][name] ??= []).push(sample);
try {
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const context = await browser.newContext();
      const sample = await load(context, name);
      await context.close();
      // The first round warms up the browser itself.
      if (round > 0) add("cold", name, sample);
    }
  }
  const contexts = new Map();
  for (const name of names) {
    contexts.set(name, await browser.newContext());
    for (let loads = 0; loads < WARMING; loads += 1) await load(contexts.get(name), name);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) add("warm", name, await load(contexts.get(name), name));
  }
  const tabs = {};
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of Object.keys(TABS)) {
      const [first, second] = await loadTabs(name);
      if (round === 0) continue;
      ((tabs[name] ??= { first: [], second: [] }).first.push(first), tabs[name].second.push(second));
    }
  }
  const report = { tabs: Object.fromEntries(Object.entries(tabs).map(([name, { first, second }]) => [name, [first, second].map(median)])), browser: `Chromium ${browser.version()}`, rounds, results: results() };
  console.log(`${report.browser}, medians of ${rounds} loads in milliseconds (lowest–highest); after it, the time of room-events divided by it\n`);
  console.log(tableOf(report));
  write(values, report, { chart: chartOf, table: tableOf });
} finally {
  await browser.close();
  peers.close();
  site.close();
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Returns the medians of all samples. */
function results() {
  const results = [];
  for (const [kind, byName] of Object.entries(samples)) {
    for (const moment of Object.keys(MOMENTS)) {
      const times = names.map((name) => byName[name].map((sample) => sample[moment]));
      const medians = times.map(median);
      results.push({
        kind,
        moment,
        contestants: names.map((name, index) => ({
          name,
          millis: medians[index],
          low: Math.min(...times[index]),
          high: Math.max(...times[index]),
          ratio: medians[0] / medians[index],
        })),
      });
    }
  }
  return results;
}

function tableOf({ results, tabs }) {
  const rows = results.map(({ kind, moment, contestants }) => {
    const cells = contestants.map(({ millis, low, high, ratio }, index) =>
      `${millis.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})${index === 0 ? "" : `, ${ratio.toFixed(2)}`}`);
    return [kind, MOMENTS[moment], ...cells];
  });
  const opened = Object.entries(tabs).map(([name, millis]) => [name, ...millis.map((one) => one.toFixed(1))]);
  return [
    table(["page", "from the import until", ...names], rows, 2),
    "Two tabs, one after the other, from the import until the client is open; room-events with its engine in a shared worker:",
    table(["", "first tab", "second tab"], opened),
  ].join("\n");
}

function chartOf({ browser, rounds, results }) {
  return chart({
    title: `Milliseconds from the first import, medians of ${rounds} loads (${browser})`,
    series: names,
    rows: results.map(({ kind, moment, contestants }) => ({
      name: `${kind}: ${MOMENTS[moment]}`,
      bars: contestants.map(({ name, millis }) => ({ series: name, value: millis, label: millis.toFixed(1) })),
    })),
  });
}
