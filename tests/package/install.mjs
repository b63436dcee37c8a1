// Installs the package as a user does: packed, then installed from the tarball into an empty project.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a program in a folder. Its output is part of the error when it fails. */
export async function execute(folder, program, ...args) {
  try {
    return (await run(program, args, { cwd: folder, maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${error.stdout}\n${error.stderr}`);
  }
}

/** Where bundlers, frameworks and an older compiler are installed, apart from the repository's own packages. */
export const bundlers = path.join(root, "tests", "bundlers");

/** The compiler that the repository has installed. */
export const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");

/**
 * Packs the package and installs it into an empty project, without network.
 *
 * @param {{ beside?: string[] }} [options] what the project has besides: packages of `tests/bundlers`, linked
 * @returns {Promise<{folder: string, files: {path: string, size: number}[], remove: () => Promise<void>}>}
 */
export async function installPacked({ beside = [] } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "room-events-package-"));
  const packed = await execute(path.join(root, "pkg"), "npm", "pack", "--json", "--pack-destination", folder);
  // A prepack script may print before the JSON.
  const report = JSON.parse(packed.slice(packed.search(/^[[{]/m)));
  const [tarball] = Array.isArray(report) ? report : Object.values(report);
  await writeFile(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await execute(folder, "npm", "install", "--offline", "--no-audit", `./${tarball.filename}`);
  for (const name of beside) {
    const link = path.join(folder, "node_modules", name);
    await mkdir(path.dirname(link), { recursive: true });
    await symlink(path.join(bundlers, "node_modules", name), link);
  }
  return { folder, files: tarball.files, remove: () => rm(folder, { recursive: true, force: true }) };
}
