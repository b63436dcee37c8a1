import { expect, test } from "../support/test.ts";

test.beforeEach(async ({ bob, alice }) => {
  await bob.createRoom("Workshop");
  await bob.openRoom("Workshop");
  await alice.openRoom("Workshop");
});

test("the other page shows a message", async ({ bob, alice }) => {
  await bob.send("The kettle is on.");
  await expect(alice.message("The kettle is on.")).toContainText("Bob");
  await alice.send("On my way!");
  await expect(bob.message("On my way!")).toContainText("Alice");
});

test("the other page shows an edit and marks it", async ({ bob, alice }) => {
  await bob.send("At tree o'clock");
  await expect(alice.message("At tree o'clock")).toBeVisible();
  await bob.edit(bob.message("At tree o'clock"), "At three o'clock");
  for (const chat of [bob, alice]) {
    await expect(chat.message("At three o'clock")).toContainText("edited");
    await expect(chat.message("At tree o'clock")).toHaveCount(0);
  }
});

test("the other page removes a deleted message", async ({ bob, alice }) => {
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

test("users can edit and delete only their own messages", async ({ bob, alice }) => {
  await bob.send("Mine");
  const seenByAlice = alice.message("Mine");
  await seenByAlice.hover();
  await expect(seenByAlice.getByRole("button", { name: "Comment" })).toBeVisible();
  await expect(seenByAlice.getByRole("button", { name: "Edit" })).toHaveCount(0);
  await expect(seenByAlice.getByRole("button", { name: "Delete" })).toHaveCount(0);
});

test("the arrow key starts an edit and Escape cancels it", async ({ bob }) => {
  await bob.send("As it was");
  await expect(bob.message("As it was")).not.toHaveClass(/outgoing/);
  const field = bob.conversation.getByRole("textbox", { name: "Message Workshop" });
  await field.press("ArrowUp");
  const editor = bob.page.getByRole("textbox", { name: "Message text" });
  await expect(editor).toBeFocused();
  await editor.fill("Something else");
  await editor.press("Escape");
  await expect(editor).toBeHidden();
  await expect(bob.message("As it was")).toBeVisible();
});

test("delivers multiple lines and any script unchanged", async ({ bob, alice }) => {
  const field = bob.conversation.getByRole("textbox");
  await field.fill("Привет 👋🏽");
  await field.press("Shift+Enter");
  await field.pressSequentially("second line");
  await field.press("Enter");
  await expect(alice.messages.getByText("Привет 👋🏽\nsecond line", { exact: true })).toBeVisible();
});
