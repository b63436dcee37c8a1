// An engine in the page.

import { Host } from "./host.js";
import { load } from "./load.js";
import { openPair } from "./pair.js";

export { load };

/** Opens a port to an engine in this thread. */
export const openLocal = () => openPair((port) => new Host(load, true).attach(port));
