import { rspack } from "@rspack/core";

rspack({ mode: "production", entry: "./main.js", performance: { hints: false } }, (error, stats) => {
  const printed = error ?? (stats.hasErrors() || stats.hasWarnings() ? stats.toString() : undefined);
  if (!printed) return;
  console.error(printed);
  process.exitCode = 1;
});
