// A browser, by the WebDriver protocol: what Firefox and WebKit have in common.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** How long the driver may take until it answers, and how long a script may run, in milliseconds. */
const PATIENCE = 20_000;

/** Where WebKitGTK keeps the browser that its driver drives. */
const MINI_BROWSER = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;

/** What each browser has to be asked for. */
const CAPABILITIES = {
  firefox: { "moz:firefoxOptions": { args: ["-headless"], ...(process.env.FIREFOX && { binary: process.env.FIREFOX }) } },
  webkit: { "webkitgtk:browserOptions": { binary: MINI_BROWSER, args: ["--automation"] } },
};

async function freePort() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves when the condition holds; fails when it does not within the time. */
export async function until(what, condition, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what}: not within ${patience} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export class Browser {
  #driver;
  #address;
  #session;
  #home;

  /**
   * Starts a browser.
   *
   * @param {"firefox" | "webkit"} name
   * @param {string} program the driver
   */
  static async start(name, program) {
    const browser = new Browser();
    const port = await freePort();
    browser.#driver = spawn(program, [`--port=${port}`], { stdio: "ignore" });
    browser.#address = `http://127.0.0.1:${port}`;
    await until("the driver answers", () => browser.#call("GET", "/status").catch(() => undefined));
    const { sessionId } = await browser.#call("POST", "/session", { capabilities: { alwaysMatch: CAPABILITIES[name] } });
    browser.#session = `/session/${sessionId}`;
    await browser.#call("POST", `${browser.#session}/timeouts`, { script: PATIENCE });
    return browser;
  }

  async #call(method, path, body) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${this.#address}${path}`, { method, headers, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  /** Opens another tab, beside the one that keeps the browser open. */
  async tab() {
    this.#home ??= await this.#call("GET", `${this.#session}/window`);
    await this.#enter(this.#home);
    const { handle } = await this.#call("POST", `${this.#session}/window/new`, { type: "tab" });
    return handle;
  }

  async #enter(handle) {
    await this.#call("POST", `${this.#session}/window`, { handle });
  }

  async open(handle, url) {
    await this.#enter(handle);
    await this.#call("POST", `${this.#session}/url`, { url });
  }

  /** What an expression of the tab comes to; a promise is awaited. */
  async run(handle, expression) {
    await this.#enter(handle);
    const script = `const done = arguments[0]; Promise.resolve().then(async () => (${expression})).then((value) => done({ value }), (error) => done({ error: String(error) }))`;
    const { value, error } = await this.#call("POST", `${this.#session}/execute/async`, { script, args: [] });
    if (error !== undefined) throw new Error(error);
    return value;
  }

  async closeTab(handle) {
    await this.#enter(handle);
    await this.#call("DELETE", `${this.#session}/window`);
  }

  async close() {
    await this.#call("DELETE", this.#session).catch(() => {});
    this.#driver.kill();
  }
}
