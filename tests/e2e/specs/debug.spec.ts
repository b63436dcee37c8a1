import type { ConsoleMessage, Page } from "@playwright/test";

import { expect, test } from "../support/test.ts";

/** What the page prints, without the styles. */
function prints(page: Page): ConsoleMessage[] {
  const messages: ConsoleMessage[] = [];
  page.on("console", (message) => messages.push(message));
  return messages;
}

const texts = (messages: ConsoleMessage[], type: string): string[] => messages.filter((message) => message.type() === type).map((message) => message.text());

test("prints nothing and loads no debug code by default", async ({ newPage }) => {
  const chat = await newPage();
  const messages = prints(chat.page);
  const loaded: string[] = [];
  chat.page.on("request", (request) => loaded.push(request.url()));
  await chat.logIn("bob");
  await chat.createRoom("Quiet");
  expect(messages.map((message) => message.text()).filter((text) => text.includes("room-events"))).toEqual([]);
  expect(loaded.filter((url) => url.includes("debug"))).toEqual([]);
});

test("prints a group for every event if the page's storage enables debugging", async ({ newPage }) => {
  const chat = await newPage();
  await chat.page.addInitScript(() => localStorage.setItem("room-events", "debug"));
  const messages = prints(chat.page);
  await chat.logIn("bob");
  await chat.createRoom("100%c");
  await chat.openRoom("100%c");
  await chat.send("Hello %c console");

  const groups = (): string[] => texts(messages, "startGroupCollapsed");
  await expect.poll(() => groups().some((text) => text.includes("TextMessagesCreated") && text.includes("Hello %c console"))).toBe(true);
  // A group comes in several parts.
  await expect.poll(() => groups().length - texts(messages, "endGroup").length).toBe(0);
  expect(texts(messages, "info").some((text) => text.includes("/api/v1/events"))).toBe(true);
  expect(groups().some((text) => text.includes("statechange") && text.includes("open"))).toBe(true);
  expect(groups().some((text) => text.includes("RoomCreated") && text.includes("100%c"))).toBe(true);
  expect(texts(messages, "log").some((text) => text.startsWith("stats"))).toBe(true);
});
