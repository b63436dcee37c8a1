// Runs in the page: measures each contestant on each frame, alternately.

import init, { checkFrame, decodeFrame, lookAtHead, prepareDecoder } from "room-events-bench";

import { contestants } from "./contestants.js";
import { FRAMES, strings } from "./frames.js";

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Checks that all contestants but the last return the same event, except for additional members. */
function check(name, event, decoders) {
  const text = JSON.stringify(event);
  const same = (one, other) => {
    if (typeof one !== "object" || one === null) return Object.is(one, other);
    return Object.keys(one).every((key) => same(one[key], other?.[key]));
  };
  for (const [contestant, decode] of decoders.slice(0, -1)) {
    if (!same(event, decode(text))) throw new Error(`${contestant} decodes ${name} wrongly`);
  }
}

/**
 * @param {{rounds: number, roundMs: number}} options
 */
export async function run({ rounds, roundMs }) {
  await init({ module_or_path: new URL("bench.wasm", location.href) });
  prepareDecoder();
  const decoders = contestants({ checkFrame, decodeFrame, lookAtHead });
  const results = [];
  let sink = 0;
  for (const [name, event] of FRAMES) {
    check(name, event, decoders);
    const bytes = new TextEncoder().encode(JSON.stringify(event)).length;
    const pool = strings(event, bytes > 100_000 ? 8 : 64);
    const times = new Map(decoders.map(([contestant]) => [contestant, []]));
    // Chosen so that JSON.parse takes one round.
    let calls = 1;
    for (let ms = 0; ms < roundMs; calls *= 2) {
      const start = performance.now();
      for (let i = 0; i < calls; i++) sink += JSON.parse(pool[i % pool.length]).type.length;
      ms = performance.now() - start;
    }
    for (let round = -2; round < rounds; round++) {
      for (const [contestant, decode] of decoders) {
        const start = performance.now();
        for (let i = 0; i < calls; i++) sink += decode(pool[i % pool.length]).type.length;
        const micros = ((performance.now() - start) * 1000) / calls;
        // The first rounds warm up the compilers.
        if (round >= 0) times.get(contestant).push(micros);
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
    const base = median(times.get("JSON.parse"));
    results.push({
      frame: name,
      bytes,
      contestants: decoders.map(([contestant]) => {
        const sorted = times.get(contestant).toSorted((a, b) => a - b);
        return {
          name: contestant,
          micros: median(sorted),
          ratio: median(sorted) / base,
          low: sorted[0] / base,
          high: sorted.at(-1) / base,
        };
      }),
    });
  }
  return { results, sink };
}

globalThis.run = run;
