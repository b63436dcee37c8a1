import { expect, test } from "../support/test.ts";

test("counts unread messages until the user sees them, and shows the author who read them", async ({ bob, alice }) => {
  await bob.createRoom("Notices");
  await bob.createRoom("Elsewhere");
  await alice.openRoom("Elsewhere");
  await bob.openRoom("Notices");
  await bob.send("One");
  await expect(alice.room("Notices")).toContainText("1 unread");
  await bob.send("Two");
  await expect(alice.room("Notices")).toContainText("2 unread");
  await expect(bob.room("Notices")).not.toContainText("unread");
  await expect(bob.message("Two").getByText("Read by")).toBeHidden();
  await expect(alice.page).toHaveTitle(/^\(\d+\) /);

  await alice.openRoom("Notices");
  await expect(alice.room("Notices")).not.toContainText("unread");
  await expect(bob.message("Two").getByText("Read by Alice")).toBeVisible();
  // Said once for messages under one name that the same people have read, and not to the readers themselves.
  await expect(bob.message("One").getByText("Read by")).toBeHidden();
  await expect(alice.message("Two").getByText("Read by")).toBeHidden();
});

test("a message below the visible area stays unread until the user scrolls to it", async ({ bob, alice }) => {
  await bob.createRoom("Long");
  await bob.openRoom("Long");
  await alice.openRoom("Long");
  await bob.send(`Tall ${"\nline".repeat(80)}`.trim());
  // Alice's list says nothing before the message is there, either.
  await expect(bob.messages.getByText("Read by Alice")).toBeVisible();
  await expect(alice.room("Long")).not.toContainText("unread");
  await alice.messages.evaluate((scroller) => scroller.scrollTo(0, 0));
  await expect(alice.messages.getByText("Tall")).toBeInViewport();
  await bob.send("Below");
  await expect(alice.room("Long")).toContainText("1 unread");
  await expect(bob.message("Below").getByText("Read by")).toBeHidden();
  await alice.conversation.getByRole("button", { name: "New messages" }).click();
  await expect(bob.message("Below").getByText("Read by Alice")).toBeVisible();
  await expect(alice.room("Long")).not.toContainText("unread");
});
