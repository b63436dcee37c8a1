/** The examples, each with a server of its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";

import { violations } from "../support/axe.ts";
import { ReferenceServer } from "../support/reference-server.ts";
import { expect, test } from "../support/test.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const EXAMPLES = process.env.ROOM_EVENTS_EXAMPLES ?? join(ROOT, "target/examples");

for (const name of ["vanilla", "react", "svelte"]) {
  test(`${name}: logging in, sending, and what others send`, async ({ browser }) => {
    const server = await ReferenceServer.start({ page: join(EXAMPLES, name) });
    const context = await browser.newContext({ baseURL: server.url });
    try {
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        // Whether there is a session is asked first, and there is none.
        if (message.type() === "error" && !message.text().includes("401")) problems.push(message.text());
      });
      await page.goto("/");
      await expect(page.getByRole("button", { name: "Log in" })).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.getByRole("button", { name: "Log in" }).click();
      await expect(page.getByRole("status").first()).toHaveText("open");

      await page.getByLabel("Say something in the lobby").fill("<b>Hello</b>");
      await page.getByRole("button", { name: "Send" }).click();
      await expect(page.getByRole("list", { name: "Messages" }).getByText("2: <b>Hello</b>")).toBeVisible();

      const alice = await browser.newContext({ baseURL: server.url });
      await alice.request.post("/api/v1/login", { data: { userName: "alice", password: "alice" } });
      await alice.request.post("/api/v1/rooms/1/messages", { data: { content: "Hello Bob" } });
      await alice.close();
      await expect(page.getByRole("list", { name: "Messages" }).getByText("3: Hello Bob")).toBeVisible();

      expect(await violations(page)).toEqual([]);

      await page.reload();
      await expect(page.getByRole("status").first(), "the session is still there").toHaveText("open");
      expect(problems).toEqual([]);
    } finally {
      await context.close();
      await server.dispose();
    }
  });
}

test("node: it prints what happens until it is told to end", async ({ playwright }) => {
  const server = await ReferenceServer.start();
  const script = spawn(process.execPath, [join(ROOT, "examples/node/main.js"), server.url], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(script, "exit");
  let printed = "";
  for (const stream of [script.stdout, script.stderr]) stream.on("data", (data: Buffer) => (printed += data.toString()));
  const alice = await playwright.request.newContext({ baseURL: server.url });
  try {
    await expect.poll(() => printed).toContain("[open]");
    await alice.post("/api/v1/login", { data: { userName: "alice", password: "alice" } });
    await alice.post("/api/v1/rooms/1/messages", { data: { content: "Hello script" } });
    await expect.poll(() => printed).toContain("room 1, user 3: Hello script");
    script.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(printed).toContain("[closed]");
  } finally {
    script.kill("SIGKILL");
    await alice.dispose();
    await server.dispose();
  }
});
