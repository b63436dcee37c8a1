// The decoders: this package, and what front ends use today.

import { decode as ajv } from "./ajv.js";
import { decode as typia } from "./typia.ts";
import { decode as valibot } from "./valibot.js";
import { decode as zod } from "./zod.js";

/**
 * Returns the decoders. The last one returns no event: it measures a frame without listeners.
 *
 * @param {{decodeFrame: (frame: string) => object, checkFrame: (frame: string) => boolean, lookAtHead: (frame: string) => boolean}} ours
 * @returns {[name: string, decode: (frame: string) => object][]}
 */
export const contestants = (ours) => [
  ["JSON.parse", (frame) => JSON.parse(frame)],
  ["room-events", (frame) => ours.decodeFrame(frame)],
  ["JSON.parse + typia", typia],
  ["JSON.parse + ajv", ajv],
  ["JSON.parse + zod", zod],
  ["JSON.parse + valibot", valibot],
  ["wasm check, then JSON.parse", (frame) => {
    if (!ours.checkFrame(frame)) throw new Error("the check refuses");
    return JSON.parse(frame);
  }],
  ["room-events, not listening", (frame) => ({ type: ours.lookAtHead(frame) ? "known" : "" })],
];
