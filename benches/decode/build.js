// Builds an event from a tape in the module's memory. The package's page builds it from a copy of the tape.

import { builders } from "../../pkg/src/generated/builder.js";
import { EVENT_TYPES } from "../../pkg/src/generated/tables.js";
import { others } from "../../src/browser/read.js";

let memory;
let doubles = new Float64Array(0);
let integers = new Int32Array(0);

export function useMemory(ours) {
  memory = ours;
}

export function buildEvent(kind, frame, tape) {
  // When a memory grows, its old views are detached and become empty.
  if (doubles.length === 0) {
    doubles = new Float64Array(memory.buffer);
    integers = new Int32Array(memory.buffer);
  }
  const data = builders[kind](frame, doubles, integers, tape, tape + integers[(tape + 1) * 2]);
  const event = { type: EVENT_TYPES[kind], data, recovered: false };
  const first = integers[tape * 2];
  if (first >= 0) others(frame, integers, tape, first, event);
  return event;
}
