/** The server's REST API, and what to tell a person about its errors. */

import { createReference } from "room-events/reference";
import { createRest, RestError, type RestErrorCode, type Session } from "room-events/rest";

export const rest = createRest();
/** What the documented API cannot do. */
export const reference = createReference();

/** Errors about which the server has said nothing to people. */
const SENTENCES: Partial<Record<RestErrorCode, string>> = {
  network: "The server cannot be reached. Check that it is running, then try again.",
  timeout: "The server does not answer. Try again.",
  malformed: "The server’s answer cannot be read.",
};

/** What to tell a person about anything that was thrown. */
export function describeError(error: unknown): string {
  if (error instanceof RestError) return SENTENCES[error.code] ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

/** Whether the server says that nobody is logged in. */
export function isLoggedOut(error: unknown): boolean {
  return error instanceof RestError && error.code === "unauthorized";
}

/** Who is logged in, or `null` where nobody is. */
export function currentSession(): Promise<Session | null> {
  return rest.status().catch((error: unknown) => {
    if (isLoggedOut(error)) return null;
    throw error;
  });
}
