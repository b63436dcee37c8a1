// Writes the bill of materials of the npm package and the checksums of a release. Called by `cargo xtask release`.
//
// node release.mjs FOLDER VERSION BILL ROOT RUST SHIPPED: the folder with the release's files; cargo-cyclonedx's bill
// of the crate; the repository's folder, which that bill mentions; Rust's version; and the output of `cargo tree` for
// the crates in the module.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const [folder, version, made, root, rust, tree] = process.argv.slice(2);
const sha256 = (file) => createHash("sha256").update(readFileSync(path.join(folder, file))).digest("hex");

// The bill refers to the crate by its local path. Its serial number differs between runs.
const { serialNumber, ...bill } = JSON.parse(readFileSync(made, "utf8").replaceAll(`path+file://${root}#`, "pkg:cargo/"));
// Procedural macros only run in the compiler: `cargo tree` omits them.
const shipped = new Set(tree.split("\n"));
const crates = bill.components.filter(({ name, version }) => shipped.has(`${name} v${version}`));
if (crates.length === 0) throw new Error("the bill of materials has no crates");
const std = `pkg:generic/rust-std@${rust}`;
const licenses = [{ expression: "MIT OR Apache-2.0" }];
bill.components = [...crates, { type: "library", "bom-ref": std, name: "rust-std", version: rust, purl: std, licenses }];

const { components, ...component } = bill.metadata.component;
const purl = `pkg:npm/room-events@${version}`;
const content = sha256(`room-events-${version}.tgz`);
bill.metadata.component = { ...component, purl, hashes: [{ alg: "SHA-256", content }] };

const refs = new Set([component, ...crates].map((part) => part["bom-ref"]));
bill.dependencies = bill.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, ...(dependsOn && { dependsOn: dependsOn.filter((name) => refs.has(name)) }) }));
writeFileSync(path.join(folder, `room-events-${version}.cdx.json`), `${JSON.stringify(bill, null, 2)}\n`);

const sums = readdirSync(folder).sort().map((file) => `${sha256(file)}  ${file}\n`).join("");
writeFileSync(path.join(folder, "SHA256SUMS"), sums);
console.log(`\n${sums}`);
