// The package's error.

/** Marks every instance: each entry of the package has a copy of the class of its own, and `instanceof` takes all of them. */
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
 * Makes the error that a mistake of the caller is answered with.
 *
 * @param {string} code
 * @param {string} message
 * @param {unknown} cause
 */
export const makeError = (code, message, cause) =>
  new RoomEventsError(code, message, cause === undefined ? undefined : { cause });
