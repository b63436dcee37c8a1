import { expect, test } from "../support/test.ts";

test("logs in as a demo user and logs out", async ({ newPage }) => {
  const { page, connection, rooms } = await newPage();
  await page.goto("/");
  await page.getByRole("button", { name: "Fill in alice" }).click();
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(connection).toHaveAttribute("data-status", "open");
  await expect(connection).toContainText("Live");
  await expect(rooms.getByRole("listitem").first()).toBeVisible();
  await expect(page.getByRole("banner")).toContainText("Alice");

  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByLabel("User name")).toBeFocused();
  await expect(connection).toBeHidden();
  await page.reload();
  await expect(page.getByLabel("User name")).toBeVisible();
});

test("shows the server's message for a wrong password and accepts a corrected one", async ({ newPage }) => {
  const chat = await newPage();
  await chat.submitLogin("bob", "not bob's");
  await expect(chat.page.getByRole("alert")).toHaveText("The username or password is invalid.");

  await chat.page.getByLabel("Password").fill("bob");
  await chat.page.getByRole("button", { name: "Log in" }).click();
  await expect(chat.connection).toHaveAttribute("data-status", "open");
});

test("a reload keeps the user and the open room", async ({ bob }) => {
  await bob.createRoom("Harbour");
  await bob.openRoom("Harbour");
  await bob.send("Still here?");
  await bob.page.reload();
  await expect(bob.conversation.getByRole("heading", { name: "Harbour" })).toBeVisible();
  await expect(bob.message("Still here?")).toBeVisible();
});

test("returns to the login with the reason when the server ends the session", async ({ bob, server }) => {
  await bob.page.context().clearCookies();
  await server.kill();
  await server.restart();
  await expect(bob.page.getByText("Your session has ended. Log in again to go on.")).toBeVisible();
  await expect(bob.page.getByLabel("User name")).toBeFocused();
});

test("reports an unreachable server and starts once it responds", async ({ newPage, server }) => {
  const { page } = await newPage();
  await page.route("**/api/v1/status", (route) => route.abort(), { times: 1 });
  await page.goto(server.url);
  await expect(page.getByText("The server cannot be reached.")).toBeVisible();
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByLabel("User name")).toBeVisible();
});
