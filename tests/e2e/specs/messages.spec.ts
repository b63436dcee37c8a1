import { expect, test } from "../support/test.ts";

test.beforeEach(async ({ bob, alice }) => {
  await bob.createRoom("Workshop");
  await bob.openRoom("Workshop");
  await alice.openRoom("Workshop");
});

test("a message arrives in the other page", async ({ bob, alice }) => {
  await bob.send("The kettle is on.");
  await expect(alice.message("The kettle is on.")).toContainText("Bob");
  await alice.send("On my way!");
  await expect(bob.message("On my way!")).toContainText("Alice");
});

test("an edit arrives in the other page, with its mark", async ({ bob, alice }) => {
  await bob.send("At tree o'clock");
  await expect(alice.message("At tree o'clock")).toBeVisible();
  await bob.edit(bob.message("At tree o'clock"), "At three o'clock");
  for (const chat of [bob, alice]) {
    await expect(chat.message("At three o'clock")).toContainText("edited");
    await expect(chat.message("At tree o'clock")).toHaveCount(0);
  }
});

test("a deletion arrives in the other page", async ({ bob, alice }) => {
  await bob.send("Keep this");
  await bob.send("Drop this");
  await expect(alice.message("Drop this")).toBeVisible();
  await bob.act(bob.message("Drop this"), "Delete");
  await bob.dialog.getByRole("button", { name: "Delete" }).click();
  for (const chat of [bob, alice]) {
    await expect(chat.message("Drop this")).toHaveCount(0);
    await expect(chat.message("Keep this")).toBeVisible();
  }
});

test("only one's own messages can be edited and deleted", async ({ bob, alice }) => {
  await bob.send("Mine");
  const seenByAlice = alice.message("Mine");
  await seenByAlice.hover();
  await expect(seenByAlice.getByRole("button", { name: "Comment" })).toBeVisible();
  await expect(seenByAlice.getByRole("button", { name: "Edit" })).toHaveCount(0);
  await expect(seenByAlice.getByRole("button", { name: "Delete" })).toHaveCount(0);
});

test("an edit can be cancelled, and begun with the arrow key", async ({ bob }) => {
  await bob.send("As it was");
  const field = bob.conversation.getByRole("textbox", { name: "Message Workshop" });
  await field.press("ArrowUp");
  const editor = bob.page.getByRole("textbox", { name: "Message text" });
  await expect(editor).toBeFocused();
  await editor.fill("Something else");
  await editor.press("Escape");
  await expect(editor).toBeHidden();
  await expect(bob.message("As it was")).toBeVisible();
});

test("what was written is kept when it cannot be sent, with the reason", async ({ bob, alice }) => {
  const field = bob.conversation.getByRole("textbox");
  await bob.page.route("**/rooms/*/messages", (route) => route.abort(), { times: 1 });
  await field.fill("Do not lose me");
  await field.press("Enter");
  await expect(bob.conversation.getByRole("alert")).toContainText("The server cannot be reached.");
  await expect(field).toHaveValue("Do not lose me");
  await expect(bob.messages.getByRole("listitem")).toHaveCount(0);
  await field.press("Enter");
  await expect(alice.message("Do not lose me")).toBeVisible();
  await expect(field).toHaveValue("");
});

test("who writes faster than the server answers need not wait, and the order stays", async ({ bob, alice }) => {
  const field = bob.conversation.getByRole("textbox");
  let answer = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    void bob.page.route("**/rooms/*/messages", async (route) => {
      const released = new Promise<void>((release) => (answer = release));
      resolve();
      // The message and its event are there before the answer is.
      const response = await route.fetch();
      await released;
      await route.fulfill({ response });
    }, { times: 1 });
  });
  await field.fill("First");
  await field.press("Enter");
  await asked;
  await expect(alice.message("First")).toBeVisible();
  for (const text of ["Second", "Third"]) {
    await field.fill(text);
    await field.press("Enter");
    await expect(field).toHaveValue("");
  }
  answer();
  await expect(alice.message("Third")).toBeVisible();
  await expect(alice.messages.getByRole("listitem").locator(".text")).toHaveText(["First", "Second", "Third"]);
});

test("several lines and any script arrive as they were written", async ({ bob, alice }) => {
  const field = bob.conversation.getByRole("textbox");
  await field.fill("Привет 👋🏽");
  await field.press("Shift+Enter");
  await field.pressSequentially("second line");
  await field.press("Enter");
  await expect(alice.messages.getByText("Привет 👋🏽\nsecond line", { exact: true })).toBeVisible();
});

test("earlier messages are loaded on demand, and the place is kept", async ({ bob, alice }) => {
  const { roomId } = await bob.page.evaluate(async () => {
    const id = /rooms\/(\d+)/.exec(location.hash)?.[1];
    for (let number = 1; number <= 60; number += 1) {
      const response = await fetch(`/api/v1/rooms/${id}/messages`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ content: `Line ${number}` }),
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
    }
    return { roomId: id };
  });
  expect(roomId).toBeTruthy();
  await expect(alice.message("Line 60")).toBeInViewport();

  await alice.page.reload();
  await expect(alice.message("Line 60")).toBeInViewport();
  await expect(alice.message("Line 10")).toHaveCount(0);
  const older = alice.conversation.getByRole("button", { name: "Show earlier messages" });
  await older.scrollIntoViewIfNeeded();
  await expect(alice.message("Line 11")).toBeInViewport();
  await older.click();
  await expect(alice.message("Line 1")).toBeAttached();
  await expect(alice.message("Line 11")).toBeInViewport();
  await expect(older).toBeHidden();

  await bob.send("News from below");
  const jump = alice.conversation.getByRole("button", { name: "New messages" });
  await jump.click();
  await expect(alice.message("News from below")).toBeInViewport();
  await expect(jump).toBeHidden();
});
