// The shipped types, as TypeScript sees them in a user's project: what has to compile, and what must not.

import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { execute, installPacked, root, tsc } from "./install.mjs";

const STRICT = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom,esnext.disposable", "--types", ""];
const RESOLUTIONS = [
  ["bundler", ["--module", "esnext", "--moduleResolution", "bundler"]],
  ["nodenext", ["--module", "nodenext", "--moduleResolution", "nodenext"]],
];

let project;
before(async () => {
  project = await installPacked();
});
after(() => project?.remove());

const compile = (file, flags) => execute(project.folder, tsc, ...STRICT, ...flags, file);

for (const [name, flags] of RESOLUTIONS) {
  test(`what a user writes compiles, what is wrong does not (${name})`, async () => {
    // Every mistake stands below a @ts-expect-error: one that compiles is an error of its own.
    await copyFile(new URL("fixtures/usage.ts", import.meta.url), path.join(project.folder, "usage.ts"));
    await compile("usage.ts", flags);
  });
}

for (const readme of ["README.md", "pkg/README.md"]) {
  test(`the example in ${readme} compiles`, async () => {
    const text = await readFile(path.join(root, readme), "utf8");
    const examples = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
    if (examples.length === 0) throw new Error(`${readme} has no example`);
    for (const [index, code] of examples.entries()) {
      const file = `example-${index}.ts`;
      await writeFile(path.join(project.folder, file), code);
      await compile(file, RESOLUTIONS[0][1]);
    }
  });
}

test("every type that describes the package is exported from its entry", async () => {
  const declared = (text) => [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name);
  const types = await readFile(path.join(root, "src", "browser", "types.d.ts"), "utf8");
  const names = declared(types).sort();
  const file = `import type { ${names.join(", ")} } from "room-events";\nexport type All = [${names
    .map((name) => (/^(OpenEnum)$/.test(name) ? `${name}<"a">` : name))
    .join(", ")}];\n`;
  await writeFile(path.join(project.folder, "exports.ts"), file);
  await compile("exports.ts", RESOLUTIONS[0][1]);
});
