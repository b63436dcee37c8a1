import { defineConfig } from "@playwright/test";

import base from "../playwright.config.ts";

/** How long the faults go on, in minutes. */
const minutes = Number(process.env.ROOM_EVENTS_CHAOS_MINUTES ?? "1");

export default defineConfig({
  ...base,
  testDir: ".",
  outputDir: "../results/chaos",
  workers: 1,
  // The last round, the comparison and the start come on top.
  timeout: (minutes + 4) * 60_000,
  use: {
    ...base.use,
    launchOptions: {
      ...base.use?.launchOptions,
      // Playwright switches the back/forward cache off.
      ignoreDefaultArgs: ["--disable-back-forward-cache"],
    },
  },
});
