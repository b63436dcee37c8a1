// Bundles the page, opens it in headless Chromium, prints the table and writes the requested files.
//
// node drive.mjs PACKAGE [--rounds N] [--round-ms N] [--out FILE.json] [--chart FILE.svg] [--table FILE.md]

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { build } from "esbuild";

import { launch, watch } from "../browser.mjs";
import { chart } from "../chart.mjs";
import { OPTIONS, table, write } from "../output.mjs";
import { typia } from "../typia.mjs";

/** The contestants in the chart. */
const SHOWN = ["room-events", "JSON.parse + typia", "JSON.parse + ajv", "JSON.parse + zod", "JSON.parse + valibot"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "9" }, "round-ms": { type: "string", default: "20" }, ...OPTIONS },
});
const pkg = resolve(positionals[0]);
const here = new URL(".", import.meta.url).pathname;

const bundle = await build({
  entryPoints: [`${here}page.js`],
  bundle: true,
  format: "esm",
  minify: true,
  write: false,
  logLevel: "error",
  alias: { "room-events-bench": `${pkg}/room_events.js` },
  plugins: [typia(/decode\/typia\.ts$/)],
});
const files = {
  "/": ["text/html", "<!doctype html><meta charset=utf-8><title>decode</title><script type=module src=page.js></script>"],
  "/page.js": ["text/javascript", bundle.outputFiles[0].contents],
  "/bench.wasm": ["application/wasm", readFileSync(`${pkg}/room_events_bg.wasm`)],
};
const server = createServer((request, response) => {
  const [type, body] = files[request.url] ?? ["text/plain", undefined];
  response.writeHead(body === undefined ? 404 : 200, { "content-type": type }).end(body);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));

const browser = await launch();
try {
  const page = await browser.newPage();
  watch(page);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction("globalThis.run !== undefined");
  const options = { rounds: Number(values.rounds), roundMs: Number(values["round-ms"]) };
  const { results } = await page.evaluate((options) => globalThis.run(options), options);
  const report = { browser: `Chromium ${browser.version()}`, ...options, results };
  console.log(`${report.browser}, medians of ${report.rounds} rounds; JSON.parse = 1, after the ratio, its lowest and highest round\n`);
  console.log(tableOf(report, ({ ratio, low, high }) => `${ratio.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`));
  write(values, report, { chart: chartOf, table: (report) => tableOf(report, ({ ratio }) => ratioText(ratio)) });
} finally {
  await browser.close();
  server.close();
}

/** Returns the table of a report. `shown` formats its ratios. */
function tableOf({ results }, shown) {
  const names = results[0].contestants.map(({ name }) => name);
  const rows = results.map(({ frame, bytes, contestants: [first, ...others] }) =>
    [frame, bytes, `${first.micros.toFixed(2)} µs`, ...others.map(shown)]);
  return table(["frame", "bytes", ...names], rows);
}

/** Formats a ratio with two decimals, or three if two would be zeros. */
function ratioText(ratio) {
  return ratio.toFixed(ratio < 0.01 ? 3 : 2);
}

function chartOf({ browser, results }) {
  return chart({
    title: `Time to decode a frame, bare JSON.parse = 1 (${browser})`,
    series: SHOWN,
    mark: 1,
    rows: results.map(({ frame, contestants }) => ({
      name: frame,
      bars: SHOWN.map((name, index) => {
        const { ratio } = contestants.find((contestant) => contestant.name === name);
        return { series: name, value: ratio, label: index === 0 ? ratio.toFixed(2) : undefined };
      }),
    })),
  });
}
