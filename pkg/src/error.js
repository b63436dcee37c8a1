// The package's error.

/** Marks every instance. Each entry point has its own copy of the class, and `instanceof` accepts them all. */
const MARK = Symbol.for("room-events.error");

export class RoomEventsError extends Error {
  name = "RoomEventsError";

  static [Symbol.hasInstance](value) {
    return this === RoomEventsError ? Boolean(value?.[MARK]) : super[Symbol.hasInstance](value);
  }

  /**
   * @param {string} code
   * @param {string} message
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }

  get [MARK]() {
    return true;
  }
}

/**
 * Creates an error for invalid usage.
 *
 * @param {string} code
 * @param {string} message
 * @param {unknown} cause
 */
export const makeError = (code, message, cause) =>
  new RoomEventsError(code, message, cause === undefined ? undefined : { cause });
