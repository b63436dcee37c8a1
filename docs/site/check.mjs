// Follows each link within the built site: its file has to exist, and its anchor in that file. Called by `cargo xtask docs`.

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

const [site, base = "/"] = process.argv.slice(2);
/** The references check their own links; from them, nothing leads back. */
const OWN_CHECKS = ["crate", "reference"];

const files = readdirSync(site, { recursive: true }).filter((name) => name.endsWith(".html"));
const pages = files.filter((name) => !OWN_CHECKS.includes(name.split(path.sep)[0]));
const anchors = new Map();
const anchorsOf = (file) => {
  if (!anchors.has(file)) {
    anchors.set(file, new Set([...readFileSync(file, "utf8").matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => id)));
  }
  return anchors.get(file);
};

/** The file that a web server sends for this path; undefined if there is none. */
const served = (file) =>
  [file, `${file}.html`, path.join(file, "index.html")].find((name) => existsSync(name) && statSync(name).isFile());

const dead = [];
let followed = 0;
for (const page of pages) {
  const html = readFileSync(path.join(site, page), "utf8").replace(/<pre[^]*?<\/pre>/g, "");
  for (const [, link] of html.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
    if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(link)) continue;
    const [target, anchor] = link.split("#");
    const [address] = decodeURI(target).split("?");
    const inside = address.startsWith(base) ? address.slice(base.length) : path.join(path.dirname(page), address);
    const file = address === "" ? path.join(site, page) : served(path.join(site, inside));
    if (!file) dead.push(`${page}: ${link}`);
    else if (anchor && file.endsWith(".html") && !anchorsOf(file).has(decodeURIComponent(anchor))) dead.push(`${page}: ${link} (no such anchor)`);
    followed += 1;
  }
}
console.log(`${followed} links on ${pages.length} pages, ${dead.length} of them dead`);
for (const line of new Set(dead)) console.error(line);
if (dead.length > 0 || followed < 100) process.exitCode = 1;
