// Reports the size of what a page loads for each entry point of the built package, raw and brotli-compressed. Fails if
// an entry point exceeds its budget in budget.json. `--shipped-std` uses the budgets for the toolchain's precompiled
// standard library. Called by `cargo xtask build`.

import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const read = (name) => readFileSync(new URL(name, import.meta.url));
const brotli = (bytes) => {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
};
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, " ");

const shippedStd = process.argv.includes("--shipped-std");
const entries = Object.entries(JSON.parse(read("budget.json"))).map(([entry, budget]) => {
  const files = budget.files.map((file) => read(`dist/${file}`));
  const limit = (shippedStd && budget.shippedStd) || budget.brotli;
  return { entry, bytes: sum(files.map((file) => file.length)), brotli: sum(files.map(brotli)), budget: limit };
});

const width = Math.max(...entries.map(({ entry }) => entry.length));
const row = (entry, cells) => console.log(`  ${entry.padEnd(width)}${cells.map((cell) => cell.padStart(11)).join("")}`);
row("entry", ["bytes", "brotli", "budget"]);
for (const { entry, bytes, brotli, budget } of entries) row(entry, [bytes, brotli, budget].map(grouped));
const over = entries.filter(({ brotli, budget }) => !(brotli <= budget));
for (const { entry, brotli, budget } of over) console.error(`${entry}: ${grouped(brotli)} bytes exceed the budget of ${grouped(budget)}`);
if (over.length > 0) {
  console.error("Make it smaller, or change pkg/budget.json on purpose.");
  process.exitCode = 1;
}
