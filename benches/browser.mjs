// The browser that the benchmarks measure in.

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

/**
 * Has the benchmark fail in the end if something goes wrong in the page: then it has measured something else.
 *
 * @param {import("playwright-core").Page} page
 */
export function watch(page) {
  page.on("pageerror", (error) => {
    if (!process.exitCode) console.error(error);
    process.exitCode = 1;
  });
}

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome-stable", "/usr/bin/google-chrome"];

/**
 * Headless Chromium: the one that `CHROME` names, or one that is installed.
 *
 * @returns {Promise<import("playwright-core").Browser>}
 */
export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROME ?? BROWSERS.find(existsSync),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
