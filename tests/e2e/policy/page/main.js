// Runs the browser tests as wasm-bindgen's own page does, but without any script inside of the page: that page lives with
// no Content-Security-Policy.

import init, * as suite from "./suite.js";

const violations = [];
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sourceFile, lineNumber }) => {
  violations.push(`${effectiveDirective} ${blockedURI} at ${sourceFile}:${lineNumber}`);
});

const exports = await init();
// How the tests are run, and where what they print is gathered.
globalThis.__wbg_test_invoke = (run) => run();
for (const method of ["debug", "log", "info", "warn", "error"]) {
  const original = console[method];
  const gather = suite[`__wbgtest_console_${method}`];
  console[method] = (...args) => {
    original.apply(console, args);
    gather(args);
  };
}

const tests = Object.keys(exports).filter((name) => name.startsWith("__wbgt_"));
const context = new suite.WasmBindgenTestContext(false);
context.include_ignored(false);
context.filtered_count(0);
const passed = await context.run(tests.map((name) => exports[name]));
const before = violations.length;

// That the policy is in force at all is shown by something that it refuses.
let refused = false;
try {
  new Function("return 1");
} catch {
  refused = true;
}

globalThis.outcome = {
  tests: tests.length,
  passed,
  output: document.getElementById("output").textContent,
  violations: violations.slice(0, before),
  refused,
};
