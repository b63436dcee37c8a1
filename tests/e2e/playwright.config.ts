import { existsSync } from "node:fs";

import { defineConfig } from "@playwright/test";

/** Where systems keep Chromium or Chrome. `CHROME` names another one. */
const BROWSERS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const executablePath = process.env.CHROME ?? BROWSERS.find((path) => existsSync(path));
if (!executablePath) throw new Error(`No Chromium at ${BROWSERS.join(", ")}. Install one, or name it in CHROME.`);

export default defineConfig({
  testDir: "specs",
  outputDir: "results",
  // Each test has a server of its own, so they may run beside each other.
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    locale: "en-GB",
    timezoneId: "UTC",
    viewport: { width: 1440, height: 900 },
    contextOptions: { reducedMotion: "reduce" },
    // A trace costs a fifth of the time: `--trace retain-on-failure` makes one.
    trace: "off",
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
