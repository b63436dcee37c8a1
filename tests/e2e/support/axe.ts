/** Problems of accessibility, as axe finds them. */

import type { Page } from "@playwright/test";
import axe from "axe-core";

/** What axe finds wrong, short enough to be read in a failed assertion. */
export async function violations(page: Page): Promise<string[]> {
  // As the debugger's own script, which the page's Content-Security-Policy does not concern.
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return found.flatMap(({ id, impact, nodes }) => nodes.map(({ target, failureSummary }) => `${impact} ${id}: ${target.join(" ")} ${failureSummary}`));
}
