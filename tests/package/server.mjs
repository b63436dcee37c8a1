// The reference server, for tests of what talks to it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

import { root } from "./install.mjs";

const PROGRAM = process.env.ROOM_EVENTS_SERVER ?? path.join(root, "target/debug/reference-server");

/**
 * Starts the reference server on a free port, with its data in memory.
 *
 * @returns {Promise<{ api: string, stop: () => Promise<void> }>} `api`: the base of its REST API
 */
export async function startServer(...options) {
  const child = spawn(PROGRAM, ["--listen", "127.0.0.1:0", "--log", "warn", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const origin = await new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      const [, found] = /^listening on (\S+?)\/?$/.exec(line) ?? [];
      if (found) resolve(found);
    });
    exited.then(([code]) => reject(new Error(`the server ended with ${code}`)), reject);
  });
  return {
    api: `${origin}/api/v1`,
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/**
 * Clients of both entries for a user who has logged in, with the session's cookie: Node.js keeps none.
 *
 * @param {{ createRest: Function, createReference: Function }} entries
 * @param {string} api
 * @param {string} userName
 */
export async function logIn({ createRest, createReference }, api, userName) {
  const { userId, userSessionId } = await createRest({ url: api }).login(userName, userName);
  const options = { url: api, headers: { cookie: `VirolaUserSessionId=${userSessionId}` } };
  return { userId, userSessionId, rest: createRest(options), reference: createReference(options) };
}
