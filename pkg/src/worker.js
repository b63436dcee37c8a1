// What runs in a worker: an engine, for one page or for all.

import { Host } from "./host.js";
import { load } from "./load.js";

const isShared = "onconnect" in globalThis;
// A shared worker ends with its last page, and may get another one until then.
const host = new Host(load, false, isShared ? undefined : () => globalThis.close());
if (isShared) globalThis.onconnect = ({ ports: [port] }) => host.attach(port);
else host.attach(globalThis);
