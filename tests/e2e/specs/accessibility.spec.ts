import { violations } from "../support/axe.ts";
import { expect, test } from "../support/test.ts";

for (const colorScheme of ["light", "dark"] as const) {
  for (const { device, options } of [
    { device: "a desktop", options: {} },
    { device: "a phone", options: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } },
  ]) {
    test(`axe finds no violations on ${device} in the ${colorScheme} theme`, async ({ newPage, bob, server }) => {
      await bob.createRoom("Library", "Private", ["Alice"]);
      await bob.openRoom("Library");
      await bob.send("Quiet, please");

      const alice = await newPage({ colorScheme, ...options });
      const { page } = alice;
      await page.goto("/");
      await expect(page.getByLabel("User name")).toBeVisible();
      expect(await violations(page), "log-in page").toEqual([]);

      await alice.logIn("alice");
      expect(await violations(page), "rooms").toEqual([]);

      await alice.openRoom("Library");
      await alice.send("I am quiet");
      await bob.edit(bob.message("Quiet, please"), "Quiet, please!");
      await expect(alice.message("Quiet, please!")).toContainText("edited");
      expect(await violations(page), "open room").toEqual([]);

      await bob.act(bob.message("I am quiet"), "Comment");
      await bob.sendComment("Thank you");
      await alice.message("I am quiet").getByRole("button", { name: "1 comment" }).click();
      await expect(alice.comment("Thank you")).toBeVisible();
      expect(await violations(page), "comments").toEqual([]);

      await alice.thread.getByRole("button", { name: "Close comments" }).click();
      const events = page.getByRole("button", { name: "Events" });
      if ((await events.getAttribute("aria-expanded")) === "false") await events.click();
      await alice.logged("TextMessagesCreated").first().locator("summary").click();
      await expect(alice.inspector.getByLabel("The event as JSON")).toBeVisible();
      await alice.inspector.getByText("Statistics").click();
      await expect(alice.inspector.getByText("Last close")).toBeVisible();
      expect(await violations(page), "log").toEqual([]);

      await alice.page.goto(`/#/rooms/${bob.roomId}`);
      if (await alice.inspector.isVisible()) await events.click();
      await alice.refuse(409);
      await alice.send("Nobody takes this");
      await expect(alice.message("Nobody takes this")).toContainText("Not sent");
      expect(await violations(page), "a message that was not sent").toEqual([]);

      await server.kill();
      await expect(alice.connection).toHaveAttribute("data-status", "waiting");
      expect(await violations(page), "while the connection is gone").toEqual([]);
    });
  }
}

test("axe finds no violations in the dialogs", async ({ bob }) => {
  await bob.rooms.getByRole("button", { name: "New room" }).click();
  await bob.dialog.getByRole("radio", { name: "Private" }).check();
  expect(await violations(bob.page), "new room").toEqual([]);
  await bob.page.keyboard.press("Escape");
  await bob.createRoom("Soon gone");
  await bob.openRoom("Soon gone");
  await bob.conversation.getByRole("button", { name: "Delete room" }).click();
  expect(await violations(bob.page), "confirmation").toEqual([]);
});
