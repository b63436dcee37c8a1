// A copy of strings that is quicker than the browser's encoder, where WebAssembly may read strings.

/** copy.wat, assembled. After a change of it: `UPDATE_COPY=1 cargo test --test protocol copy`. */
const MODULE = "AGFzbQEAAAABIQVedwFgA29jAH8Bf2ACf38AYARkAH9/fwF/YANvf38BfwIyAw53YXNtOmpzLXN0cmluZxFpbnRvQ2hhckNvZGVBcnJheQABAWUBbQIAAAFlAW4DfwADBAMCAwQGCgFkAAAjAPsHAAsHBQEBYwADCtMDAxAAIABBgAEgAUE/cXI6AAALPwEBfyADQYC4A0kgASACSXEEQCAAIAH7DQAhBCAEQYD4A3FBgLgDRgRAIANBCnQgBGpBgLj/GmsPCwtB/f8DC/8CAgFkAAh/IwEhAyAAIANBABAAIQQgASEGAkADQCAFIARPDQEgBkENaiACSwRAQX8PCyAFQQRqIQsgCyAETQRAIAMgBfsNACEHIAMgBUEBavsNACEIIAMgBUECavsNACEJIAMgBUEDavsNACEKIAcgCHIgCSAKcnJBgAFJBEAgBiAHIAhBCHRyIAlBEHQgCkEYdHJyNgAAIAZBBGohBiALIQUMAgsFIAQhCwsDQCADIAX7DQAhByAFQQFqIQUCQCAHQYABSQRAIAYgBzoAACAGQQFqIQYMAQsgB0GAEEkEQCAGQcABIAdBBnZyOgAABSAHQYDwA3FBgLADRgRAIAMgBSAEIAcQAiEHCyAHQYCABEkEQCAGQeABIAdBDHZyOgAABSAFQQFqIQUgBkHwASAHQRJ2cjoAACAGQQFqIQYgBiAHQQx2EAELIAZBAWohBiAGIAdBBnYQAQsgBkEBaiEGIAYgBxABIAZBAWohBgsgBSALSQ0ACwwACwsgBiABaws=";

/**
 * The function that copies a text to an address of the memory, as UTF-8, and gives the number of its bytes, or -1 where
 * they might not fit before the end that is given. Nothing in browsers without JS String Builtins.
 *
 * @param {WebAssembly.Memory} memory
 * @param {number} most how long the texts are at most, in UTF-16 code units
 * @returns {((text: string, at: number, end: number) => number) | undefined}
 */
export function copier(memory, most) {
  try {
    const bytes = Uint8Array.from(atob(MODULE), (byte) => byte.charCodeAt(0));
    const module = new WebAssembly.Module(bytes, { builtins: ["js-string"] });
    return new WebAssembly.Instance(module, { e: { m: memory, n: most } }).exports.c;
  } catch {
    // A browser that knows no builtins takes them for missing imports, or for no WebAssembly at all.
  }
}
