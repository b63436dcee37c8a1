// Creates methods from a table of operations.

import { nothing } from "./answers.js";

/**
 * Creates a method for each operation.
 *
 * The line of an operation has its HTTP method, its path with a `*` for each id, and the names of the body's fields.
 * The method takes the ids, the fields and the options, in that order.
 *
 * @param {ReturnType<typeof import("./request.js").requester>} request
 * @param {Record<string, [line: string, read?: (answer: any) => unknown]>} operations
 */
export function methodsOf(request, operations) {
  const method = ([line, read = nothing]) => {
    const [verb, path, ...fields] = line.split(" ");
    return (...given) => {
      const filled = path.replace(/\*/g, () => given.shift());
      const body = fields[0] && JSON.stringify(Object.fromEntries(fields.map((field) => [field, given.shift()])));
      const { cursor, limit, direction } = given[0] ?? {};
      // Omits undefined values.
      const query = new URLSearchParams(JSON.parse(JSON.stringify({ cursor, limit, direction })));
      return request(verb, `${filled}?${query}`.replace(/\?$/, ""), read, given[0], body, body && "application/json");
    };
  };
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, method(operation)]));
}
