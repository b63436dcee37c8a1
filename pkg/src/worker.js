// The worker script: an engine for one page, or for all.

import { Host } from "./host.js";
import { load } from "./load.js";

const isShared = "onconnect" in globalThis;
// Browsers end a shared worker after its last page. Until then, another page may connect.
const host = new Host(load, false, isShared ? undefined : () => globalThis.close());
if (isShared) globalThis.onconnect = ({ ports: [port] }) => host.attach(port);
else host.attach(globalThis);
