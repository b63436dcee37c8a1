// What is shorter, smaller or faster in JavaScript than through the bindings.

/** Events of the API, in the order of their numbers in Rust. */
const MESSAGES_CREATED = 0;
const MESSAGES_UPDATED = 1;
const MESSAGE_DELETED = 2;
const ROOM_CREATED = 3;
const ROOM_UPDATED = 4;

/**
 * Builds the event from a frame that was found valid. Fields that the server left out get their neutral value, all
 * others stay as they are.
 *
 * @param {number} kind the number of the event type
 * @param {string} type the name of the event type
 * @param {string} frame the frame's text
 * @param {boolean} recovered whether it was caught up with after a gap
 * @returns {{type: string, data: object, recovered: boolean}}
 */
export function buildEvent(kind, type, frame, recovered) {
  const event = JSON.parse(frame);
  event.type = type;
  event.recovered = recovered;
  const data = event.data;
  switch (kind) {
    case MESSAGES_CREATED:
    case MESSAGES_UPDATED:
      for (const message of data.messages) completeMessage(message);
      break;
    case MESSAGE_DELETED:
      data.parentMessageId ??= 0;
      break;
    case ROOM_CREATED:
    case ROOM_UPDATED:
      completeRoom(data.room);
      break;
  }
  return event;
}

function completeMessage(message) {
  message.parentMessageId ??= 0;
  message.markupType ??= "TextPlain";
  message.priority ??= "Normal";
  message.createdUtc ??= 0;
  message.lastEditedUtc ??= 0;
  message.lastModifiedUtc ??= 0;
  message.commentCount ??= 0;
  message.attachments ??= [];
  message.readTimestamps ??= [];
  for (const attachment of message.attachments) completeAttachment(attachment);
  if (message.issueProperties) message.issueProperties.assignees ??= [];
}

function completeAttachment(attachment) {
  attachment.fileName ??= "";
  attachment.fileSize ??= 0;
  attachment.fileChecksum ??= "";
  attachment.hasThumbnail ??= false;
  attachment.attachmentState ??= "Initial";
  attachment.createdUtc ??= 0;
  attachment.lastModifiedUtc ??= 0;
  attachment.textMessageId ??= 0;
  attachment.roomId ??= 0;
}

function completeRoom(room) {
  room.name ??= room.displayName;
  room.displayName ??= room.name;
  room.roomType ??= "Private";
  room.createdUtc ??= 0;
  room.lastModifiedUtc ??= 0;
  room.unreadMessageCount ??= 0;
  room.isModerator ??= false;
  room.isArchived ??= false;
  room.isPinned ??= false;
  room.lastMessage ??= null;
  if (room.lastMessage) room.lastMessage.createdUtc ??= 0;
}

/**
 * Builds what the topic `unknown` delivers.
 *
 * @param {string} type
 * @param {string} frame
 * @returns {{type: string, data: unknown, frame: string}}
 */
export function buildUnknown(type, frame) {
  return { type, data: JSON.parse(frame).data, frame };
}

/**
 * Tells the page that a callback threw, as the browser does for its own event listeners.
 *
 * @param {unknown} error
 */
export function report(error) {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else console.error(error);
}

/**
 * Makes the error that a mistake of the caller is answered with.
 *
 * @param {string} code
 * @param {string} message
 * @param {unknown} cause
 * @returns {Error}
 */
export function makeError(code, message, cause) {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.name = "RoomEventsError";
  error.code = code;
  return error;
}

/**
 * Sends a GET request with the page's cookies.
 *
 * @param {string} url
 * @param {(status: number, body: string) => void} done called with status 0 where there was no answer; never once the
 *   request was given up
 * @returns {AbortController}
 */
export function fetchText(url, done) {
  const controller = new AbortController();
  const { signal } = controller;
  const answer = (status, body) => {
    if (!signal.aborted) done(status, body);
  };
  fetch(url, { credentials: "include", cache: "no-store", headers: { Accept: "application/json" }, signal })
    .then(async (response) => [response.status, await response.text()])
    .then(([status, body]) => answer(status, body), () => answer(0, ""));
  return controller;
}

/** @param {AbortController} controller */
export function abort(controller) {
  controller.abort();
}

/**
 * Asks the application to log in again.
 *
 * @param {() => unknown} hook
 * @param {(authorized: boolean) => void} done
 */
export function authorize(hook, done) {
  new Promise((resolve) => resolve(hook())).then(
    (result) => done(result !== false),
    (error) => {
      report(error);
      done(false);
    },
  );
}

/** @type {(() => void)[]} */
const tasks = [];
/** @type {MessageChannel | undefined} */
let channel;

/**
 * Calls back once the event loop has had its turn. A message is not slowed down in a page that is not seen, as a timer
 * is.
 *
 * @param {() => void} task
 */
export function soon(task) {
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => {
      tasks.shift()?.();
      if (tasks.length > 0) return;
      // Nothing stays behind when nobody has anything to do.
      channel.port1.close();
      channel = undefined;
    };
    channel.port1.unref?.();
  }
  tasks.push(task);
  channel.port2.postMessage(0);
}

/** Whether the page is seen. What is no page counts as seen. */
export function isVisible() {
  return globalThis.document?.visibilityState !== "hidden";
}

/** Milliseconds since the page began; they may stand still while the machine sleeps. */
export const monotonicMs = () => performance.now();

/** Milliseconds since 1970; somebody may set them. */
export const wallMs = () => Date.now();
