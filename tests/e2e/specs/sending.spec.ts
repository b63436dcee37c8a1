/** What becomes of a message on its way: it shows at once, and stays until the server has it or its author lets go of it. */

import { expect, test } from "../support/test.ts";

test.beforeEach(async ({ bob, alice }) => {
  await bob.createRoom("Workshop");
  await bob.openRoom("Workshop");
  await alice.openRoom("Workshop");
  await bob.send("Before");
  // The message itself: nothing is on its way that a fault could meet.
  for (const chat of [bob, alice]) await expect(chat.message("Before")).toHaveAttribute("data-message-id", /\d/);
});

test("keeps a message the server refuses, shows the reason, and lets the user send it again", async ({ bob, alice }) => {
  await bob.refuse(409);
  await bob.send("Do not lose me");
  const unsent = bob.message("Do not lose me");
  await expect(unsent).toContainText("Not sent: the server has refused it (status 409).");
  await expect(bob.conversation.getByRole("textbox")).toHaveValue("");
  await bob.send("The next is not held up");
  await expect(alice.message("The next is not held up")).toBeVisible();
  await expect(alice.message("Do not lose me")).toHaveCount(0);

  await unsent.getByRole("button", { name: "Send again" }).click();
  await expect(alice.message("Do not lose me")).toBeVisible();
  await expect(bob.message("Do not lose me").getByRole("button", { name: "Edit" })).toBeAttached();
  for (const chat of [bob, alice]) await expect(chat.texts).toHaveText(["Before", "The next is not held up", "Do not lose me"]);
});

test("lets the user discard a message the server refuses permanently", async ({ bob, alice }) => {
  await bob.refuse(403);
  await bob.send("Forbidden");
  const unsent = bob.message("Forbidden");
  await expect(unsent).toContainText("Not sent: the server has refused it (status 403).");
  await expect(unsent.getByRole("button", { name: "Send again" })).toBeHidden();
  await unsent.getByRole("button", { name: "Discard" }).click();
  await expect(unsent).toHaveCount(0);
  await bob.send("Allowed");
  await expect(alice.message("Allowed")).toBeVisible();
  await expect(alice.message("Forbidden")).toHaveCount(0);
});

test("keeps an unsent comment among the comments", async ({ bob, alice }) => {
  await bob.act(bob.message("Before"), "Comment");
  await bob.sendComment("First");
  await expect(bob.comment("First")).toContainText("Bob");
  await expect(bob.message("Before")).toContainText("1 comment");
  const id = await bob.message("Before").getAttribute("data-message-id");
  await bob.fault({ fault: "restStatus", method: "POST", status: 409, path: `/messages/${id}/comments`, exact: true, count: 1 });
  await bob.sendComment("Second");
  await bob.comment("Second").getByRole("button", { name: "Send again" }).click();
  await expect(alice.message("Before")).toContainText("2 comments");
  await expect(bob.thread.locator(".text")).toHaveText(["Before", "First", "Second"]);
});

test("accepts messages faster than the server responds and keeps their order", async ({ bob, alice }) => {
  const field = bob.conversation.getByRole("textbox");
  await bob.fault({ fault: "restHang", method: "POST", path: `/rooms/${bob.roomId}/messages`, exact: true, count: 1 });
  for (const text of ["First", "Second", "Third"]) {
    await bob.send(text);
    await expect(field).toHaveValue("");
    await expect(bob.message(text)).toContainText("Sending…");
  }
  await expect(alice.message("First")).toHaveCount(0);
  await bob.fault();
  await expect(alice.texts).toHaveText(["Before", "First", "Second", "Third"]);
  await expect(bob.texts).toHaveText(["Before", "First", "Second", "Third"]);
  await expect(bob.messages.getByText("Sending…")).toHaveCount(0);
});

test("sends a message written offline once the page reconnects", async ({ newPage, bob, link }) => {
  const alice = await newPage({ baseURL: link.url });
  await alice.logIn("alice");
  await alice.openRoom("Workshop");
  await expect(alice.message("Before")).toBeVisible();
  await link.cut();
  await expect(alice.connection).toHaveAttribute("data-status", "waiting");
  await alice.send("From the tunnel");
  await expect(alice.message("From the tunnel")).toContainText("Waits for a connection");
  await bob.send("Meanwhile");
  await expect(bob.message("From the tunnel")).toHaveCount(0);

  await link.mend();
  await expect(bob.message("From the tunnel")).toBeVisible({ timeout: 40_000 });
  for (const chat of [alice, bob]) await expect(chat.texts).toHaveText(["Before", "Meanwhile", "From the tunnel"]);
  await expect(alice.message("From the tunnel")).not.toContainText("Waits");
});

test("keeps a draft for each room until the user logs out", async ({ bob }) => {
  await bob.createRoom("Elsewhere");
  const field = bob.conversation.getByRole("textbox");
  await field.fill("Half a thought");
  await bob.openRoom("Elsewhere");
  await expect(field).toHaveValue("");
  await field.fill("Another");
  await bob.openRoom("Workshop");
  await expect(field).toHaveValue("Half a thought");
  await bob.page.reload();
  await expect(field).toHaveValue("Half a thought");
  await bob.page.getByRole("button", { name: "Log out" }).click();
  await expect(bob.page.getByLabel("User name")).toBeVisible();
  await bob.logIn("bob");
  await bob.openRoom("Workshop");
  await expect(field).toHaveValue("");
});

test("sends files with a message", async ({ bob, alice }) => {
  const attach = bob.conversation.getByRole("button", { name: "Attach files" });
  const file = (name: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from("what was said") });
  const chooser = bob.page.waitForEvent("filechooser");
  await attach.click();
  await (await chooser).setFiles([file("notes.txt"), file("not this.txt")]);
  await bob.conversation.getByRole("button", { name: "Remove not this.txt" }).click();
  await bob.send("With notes");
  for (const chat of [bob, alice]) await expect(chat.message("With notes").getByRole("link", { name: "notes.txt" })).toBeVisible();
  await expect(bob.page.getByRole("progressbar")).toHaveCount(0);
  await expect(bob.messages.getByText("not this.txt")).toHaveCount(0);
});

test("lets the user retry files that fail to upload", async ({ bob }) => {
  await bob.page.route("**/attachments", (route) => route.fulfill({ status: 503, json: {} }));
  await bob.conversation.getByLabel("Files", { exact: true }).setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
  // Without a text, a message is called as its files.
  await bob.conversation.getByRole("button", { name: "Send" }).click();
  await expect(bob.messages.getByText("Not uploaded")).toBeVisible();
  await bob.page.unroute("**/attachments");
  await bob.messages.getByRole("button", { name: "Send again" }).click();
  await expect(bob.messages.getByRole("link", { name: "notes.txt" })).toBeVisible();
  await expect(bob.messages.getByText("Not uploaded")).toHaveCount(0);
});
