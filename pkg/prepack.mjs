// Before `npm pack`: what the tarball holds beside the files of this folder.

import { copyFileSync, rmSync } from "node:fs";

const here = (name) => new URL(name, import.meta.url);

for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) copyFileSync(here(`../${name}`), here(name));
// wasm-pack leaves one that hides the module's snippets from npm.
rmSync(here("wasm/.gitignore"), { force: true });
