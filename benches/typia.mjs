// An esbuild plugin that runs typia's transformer. This version uses TypeScript's own compiler; typia 13 and later have
// their own, which has to be compiled with Go first.

import { createRequire } from "node:module";

import ts from "typescript";

// The package declares an ES module for it that does not exist.
const { default: transform } = createRequire(import.meta.url)("typia/lib/transform");

/**
 * Transforms the modules whose paths match.
 *
 * @param {RegExp} filter
 * @returns {import("esbuild").Plugin}
 */
export const typia = (filter) => ({
  name: "typia",
  setup(build) {
    build.onLoad({ filter }, ({ path }) => ({ contents: compiled(path), loader: "js" }));
  },
});

function compiled(path) {
  const program = ts.createProgram([path], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    skipLibCheck: true,
    types: [],
  });
  const errors = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  const addDiagnostic = ({ messageText }) => errors.push(ts.flattenDiagnosticMessageText(messageText, "\n"));
  let contents;
  program.emit(
    program.getSourceFile(path),
    (_, text) => (contents = text),
    undefined,
    false,
    { before: [transform(program, {}, { addDiagnostic })] },
  );
  if (errors.length > 0) throw new Error(`${path}: ${errors.join("; ")}`);
  return contents;
}
