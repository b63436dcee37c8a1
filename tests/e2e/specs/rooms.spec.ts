import { expect, test } from "../support/test.ts";

test("the other page follows a room's creation, renaming and deletion", async ({ bob, alice }) => {
  await bob.createRoom("Garden");
  await expect(alice.room("Garden")).toBeVisible();
  await expect(alice.room("Garden")).toContainText("No messages yet");

  await bob.openRoom("Garden");
  await alice.openRoom("Garden");
  await bob.renameRoom("Greenhouse");
  for (const chat of [bob, alice]) {
    await expect(chat.room("Greenhouse")).toBeVisible();
    await expect(chat.room("Garden")).toHaveCount(0);
    await expect(chat.conversation.getByRole("heading", { name: "Greenhouse" })).toBeVisible();
  }

  await bob.deleteRoom();
  for (const chat of [bob, alice]) {
    await expect(chat.room("Greenhouse")).toHaveCount(0);
    await expect(chat.page.getByText("“Greenhouse” was deleted, or you are no longer in it.")).toBeVisible();
    await expect(chat.conversation.getByText("No room is open")).toBeVisible();
  }
});

test("lists the most recently active room first", async ({ bob, alice }) => {
  await bob.createRoom("First");
  await bob.createRoom("Second");
  await bob.openRoom("First");
  await expect(alice.room("First")).toContainText("No messages yet");
  await bob.send("Up we go");
  for (const chat of [bob, alice]) await expect(chat.rooms.getByRole("listitem").first()).toContainText("First");
  for (const chat of [bob, alice]) await expect(chat.room("First")).toContainText("Public room");
});

test("the dialog explains why the server refuses a name", async ({ bob }) => {
  await bob.page.route("**/api/v1/rooms", (route) => route.fulfill({ status: 400, json: { errorText: "That name will not do.", httpStatusCode: 400 } }), { times: 1 });
  await bob.rooms.getByRole("button", { name: "New room" }).click();
  await bob.dialog.getByLabel("Name").fill("Unlucky");
  await bob.dialog.getByRole("button", { name: "Create" }).click();
  await expect(bob.dialog.getByRole("alert")).toHaveText("That name will not do.");
  await bob.dialog.getByRole("button", { name: "Create" }).click();
  await expect(bob.dialog).toBeHidden();
  await expect(bob.room("Unlucky")).toBeVisible();
});
