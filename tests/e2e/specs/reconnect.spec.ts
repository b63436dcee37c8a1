import { expect, test } from "../support/test.ts";

test("reconnects and delivers events after the server restarts", async ({ bob, alice, server }) => {
  await bob.createRoom("Phoenix");
  await bob.openRoom("Phoenix");
  await alice.openRoom("Phoenix");
  await bob.send("Before");
  await expect(alice.message("Before")).toBeVisible();

  await server.kill();
  for (const chat of [bob, alice]) {
    await expect(chat.connection).toHaveAttribute("data-status", "waiting");
    await expect(chat.connection).toContainText(/Reconnecting\s*in \d+ s/);
    await expect(chat.page.getByText(/^Events are not arriving: the (connection has ended|server refused the connection)/)).toBeVisible();
    // What was there stays there to be read.
    await expect(chat.message("Before")).toBeVisible();
  }

  await server.restart();
  for (const chat of [bob, alice]) {
    await expect(chat.connection).toHaveAttribute("data-status", "open", { timeout: 40_000 });
    await expect(chat.connection).toContainText("Live");
    await expect(chat.page.getByText(/^Events are not arriving/)).toBeHidden();
    await expect(chat.logged("statechange").filter({ hasText: "waiting" }).first()).toBeAttached();
  }

  await bob.send("After");
  await expect(alice.message("After")).toBeVisible();
  await alice.send("And back");
  await alice.edit(alice.message("And back"), "And back again");
  await expect(bob.message("And back again")).toContainText("edited");
});

test("a page shows missed changes once it reconnects", async ({ newPage, bob, link }) => {
  const alice = await newPage({ baseURL: link.url });
  await alice.logIn("alice");
  await bob.createRoom("Tunnel");
  await bob.openRoom("Tunnel");
  await alice.openRoom("Tunnel");
  await bob.send("Into the tunnel");
  await bob.send("To be edited");
  await bob.send("To be deleted");
  await expect(alice.message("To be deleted")).toBeVisible();

  await alice.act(alice.message("To be deleted"), "Comment");
  await expect(alice.thread).toBeVisible();

  await link.cut();
  await expect(alice.connection).toHaveAttribute("data-status", "waiting");
  await bob.send("Missed");
  await bob.edit(bob.message("To be edited"), "Was edited");
  await bob.act(bob.message("To be deleted"), "Delete");
  await bob.dialog.getByRole("button", { name: "Delete" }).click();
  await expect(bob.message("To be deleted")).toHaveCount(0);
  await bob.createRoom("Built meanwhile");
  await expect(alice.message("Missed")).toHaveCount(0);

  await link.mend();
  await expect(alice.connection).toHaveAttribute("data-status", "open", { timeout: 40_000 });
  await expect(alice.message("Missed")).toBeVisible();
  await expect(alice.message("Was edited")).toBeVisible();
  await expect(alice.message("To be deleted")).toHaveCount(0);
  await expect(alice.thread).toBeHidden();
  await expect(alice.page.getByText("The message whose comments were open was deleted.")).toBeVisible();
  await expect(alice.room("Built meanwhile")).toBeVisible();
});
