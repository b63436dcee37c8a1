// `room-events/rest` and `room-events/reference`: every operation, against the reference server.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { installPacked } from "./install.mjs";
import { logIn, startServer } from "./server.mjs";

let project;
let server;
let entries;
let admin;
let bob;
let alice;
before(async () => {
  project = await installPacked();
  const load = (name) => import(pathToFileURL(path.join(project.folder, `node_modules/room-events/dist/${name}.js`)));
  entries = { ...(await load("reference")), ...(await load("rest")) };
  server = await startServer("--faults");
  [admin, bob, alice] = await Promise.all(["admin", "bob", "alice"].map((name) => logIn(entries, server.api, name)));
});
after(async () => {
  await server?.stop();
  await project?.remove();
});

/** A new room of bob and alice, with that many messages. Returns its id, and those of the messages. */
async function makeRoom(count = 0) {
  const { roomId } = await bob.reference.createRoom({ name: "A room", memberIds: [alice.userId] });
  const drafts = Array.from({ length: count }, (_, index) => ({ content: `message ${index + 1}` }));
  const ids = count === 0 ? [] : await bob.reference.sendMany(roomId, drafts);
  return { roomId, ids };
}

/** The last message of a room. */
const newest = async (roomId) => (await bob.rest.messages(roomId, { limit: 1, direction: "backward" }))[0];
const idsOf = (messages) => messages.map(({ messageId }) => messageId);
const hasCode = (code, status) => (error) => {
  assert.ok(error instanceof entries.RestError, String(error));
  assert.deepEqual([error.name, error.code, error.status], ["RestError", code, status], error.message);
  return true;
};
async function all(pages) {
  const found = [];
  for await (const page of pages) found.push(idsOf(page));
  return found;
}

test("starts, reports and ends a session", async () => {
  const user = await logIn(entries, server.api, "bob");
  const session = await user.rest.status();
  assert.deepEqual(session, { ...session, userId: bob.userId, userSessionId: user.userSessionId });
  assert.equal(await user.rest.logout(), undefined);
  await assert.rejects(user.rest.status(), hasCode("unauthorized", 401));
  await assert.rejects(user.rest.logout(), hasCode("unauthorized", 401));
});

test("rejects a refused login with the server's message", async () => {
  const login = entries.createRest({ url: server.api }).login("bob", "wrong");
  await assert.rejects(login, (error) => hasCode("unauthorized", 401)(error) && error.message === "The username or password is invalid.");
});

test("accepts a token instead of a cookie", async () => {
  const { token, userId } = await alice.reference.issueToken();
  const rest = entries.createRest({ url: `${server.api}/`, headers: async () => new Headers({ authorization: `Bearer ${token}` }) });
  const { userSessionId, ...session } = await rest.status();
  assert.deepEqual([session.userId, userSessionId], [userId, null]);
});

test("lists complete users and rooms", async () => {
  const users = await bob.rest.users();
  assert.deepEqual(users.map(({ userName }) => userName), ["admin", "bob", "alice"]);
  const { roomId } = await makeRoom();
  const room = (await bob.rest.rooms()).find((room) => room.roomId === roomId);
  assert.deepEqual([room.name, room.displayName, room.lastMessage, room.roomType], ["A room", "A room", null, "Private"]);
});

test("returns the caller's permissions", async () => {
  const { roomId } = await makeRoom();
  await bob.reference.setPermissions(roomId, { userId: alice.userId, permissions: { canCreateIssues: false } });
  assert.equal((await alice.rest.permissions(roomId)).canCreateIssues, false);
  assert.equal((await bob.rest.permissions(roomId)).canCreateIssues, true);
  await assert.rejects(alice.reference.setPermissions(roomId, { permissions: {} }), hasCode("forbidden", 403));
});

test("sends, lists, marks read, edits and deletes messages and comments", async () => {
  const { roomId } = await makeRoom();
  assert.equal(await bob.rest.send(roomId, "Grüße 👍"), undefined);
  const { messageId, ...message } = await newest(roomId);
  assert.deepEqual([message.text, message.userId, message.roomId, message.attachments], ["Grüße 👍", bob.userId, roomId, []]);
  await alice.rest.sendComment(messageId, "a comment");
  const [comment] = await bob.rest.comments(messageId, { limit: 5 });
  assert.deepEqual([comment.text, comment.parentMessageId, comment.roomId], ["a comment", messageId, roomId]);
  await alice.rest.markRead(messageId);
  await bob.reference.editMessage(messageId, "edited");
  const edited = await newest(roomId);
  assert.deepEqual([edited.text, edited.commentCount, edited.readTimestamps[0].userId], ["edited", 1, alice.userId]);
  await bob.rest.deleteMessage(messageId);
  assert.deepEqual(await bob.rest.messages(roomId), []);
  await assert.rejects(bob.rest.deleteMessage(messageId), hasCode("not-found", 404));
});

test("requests pages by cursor, limit and direction", async () => {
  const { roomId, ids } = await makeRoom(5);
  assert.deepEqual(idsOf(await bob.rest.messages(roomId)), ids);
  assert.deepEqual(idsOf(await bob.rest.messages(roomId, { limit: 2, cursor: undefined })), ids.slice(0, 2));
  assert.deepEqual(idsOf(await bob.rest.messages(roomId, { limit: 2, direction: "backward" })), ids.slice(3));
  const beyond = idsOf(await bob.rest.messages(roomId, { cursor: ids[2], direction: "backward" }));
  assert.deepEqual(beyond.filter((id) => id !== ids[2]), ids.slice(0, 2));
});

test("pages() and commentPages() read a list in both directions", async () => {
  const { roomId, ids } = await makeRoom(7);
  const forward = await all(bob.rest.pages(roomId, { limit: 3 }));
  assert.deepEqual(forward.flat(), ids);
  assert.ok(forward.length > 2);
  const backward = await all(bob.rest.pages(roomId, { limit: 3, direction: "backward" }));
  assert.deepEqual(backward.toReversed().flat(), ids);
  assert.deepEqual((await all(bob.rest.pages(roomId, { cursor: ids[4] }))).flat(), ids.slice(5));
  const older = await all(bob.rest.pages(roomId, { limit: 1, direction: "backward", cursor: ids[2] }));
  assert.deepEqual(older.toReversed().flat(), ids.slice(0, 2));
  for (const text of ["a", "b", "c"]) await bob.rest.sendComment(ids[0], text);
  const comments = [];
  for await (const page of bob.rest.commentPages(ids[0], { limit: 2 })) comments.push(...page.map(({ text }) => text));
  assert.deepEqual(comments, ["a", "b", "c"]);
});

test("pages() continues after pages that the server caps", async () => {
  const { roomId, ids } = await makeRoom(9);
  await bob.reference.inflict({ fault: "restCap", limit: 2 });
  try {
    assert.deepEqual((await all(bob.rest.pages(roomId))).flat(), ids);
    assert.deepEqual((await bob.reference.faults()).map(({ fault, limit }) => [fault, limit]), [["restCap", 2]]);
  } finally {
    await bob.reference.clearFaults();
  }
  assert.deepEqual(await bob.reference.faults(), []);
});

test("around() includes the message and its neighbours", async () => {
  const { roomId, ids } = await makeRoom(9);
  const inner = idsOf(await bob.rest.around(roomId, ids[4], { limit: 2 }));
  for (const id of ids.slice(2, 7)) assert.ok(inner.includes(id), String(inner));
  assert.deepEqual(inner, inner.toSorted((one, other) => one - other));
  assert.deepEqual(idsOf(await bob.rest.around(roomId, ids[0])), ids);
  assert.deepEqual(idsOf(await bob.rest.around(roomId, ids[8])), ids);
});

for (const quirks of [["exclusive-cursors"], ["strict-cursors"], ["exclusive-cursors", "strict-cursors"], ["comments-in-rooms"]]) {
  test(`pages() and around() work if the server has ${quirks.join(" and ")}`, async () => {
    const other = await startServer(...quirks.flatMap((quirk) => ["--quirk", quirk]));
    try {
      const { rest, reference } = await logIn(entries, other.api, "bob");
      const { roomId } = await reference.createRoom({ name: "A room" });
      const ids = await reference.sendMany(roomId, Array.from({ length: 9 }, (_, index) => ({ content: String(index) })));
      const comments = await reference.sendManyComments(ids[8], [{ content: "a" }, { content: "b" }, { content: "c" }]);
      const expected = quirks.includes("comments-in-rooms") ? [...ids, ...comments] : ids;
      for (const limit of [1, 2, 4, 100]) {
        assert.deepEqual((await all(rest.pages(roomId, { limit }))).flat(), expected);
        assert.deepEqual((await all(rest.pages(roomId, { limit, direction: "backward" }))).toReversed().flat(), expected);
        assert.deepEqual((await all(rest.pages(roomId, { limit, cursor: ids[4] }))).flat(), expected.slice(5));
        assert.deepEqual((await all(rest.pages(roomId, { limit, cursor: ids[4], direction: "backward" }))).toReversed().flat(), ids.slice(0, 4));
        assert.deepEqual((await all(rest.commentPages(ids[8], { limit }))).flat(), comments);
        const around = idsOf(await rest.around(roomId, ids[4], { limit }));
        for (const id of ids.slice(Math.max(0, 4 - limit), 5 + limit)) assert.ok(around.includes(id), `${limit}: ${around}`);
      }
    } finally {
      await other.stop();
    }
  });
}

test("attaches, describes, addresses and deletes files", async () => {
  const { roomId, ids } = await makeRoom(1);
  const names = ["plain.txt", "100% #1 a?b.txt", "日本.txt"];
  assert.equal(await bob.rest.attach(ids[0], names.map((name) => new File(["content"], name))), undefined);
  const { attachments } = await newest(roomId);
  assert.deepEqual(attachments.map(({ fileName }) => fileName), names);
  for (const attachment of attachments) {
    const bytes = await fetch(bob.rest.attachmentUrl(attachment), { headers: { cookie: `VirolaUserSessionId=${bob.userSessionId}` } });
    assert.deepEqual([bytes.status, await bytes.text()], [200, "content"], attachment.fileName);
    assert.deepEqual(await bob.rest.attachment(attachment.attachmentId), attachment);
    await bob.rest.deleteAttachment(attachment.attachmentId);
  }
  assert.deepEqual((await newest(roomId)).attachments, []);
  await assert.rejects(bob.rest.attach(ids[0], []), hasCode("rejected", 400));
});

test("loads avatars from their addresses", async () => {
  const { roomId } = await makeRoom();
  const picture = await readFile(new URL("../fixtures/pixel.jpg", import.meta.url));
  const load = async (url) => Buffer.from(await (await fetch(url, { headers: { cookie: `VirolaUserSessionId=${bob.userSessionId}` } })).arrayBuffer());
  await bob.reference.setUserAvatar(bob.userId, new Blob([picture]));
  await bob.reference.setRoomAvatar(roomId, new Blob([picture]));
  assert.deepEqual(await load(bob.rest.userAvatarUrl(bob.userId)), picture);
  assert.deepEqual(await load(bob.rest.roomAvatarUrl(roomId)), picture);
  await bob.reference.deleteUserAvatar(bob.userId);
  await bob.reference.deleteRoomAvatar(roomId);
  const gone = await fetch(bob.rest.userAvatarUrl(bob.userId), { headers: { cookie: `VirolaUserSessionId=${bob.userSessionId}` } });
  assert.equal(gone.status, 404);
});

test("returns the server's health figures as an object", async () => {
  assert.equal(typeof (await bob.rest.serverHealth()).messageCount, "number");
});

test("changes rooms and their members", async () => {
  const { roomId } = await makeRoom();
  await bob.reference.changeRoom(roomId, { name: "Renamed", isPinned: true });
  const room = (await bob.rest.rooms()).find((room) => room.roomId === roomId);
  assert.deepEqual([room.displayName, room.isPinned], ["Renamed", true]);
  await bob.reference.setMember(roomId, admin.userId);
  await bob.reference.setMember(roomId, alice.userId, { isModerator: true });
  assert.deepEqual(await bob.reference.members(roomId), [
    { userId: admin.userId, isModerator: false },
    { userId: bob.userId, isModerator: true },
    { userId: alice.userId, isModerator: true },
  ]);
  await bob.reference.removeMember(roomId, admin.userId);
  assert.equal((await bob.reference.members(roomId)).length, 2);
  await bob.reference.deleteRoom(roomId);
  await assert.rejects(bob.rest.messages(roomId), hasCode("not-found", 404));
});

test("sends and changes issues and meetings", async () => {
  const { roomId } = await makeRoom();
  const issue = { content: "an issue", messageType: "Issue", issueProperties: { type: "Bug" } };
  const meeting = { content: "a meeting", messageType: "Meeting", meetingProperties: { timeUtc: 5, duration: 6 } };
  const [messageId] = await bob.reference.sendMany(roomId, [issue, meeting]);
  await bob.reference.changeIssue(messageId, { status: "Done", assignees: [alice.userId] });
  const [first, second] = await bob.rest.messages(roomId);
  const [commentId] = await bob.reference.sendManyComments(messageId, [{ content: "a comment", priority: "High" }]);
  const [comment] = await bob.rest.comments(messageId);
  assert.deepEqual([comment.messageId, comment.priority], [commentId, "High"]);
  assert.deepEqual(first.issueProperties, { type: "Bug", status: "Done", assignees: [alice.userId] });
  assert.deepEqual(second.meetingProperties, { timeUtc: 5, duration: 6 });
  assert.ok(!("meetingProperties" in first));
});

test("refuses the login of a suspended user", async () => {
  await admin.reference.setUserStatus(alice.userId, "Suspended");
  try {
    await assert.rejects(logIn(entries, server.api, "alice"), hasCode("unauthorized", 401));
  } finally {
    await admin.reference.setUserStatus(alice.userId, "Active");
  }
  alice = await logIn(entries, server.api, "alice");
});

test("returns the server's OpenAPI and AsyncAPI descriptions", async () => {
  assert.match((await bob.reference.openapi()).openapi, /^3\./);
  assert.match((await bob.reference.asyncapi()).asyncapi, /^3\./);
});

test("an error from one entry is an instance of the other entry's class", async () => {
  const { RestError } = await import(pathToFileURL(path.join(project.folder, "node_modules/room-events/dist/reference.js")));
  assert.notEqual(RestError, entries.RestError);
  await assert.rejects(bob.rest.messages(987654), RestError);
  assert.ok(!(new Error("") instanceof RestError));
  class Own extends RestError {}
  assert.ok(!(new RestError("network", "") instanceof Own));
});
