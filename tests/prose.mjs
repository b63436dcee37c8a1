// Finds words in the documentation and in comments that plain technical English has better ones for. Called by
// `cargo xtask test lint`; `node tests/prose.mjs FILES` checks only these files.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What is looked for, and what to write instead. */
const WORDS = [
  [/\bbehind\b(?! (?:a|the|its) (?:\w+ )?(?:proxy|balancer|firewall))/i, "after"],
  [/\bbesides?\b/i, "next to, in addition to, except"],
  [/\blearnt\b/i, "learned, loaded"],
  [/\b(?:once|each|every|next|per) (?:a )?picture\b/i, "frame"],
  [/(?:\b(?:0|-1|undefined|also|at once|null|all)|``) where (?:it|they)\b|\bwhere (?:there (?:is|are|was|were)|none|neither|nothing|nobody|no one)\b/i, "if"],
  [/\bwhat there (?:is|was|are|were)\b/i, "the noun"],
  [/\bin vain\b/i, "without success"],
  [/\bfor ever\b/i, "forever"],
  [/\b(?:all )?its? bits turned\b/i, "bitwise complement"],
  [/\btakes? (?:it|the callback|the listener) back\b/i, "removes the listener"],
  [/\bmend(?:s|ed|ing)?\b/i, "fix"],
  [/\bnaught\b|\bwhence\b|\bthereof\b|\bhitherto\b/i, "a plain word"],
];
const CHECKED = ["*.md", "*.rs", "pkg/src/*.js", "pkg/src/*.ts", "pkg/*.mjs", "docs/site/*.mjs", "docs/site/*.vue"];
/** Not checked: what others have written, releases of the past, and files that quote what must not be written. */
const LEFT_OUT = [
  /^docs\/spec\//,
  /^CHANGELOG\.md$/,
  /^(?:benches|examples|fuzz|tests|www|pkg\/src\/generated)\//,
  /^docs\/reference-server-coverage\.md$/,
];

const files = (...patterns) => execFileSync("git", ["ls-files", "-co", "--exclude-standard", "--", ...patterns], { encoding: "utf8" });
const given = process.argv.slice(2);
const checked = given.length > 0 ? given : files(...CHECKED).split("\n").filter((name) => name !== "" && !LEFT_OUT.some((pattern) => pattern.test(name)));

/** The lines of a file with prose: all of a page's outside of its blocks, and the comments of code. */
function prose(file) {
  let isBlock = false;
  return readFileSync(file, "utf8").split("\n").map((line) => {
    if (!file.endsWith(".md")) return (file.endsWith(".rs") ? /^\s*\/\// : /^\s*(?:\/\/|\/?\*)/).test(line) ? line : "";
    if (line.trimStart().startsWith("```")) isBlock = !isBlock;
    return isBlock ? "" : line;
  });
}

let found = 0;
for (const file of checked) {
  for (const [index, line] of prose(file).entries()) {
    for (const [pattern, instead] of WORDS) {
      // Code is no prose.
      const [word] = pattern.exec(line.replace(/`[^`]*`/g, "``")) ?? [];
      if (word === undefined) continue;
      console.error(`${file}:${index + 1}: "${word}": write ${instead}\n    ${line.trim()}`);
      found += 1;
    }
  }
}
console.log(`${checked.length} files, ${found} findings`);
if (found > 0 || checked.length === 0) process.exitCode = 1;
