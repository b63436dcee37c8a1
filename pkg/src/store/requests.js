// Sends requests to the REST API through the client's engine, with its address, headers and cookies.

import { many, nothing, object, one, user } from "../rest/answers.js";
import { RestError } from "../rest/error.js";
import { codeOf } from "../rest/request.js";
import { parse } from "./parse.js";

/** @param {(method: string, path: string) => Promise<{ status: number, text: string }>} call */
export function makeRest(call) {
  async function request(method, path, read = nothing) {
    const fail = (code, cause, status = null, sentence) => {
      throw new RestError(code, sentence ?? `${method} ${path}: ${cause?.message ?? code}`, { status, cause });
    };
    const { status, text } = await call(method, path).catch((cause) => fail("network", cause));
    let answer;
    try {
      answer = parse(text);
      if (status < 300) return read(answer);
    } catch (cause) {
      if (status < 300) fail("malformed", cause, status);
    }
    return fail(codeOf(status), undefined, status, answer?.errorText);
  }
  return {
    status: () => request("GET", "/status", one("userId", object)),
    users: () => request("GET", "/users", many("users", "userId", (given) => Object.freeze(user(given)))),
    permissions: (roomId) =>
      request("GET", `/room-permissions/${roomId}`, ({ roomPermissions }) => Object.freeze(object(roomPermissions.permissions))),
    markRead: (messageId) => request("POST", `/messages/${messageId}/read`),
    remove: (messageId) => request("DELETE", `/messages/${messageId}`),
  };
}
