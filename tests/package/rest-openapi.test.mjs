// The types of `room-events/rest` and `room-events/reference` against the reference server's OpenAPI document: the same
// operations, parameters and fields. What the document says is written as TypeScript, and the compiler compares.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { execute, installPacked, tsc } from "./install.mjs";
import { startServer } from "./server.mjs";

const FLAGS = [
  ...["--noEmit", "--pretty", "--strict", "--target", "es2022", "--lib", "es2022,dom,esnext.disposable"],
  ...["--module", "esnext", "--moduleResolution", "bundler"],
];
/** Operations whose method gives an address, for the browser to load. */
const ADDRESSES = { attachmentFile: "attachmentUrl", userAvatar: "userAvatarUrl", roomAvatar: "roomAvatarUrl" };
/** Methods that are no operation, but several calls of one. */
const COMPOSED = ["around", "commentPages", "pages"];
/** Operations whose body is one argument, instead of one for each field. */
const BODIES = ["changeIssue", "changeRoom", "createRoom", "setMember", "setPermissions"];
/** Operations with fields that differ from server to server, or from fault to fault. */
const OPEN = ["faults", "inflict", "serverHealth"];
/** What the compiler compares with: optional or not, null or not, it has to be the same. */
const PRELUDE = `
import type { RestClient } from "room-events/rest";
import type { ReferenceClient } from "room-events/reference";
type Literals<T> = T extends string ? (string extends T ? never : T) : never;
type Of<T> = [T] extends [string] ? ([Literals<T>] extends [never] ? string : Literals<T>)
  : T extends number | boolean | Blob ? T
  : T extends readonly (infer Item)[] ? Loose<Item>[]
  : T extends object ? { [K in keyof T as string extends K ? never : K]-?: Loose<T[K]> }
  : T;
type Loose<T> = Of<Exclude<T, null | undefined>>;
type Same<A, B> = [Loose<A>] extends [Loose<B>] ? ([Loose<B>] extends [Loose<A>] ? true : false) : false;
type Given<M> = M extends (...given: infer P) => unknown ? Required<P> : never;
type Result<M> = M extends (...given: never) => Promise<infer R> ? R : never;
`;

let project;
let server;
let document;
let methods;
before(async () => {
  project = await installPacked();
  server = await startServer("--faults");
  document = await (await fetch(`${server.api}/openapi.json`)).json();
  const load = (name) => import(pathToFileURL(path.join(project.folder, `node_modules/room-events/dist/${name}.js`)));
  const { createRest } = await load("rest");
  const { createReference } = await load("reference");
  methods = { rest: Object.keys(createRest()).sort(), reference: Object.keys(createReference()).sort() };
});
after(async () => {
  await server?.stop();
  await project?.remove();
});

const isOwn = ({ tags }) => tags.includes("Reference");
const operationsOf = (document) =>
  Object.values(document.paths)
    .flatMap((item) => Object.values(item))
    // The stream is for `connect()`.
    .filter(({ operationId }) => operationId !== "events");

test("has one method for every operation, with the same name, and no others", () => {
  const operations = operationsOf(document);
  const named = (chosen) => chosen.map(({ operationId }) => ADDRESSES[operationId] ?? operationId);
  assert.deepEqual(methods.reference, named(operations.filter(isOwn)).sort());
  assert.deepEqual(methods.rest, [...named(operations.filter((operation) => !isOwn(operation))), ...COMPOSED].sort());
});

/** A schema without its references and its null. */
function resolve(document, schema) {
  if (schema.$ref) return resolve(document, document.components.schemas[schema.$ref.split("/").at(-1)]);
  if (schema.oneOf) return resolve(document, schema.oneOf.find(({ type }) => type !== "null"));
  if (schema.allOf) {
    const parts = schema.allOf.map((part) => resolve(document, part));
    return { type: "object", properties: Object.assign({}, ...parts.map(({ properties }) => properties)) };
  }
  return schema;
}

/** A schema as a type. */
function typeOf(document, schema) {
  const { type, format, items, properties, enum: values } = resolve(document, schema);
  const kind = [type].flat()[0];
  if (values) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (format === "binary") return "Blob";
  if (kind === "integer") return "number";
  if (kind === "array") return `(${typeOf(document, items)})[]`;
  if (kind !== "object") return kind;
  const fields = Object.entries(properties ?? {}).map(([name, field]) => `${name}: ${typeOf(document, field)}`);
  return `{ ${fields.join("; ")} }`;
}

/** What a method gives of an answer: the one list or object in it, or the answer. */
function resultOf(document, schema) {
  const { httpStatusCode: _, ...properties } = resolve(document, schema).properties ?? {};
  const names = Object.keys(properties).filter((name) => name !== "roomId" && name !== "parentMessageId");
  const [only] = names.length === 1 ? [resolve(document, properties[names[0]])] : [];
  if (only?.type === "array") return typeOf(document, only);
  if (only) return resultOf(document, only);
  return names.length === 0 && !schema.type ? "void" : typeOf(document, { type: "object", properties });
}

/** One line for everything that the document says of an operation's method. */
function checksOf(document, operation) {
  const { operationId, parameters = [], requestBody, responses } = operation;
  const method = `${isOwn(operation) ? "ReferenceClient" : "RestClient"}["${operationId}"]`;
  const lines = [];
  const check = (type) => lines.push(`export const ${operationId}_${lines.length}: ${type} = true;`);
  const given = parameters.filter((parameter) => parameter.in === "path").map(() => "number");
  const [mediaType, { schema } = {}] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (mediaType === "multipart/form-data") given.push("Iterable<Blob> | ArrayLike<Blob>");
  else if (mediaType === "application/json" && !BODIES.includes(operationId)) {
    const { properties, required } = resolve(document, schema);
    given.push(...required.map((name) => typeOf(document, properties[name])));
  } else if (schema) given.push(typeOf(document, schema));
  for (const [index, type] of given.entries()) check(`Same<Given<${method}>[${index}], ${type}>`);
  check(`Same<Given<${method}>["length"], ${given.length + 1}>`);
  const names = ["signal", "timeoutMs", ...parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name)];
  if (operationId === "attach") names.push("onProgress");
  check(`Same<keyof NonNullable<Given<${method}>[${given.length}]>, ${names.map((name) => `"${name}"`).join(" | ")}>`);
  check(`Same<Result<${method}>, ${resultOf(document, responses[200].content["application/json"].schema)}>`);
  return lines;
}

async function compare(document) {
  const chosen = operationsOf(document).filter(({ operationId }) => !(operationId in ADDRESSES) && !OPEN.includes(operationId));
  const lines = chosen.flatMap((operation) => checksOf(document, operation));
  await writeFile(path.join(project.folder, "openapi.ts"), PRELUDE + lines.join("\n"));
  await execute(project.folder, process.execPath, tsc, ...FLAGS, "openapi.ts");
  return lines;
}

test("parameters and results match the document field by field", async () => {
  const lines = await compare(document);
  assert.ok(lines.length > 100, `only ${lines.length} checks`);
  const messages = lines.find((line) => line.startsWith("export const messages_3"));
  for (const part of ["readTimestamps", '"TextLatex"', "meetingProperties"]) assert.ok(messages.includes(part), messages);
});

const CHANGES = {
  "a new field": ({ components: { schemas } }) => (schemas.User.properties.color = { type: "string" }),
  "a field of a different type": ({ components: { schemas } }) => (schemas.ReadTimestamp.properties.readUtc = { type: "string" }),
  "a missing field": ({ components: { schemas } }) => delete schemas.Draft.properties.priority,
  "a new enum value": ({ components: { schemas } }) => schemas.IssueStatus.enum.push("Forgotten"),
  "a lost permission": ({ components: { schemas } }) => delete schemas.SetPermissions.properties.permissions.properties.canSendNudge,
  "a new query parameter": ({ paths }) => paths["/users"].get.parameters = [{ in: "query", name: "limit" }],
  "a new path parameter": ({ paths }) => paths["/messages/{messageId}/read"].post.parameters.push({ in: "path", name: "roomId" }),
  "a different result": ({ paths }) => (paths["/logout"].post.responses = paths["/rooms"].get.responses),
};
for (const [change, make] of Object.entries(CHANGES)) {
  test(`detects ${change}`, async () => {
    const changed = structuredClone(document);
    make(changed);
    await assert.rejects(compare(changed), /'true' is not assignable to type 'false'/);
  });
}
