// A page of each framework receives an event: served for development, and built. The package is installed from its tarball; the
// configuration of each application is the one in docs/bundlers.md.

import assert from "node:assert/strict";
import { copyFile, cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { execute, serve, stage, start, workplace } from "../bundlers/support.mjs";
import { tooling } from "./installed.mjs";

const { application, declare, install, modules, program, work } = workplace(import.meta.url, tooling);

let scene;
before(async () => {
  await install();
  scene = await stage();
});
after(() => scene?.end());

const PORT = ["--port", "0"];
const HERE = ["--host", "127.0.0.1", ...PORT];

const VITE = { main: "vite/bin/vite.js", develop: HERE, build: ["build", "--logLevel", "warn"] };
const ANGULAR = { main: "@angular/cli/bin/ng.js", app: "angular", show: "src", develop: ["serve", ...HERE], build: ["build"] };

/**
 * - `of`: the package whose version is reported
 * - `main`, `develop`, `build`: the program and its arguments
 * - `app`, `show`: the folder of the application, and where in it `show.js` goes
 * - `server`: what serves the built application, if it is no folder of files
 */
const FRAMEWORKS = {
  "Angular": { ...ANGULAR, of: "@angular/core" },
  "Angular 20": { ...ANGULAR, of: "../angular-20/node_modules/@angular/core", main: "../angular-20/node_modules/@angular/cli/bin/ng.js" },
  "Vue": { ...VITE, of: "vue", app: "vue" },
  "Svelte": { ...VITE, of: "svelte", app: "svelte" },
  "SvelteKit": { ...VITE, of: "@sveltejs/kit", app: "sveltekit", show: "src/routes", develop: ["dev", ...HERE], server: "build/index.js" },
  "Nuxt": {
    ...{ of: "nuxt", main: "nuxt/bin/nuxt.mjs", app: "nuxt", develop: ["dev", ...HERE], build: ["build"] },
    server: ".output/server/index.mjs",
  },
  "Astro": { of: "astro", main: "astro/bin/astro.mjs", app: "astro", show: "src/pages", develop: ["dev", ...HERE], build: ["build"] },
};

/** Runs a server until the page that it serves has received an event. */
async function receives(folder, args, env = {}) {
  const server = await start(tooling, args, /(http:\/\/(?:127\.0\.0\.1|localhost|0\.0\.0\.0|\[::\]):\d+)/, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", CI: "1", NUXT_TELEMETRY_DISABLED: "1", ASTRO_TELEMETRY_DISABLED: "1", ...env },
  });
  try {
    const { port } = new URL(server.found);
    await scene.receives(`http://127.0.0.1:${port}`);
  } finally {
    await server.stop();
  }
}

/** Serves a folder until its page has received an event. */
async function receivesFrom(folder) {
  const site = await serve(folder);
  try {
    await scene.receives(site.origin);
  } finally {
    site.close();
  }
}

for (const [name, { of, main, app, show = "", develop, build, server }] of Object.entries(FRAMEWORKS)) {
  let folder;
  /** The application, with the package where its project has its packages. */
  const project = async () => {
    if (folder) return folder;
    folder = await application(name.toLowerCase().replace(" ", "-"), {});
    await cp(new URL(`apps/${app}`, import.meta.url), folder, { recursive: true });
    await cp(new URL("../bundlers/apps/show.js", import.meta.url), path.join(folder, show, "show.js"));
    await writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    // A link would lead out of what SvelteKit's server may read.
    await cp(path.join(work, "node_modules/room-events"), path.join(folder, "node_modules/room-events"), { recursive: true });
    return folder;
  };

  test(`${name}, while developing`, async (t) => {
    await declare(t, name.split(" ")[0], of, "dev server");
    await receives(await project(), [path.join(modules, main), ...develop]);
  });

  test(`${name}, built`, async (t) => {
    await declare(t, name.split(" ")[0], of, "build");
    const built = await project();
    await program(built, main, ...build);
    if (server) return receives(built, [server], { HOST: "127.0.0.1", PORT: "0", NITRO_PORT: "0" });
    await receivesFrom(path.join(built, "dist"));
  });
}

test("Angular's asset rule matches the documentation", async () => {
  const [, shown] = /"assets": (\[.*\])/.exec(await readFile(new URL("../../docs/bundlers.md", import.meta.url), "utf8"));
  const { projects } = JSON.parse(await readFile(new URL("apps/angular/angular.json", import.meta.url), "utf8"));
  assert.deepEqual(projects.chat.architect.build.options.assets, JSON.parse(shown));
});

test("Rspack", async (t) => {
  await declare(t, "Rspack", "@rspack/core", "build");
  const folder = await application("rspack", {
    ...{ "build.mjs": "rspack/build.mjs", "main.js": "../../bundlers/apps/webpack/main.js", "show.js": "../../bundlers/apps/show.js" },
  });
  await execute(folder, tooling, "build.mjs");
  await copyFile(new URL("../bundlers/apps/page.html", import.meta.url), path.join(folder, "dist/index.html"));
  await receivesFrom(path.join(folder, "dist"));
});
