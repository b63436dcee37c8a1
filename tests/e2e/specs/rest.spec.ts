/** `room-events/rest` in a browser: the cookie that goes along by itself, and an upload through `XMLHttpRequest`. */

import { join, resolve } from "node:path";

import type * as Rest from "room-events/rest";

import { ReferenceServer } from "../support/reference-server.ts";
import { expect, test } from "../support/test.ts";

const EXAMPLES = process.env.ROOM_EVENTS_EXAMPLES ?? join(resolve(import.meta.dirname, "../../.."), "target/examples");
const SIZE = 3_000_000;

test("uploads a file with progress and downloads it from its URL", async ({ browser }) => {
  const server = await ReferenceServer.start({ page: join(EXAMPLES, "vanilla") });
  const context = await browser.newContext({ baseURL: server.url });
  try {
    const page = await context.newPage();
    await page.goto("/");
    const outcome = await page.evaluate(async (size) => {
      const entry = "/room-events/rest.js";
      const { createRest, RestError } = (await import(entry)) as typeof Rest;
      const rest = createRest();
      await rest.login("bob", "bob");
      await rest.send(1, "a message");
      const newest = async () => (await rest.messages(1, { direction: "backward", limit: 1 }))[0]!;
      const { messageId } = await newest();
      const progress: Rest.UploadProgress[] = [];
      await rest.attach(messageId, [new File([new Uint8Array(size)], "a #1?.bin")], { onProgress: (step) => progress.push(step) });
      const [attachment] = (await newest()).attachments;
      const bytes = await fetch(rest.attachmentUrl(attachment!)).then((response) => response.arrayBuffer());
      const refused = await rest.attach(987654, [new Blob(["a"])]).catch((error: unknown) => error);
      const controller = new AbortController();
      const attaching = rest.attach(messageId, [new Blob([new Uint8Array(size)])], { signal: controller.signal });
      controller.abort(new Error("never mind"));
      const cancelled = await attaching.catch((error: Error) => error.message);
      return {
        progress,
        name: attachment!.fileName,
        length: bytes.byteLength,
        code: refused instanceof RestError && refused.code,
        cancelled,
        count: (await newest()).attachments.length,
      };
    }, SIZE);
    expect(outcome).toMatchObject({ name: "a #1?.bin", length: SIZE, code: "not-found", cancelled: "never mind", count: 1 });
    const { loaded, total } = outcome.progress.at(-1)!;
    expect(loaded).toBe(total);
    expect(total).toBeGreaterThan(SIZE);
  } finally {
    await context.close();
    await server.dispose();
  }
});
