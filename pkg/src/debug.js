// Prints what a client does to the console. Loaded only where that was asked for.

import { describe, listen } from "./describe.js";

const NAME = "color: #0b7d74; font-weight: 600";
const TYPE = "font-weight: 600";
const PLAIN = "font-weight: 400";

/**
 * @param {import("./index.js").EventsClient} client
 */
export function watch(client) {
  console.info("%croom-events%c prints what happens on %s", NAME, PLAIN, client.url.split("?")[0] || "the address from `url()`");
  listen(client, (topic, value, whole) => {
    const line = describe(topic, value);
    // What other users wrote is an argument everywhere, so that no % in it is taken for a format.
    const head = ["%croom-events %c%s%c %s", NAME, TYPE, topic === "unknown" ? value.type : topic, PLAIN, line];
    if (topic === "malformed" || topic === "resync") {
      console.warn(...head, whole);
      return;
    }
    console.groupCollapsed(...head);
    console.log(whole);
    console.groupEnd();
    if (topic === "statechange") client.stats().then((stats) => console.log("stats", stats), () => {});
  });
}
