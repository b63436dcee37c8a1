// The error of a request to the REST API.

/** Marks every instance. Each entry point has its own copy of the class, and `instanceof` accepts them all. */
const MARK = Symbol.for("room-events.rest-error");

export class RestError extends Error {
  name = "RestError";

  static [Symbol.hasInstance](value) {
    return this === RestError ? Boolean(value?.[MARK]) : super[Symbol.hasInstance](value);
  }

  /**
   * @param {string} code
   * @param {string} message
   * @param {{ status?: number | null, retryAfterMs?: number | null, cause?: unknown }} [details]
   */
  constructor(code, message, { status = null, retryAfterMs = null, cause } = {}) {
    super(message, cause && { cause });
    Object.assign(this, { code, status, retryAfterMs });
  }

  get [MARK]() {
    return true;
  }
}
