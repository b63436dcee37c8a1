// The shipped types, as TypeScript sees them in a user's project: what has to compile, and what must not.

import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { bundlers, execute, installPacked, root, tsc } from "./install.mjs";

const STRICT = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--lib", "es2022,dom,esnext.disposable"];
const RESOLUTIONS = [
  ["bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
  ["nodenext", ["--module", "nodenext", "--moduleResolution", "nodenext"]],
];

/** The entries for frameworks. */
const FRAMEWORKS = ["angular", "react", "solid", "svelte", "vue"];

let project;
before(async () => {
  project = await installPacked({ beside: ["react", "@types/react"] });
});
after(() => project?.remove());

/** The oldest compiler that is supported, and the newest. */
const COMPILERS = { "TypeScript 5.4": path.join(bundlers, "node_modules/typescript-5.4/bin/tsc"), "the newest TypeScript": tsc };

/** What is compiled in other ways than applications are today; only the older compiler can do the first. */
const SETUPS = [
  ["the resolution of the first Node.js", ["--module", "commonjs", "--moduleResolution", "node"], "ts", "TypeScript 5.4"],
  ["CommonJS in Node.js", ["--module", "node16", "--moduleResolution", "node16"], "cts", "TypeScript 5.4"],
  ["CommonJS in Node.js", ["--module", "nodenext", "--moduleResolution", "nodenext"], "cts", "the newest TypeScript"],
];

const compile = (file, flags, compiler = tsc) => execute(project.folder, process.execPath, compiler, ...STRICT, ...flags, file);

for (const [version, compiler] of Object.entries(COMPILERS)) {
  for (const [name, flags] of RESOLUTIONS) {
    for (const file of ["usage.ts", "testing.ts", "react.tsx", "rest.ts", "store.ts"]) {
      test(`what a user writes compiles, what is wrong does not (${file}, ${name}, ${version})`, async () => {
        // Every mistake stands below a @ts-expect-error: one that compiles is an error of its own.
        await copyFile(new URL(`fixtures/${file}`, import.meta.url), path.join(project.folder, file));
        await compile(file, [...flags, "--jsx", "preserve"], compiler);
      });
    }
  }
}

for (const [name, flags, extension, version] of SETUPS) {
  // The client cannot be loaded by CommonJS.
  for (const file of extension === "cts" ? ["rest.ts", "store.ts"] : ["usage.ts", "testing.ts", "react.tsx", "rest.ts", "store.ts"]) {
    test(`what a user writes compiles with ${name} (${file}, ${version})`, async () => {
      const copy = file.replace(/\.ts$/, `.${extension}`);
      const source = await readFile(new URL(`fixtures/${file}`, import.meta.url), "utf8");
      const types = /^(import type .* from "room-events");$/m;
      const adapted = extension === "cts" ? source.replace(types, '$1 with { "resolution-mode": "import" };') : source;
      await writeFile(path.join(project.folder, copy), adapted);
      await compile(copy, [...flags, "--jsx", "preserve"], COMPILERS[version]);
    });
  }
}

for (const [version, compiler] of Object.entries(COMPILERS)) {
  test(`a program for Node.js compiles without the types of a page (${version})`, async () => {
    const { folder, remove } = await installPacked({ beside: ["@types/node", "undici-types"] });
    try {
      await copyFile(new URL("fixtures/node.ts", import.meta.url), path.join(folder, "node.ts"));
      const flags = [...STRICT, "--lib", "es2022,esnext.disposable", "--types", "node", ...RESOLUTIONS[1][1]];
      await execute(folder, process.execPath, compiler, ...flags, "node.ts");
    } finally {
      await remove();
    }
  });
}

test("the types do not fall back to any", async () => {
  for (const name of ["index", "inline", "inspector", ...FRAMEWORKS, "reference", "rest", "store", "testing", "types", "generated/names"]) {
    const text = await readFile(path.join(project.folder, "node_modules/room-events/dist", `${name}.d.ts`), "utf8");
    const code = text.replace(/\/\*[^]*?\*\//g, "").replace(/"[^"\n]*"/g, '""');
    if (/\bany\b/.test(code)) throw new Error(`${name}.d.ts names any`);
  }
});

test("everything that an editor shows has a word of documentation", async () => {
  const bare = [];
  for (const name of ["index", ...FRAMEWORKS, "reference", "rest", "store", "testing", "types", "generated/names"]) {
    const text = await readFile(path.join(project.folder, "node_modules/room-events/dist", `${name}.d.ts`), "utf8");
    const lines = text.split("\n");
    for (const [index, line] of lines.entries()) {
      // Declarations, and the fields of those that are not explained by their own name alone.
      if (!/^export (?:declare |interface |type (?!\*|\{))/.test(line)) continue;
      if (lines[index - 1].trimEnd().endsWith("*/")) continue;
      // An overload stands under the first of them.
      if (!lines.slice(0, index).some((other) => other.startsWith(line.split("<")[0]))) bare.push(`${name}.d.ts: ${line}`);
    }
  }
  if (bare.length > 0) throw new Error(bare.join("\n"));
});

test("every type that describes the package is exported from its entry", async () => {
  const declared = (text) => [...text.matchAll(/^export (?:interface|type|declare class) (\w+)/gm)].map(([, name]) => name);
  const files = ["types", "generated/names"].map((name) => readFile(path.join(root, "pkg/src", `${name}.d.ts`), "utf8"));
  const names = (await Promise.all(files)).flatMap(declared).sort();
  const file = `import type { ${names.join(", ")} } from "room-events";\nexport type All = [${names
    .map((name) => (/^(OpenEnum)$/.test(name) ? `${name}<"a">` : name))
    .join(", ")}];\n`;
  await writeFile(path.join(project.folder, "exports.ts"), file);
  await compile("exports.ts", RESOLUTIONS[0][1]);
});
