// Chromium by the bare DevTools protocol. A driver that listens to the network makes a page report every frame of its
// WebSockets, on the thread that is measured.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { WebSocket } from "ws";

import { ARGUMENTS, executable } from "./browser.mjs";

/** How often a condition in the page is checked, in milliseconds. */
const POLL_MS = 200;

/** Launches headless Chromium. Exceptions in its pages make the benchmark exit with an error. */
export async function launch() {
  const profile = await mkdtemp(join(tmpdir(), "room-events-bench-"));
  const flags = ["--headless=new", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
  const child = spawn(executable(), [...ARGUMENTS, ...flags], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const address = await new Promise((resolve, reject) => {
    let output = "";
    child.stderr.on("data", (chunk) => {
      output += chunk;
      const found = /DevTools listening on (\S+)/.exec(output);
      if (found) resolve(found[1]);
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Chromium ended with ${code}: ${output}`)));
  });

  const socket = new WebSocket(address, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const pending = new Map();
  let last = 0;
  socket.on("message", (data) => {
    const { id, result, error, method, params } = JSON.parse(data);
    if (method === "Runtime.exceptionThrown") {
      console.error(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
      process.exitCode = 1;
    }
    if (error) pending.get(id)?.reject(new Error(error.message));
    else pending.get(id)?.resolve(result);
    pending.delete(id);
  });
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((resolve, reject) => {
      pending.set((last += 1), { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params, sessionId }));
    });

  /** Opens a page in a browser context of its own. */
  async function open(url) {
    const context = await send("Target.createBrowserContext");
    const { targetId } = await send("Target.createTarget", { url: "about:blank", ...context });
    const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
    const sendToPage = (method, params) => send(method, params, sessionId);
    const evaluate = async (expression) => {
      const { result } = await sendToPage("Runtime.evaluate", { expression, returnByValue: true });
      return result.value;
    };
    await sendToPage("Runtime.enable");
    // Otherwise a page may count as not seen, and run at a lower priority.
    await sendToPage("Page.bringToFront");
    await sendToPage("Emulation.setFocusEmulationEnabled", { enabled: true });
    await sendToPage("Page.navigate", { url });
    return {
      send: sendToPage,
      evaluate,
      until: async (condition) => {
        while (!(await evaluate(condition))) await sleep(POLL_MS);
      },
      close: () => send("Target.disposeBrowserContext", context),
    };
  }

  return {
    send,
    open,
    version: async () => (await send("Browser.getVersion")).product.split("/")[1],
    close: async () => {
      await send("Browser.close");
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
