// A reporter of node:test: of the tests that name a set-up it makes the table in docs/bundlers.md, if UPDATE_GENERATED is set.

import { readFile, writeFile } from "node:fs/promises";

import { SET_UP } from "../bundlers/support.mjs";

const DOCUMENT = new URL("../../docs/bundlers.md", import.meta.url);
/** What cannot be run, and why. */
const NOT_RUN = [["Electron", "not run: its program cannot be installed from the npm registry"]];

/** @param {AsyncIterable<{ type: string, data: any }>} source */
export default async function* (source) {
  /** By name and version: the outcomes of its variants. */
  const rows = new Map();
  let passed;
  for await (const { type, data } of source) {
    if (type === "test:pass" || type === "test:fail") passed = type === "test:pass";
    // What a test says of itself follows its outcome.
    if (type !== "test:diagnostic" || !data.message.startsWith(SET_UP)) continue;
    const [name, version, variant] = data.message.slice(SET_UP.length).split(" | ");
    const key = `${name} | ${version}`;
    rows.set(key, [...(rows.get(key) ?? []), [variant, passed]]);
  }
  if (!process.env.UPDATE_GENERATED || rows.size === 0) return;
  const list = (outcomes, wanted) => outcomes.filter(([, passed]) => passed === wanted).map(([variant]) => variant || "yes").join(", ");
  const lines = [...rows].sort().map(([key, outcomes]) => `| ${key} | ${list(outcomes, true)} | ${list(outcomes, false)} |`);
  const table = [
    `Last run: ${new Date().toISOString().slice(0, 10)}, ${process.platform} ${process.arch}.`,
    "",
    "| set-up | version | received an event | failed |",
    "| --- | --- | --- | --- |",
    ...lines,
    ...NOT_RUN.map(([name, why]) => `| ${name} | | ${why} | |`),
  ].join("\n");
  const text = await readFile(DOCUMENT, "utf8");
  await writeFile(DOCUMENT, text.replace(/(<!-- setups -->\n)[^]*(<!-- \/setups -->)/, (_, begin, end) => `${begin}${table}\n${end}`));
  yield "";
}
