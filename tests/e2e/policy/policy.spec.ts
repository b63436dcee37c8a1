/** The browser tests of the package, all of them, in a page under the policy that the reference server sends with pages. */

import { expect, test } from "@playwright/test";

/** Where a server has the page, the bundle of the tests beside it. */
const PAGE = process.env.ROOM_EVENTS_POLICY_PAGE;
/** How long all the tests may take together, in milliseconds. */
const LIMIT = 300_000;

interface Outcome {
  tests: number;
  passed: boolean;
  output: string;
  violations: string[];
  refused: boolean;
}

test.setTimeout(LIMIT + 30_000);

test("the browser tests pass under a strict Content-Security-Policy", async ({ page }) => {
  if (!PAGE) throw new Error("ROOM_EVENTS_POLICY_PAGE does not say where the page is: run `cargo xtask test policy`.");
  const refusals: string[] = [];
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) refusals.push(message.text());
  });
  const response = await page.goto(PAGE);
  const policy = new Map(
    (response?.headers()["content-security-policy"] ?? "").split(";").map((directive) => {
      const [name, ...sources] = directive.trim().split(/\s+/);
      return [name, sources.join(" ")];
    }),
  );
  expect(policy.get("default-src")).toBe("'self'");
  expect(policy.get("script-src")).toBe("'self' 'wasm-unsafe-eval'");
  expect(policy.get("connect-src")).toMatch(/^'self'/);

  await page.waitForFunction(() => "outcome" in globalThis, null, { timeout: LIMIT });
  const outcome = await page.evaluate(() => (globalThis as unknown as { outcome: Outcome }).outcome);
  console.log(outcome.output);
  expect(outcome.violations).toEqual([]);
  expect(outcome.refused, "the policy is in force").toBe(true);
  // The refusal that was wanted is the only one that the browser speaks of.
  expect(refusals.length, refusals.join("\n")).toBeLessThanOrEqual(1);
  expect(outcome.tests).toBeGreaterThan(0);
  expect(outcome.passed, outcome.output).toBe(true);
});
