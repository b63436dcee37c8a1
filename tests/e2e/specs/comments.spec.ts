import { expect, test } from "../support/test.ts";

test("the other page counts and shows a comment, and follows its edit and deletion", async ({ bob, alice }) => {
  await bob.createRoom("Reading");
  await bob.openRoom("Reading");
  await alice.openRoom("Reading");
  await bob.send("Which book next?");

  await alice.act(alice.message("Which book next?"), "Comment");
  await alice.sendComment("The one about the sea");
  await expect(bob.message("Which book next?")).toContainText("1 comment");
  await expect(bob.message("The one about the sea")).toHaveCount(0);

  await bob.message("Which book next?").getByRole("button", { name: "1 comment" }).click();
  await expect(bob.comment("The one about the sea")).toContainText("Alice");
  await bob.sendComment("Agreed");
  await expect(alice.comment("Agreed")).toContainText("Bob");
  await expect(alice.message("Which book next?")).toContainText("2 comments");

  await bob.edit(bob.comment("Agreed"), "Agreed!");
  await expect(alice.comment("Agreed!")).toContainText("edited");

  await bob.act(bob.comment("Agreed!"), "Delete");
  await bob.dialog.getByRole("button", { name: "Delete" }).click();
  await expect(alice.comment("Agreed!")).toHaveCount(0);
  await expect(alice.message("Which book next?")).toContainText("1 comment");
});

test("deleting a message closes its comments in every page", async ({ bob, alice }) => {
  await bob.createRoom("Reading");
  await bob.openRoom("Reading");
  await bob.send("Never mind");
  await alice.openRoom("Reading");
  await alice.act(alice.message("Never mind"), "Comment");
  await expect(alice.thread).toBeVisible();

  await bob.act(bob.message("Never mind"), "Delete");
  await bob.dialog.getByRole("button", { name: "Delete" }).click();
  await expect(alice.thread).toBeHidden();
  await expect(alice.page.getByText("The message whose comments were open was deleted.")).toBeVisible();
});
