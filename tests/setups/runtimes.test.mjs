// A program in each runtime and test runner receives an event, with the package installed from its tarball.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { browserOptions, executeIn, setUp, stage, workplace } from "../bundlers/support.mjs";
import { nodes, tooling } from "./installed.mjs";

const { application, declare, install, modules, work } = workplace(import.meta.url, tooling);

let scene;
let server;
before(async () => {
  await install();
  for (const name of ["receive.mjs", "process.mjs", "node-test.mjs"]) await cp(new URL(`apps/${name}`, import.meta.url), path.join(work, name));
  scene = await stage();
  server = { API: scene.api, TOKEN: await scene.token() };
});
after(() => scene?.end());

const run = (folder, command, ...args) => executeIn(folder, server, command, ...args);
const received = async (command, ...args) => assert.equal((await run(work, command, ...args)).trim(), "received");

for (const { major, program } of nodes) {
  const version = async () => (await run(work, program, "--version")).trim().slice(1);

  test(`Node.js ${major}`, async (t) => {
    setUp(t, "Node.js", await version(), "program");
    await received(program, "process.mjs");
  });

  test(`Node.js ${major}, node:test`, async (t) => {
    setUp(t, "Node.js", await version(), "node:test");
    await run(work, program, "--test", "node-test.mjs");
  });
}

test("Bun", async (t) => {
  await declare(t, "Bun", "bun", "program");
  await received(path.join(modules, ".bin/bun"), "process.mjs");
});

test("Deno", async (t) => {
  await declare(t, "Deno", "deno", "program");
  await received(path.join(modules, ".bin/deno"), "run", "--allow-all", "--no-lock", "--node-modules-dir=manual", "process.mjs");
});

for (const environment of ["node", "jsdom"]) {
  test(`Jest, CommonJS, environment ${environment}`, async (t) => {
    await declare(t, "Jest", "jest", `fake client (CommonJS, ${environment})`);
    const folder = await application(`jest-${environment}`, { "event.test.js": "jest/event.test.js", "package.json": "jest/package.json" });
    await run(folder, tooling, path.join(modules, "jest/bin/jest.js"), "--env", environment, "--testTimeout", "60000");
  });
}

test("Jest, ES modules", async (t) => {
  await declare(t, "Jest", "jest", "ES modules");
  const folder = await application("jest-modules", {
    ...{ "event.test.mjs": "jest/module.test.mjs", "package.json": "jest/package.json", "receive.mjs": "receive.mjs" },
  });
  await run(folder, tooling, "--experimental-vm-modules", path.join(modules, "jest/bin/jest.js"), "--testTimeout", "60000", "--testMatch", "**/*.test.mjs");
});

for (const environment of ["node", "jsdom", "happy-dom"]) {
  test(`Vitest, environment ${environment}`, async (t) => {
    await declare(t, "Vitest", "vitest", environment);
    const folder = await application(`vitest-${environment}`, { "process.test.js": "vitest/process.test.js", "receive.mjs": "receive.mjs" });
    await run(folder, tooling, path.join(modules, "vitest/vitest.mjs"), "run", "--testTimeout", "60000", "--environment", environment);
  });
}

test("Vitest, browser mode", async (t) => {
  await declare(t, "Vitest", "vitest", "browser mode");
  const folder = await application("vitest-browser", { "page.test.js": "vitest/page.test.js", "vitest.config.js": "vitest/page.config.js" });
  server.CHROME = browserOptions().executablePath;
  await run(folder, tooling, path.join(modules, "vitest/vitest.mjs"), "run", "--testTimeout", "60000");
});
