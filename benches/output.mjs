// Where the figures of a benchmark go: tables, and files where the command line names some.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** What the paths of files are relative to: the project. */
const ROOT = new URL("..", import.meta.url).pathname;

/** The options of every benchmark, for `parseArgs`. */
export const OUTPUTS = { out: { type: "string" }, chart: { type: "string" }, table: { type: "string" } };

/**
 * Writes what was asked for: the report as JSON to `--out`, as a chart to `--chart`, as a table to `--table`.
 *
 * @template Report
 * @param {{out?: string, chart?: string, table?: string}} values the command line
 * @param {Report} report
 * @param {{chart: (report: Report) => string, table: (report: Report) => string}} forms
 */
export function write(values, report, forms) {
  const to = (file, content) => {
    if (file === undefined) return;
    const path = resolve(ROOT, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content());
  };
  to(values.out, () => `${JSON.stringify(report, null, 2)}\n`);
  to(values.chart, () => forms.chart(report));
  to(values.table, () => forms.table(report));
}

/**
 * A table in Markdown.
 *
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 * @param {number} texts how many of the first columns hold text; the others hold numbers
 * @returns {string}
 */
export function table(head, rows, texts = 1) {
  const line = (cells) => `| ${cells.join(" | ")} |\n`.replaceAll("|  |", "| |");
  const rule = head.map((_, column) => (column < texts ? "---" : "---:"));
  return [head, rule, ...rows].map(line).join("");
}
