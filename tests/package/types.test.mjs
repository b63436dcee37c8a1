// The shipped types, as TypeScript sees them in a user's project: what has to compile, and what must not.

import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { bundlers, execute, installPacked, root, tsc } from "./install.mjs";

const STRICT = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022"];
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

const compiler = (version) => path.join(bundlers, `node_modules/typescript-${version}/bin/tsc`);

/** An old compiler that knows `using`, and the newest. */
const COMPILERS = { "TypeScript 5.4": compiler("5.4"), "the newest TypeScript": tsc };

/** Compilers that do not know it, and so have no library for it. */
const OLDEST = { "TypeScript 5.0": compiler("5.0"), "TypeScript 5.1": compiler("5.1") };

/** What is compiled in other ways than applications are today; only the older compiler can do the first. */
const SETUPS = [
  ["the node10 module resolution", ["--module", "commonjs", "--moduleResolution", "node"], "ts", "TypeScript 5.4"],
  ["CommonJS in Node.js", ["--module", "node16", "--moduleResolution", "node16"], "cts", "TypeScript 5.4"],
  ["CommonJS in Node.js", ["--module", "nodenext", "--moduleResolution", "nodenext"], "cts", "the newest TypeScript"],
];

const FILES = ["usage.ts", "testing.ts", "react.tsx", "rest.ts", "store.ts"];

const compile = (files, flags, compiler = tsc, lib = "es2022,dom,esnext.disposable") =>
  execute(project.folder, process.execPath, compiler, ...STRICT, "--lib", lib, ...flags, ...[files].flat());

/** Copies what a user writes into the project, each file as `adapt` makes it. Returns the names of the copies. */
async function written(files, adapt = (source) => source, rename = (file) => file) {
  for (const file of files) {
    const source = await readFile(new URL(`fixtures/${file}`, import.meta.url), "utf8");
    await writeFile(path.join(project.folder, rename(file)), adapt(source));
  }
  return files.map(rename);
}

for (const [version, compiler] of Object.entries(COMPILERS)) {
  for (const [name, flags] of RESOLUTIONS) {
    test(`user code compiles and mistakes do not (${name}, ${version})`, async () => {
      // Every mistake stands below a @ts-expect-error: one that compiles is an error of its own.
      await compile(await written(FILES), [...flags, "--jsx", "preserve"], compiler);
    });
  }
}

for (const [name, flags, extension, version] of SETUPS) {
  test(`user code compiles with ${name} (${version})`, async () => {
    const types = /^(import type .* from "room-events");$/m;
    const files = await (extension === "cts"
      ? // The client cannot be loaded by CommonJS.
        written(["rest.ts", "store.ts"], (source) => source.replace(types, '$1 with { "resolution-mode": "import" };'), (file) => file.replace(/\.ts$/, ".cts"))
      : written(FILES));
    await compile(files, [...flags, "--jsx", "preserve"], COMPILERS[version]);
  });
}

for (const [version, compiler] of Object.entries(OLDEST)) {
  test(`user code compiles without skipLibCheck (${version})`, async () => {
    const files = await written(FILES, (source) => source.replace(/^( *)(await )?using (\w+ =)/gm, "$1const $3"), (file) => `oldest-${file}`);
    await compile(files, [...RESOLUTIONS[0][1], "--jsx", "preserve"], compiler, "es2022,dom,dom.iterable");
  });
}

test("`using` needs no library in the project", async () => {
  const source = 'import { connect } from "room-events";\nexport async function use() {\n  using client = await connect();\n  void client.status;\n}\n';
  await writeFile(path.join(project.folder, "using.ts"), source);
  for (const known of Object.values(COMPILERS)) await compile("using.ts", RESOLUTIONS[0][1], known, "es2022,dom");
});

for (const [version, compiler] of Object.entries(COMPILERS)) {
  test(`a Node.js program compiles without DOM types (${version})`, async () => {
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

test("types never fall back to any", async () => {
  for (const name of ["index", "inline", "inspector", ...FRAMEWORKS, "reference", "rest", "store", "testing", "types", "generated/names"]) {
    const text = await readFile(path.join(project.folder, "node_modules/room-events/dist", `${name}.d.ts`), "utf8");
    const code = text.replace(/\/\*[^]*?\*\//g, "").replace(/"[^"\n]*"/g, '""');
    if (/\bany\b/.test(code)) throw new Error(`${name}.d.ts names any`);
  }
});

test("documents everything that an editor shows", async () => {
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

test("exports every type that describes the package from its entry", async () => {
  const declared = (text) => [...text.matchAll(/^export (?:interface|type|declare class) (\w+)/gm)].map(([, name]) => name);
  const files = ["types", "generated/names"].map((name) => readFile(path.join(root, "pkg/src", `${name}.d.ts`), "utf8"));
  const names = (await Promise.all(files)).flatMap(declared).sort();
  const file = `import type { ${names.join(", ")} } from "room-events";\nexport type All = [${names
    .map((name) => (/^(OpenEnum)$/.test(name) ? `${name}<"a">` : name))
    .join(", ")}];\n`;
  await writeFile(path.join(project.folder, "exports.ts"), file);
  await compile("exports.ts", RESOLUTIONS[0][1]);
});
