/** Reading what was said before, and finding one's place in it. */

import { expect, test } from "../support/test.ts";
import type { ChatPage } from "../support/chat-page.ts";

const lines = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, index) => `Line ${from + index}`);

/** Scrolls the open room as a wheel does. */
const scrollTo = (chat: ChatPage, top: number): Promise<void> => chat.messages.evaluate((scroller, to) => scroller.scrollTo(0, to), top);

test.beforeEach(async ({ bob, alice }) => {
  await bob.createRoom("Archive");
  await bob.openRoom("Archive");
  await alice.openRoom("Archive");
});

test("loads earlier messages on scrolling up and keeps the scroll position", async ({ bob, alice }) => {
  test.slow();
  // Who sees so many messages tells so many as read.
  await bob.page.close();
  await alice.sendMany(lines(1, 130));
  await expect(alice.message("Line 130")).toBeInViewport();
  await alice.page.reload();
  await expect(alice.message("Line 130")).toBeInViewport();
  await expect(alice.message("Line 80")).toHaveCount(0);
  await scrollTo(alice, 0);
  await expect(alice.message("Line 80")).toBeAttached();
  await expect(alice.message("Line 81")).toBeInViewport();
  await expect(async () => {
    await scrollTo(alice, 0);
    await expect(alice.message("Line 1")).toBeInViewport({ timeout: 1_000 });
  }).toPass();
  await expect(alice.texts).toHaveText(lines(1, 130));

  const jump = alice.conversation.getByRole("button", { name: "Jump to newest" });
  await jump.click();
  await expect(alice.message("Line 130")).toBeInViewport();
  await expect(jump).toBeHidden();
});

test("announces new messages below while the user reads above and keeps the scroll position", async ({ bob, alice }) => {
  test.slow();
  await alice.sendMany(["Above", `Tall${"\nline".repeat(80)}`, "Below"]);
  await expect(alice.message("Below")).toBeInViewport();
  await scrollTo(alice, 0);
  await expect(alice.message("Above")).toBeInViewport();
  await expect(alice.conversation.getByRole("button", { name: "Jump to newest" })).toBeVisible();
  await bob.send("Soon gone");
  const jump = alice.conversation.getByRole("button", { name: "New messages" });
  await expect(jump).toBeVisible();
  await bob.act(bob.message("Soon gone"), "Delete");
  await bob.dialog.getByRole("button", { name: "Delete" }).click();
  await expect(alice.message("Soon gone")).toHaveCount(0);
  await bob.send("News from below");
  await expect(alice.message("News from below")).toBeAttached();
  await expect(alice.message("Above")).toBeInViewport();
  await jump.click();
  await expect(alice.message("News from below")).toBeInViewport();
  await expect(jump).toBeHidden();
});

test("a room opens at the unread line and keeps the line while the user reads", async ({ bob, alice }) => {
  test.slow();
  await alice.sendMany(lines(1, 20));
  await expect(alice.message("Line 20")).toBeInViewport();
  await bob.createRoom("Elsewhere");
  await alice.openRoom("Elsewhere");
  await bob.openRoom("Archive");
  await bob.sendMany(lines(21, 60));
  await expect(alice.room("Archive")).toContainText("40 unread");

  await alice.openRoom("Archive");
  const line = alice.messages.locator(".unread-line");
  await expect(line).toBeInViewport();
  await expect(alice.message("Line 21")).toBeInViewport();
  await expect(alice.message("Line 60")).not.toBeInViewport();
  await expect(line.locator("+ li")).toContainText("Line 21");
  await alice.conversation.getByRole("button", { name: "New messages" }).click();
  await expect(alice.message("Line 60")).toBeInViewport();
  await expect(alice.room("Archive")).not.toContainText("unread", { timeout: 30_000 });
  await expect(line.locator("+ li")).toContainText("Line 21");
  await alice.send("Read it all");
  await expect(line).toHaveCount(0);
});

test("shows a gap after too many missed messages until the user fills it, and keeps the scroll position", async ({ newPage, bob, link }) => {
  test.slow();
  const admin = await newPage({ baseURL: link.url });
  await admin.logIn("admin");
  await admin.openRoom("Archive");
  await bob.send("Before the tunnel");
  await expect(admin.message("Before the tunnel")).toBeInViewport();
  await link.cut();
  await expect(admin.connection).toHaveAttribute("data-status", "waiting");
  for (let from = 1; from <= 620; from += 62) await bob.sendMany(lines(from, from + 61));
  await link.mend();

  const gap = admin.messages.getByRole("listitem").filter({ hasText: "Messages are missing here" });
  await expect(gap).toBeInViewport({ timeout: 40_000 });
  await expect(admin.connection).toContainText("Live");
  await expect(admin.message("Before the tunnel")).toBeAttached();
  await expect(admin.message("Line 1")).toHaveCount(0);
  await gap.getByRole("button", { name: "Load missing messages" }).click();
  await expect(admin.message("Line 1")).toBeInViewport();
  // A few pages more, as fast as they come.
  const fill = (): Promise<number> => gap.evaluateAll((gaps) => gaps.map((one) => one.querySelector("button")?.click()).length);
  await expect.poll(fill, { timeout: 30_000 }).toBe(0);
  await expect(admin.texts).toHaveText(["Before the tunnel", ...lines(1, 620)]);
});
