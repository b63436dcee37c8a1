import { playwright } from "@vitest/browser-playwright";

// The browser of this machine. The address is the same site as the server's, for the session's cookie.
const launchOptions = { executablePath: process.env.CHROME, args: ["--no-sandbox", "--disable-gpu"] };

export default {
  test: {
    include: ["page.test.js"],
    provide: { api: process.env.API },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions }),
      instances: [{ browser: "chromium" }],
    },
    api: { host: "127.0.0.1", port: 0 },
  },
};
