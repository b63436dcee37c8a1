import { expect, test } from "../support/test.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test("a phone shows one pane at a time, and Back returns to the previous one", async ({ newPage, bob }) => {
  await bob.createRoom("Pocket");
  await bob.openRoom("Pocket");
  const phone = await newPage(PHONE);
  await phone.logIn("alice");
  await expect(phone.rooms).toBeVisible();
  await expect(phone.conversation).toBeHidden();
  await expect(phone.inspector).toBeHidden();

  await phone.openRoom("Pocket");
  await expect(phone.rooms).toBeHidden();
  await phone.send("From the train");
  await expect(bob.message("From the train")).toBeVisible();
  await phone.message("From the train").getByRole("button", { name: "Actions" }).tap();
  await phone.message("From the train").getByRole("button", { name: "Comment" }).tap();
  await expect(phone.thread).toBeVisible();
  await expect(phone.conversation).toBeHidden();
  await phone.sendComment("Window seat");

  await phone.page.goBack();
  await expect(phone.conversation).toBeVisible();
  await phone.page.getByRole("button", { name: "Back to rooms" }).tap();
  await expect(phone.rooms).toBeVisible();

  await phone.page.getByRole("button", { name: "Events" }).tap();
  await expect(phone.inspector).toBeVisible();
  await expect(phone.rooms).toBeHidden();
  await expect(phone.logged("TextMessagesCreated").first()).toBeVisible();
  await expect(phone.connection).toBeInViewport();
});

test("nothing overflows a phone's width", async ({ newPage }) => {
  const phone = await newPage(PHONE);
  await phone.logIn("alice");
  await phone.createRoom("A room with a name that is much longer than any line on a telephone could hold");
  await phone.rooms.getByRole("link").first().tap();
  await phone.send(`${"unbreakable".repeat(20)} and then some`);
  for (const step of ["room", "log"]) {
    if (step === "log") await phone.page.getByRole("button", { name: "Events" }).tap();
    const overflow = await phone.page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      return [...document.querySelectorAll("body *")]
        .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden, svg"))
        .filter((element) => element.getBoundingClientRect().right > width + 0.5)
        .map((element) => `${element.tagName}.${element.className}`);
    });
    expect(overflow, `in the ${step}`).toEqual([]);
  }
});

test("follows the system theme until the user chooses one, and remembers the choice", async ({ newPage }) => {
  const { page } = await newPage({ colorScheme: "dark" });
  const scheme = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.goto("/");
  await page.getByRole("button", { name: "Fill in bob" }).click();
  await page.getByRole("button", { name: "Log in" }).click();
  const dark = await background();

  await page.getByRole("button", { name: "Theme: system" }).click();
  await expect(page.getByRole("button", { name: "Theme: light" })).toBeVisible();
  expect(await scheme()).toBe("light");
  const light = await background();
  expect(light).not.toBe(dark);

  await page.reload();
  await expect(page.getByRole("button", { name: "Theme: light" })).toBeVisible();
  expect(await background()).toBe(light);
  await page.getByRole("button", { name: "Theme: light" }).click();
  await expect(page.getByRole("button", { name: "Theme: dark" })).toBeVisible();
  expect(await background()).toBe(dark);
});

test("the page works with the keyboard alone", async ({ bob }) => {
  const { page } = bob;
  await bob.createRoom("Keys");
  await page.reload();
  await expect(bob.room("Keys")).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Skip to the open room" })).toBeFocused();
  await bob.room("Keys").getByRole("link").focus();
  await page.keyboard.press("Enter");
  await expect(bob.conversation.getByRole("heading", { name: "Keys" })).toBeVisible();
  await bob.conversation.getByRole("textbox").focus();
  await page.keyboard.type("Typed");
  await page.keyboard.press("Enter");
  await expect(bob.message("Typed")).toBeVisible();

  await bob.message("Typed").getByRole("button", { name: "Edit" }).focus();
  await expect(bob.message("Typed").getByRole("button", { name: "Edit" })).toHaveCSS("outline-style", "solid");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Message text" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(bob.message("Typed").getByRole("button", { name: "Edit" })).toBeFocused();
});
