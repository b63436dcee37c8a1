// The fenced blocks of the documentation.

import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

import { root } from "./install.mjs";

/** Every page that people read, relative to the repository. */
export async function pages() {
  const named = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md", "pkg/README.md"];
  const folders = ["docs", "docs/adr"].map(async (folder) => {
    const names = (await readdir(path.join(root, folder))).filter((name) => name.endsWith(".md"));
    return names.sort().map((name) => `${folder}/${name}`);
  });
  return [...named, ...(await Promise.all(folders)).flat()];
}

/**
 * The blocks of a page. What stands behind the language says how a block is tried: `run=page` in a browser, `run=node` in
 * Node.js.
 *
 * @returns {Promise<{page: string, line: number, language: string, words: string[], code: string}[]>}
 */
export async function blocksOf(page) {
  const blocks = [];
  let block;
  const lines = (await readFile(path.join(root, page), "utf8")).split("\n");
  for (const [index, text] of lines.entries()) {
    const fence = /^ {0,3}```(.*)$/.exec(text);
    if (!fence) {
      block?.lines.push(text);
    } else if (block) {
      blocks.push({ ...block, code: `${block.lines.join("\n")}\n` });
      block = undefined;
    } else {
      const [language, ...words] = fence[1].trim().split(/\s+/);
      block = { page, line: index + 2, language, words, lines: [] };
    }
  }
  if (block) throw new Error(`${page}: the block at line ${block.line} does not end`);
  return blocks;
}

/** All blocks of all pages. */
export async function allBlocks() {
  return (await Promise.all((await pages()).map(blocksOf))).flat();
}
