/** What is in a page's heap, from a snapshot of the DevTools protocol. */

interface Snapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[], ...unknown[]] } };
  nodes: number[];
}

/**
 * What scripts make. All else is the engine's: code that it has compiled, what it has noted of the shapes of objects,
 * caches, and what the browser keeps of a document and its requests.
 */
const OWN = new Set(["object", "closure", "array", "string", "concatenated string", "sliced string", "number", "bigint", "regexp", "symbol"]);

/** The bytes of all objects, functions, arrays, strings and numbers in a snapshot. */
export function ownBytes(text: string): number {
  const { snapshot, nodes } = JSON.parse(text) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, size] = [fields.indexOf("type"), fields.indexOf("self_size")];
  const isOwn = types[0].map((name) => OWN.has(name));
  let bytes = 0;
  for (let node = 0; node < nodes.length; node += fields.length) {
    if (isOwn[nodes[node + type] as number]) bytes += nodes[node + size] as number;
  }
  return bytes;
}
