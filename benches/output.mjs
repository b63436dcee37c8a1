// Writes the results of a benchmark to the files given on the command line.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

/** The project's root, which file paths are relative to. */
const ROOT = new URL("..", import.meta.url).pathname;

/** The options of all benchmarks, for `parseArgs`: the output files, and the share of the load to play, from 0 to 1. */
export const OPTIONS = {
  ...{ out: { type: "string" }, chart: { type: "string" }, table: { type: "string" }, page: { type: "string" } },
  share: { type: "string", default: "1" },
};

/**
 * Writes the report: JSON to `--out`, a chart to `--chart`, and a table to `--table` and into the page `--page`.
 *
 * @template Report
 * @param {{out?: string, chart?: string, table?: string, page?: string}} values the command line
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
  to(values.page, () => spliced(readFileSync(resolve(ROOT, values.page), "utf8"), basename(dirname(resolve(process.argv[1]))), forms.table(report)));
}

/** Replaces the table between `<!-- table: name -->` and `<!-- /table -->` in a page. */
export function spliced(page, name, table) {
  const pattern = new RegExp(`(<!-- table: ${name} -->\n)(?:(?!<!-- table:)[^])*?(?=<!-- /table -->)`, "g");
  if (page.match(pattern)?.length !== 1) throw new Error(`the page needs one \`<!-- table: ${name} -->\` with its \`<!-- /table -->\``);
  // Markdown requires blank lines around a table next to HTML.
  return page.replace(pattern, (_, begin) => `${begin}\n${table.trim()}\n\n`);
}

/**
 * Formats a Markdown table.
 *
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 * @param {number} texts the number of leading text columns; the others are numeric
 * @returns {string}
 */
export function table(head, rows, texts = 1) {
  const line = (cells) => `| ${cells.join(" | ")} |\n`.replaceAll("|  |", "| |");
  const rule = head.map((_, column) => (column < texts ? "---" : "---:"));
  return [head, rule, ...rows].map(line).join("");
}
