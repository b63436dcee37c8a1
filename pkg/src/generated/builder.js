// Builds the objects that JavaScript gets from a tape and the frame's string. The letters are those of read.js.
//
// Generated from the decoder's tables by `cargo xtask codegen`: do not edit.

import { ids, name, number, others, text } from "../../../src/browser/read.js";

const NAMES_0 = ["Initial", "ChecksumCalculationOnClientSideInProgress", "ChecksumCalculationOnClientSideFailed", "UploadFromClientToServerInProgress", "UploadFromClientToServerFailed", "ChecksumVerificationOnServerSideInProgress", "ChecksumVerificationOnServerSideMismatch", "ChecksumVerificationOnServerSideFailed", "ReadyForDownloadFromServerToClient"];
const NAMES_1 = ["Task", "Subtask", "Bug", "Epic", "Story", "FeatureRequest", "MergeRequest"];
const NAMES_2 = ["Backlog", "ToDo", "InProgress", "ToVerify", "Done", "Declined"];
const NAMES_3 = ["TextPlain", "TextHtml", "TextMarkdown", "TextCode", "TextLatex"];
const NAMES_4 = ["Regular", "Issue", "Meeting"];
const NAMES_5 = ["Blocker", "Critical", "High", "Normal", "Low", "Trivial"];
const NAMES_6 = ["Private", "Public"];

function pictureSize(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    width: number(s, F, I, o, i + 1),
    height: number(s, F, I, o, i + 2),
  };
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function attachment(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    attachmentId: F[i + 1],
    attachmentState: I[j + 4] === -1 ? "Initial" : name(s, I, j + 4, NAMES_0),
    createdUtc: number(s, F, I, o, i + 3),
    fileChecksum: I[j + 8] === -1 ? "" : text(s, I, j + 8),
    fileName: I[j + 10] === -1 ? "" : text(s, I, j + 10),
    fileSize: number(s, F, I, o, i + 6),
    hasThumbnail: I[j + 14] === 1,
    lastModifiedUtc: number(s, F, I, o, i + 8),
    roomId: F[i + 9] || 0,
    textMessageId: F[i + 11] || 0,
  };
  if (I[j + 20] >= 0) it.size = pictureSize(s, F, I, o, o + I[j + 20]);
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function attachmentList(s, F, I, o, at) {
  const items = [];
  for (let j = (o + at + 1) * 2, end = j + I[j - 2] * 2; j < end; j += 2) items.push(attachment(s, F, I, o, o + I[j]));
  return items;
}

function issueProperties(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    type: I[j + 2] === -1 ? "Task" : name(s, I, j + 2, NAMES_1),
    status: I[j + 4] === -1 ? "Backlog" : name(s, I, j + 4, NAMES_2),
    assignees: I[j + 6] < 0 ? [] : ids(F, I, o, I[j + 6]),
  };
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function meetingProperties(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    timeUtc: number(s, F, I, o, i + 1),
    duration: number(s, F, I, o, i + 2),
  };
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function readTimestamp(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    readUtc: number(s, F, I, o, i + 1),
    userId: F[i + 2],
  };
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function readTimestampList(s, F, I, o, at) {
  const items = [];
  for (let j = (o + at + 1) * 2, end = j + I[j - 2] * 2; j < end; j += 2) items.push(readTimestamp(s, F, I, o, o + I[j]));
  return items;
}

function message(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    attachments: I[j + 2] < 0 ? [] : attachmentList(s, F, I, o, I[j + 2]),
    commentCount: number(s, F, I, o, i + 2),
    createdUtc: number(s, F, I, o, i + 3),
    lastEditedUtc: number(s, F, I, o, i + 5),
    lastModifiedUtc: number(s, F, I, o, i + 6),
    markupType: I[j + 14] === -1 ? "TextPlain" : name(s, I, j + 14, NAMES_3),
    messageId: F[i + 9],
    messageType: I[j + 20] === -1 ? "Regular" : name(s, I, j + 20, NAMES_4),
    parentMessageId: F[i + 11] || 0,
    priority: I[j + 24] === -1 ? "Normal" : name(s, I, j + 24, NAMES_5),
    readTimestamps: I[j + 26] < 0 ? [] : readTimestampList(s, F, I, o, I[j + 26]),
    roomId: F[i + 14],
    text: I[j + 30] === -1 ? "" : text(s, I, j + 30),
    userId: F[i + 16] || 0,
  };
  if (I[j + 8] >= 0) it.issueProperties = issueProperties(s, F, I, o, o + I[j + 8]);
  if (I[j + 16] >= 0) it.meetingProperties = meetingProperties(s, F, I, o, o + I[j + 16]);
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function messageList(s, F, I, o, at) {
  const items = [];
  for (let j = (o + at + 1) * 2, end = j + I[j - 2] * 2; j < end; j += 2) items.push(message(s, F, I, o, o + I[j]));
  return items;
}

function textMessages(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    messages: messageList(s, F, I, o, I[j + 2]),
  };
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function textMessageDeleted(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    parentMessageId: F[i + 1] || 0,
    roomId: F[i + 2],
    messageId: F[i + 3],
  };
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function lastMessage(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    messageId: F[i + 1],
    createdUtc: number(s, F, I, o, i + 3),
  };
  if (F[i + 2] === F[i + 2]) it.userId = F[i + 2];
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function room(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    roomId: F[i + 1],
    name: I[j + 4] !== -1 ? text(s, I, j + 4) : I[j + 6] !== -1 ? text(s, I, j + 6) : "",
    displayName: I[j + 6] !== -1 ? text(s, I, j + 6) : I[j + 4] !== -1 ? text(s, I, j + 4) : "",
    roomType: I[j + 8] === -1 ? "Private" : name(s, I, j + 8, NAMES_6),
    createdUtc: number(s, F, I, o, i + 5),
    lastModifiedUtc: number(s, F, I, o, i + 6),
    unreadMessageCount: number(s, F, I, o, i + 7),
    isModerator: I[j + 16] === 1,
    isArchived: I[j + 18] === 1,
    isPinned: I[j + 20] === 1,
    lastMessage: I[j + 22] < 0 ? null : lastMessage(s, F, I, o, o + I[j + 22]),
  };
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function roomData(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    room: room(s, F, I, o, o + I[j + 2]),
  };
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

function roomDeleted(s, F, I, o, i) {
  const j = i * 2;
  const it = {
    roomId: F[i + 1],
  };
  if (I[j] >= 0) others(s, I, o, I[j], it);
  return it;
}

/** Builds the `data` of each event type, in the order of `EVENT_TYPES`. */
export const builders = [
  textMessages,
  textMessages,
  textMessageDeleted,
  roomData,
  roomData,
  roomDeleted,
];
