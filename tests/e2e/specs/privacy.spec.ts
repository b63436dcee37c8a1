import { expect, test } from "../support/test.ts";

test("nothing about a private room reaches a user who is not a member", async ({ newPage, bob, alice }) => {
  const admin = await newPage();
  await admin.logIn("admin");
  await admin.createRoom("Surprise", "Private", ["Alice"]);
  await expect(alice.room("Surprise")).toBeVisible();
  await expect(alice.room("Surprise")).toContainText("Private room");

  await admin.openRoom("Surprise");
  await admin.send("Bob must not know");
  await admin.edit(admin.message("Bob must not know"), "Bob must never know");
  await alice.openRoom("Surprise");
  await expect(alice.message("Bob must never know")).toBeVisible();
  await alice.act(alice.message("Bob must never know"), "Comment");
  await alice.sendComment("Hush");
  await admin.renameRoom("Party");
  await expect(alice.room("Party")).toBeVisible();
  await admin.act(admin.message("Bob must never know"), "Delete");
  await admin.dialog.getByRole("button", { name: "Delete" }).click();
  await expect(alice.message("Bob must never know")).toHaveCount(0);
  await admin.deleteRoom();
  await expect(alice.room("Party")).toHaveCount(0);

  // A sign that came after all of this: what had been on its way to Bob is there by now.
  await admin.createRoom("For everybody");
  await expect(bob.room("For everybody")).toBeVisible();
  await expect(bob.logged("RoomCreated")).toHaveCount(1);
  for (const type of ["RoomDeleted", "TextMessagesCreated", "TextMessagesUpdated", "TextMessageDeleted"]) {
    await expect(bob.logged(type)).toHaveCount(0);
  }
  await expect(bob.inspector).not.toContainText("Surprise");
  await expect(bob.inspector).not.toContainText("Party");
});

test("the URL of a private room reveals nothing to a user who is not a member", async ({ bob, alice }) => {
  await alice.createRoom("Diary", "Private");
  await alice.openRoom("Diary");
  await alice.send("Dear diary");
  const { hash } = new URL(alice.page.url());
  await bob.page.goto(`/${hash}`);
  await expect(bob.conversation.getByText("This room is not here")).toBeVisible();
  await expect(bob.page.getByText("Dear diary")).toHaveCount(0);
});
