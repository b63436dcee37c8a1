// The documentation: its snippets compile against the installed package, those for Node.js run, its commands exist, and
// its links lead somewhere.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { build } from "esbuild";

import { execute, installPacked, root, tsc } from "./install.mjs";
import { allBlocks, pages } from "./snippets.mjs";

/** What a page's text has said already where a block begins: there is a client. */
const SAID = `
import type * as RoomEvents from "room-events";
declare global {
  const client: RoomEvents.EventsClient;
  const connect: typeof RoomEvents.connect;
}
`;
/** What a user's project has, and this one has not. */
const FOREIGN = `declare module "@vitejs/plugin-react" {
  export default function react(): import("vite").Plugin[];
}
`;
const CONFIG = {
  compilerOptions: {
    target: "es2023",
    lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
    module: "esnext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    types: ["node"],
    strict: true,
    allowJs: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["snippets"],
};
const COMPILED = { ts: "ts", tsx: "tsx", js: "js", jsx: "jsx", html: "js" };
/** The languages that a block may be in beside those. */
const OTHERS = ["sh", "http", "json", "toml", "text", "rust", "svelte"];

let project;
let blocks;
before(async () => {
  project = await installPacked();
  blocks = await allBlocks();
  // What a user has installed as well.
  for (const name of ["react", "react-dom", "vite", "@types"]) {
    await symlink(path.join(root, "node_modules", name), path.join(project.folder, "node_modules", name));
  }
  await mkdir(path.join(project.folder, "snippets"));
});
after(() => project?.remove());

const where = ({ page, line }) => `${page}:${line}`;

/** The scripts of an HTML page, as one module. */
const scripts = (html) => [...html.matchAll(/<script type="module">\n(.*?)<\/script>/gs)].map(([, script]) => script).join("\n");

test("every code block has a known language and known flags", () => {
  for (const block of blocks) {
    assert.ok(block.language in COMPILED || OTHERS.includes(block.language), `${where(block)}: \`${block.language}\``);
    for (const word of block.words) assert.match(word, /^run=(page|node)$/, where(block));
  }
});

test("every snippet compiles", async () => {
  let count = 0;
  for (const block of blocks.filter(({ language }) => language in COMPILED)) {
    const code = block.language === "html" ? scripts(block.code) : block.code;
    const name = `${block.page.replace(/[/.]/g, "-")}-line-${block.line}.${COMPILED[block.language]}`;
    // A module, whether it imports something or not; its own lines keep their numbers.
    await writeFile(path.join(project.folder, "snippets", name), `${code}\nexport {};\n`);
    count += 1;
  }
  await writeFile(path.join(project.folder, "snippets", "said.d.ts"), SAID);
  await writeFile(path.join(project.folder, "snippets", "foreign.d.ts"), FOREIGN);
  await writeFile(path.join(project.folder, "tsconfig.json"), JSON.stringify(CONFIG));
  assert.ok(count > 20, `only ${count} snippets were found`);
  await execute(project.folder, tsc, "--project", ".");
});

test("a wrong snippet fails to compile", async () => {
  const folder = path.join(project.folder, "wrong");
  await mkdir(folder);
  await writeFile(path.join(folder, "said.d.ts"), SAID);
  await writeFile(path.join(folder, "tsconfig.json"), JSON.stringify({ ...CONFIG, include: ["."] }));
  await writeFile(path.join(folder, "wrong.ts"), `client.on("RoomCreated", ({ rooms }) => console.log(rooms));\nexport {};\n`);
  await assert.rejects(execute(folder, tsc, "--project", "."), /'rooms' does not exist/);
});

test("the snippets for Node.js run", async () => {
  const chosen = blocks.filter(({ words }) => words.includes("run=node"));
  assert.ok(chosen.length > 0);
  for (const block of chosen) {
    const file = path.join(project.folder, `run-${block.line}.test.mjs`);
    await build({
      stdin: { contents: block.code, loader: "ts", resolveDir: project.folder },
      outfile: file,
      bundle: true,
      platform: "node",
      format: "esm",
    });
    // Not as a part of this run, whose language it would speak.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout: printed } = await promisify(execFile)(process.execPath, ["--test-reporter=tap", file], { env });
    assert.match(printed, /^# pass [1-9]/m, where(block));
    assert.match(printed, /^# fail 0$/m, where(block));
  }
});

test("every project command in the documentation exists", async () => {
  const source = await readFile(path.join(root, "xtask", "src", "main.rs"), "utf8");
  const [, variants] = source.match(/^enum Command \{\n([^]*?)^\}/m) ?? [];
  const commands = new Set([...variants.matchAll(/^ {4}(\w+)[(,]/gm)].map(([, name]) => name.toLowerCase()));
  assert.ok(commands.has("demo") && commands.has("test"), "the commands were found");
  let named = 0;
  for (const page of await pages()) {
    const text = await readFile(path.join(root, page), "utf8");
    for (const [, command] of text.matchAll(/cargo xtask (\w+)/g)) {
      assert.ok(commands.has(command), `${page}: cargo xtask ${command}`);
      named += 1;
    }
  }
  assert.ok(named > 10);
});

test("every link within the documentation has a target", async () => {
  const dead = [];
  let followed = 0;
  for (const page of await pages()) {
    for (const target of linksOf(await prose(page))) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
      const [file, anchor] = target.split("#");
      const found = file === "" ? page : path.posix.join(path.posix.dirname(page), decodeURI(file));
      const known = await stat(path.join(root, found)).catch(() => undefined);
      if (!known) dead.push(`${page}: ${target}`);
      else if (anchor && !(await anchorsOf(found)).has(anchor)) dead.push(`${page}: ${target} (no such heading)`);
      followed += 1;
    }
  }
  assert.deepEqual(dead, []);
  assert.ok(followed > 30, `only ${followed} links were found`);
});

/** A page without its blocks and inline code. */
async function prose(page) {
  const text = await readFile(path.join(root, page), "utf8");
  return text.replace(/^ {0,3}```[^]*?^ {0,3}```/gm, "");
}

function linksOf(text) {
  return [...text.replace(/`[^`\n]*`/g, "").matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target]) => target);
}

/** The names that GitHub gives to headings. */
async function anchorsOf(page) {
  const anchors = new Set();
  for (const [, heading] of (await prose(page)).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const slug = heading
      .replace(/\]\([^)]*\)/g, "]")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
      .replaceAll(" ", "-");
    let name = slug;
    for (let count = 1; anchors.has(name); count += 1) name = `${slug}-${count}`;
    anchors.add(name);
  }
  return anchors;
}
