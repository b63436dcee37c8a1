import type { Locator } from "@playwright/test";

import { expect, test } from "../support/test.ts";

test.beforeEach(async ({ bob }) => {
  await bob.createRoom("Lab");
  await bob.openRoom("Lab");
});

test("shows each event on arrival, newest first, with its JSON", async ({ bob }) => {
  await bob.send("Hello log");
  const entry = bob.logged("TextMessagesCreated");
  await expect(entry).toHaveCount(1);
  await expect(entry).toContainText("Bob in Lab: Hello log");
  await entry.locator("summary").click();
  const json = JSON.parse(await entry.getByLabel("The event as JSON").innerText());
  expect(json).toMatchObject({ type: "TextMessagesCreated", data: { messages: [{ text: "Hello log", parentMessageId: 0 }] } });

  await bob.edit(bob.message("Hello log"), "Hello again");
  await expect(bob.logged("TextMessagesUpdated").first()).toContainText("Hello again");
  await bob.act(bob.message("Hello again"), "Delete");
  await bob.dialog.getByRole("button", { name: "Delete" }).click();
  await expect(bob.logged("TextMessageDeleted")).toContainText("in Lab");

  const types = await bob.inspector.getByRole("listitem").locator(".entry-type").allInnerTexts();
  expect(types.indexOf("TextMessageDeleted")).toBeLessThan(types.indexOf("TextMessagesCreated"));
  expect(types.indexOf("TextMessagesCreated")).toBeLessThan(types.indexOf("RoomCreated"));
});

test("filters by type, searches and clears the events", async ({ bob }) => {
  await bob.send("needle");
  await bob.send("hay");
  const type = bob.inspector.getByLabel("Type of event");
  const search = bob.inspector.getByLabel("Search events");
  const entries = bob.inspector.getByRole("listitem");

  await type.selectOption("RoomCreated");
  await expect(entries).toHaveCount(1);
  await type.selectOption("TextMessagesCreated");
  await expect(entries).toHaveCount(2);
  await search.fill("NEEDLE");
  await expect(entries).toHaveCount(1);
  await expect(entries).toContainText("needle");
  await search.fill("no such thing");
  await expect(bob.inspector.getByText("No event matches")).toBeVisible();

  await search.fill("");
  await type.selectOption("");
  await bob.inspector.getByRole("button", { name: "Clear the log" }).click();
  await expect(bob.inspector.getByText("No events yet")).toBeVisible();
  await bob.send("after clearing");
  await expect(bob.logged("TextMessagesCreated")).toHaveCount(1);
});

test("keeps a limited number of events", async ({ bob }) => {
  await bob.page.evaluate(async () => {
    const roomId = /rooms\/(\d+)/.exec(location.hash)?.[1];
    const send = (number: number): Promise<Response> =>
      fetch(`/api/v1/rooms/${roomId}/messages`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ content: `Flood ${number}` }),
      });
    // Each message brings two events at least: the message, and its room's new state.
    const answers = await Promise.all(Array.from({ length: 300 }, (_, index) => send(index)));
    if (!answers.every(({ ok }) => ok)) throw new Error("a message was refused");
  });
  await expect(bob.inspector).toContainText("the last 500 kept");
  await expect(bob.inspector.getByRole("listitem")).toHaveCount(500);
});

test("closes and opens, and remembers the choice", async ({ bob }) => {
  await bob.page.getByRole("button", { name: "Close the log" }).click();
  await expect(bob.inspector).toBeHidden();
  await expect(bob.page.getByRole("button", { name: "Events" })).toBeFocused();
  await bob.page.reload();
  await expect(bob.conversation.getByRole("heading", { name: "Lab" })).toBeVisible();
  await expect(bob.inspector).toBeHidden();
  await bob.page.getByRole("button", { name: "Events" }).click();
  await expect(bob.inspector).toBeVisible();
});

test("holds events while paused and shows them on resume", async ({ bob }) => {
  await bob.send("before");
  await expect(bob.logged("TextMessagesCreated")).toHaveCount(1);
  await bob.inspector.getByRole("button", { name: "Pause the log" }).click();
  await expect(bob.inspector).toContainText("paused");
  await bob.send("meanwhile");
  await expect(bob.inspector).toContainText(/paused, [1-9]\d* more/);
  await expect(bob.logged("TextMessagesCreated")).toHaveCount(1);
  await bob.inspector.getByRole("button", { name: "Resume the log" }).click();
  await expect(bob.logged("TextMessagesCreated")).toHaveCount(2);
  await expect(bob.inspector).not.toContainText("paused");
});

test("shows the connection status and the client's statistics", async ({ link, newPage, server }) => {
  const chat = await newPage({ baseURL: link.url });
  await chat.logIn("alice");
  const status = chat.inspector.getByRole("status", { name: "Status of the connection" });
  await expect(status).toHaveText("open");
  await expect(status).toHaveAttribute("data-tone", "good");
  await chat.inspector.getByText("Statistics").click();
  const number = (name: string): Locator => chat.inspector.locator("dl > div").filter({ has: chat.page.getByText(name, { exact: true }) }).getByRole("definition");
  await expect(number("Connections")).toHaveText("1 of 1 attempts");
  await expect(number("Last close")).toHaveText("none");
  await expect(number("Address")).toContainText("/api/v1/events");
  await chat.createRoom("Hall");
  await expect(number("RoomCreated")).toHaveText("1");

  await link.cut();
  await expect(status).toContainText("waiting · next attempt in");
  await expect(status).toHaveAttribute("data-tone", "warn");
  await expect(number("Last close")).toContainText("1006");
  await link.mend();
  await expect(status).toHaveText("open", { timeout: 30_000 });
  await expect(number("Connections")).toContainText(/^2 of [2-9]/);
  expect(server.url).not.toBe(link.url);
});
