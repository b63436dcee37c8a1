// An engine in the page.

import { Host } from "./host.js";
import { load } from "./load.js";

export { load };

/** Two ends of which each hands what it is told to the other at once, as it is. */
function pair() {
  const ends = [{ onmessage: null }, { onmessage: null }];
  ends.forEach((end, index) => {
    const other = ends[1 - index];
    end.postMessage = (data) => other.onmessage?.({ data });
  });
  return ends;
}

/** Starts an engine, once the other end listens. */
export function openLocal() {
  const [page, engine] = pair();
  page.start = () => new Host(load, true).attach(engine);
  return page;
}
