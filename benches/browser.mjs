// The browser for the benchmarks.

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

/**
 * Makes the benchmark exit with an error if the page throws, as its results are invalid then.
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

/** The flags of a browser that does nothing of its own. */
export const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

/** The executable in `CHROME`, or an installed one. */
export const executable = () => process.env.CHROME ?? BROWSERS.find(existsSync);

/**
 * Launches headless Chromium.
 *
 * @returns {Promise<import("playwright-core").Browser>}
 */
export const launch = () => chromium.launch({ executablePath: executable(), args: ARGUMENTS });
