// Logs what a client does to the console. Loaded on demand.

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
    // Text from other users is passed as an argument, so that a % in it is not taken for a format specifier.
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
