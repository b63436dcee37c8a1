/** The examples, each with a server of its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";

import { violations } from "../support/axe.ts";
import { ReferenceServer } from "../support/reference-server.ts";
import { expect, test } from "../support/test.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const EXAMPLES = process.env.ROOM_EVENTS_EXAMPLES ?? join(ROOT, "target/examples");

for (const name of ["vanilla", "react", "vue", "svelte", "solid"]) {
  test(`${name}: loads history, sends, and follows messages, edits and deletions`, async ({ browser }) => {
    const server = await ReferenceServer.start({ page: join(EXAMPLES, name) });
    const context = await browser.newContext({ baseURL: server.url });
    const other = await browser.newContext({ baseURL: server.url });
    try {
      const post = (content: string) => other.request.post("/api/v1/rooms/1/messages", { data: { content } });
      await other.request.post("/api/v1/login", { data: { userName: "alice", password: "alice" } });
      for (let number = 1; number <= 60; number += 1) await post(`message ${number}`);
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        // Whether there is a session is asked first, and there is none.
        if (message.type() === "error" && !message.text().includes("401")) problems.push(message.text());
      });
      await page.goto("/");
      await expect(page.getByRole("status")).toHaveText("live");
      const messages = page.getByRole("list", { name: "Messages" }).getByRole("listitem");
      await expect(messages.last()).toHaveText("3: message 60");
      await page.getByRole("button", { name: "Older messages" }).click();
      await expect(messages.filter({ hasText: "3: message 1" }).first()).toBeVisible();

      await page.getByLabel("Message", { exact: true }).fill("<b>Hello</b>");
      await page.getByRole("button", { name: "Send" }).click();
      const own = messages.filter({ hasText: "2: <b>Hello</b>" });
      await expect(own).toHaveCount(1);
      await post("Hello Bob");
      await expect(messages.last()).toHaveText("3: Hello Bob");

      const list = await (await other.request.get("/api/v1/rooms/1/messages?limit=1&direction=backward")).json();
      await other.request.put(`/api/v1/messages/${list.messages[0].messageId}`, { data: { content: "Hello Robert" } });
      await expect(messages.last()).toHaveText("3: Hello Robert");
      await own.getByRole("button", { name: "Delete" }).click();
      await expect(own).toHaveCount(0);

      expect(await violations(page)).toEqual([]);
      await page.reload();
      await expect(messages.last(), "the session is still there").toHaveText("3: Hello Robert");
      expect(problems).toEqual([]);
    } finally {
      await Promise.all([context.close(), other.close()]);
      await server.dispose();
    }
  });
}

test("node: prints the lobby, replies, and deletes its reply when it exits", async ({ playwright }) => {
  const server = await ReferenceServer.start();
  const script = spawn(process.execPath, [join(ROOT, "examples/node/main.js"), server.url], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(script, "exit");
  let printed = "";
  for (const stream of [script.stdout, script.stderr]) stream.on("data", (data: Buffer) => (printed += data.toString()));
  const alice = await playwright.request.newContext({ baseURL: server.url });
  try {
    await expect.poll(() => printed).toContain("[open]");
    await alice.post("/api/v1/login", { data: { userName: "alice", password: "alice" } });
    await alice.post("/api/v1/rooms/1/messages", { data: { content: "ping" } });
    await expect.poll(() => printed).toContain("3: ping");
    await expect.poll(() => printed).toContain("2: pong");
    const last = async () => (await (await alice.get("/api/v1/rooms/1/messages?limit=1&direction=backward")).json()).messages[0].text;
    await expect.poll(last).toBe("ping");
    script.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(printed).toContain("[closed]");
  } finally {
    script.kill("SIGKILL");
    await alice.dispose();
    await server.dispose();
  }
});
