// The installed package in a folder of its own, the reference server, and the browser: what the tests of the package in other
// tools need.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const SERVER = process.env.ROOM_EVENTS_SERVER ?? path.join(root, "target/debug/reference-server");
const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome-stable", "/usr/bin/google-chrome"];
const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};
/** How long a page may take to show what it is to show, in milliseconds: long, for a busy machine. */
const PATIENCE = 60_000;

/** Where a page shows its status, a room and its engine. Read without evaluating anything: a policy may forbid that. */
const PLAIN = { has: (name, value) => `html[data-${name}="${value}"]`, read: (page, name) => page.locator("html").getAttribute(`data-${name}`) };
/** The same of a page with elements. */
export const ELEMENTS = { has: (name, value) => `#${name}:text-is("${value}")`, read: (page, name) => page.locator(`#${name}`).textContent() };

/** Runs a program. Its output is part of the error when it fails. */
export const execute = (folder, program, ...args) => executeIn(folder, {}, program, ...args);

/** The same, with more variables in its environment. */
export async function executeIn(folder, more, program, ...args) {
  try {
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", CI: "1", ...more };
    // Children of a test take themselves for parts of it.
    delete env.NODE_TEST_CONTEXT;
    return (await promisify(execFile)(program, args, { cwd: folder, maxBuffer: 1 << 26, env })).stdout;
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${error.stdout}\n${error.stderr}`);
  }
}

/** What a test's word about itself begins with, if it is for the table in docs/bundlers.md. */
export const SET_UP = "set-up: ";

/** Says which set-up a test is about. */
export const setUp = (t, name, version, variant = "") => t.diagnostic(`${SET_UP}${name} | ${version} | ${variant}`);

/**
 * Where the applications of a test file are, with the package installed above them.
 *
 * @param {string} url the test file's `import.meta.url`
 * @param {string} [node] the Node.js that runs the tools
 */
export function workplace(url, node = process.execPath) {
  const here = fileURLToPath(new URL(".", url));
  const work = path.join(here, "work", path.basename(fileURLToPath(url), ".test.mjs"));
  /** The packages of the test's folder. */
  const modules = path.join(here, "node_modules");
  return {
    work,
    modules,

    /** Says which set-up a test is about, with the version of one of these packages. */
    async declare(t, name, of, variant) {
      const { version } = JSON.parse(await readFile(path.join(modules, of, "package.json"), "utf8"));
      setUp(t, name, version, variant);
    },

    /** Runs a program of these packages with Node. */
    program: (folder, name, ...args) => execute(folder, node, path.join(modules, name), ...args),

    /** Packs the package and installs it above the applications, without network. Returns the tarball. */
    async install() {
      await rm(work, { recursive: true, force: true });
      await mkdir(work, { recursive: true });
      const packed = await execute(path.join(root, "pkg"), "npm", "pack", "--json", "--pack-destination", work);
      const report = JSON.parse(packed.slice(packed.search(/^[[{]/m)));
      const [tarball] = Array.isArray(report) ? report : Object.values(report);
      await writeFile(path.join(work, "package.json"), JSON.stringify({ private: true, type: "module" }));
      await execute(work, "npm", "install", "--offline", "--no-audit", `./${tarball.filename}`);
      return path.join(work, tarball.filename);
    },

    /** Lays out an application: files of `apps/`, each under the name that it is to have. Returns its folder. */
    async application(name, files) {
      const folder = path.join(work, name);
      await mkdir(folder);
      for (const [to, from] of Object.entries(files)) await cp(path.join(here, "apps", from), path.join(folder, to), { recursive: true });
      return folder;
    },
  };
}

/** Serves a folder. `types` overrides the media types. */
export async function serve(folder, types = {}) {
  const media = { ...TYPES, ...types };
  const requests = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    requests.push(pathname);
    const file = path.join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    try {
      const bytes = await readFile(file);
      response.writeHead(200, { "content-type": media[path.extname(file)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" }).end("not here");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { origin: `http://127.0.0.1:${server.address().port}`, requests, close: () => server.close() };
}

/** Starts a program and waits for a line of its output. */
export async function start(command, args, line, options) {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const found = await new Promise((resolve, reject) => {
    child.once("error", reject).once("exit", (code) => reject(new Error(`${command} ended with ${code}:\n${log}`)));
    createInterface({ input: child.stdout }).on("line", (text) => {
      log += `${text}\n`;
      const match = line.exec(text);
      if (match) resolve(match[1]);
    });
  });
  return {
    found,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The browser of this machine, and how it is started. */
export const browserOptions = () => ({
  executablePath: process.env.CHROME ?? BROWSERS.find((file) => existsSync(file)),
  args: [
    ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    ...["--disable-component-update", "--disable-sync"],
  ],
});

/** A browser window with an extension. */
export function extensionWindow(folder) {
  const { executablePath, args } = browserOptions();
  const extension = [`--disable-extensions-except=${folder}`, `--load-extension=${folder}`];
  return chromium.launchPersistentContext("", { executablePath, args: [...args, ...extension], ignoreDefaultArgs: ["--disable-extensions"] });
}

/**
 * The reference server and a browser that is logged in there.
 *
 * @param {string[]} [origins] those whose pages may use the server besides all of this machine
 */
export async function stage(origins = []) {
  const allowed = ["http://127.0.0.1:*", ...origins].flatMap((origin) => ["--allow-origin", origin]);
  const server = await start(
    SERVER,
    ["--listen", "127.0.0.1:0", ...allowed, "--log", "warn"],
    /^listening on http:\/\/(\S+?)\/?$/,
  );
  const api = `http://${server.found}/api/v1`;
  const browser = await chromium.launch(browserOptions());
  const login = await fetch(`${api}/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ userName: "bob", password: "bob" }),
  });
  const [cookie] = login.headers.getSetCookie()[0].split(";");
  let rooms = 0;

  async function post(path, body) {
    const headers = { "content-type": "application/json", cookie };
    const answer = await fetch(`${api}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  }

  /** Creates a room; returns its name. */
  async function createRoom() {
    const name = `Room ${(rooms += 1)}`;
    await post("/rooms", { name });
    return name;
  }

  /** Creates a room and says something there; returns the room's id. */
  async function say(content) {
    const { room } = await post("/rooms", { name: `Room ${(rooms += 1)}` });
    await post(`/rooms/${room.roomId}/messages`, { content });
    return room.roomId;
  }

  /** A browser window that is logged in, with more attributes of the cookie. */
  async function logIn(context, attributes) {
    context ??= await browser.newContext();
    const [name, value] = cookie.split("=");
    await context.addCookies([{ name, value, domain: "127.0.0.1", path: "/", ...attributes }]);
    return context;
  }

  return {
    api,
    logIn,
    origin: `http://${server.found}`,
    socket: `ws://${server.found}/api/v1/events`,
    cookie,
    createRoom,
    /** A token for programs. */
    token: async () => (await post("/reference/token")).token,
    /**
     * Opens a page and waits until it has received an event.
     *
     * @param {string} origin
     * @param {{ show?: typeof PLAIN, asks?: object, path?: string, context?: object }} [how] where the page shows what; what is in
     *   the query of its address; its path; a browser window that is logged in
     * @returns {Promise<{ console: string[], html: string, engine: string }>} what it has printed, how it arrived, and where its
     *   engine is
     */
    async receives(origin, { show = PLAIN, asks, path = "/", context: given } = {}) {
      const context = given ?? (await logIn());
      const page = await context.newPage();
      const printed = [];
      page.on("console", (message) => printed.push(`${message.type()}: ${message.text()}`));
      page.on("pageerror", (error) => printed.push(`error: ${error.stack}`));
      const query = new URLSearchParams({ server: this.socket, ...asks });
      const opened = await page.goto(`${origin}${path}?${query}`, { timeout: PATIENCE });
      const html = await opened.text();
      const shows = (name, expected) =>
        page.waitForSelector(show.has(name, expected), { state: "attached", timeout: PATIENCE }).catch(async ({ message }) => {
          const problem = await PLAIN.read(page, "error").catch(() => undefined);
          throw new Error(`the page does not show ${expected}: ${problem ?? message}\n${printed.join("\n")}`);
        });
      await shows("status", "open");
      const room = await createRoom();
      await shows("room", room);
      const engine = await show.read(page, "engine");
      if (!given) await context.close();
      return { console: printed, html, engine };
    },
    /** Opens a page and waits until it prints what somebody says. Returns what it prints. */
    async prints(origin) {
      const context = await logIn();
      const page = await context.newPage();
      await page.goto(origin, { timeout: PATIENCE });
      await page.waitForFunction("document.body.innerText.includes('open')", null, { timeout: PATIENCE });
      const [message, room] = await Promise.all([page.waitForEvent("console", { predicate: (line) => line.text().includes("Good morning"), timeout: PATIENCE }), say("Good morning")]);
      await context.close();
      return { text: message.text(), room };
    },
    /** Opens a page and waits for the value of an expression. */
    async evaluates(origin, expression) {
      const page = await browser.newPage();
      await page.goto(origin, { timeout: PATIENCE });
      const value = await page.waitForFunction(expression, null, { timeout: PATIENCE }).then((handle) => handle.jsonValue());
      await page.close();
      return value;
    },
    async end() {
      await browser.close();
      await server.stop();
    },
  };
}
