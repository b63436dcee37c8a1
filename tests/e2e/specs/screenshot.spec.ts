import { join, resolve } from "node:path";

import { expect, test } from "../support/test.ts";

const PICTURE = join(resolve(import.meta.dirname, "../../.."), "docs/screenshot.png");

/** The picture is taken anew only when asked for: its times differ with every run. */
const UPDATE = process.env.UPDATE_SCREENSHOTS === "1";

test("the README screenshot shows a conversation next to its events", async ({ newPage }) => {
  const options = { viewport: { width: 1280, height: 760 }, deviceScaleFactor: UPDATE ? 2 : 1, colorScheme: "light" } as const;
  const [admin, bob, alice] = [await newPage(options), await newPage(options), await newPage(options)];
  await admin.logIn("admin");
  await bob.logIn("bob");
  await alice.logIn("alice");

  await admin.createRoom("Book club");
  await admin.createRoom("Garden days", "Private", ["Alice", "Bob"]);
  await admin.createRoom("Release 1.0");
  for (const chat of [admin, bob, alice]) await chat.openRoom("Release 1.0");

  await admin.send("The release notes are ready for a last look.");
  await admin.send("Whoever reads them first gets the last piece of cake.");
  await bob.send("Reading them now. The part on reconnecting is lovely: three sentences, and I understood it.");
  await alice.send("I found one typo");
  await alice.edit(alice.message("I found one typo"), "I found one typo and mended it.");
  await bob.act(bob.message("I found one typo and mended it."), "Comment");
  await bob.sendComment("Thank you!");
  await bob.thread.getByRole("button", { name: "Close comments" }).click();
  await bob.send("Shall we ship it at three?");
  await alice.send("Three it is.");
  await alice.message("I found one typo and mended it.").getByRole("button", { name: "1 comment" }).click();
  await expect(alice.comment("Thank you!")).toBeVisible();
  await expect(alice.room("Release 1.0")).not.toContainText("unread");
  await alice.thread.getByRole("button", { name: "Close comments" }).click();
  await bob.openRoom("Garden days");
  await bob.send("Who brings the seeds?");

  await expect(alice.message("I found one typo and mended it.")).toContainText("1 comment");
  await expect(alice.message("Three it is.")).toContainText("Read by");
  await expect(alice.room("Garden days")).toContainText("1 unread");
  await expect(alice.logged("TextMessagesCreated").first()).toContainText("Bob in Garden days: Who brings the seeds?");
  await alice.logged("TextMessagesCreated").first().locator("summary").click();
  await expect(alice.inspector.getByLabel("The event as JSON")).toContainText("Who brings the seeds?");
  await expect(alice.connection).toContainText("Live");
  await alice.page.mouse.move(0, 0);

  const picture = await alice.page.screenshot(UPDATE ? { path: PICTURE } : {});
  expect(picture.byteLength).toBeGreaterThan(20_000);
});
