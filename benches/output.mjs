// Writes the figures of a benchmark: tables, and the files that the command line names.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

/** What the paths of files are relative to: the project. */
const ROOT = new URL("..", import.meta.url).pathname;

/** The options of every benchmark, for `parseArgs`: where it writes to, and how much of its load is played, from 0 to 1. */
export const OPTIONS = {
  ...{ out: { type: "string" }, chart: { type: "string" }, table: { type: "string" }, page: { type: "string" } },
  share: { type: "string", default: "1" },
};

/**
 * Writes the report as JSON to `--out`, as a chart to `--chart`, as a table to `--table`, and as a table into the page `--page`.
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

/** A page with another table between `<!-- table: name -->` and `<!-- /table -->`. */
export function spliced(page, name, table) {
  const pattern = new RegExp(`(<!-- table: ${name} -->\n)(?:(?!<!-- table:)[^])*?(?=<!-- /table -->)`, "g");
  if (page.match(pattern)?.length !== 1) throw new Error(`the page needs one \`<!-- table: ${name} -->\` with its \`<!-- /table -->\``);
  // Markdown needs the empty lines to see a table after HTML.
  return page.replace(pattern, (_, begin) => `${begin}\n${table.trim()}\n\n`);
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
