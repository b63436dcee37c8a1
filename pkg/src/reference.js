// The reference server's operations that are not part of the documented REST API.

import { many, nothing, object, one, room } from "./rest/answers.js";
import { methodsOf } from "./rest/operations.js";
import { baseOf, requester } from "./rest/request.js";

export { RestError } from "./rest/error.js";

const JPEG = "image/jpeg";

const member = (given) => ({ isModerator: false, ...given });

const sent = ({ messageIds }) => messageIds.map(Number);

const OPERATIONS = {
  issueToken: ["POST /reference/token", one("userId", object)],
  setUserStatus: ["PUT /reference/users/*/status status"],
  deleteUserAvatar: ["DELETE /users/*/avatar.jpg"],
  deleteRoomAvatar: ["DELETE /rooms/*/avatar.jpg"],
  deleteRoom: ["DELETE /rooms/*"],
  members: ["GET /rooms/*/members", many("members", "userId", member)],
  removeMember: ["DELETE /rooms/*/members/*"],
  sendMany: ["POST /reference/rooms/*/messages messages", sent],
  sendManyComments: ["POST /reference/messages/*/comments messages", sent],
  editMessage: ["PUT /messages/* content"],
  faults: ["GET /reference/faults", ({ faults }) => faults.map(object)],
  clearFaults: ["DELETE /reference/faults"],
  openapi: ["GET /openapi.json", object],
  asyncapi: ["GET /asyncapi.json", object],
};

/** Creates a client of the reference server's own operations. */
export function createReference({ url, ...options } = {}) {
  const request = requester(baseOf(url), options);
  const json = (verb, path, options, body, read = nothing) =>
    request(verb, path, read, options, JSON.stringify(body), "application/json");
  const jpeg = (path, options, picture) => request("PUT", path, nothing, options, picture, JPEG);
  return {
    ...methodsOf(request, OPERATIONS),
    createRoom: (fields, options) => json("POST", "/rooms", options, fields, (answer) => one("roomId", room)(answer.room)),
    changeRoom: (roomId, changes, options) => json("PUT", `/rooms/${roomId}`, options, changes),
    setMember: (roomId, userId, fields = {}, options) => json("PUT", `/rooms/${roomId}/members/${userId}`, options, fields),
    changeIssue: (messageId, changes, options) => json("PUT", `/reference/messages/${messageId}/issue`, options, changes),
    setPermissions: (roomId, changes, options) => json("PUT", `/reference/room-permissions/${roomId}`, options, changes),
    inflict: (fault, options) => json("POST", "/reference/faults", options, fault),
    setUserAvatar: (userId, picture, options) => jpeg(`/users/${userId}/avatar.jpg`, options, picture),
    setRoomAvatar: (roomId, picture, options) => jpeg(`/rooms/${roomId}/avatar.jpg`, options, picture),
  };
}
