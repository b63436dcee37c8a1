/** Several tabs of one browser: they share one connection, in a worker that outlives each of them. */

import { ChatPage } from "../support/chat-page.ts";
import type { ReferenceServer } from "../support/reference-server.ts";
import { expect, test } from "../support/test.ts";

/** How many connections to the Events API the server has. */
async function connections(server: ReferenceServer): Promise<number> {
  const response = await fetch(`${server.url}/metrics`);
  const value = /^reference_server_connections (\S+)$/m.exec(await response.text())?.[1];
  if (value === undefined) throw new Error("the server does not count its connections");
  return Number(value);
}

test("two tabs share a connection, and the second keeps it when the first closes", async ({ bob, alice, server }) => {
  await bob.createRoom("Atrium");
  const second = new ChatPage(await bob.page.context().newPage());
  await second.page.goto(server.url);
  await expect(second.connection).toHaveAttribute("data-status", "open");
  expect(await connections(server)).toBe(2);

  for (const chat of [bob, second, alice]) await chat.openRoom("Atrium");
  await alice.send("To both");
  for (const chat of [bob, second]) await expect(chat.message("To both")).toBeVisible();

  await bob.page.close();
  await alice.send("To the one that is left");
  await expect(second.message("To the one that is left")).toBeVisible();
  await expect(second.connection).toHaveAttribute("data-status", "open");
  expect(await connections(server)).toBe(2);
  await expect.poll(() => second.logged("resync").count()).toBe(0);

  await second.page.close();
  await expect.poll(() => connections(server)).toBe(1);
  expect(second.problems).toEqual([]);
});
