/** The tests' fixtures: a server of their own, and as many users' pages as they ask for. */

import { type BrowserContextOptions, expect, test as base } from "@playwright/test";

import { ChatPage } from "./chat-page.ts";
import { Link } from "./link.ts";
import { ReferenceServer } from "./reference-server.ts";

interface Fixtures {
  server: ReferenceServer;
  /** A way to the server of its own, that can be cut: give its `url` to a page as `baseURL`. */
  link: Link;
  /** Opens a page with cookies of its own: another person at another computer. */
  newPage: (options?: BrowserContextOptions) => Promise<ChatPage>;
  /** Bob's and Alice's pages, both logged in. */
  bob: ChatPage;
  alice: ChatPage;
}

export const test = base.extend<Fixtures>({
  server: async ({}, use, testInfo) => {
    const server = await ReferenceServer.start({ more: ["--faults"] });
    await use(server);
    await server.dispose();
    if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach("server log", { body: server.log });
  },

  link: async ({ server }, use) => {
    const link = await Link.to(server.url);
    await use(link);
    await link.cut();
  },

  newPage: async ({ browser, server, contextOptions, locale, timezoneId, viewport }, use) => {
    const pages: ChatPage[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({
        ...contextOptions,
        baseURL: server.url,
        locale: locale ?? "en-GB",
        timezoneId: timezoneId ?? "UTC",
        viewport,
        ...options,
      });
      const page = new ChatPage(await context.newPage());
      pages.push(page);
      return page;
    });
    // Nothing on the way may have gone wrong unseen.
    for (const page of pages) expect.soft(page.problems, "errors in the page").toEqual([]);
    for (const { page } of pages) await page.context().close();
  },

  bob: async ({ newPage }, use) => use(await loggedIn(newPage, "bob")),
  alice: async ({ newPage }, use) => use(await loggedIn(newPage, "alice")),
});

async function loggedIn(newPage: Fixtures["newPage"], name: string): Promise<ChatPage> {
  const page = await newPage();
  await page.logIn(name);
  return page;
}

export { expect };
