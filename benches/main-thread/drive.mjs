// Measures the main-thread cost of a stream of events with the DevTools protocol: a bare WebSocket with JSON.parse and
// a switch, and the package with its engine in each place.
//
// node drive.mjs DIST [--rounds N] [--share 0..1] [--out FILE.json] [--chart FILE.svg] [--table FILE.md]

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { WebSocketServer } from "ws";

import { chart } from "../chart.mjs";
import { launch } from "../devtools.mjs";
import { OPTIONS, table, write } from "../output.mjs";

const KINDS = { bare: "bare WebSocket", page: "engine in the page", worker: "in a worker", shared: "in a shared worker" };

/** The loads: frames per second (0: as fast as possible), number of frames, and length of their text. */
const LOADS = [
  { name: "1,000 a second", rate: 1000, frames: 3000, text: 150 },
  { name: "1,000 a second, half of them unwanted", rate: 1000, frames: 3000, text: 150, room: 1 },
  { name: "frames of 25 kB, 100 a second", rate: 100, frames: 300, text: 24_600 },
  { name: "20,000 at once", rate: 0, frames: 20_000, text: 150 },
  { name: "one every 200 ms", rate: 5, frames: 15, text: 150 },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "3" }, ...OPTIONS },
});
const dist = resolve(positionals[0]);
/** Even, as half of the frames may be unwanted. */
const loads = LOADS.map((load) => ({ ...load, frames: 2 * Math.ceil((load.frames * Number(values.share)) / 2) }));
const here = new URL(".", import.meta.url).pathname;

const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };
const site = createServer((request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  const send = (name, content) => response.writeHead(200, { "content-type": TYPES[name.split(".").at(-1)] }).end(content);
  if (path === "/") return send("x.html", "<!doctype html><meta charset=utf-8><title>main thread</title><link rel=icon href=data:,><script type=module src=page.js></script>");
  if (path === "/page.js") return send(path, readFileSync(`${here}page.js`));
  if (path.startsWith("/dist/")) return send(path, readFileSync(join(dist, path.slice("/dist/".length))));
  return response.writeHead(404).end();
});
const sockets = new WebSocketServer({ server: site, perMessageDeflate: false });
await new Promise((ready) => site.listen(0, "127.0.0.1", ready));
const origin = `127.0.0.1:${site.address().port}`;
const browser = await launch();

const now = () => performance.timeOrigin + performance.now();

/** Returns a frame with one message: about 400 characters with a text of 150. Every other frame is of a second room. */
function frame(index, length) {
  const message = {
    messageId: index + 1, userId: 7, roomId: 1 + (index % 2), parentMessageId: 0, messageType: "Regular", markupType: "TextPlain",
    priority: "Normal", createdUtc: 1_700_000_000_000 + index, lastEditedUtc: 0, lastModifiedUtc: 1_700_000_000_000 + index,
    commentCount: 0, attachments: [], readTimestamps: [], text: `${now().toFixed(3)} `.padEnd(length, "All work and no play. "),
  };
  return JSON.stringify({ type: "TextMessagesCreated", data: { messages: [message] } });
}

/** Sends the frames of a load on schedule. */
async function play({ rate, frames, text }) {
  const [socket] = sockets.clients;
  const began = performance.now();
  for (let sent = 0; sent < frames; ) {
    const due = rate === 0 ? frames : Math.min(frames, Math.floor(((performance.now() - began) * rate) / 1000) + 1);
    while (sent < due) socket.send(frame(sent++, text));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const median = (numbers) => numbers.toSorted((one, other) => one - other)[numbers.length >> 1];

/** Plays a load to a page and measures it. */
async function measure(kind, load) {
  const query = new URLSearchParams({ server: `ws://${origin}/api/v1/events`, kind, room: load.room ?? "" });
  const page = await browser.open(`http://${origin}/?${query}`);
  await page.until("globalThis.ready");
  await page.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    const { metrics } = await page.send("Performance.getMetrics");
    const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
    const of = (name) => metrics.find((metric) => metric.name === name).value * 1000;
    const cpu = processInfo.filter(({ type }) => type === "renderer").reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
    return { task: of("TaskDuration"), script: of("ScriptDuration"), cpu };
  };
  const before = await read();
  await play(load);
  const wanted = load.room ? load.frames / 2 : load.frames;
  await page.until(`globalThis.count >= ${wanted}`);
  const after = await read();
  const delays = await page.evaluate("delays");
  await page.close();
  const per1000 = (name) => ((after[name] - before[name]) / load.frames) * 1000;
  return { task: per1000("task"), script: per1000("script"), cpu: per1000("cpu"), p50: median(delays) };
}

try {
  const report = { browser: `Chromium ${await browser.version()}`, results: [] };
  for (const load of loads) {
    const samples = {};
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const kind of Object.keys(KINDS)) (samples[kind] ??= []).push(await measure(kind, load));
    }
    const result = Object.keys(KINDS).map((kind) => {
      const of = (name) => median(samples[kind].map((sample) => sample[name]));
      return { kind, task: of("task"), script: of("script"), cpu: of("cpu"), p50: of("p50") };
    });
    for (const one of result) one.ratio = one.task / result[0].task;
    report.results.push({ load: load.name, result });
  }
  console.log(`${report.browser}, medians of ${values.rounds} rounds; main thread in ms for 1,000 frames, and its ratio to the bare page\n`);
  console.log(tableOf(report));
  write(values, report, { chart: chartOf, table: tableOf });
} finally {
  await browser.close();
  sockets.close();
  site.closeAllConnections();
  site.close();
}

function tableOf({ results }) {
  const rows = results.flatMap(({ load, result }) =>
    result.map(({ kind, task, ratio, script, cpu, p50 }) =>
      [load, KINDS[kind], task.toFixed(0), ratio.toFixed(2), script.toFixed(0), cpu.toFixed(0), p50.toFixed(1)]));
  return table(["load", "", "tasks, ms", "ratio", "of it script, ms", "CPU of all renderers, ms", "latency p50, ms"], rows, 2);
}

function chartOf({ browser, results }) {
  return chart({
    title: `Milliseconds of the main thread for 1,000 frames (${browser})`,
    series: Object.values(KINDS),
    rows: results.map(({ load, result }) => ({
      name: load,
      bars: result.map(({ kind, task }) => ({ series: KINDS[kind], value: task, label: task.toFixed(0) })),
    })),
  });
}
