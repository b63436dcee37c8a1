// Bundles the page, opens it in headless Chromium, prints the table and writes it where it is told to.
//
// node drive.mjs PACKAGE [--rounds N] [--round-ms N] [--out FILE.json] [--chart FILE.svg]

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { build } from "esbuild";
import { chromium } from "playwright-core";

import { chart } from "./chart.mjs";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome-stable", "/usr/bin/google-chrome"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string" }, "round-ms": { type: "string" }, out: { type: "string" }, chart: { type: "string" } },
});
const pkg = resolve(positionals[0]);
const here = new URL(".", import.meta.url).pathname;
/** What the paths of files are relative to: the project. */
const root = resolve(here, "../..");

const bundle = await build({
  entryPoints: [`${here}page.js`],
  bundle: true,
  format: "esm",
  minify: true,
  write: false,
  logLevel: "error",
  alias: { "room-events-bench": `${pkg}/room_events.js` },
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

const browser = await chromium.launch({
  executablePath: process.env.CHROME ?? BROWSERS.find(existsSync),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction("globalThis.run !== undefined");
  const options = { rounds: Number(values.rounds ?? 9), roundMs: Number(values["round-ms"] ?? 20) };
  const { results } = await page.evaluate((options) => globalThis.run(options), options);
  const report = { browser: `Chromium ${browser.version()}`, ...options, results };
  if (values.out) writeFileSync(resolve(root, values.out), `${JSON.stringify(report, null, 2)}\n`);
  if (values.chart) writeFileSync(resolve(root, values.chart), chart(report));
  print(report);
} finally {
  await browser.close();
  server.close();
}

function print({ browser, rounds, results }) {
  const names = results[0].contestants.map(({ name }) => name);
  console.log(`${browser}, medians of ${rounds} rounds; JSON.parse = 1, behind the ratio its lowest and highest round\n`);
  console.log(`| frame | bytes | ${names.join(" | ")} |`);
  console.log(`| --- | ---: |${" ---: |".repeat(names.length)}`);
  for (const { frame, bytes, contestants } of results) {
    const cells = contestants.map(({ micros, ratio, low, high }, index) =>
      index === 0 ? `${micros.toFixed(2)} µs` : `${ratio.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`);
    console.log(`| ${frame} | ${bytes} | ${cells.join(" | ")} |`);
  }
}
