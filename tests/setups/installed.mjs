// The versions of Node.js that npm has binaries of, as far as they are installed here.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const inside = (name) => fileURLToPath(new URL(`node_modules/${name}`, import.meta.url));

/** Programs by major version; empty on machines that these packages have no binaries for. */
export const nodes = ["20", "22", "24", "26"]
  .map((major) => ({ major, program: inside(`node-${major}/bin/node`) }))
  .filter(({ program }) => existsSync(program));

/** The Node.js that runs tools: they need a newer version than the tests. */
export const tooling = nodes.find(({ major }) => major === "24")?.program ?? process.execPath;
