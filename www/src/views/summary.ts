/** One line about each event, for the log, with the names of people and rooms. */

import type { Message } from "room-events";
import type { Delivered } from "room-events/inspector";

import { count } from "../format.ts";
import type { Session } from "../session.ts";

const EXCERPT_LENGTH = 60;

/** The line, or `undefined` if the page knows no more than the package. */
export function summarize(session: Session, [topic, value]: Delivered): string | undefined {
  switch (topic) {
    case "TextMessagesCreated":
    case "TextMessagesUpdated":
      return summarizeMessages(session, value.messages);
    case "TextMessageDeleted":
      return `${value.parentMessageId === 0 ? "message" : "comment"} ${value.messageId} in ${session.roomName(value.roomId)}`;
    case "RoomCreated":
    case "RoomUpdated":
      return `${value.room.name} · ${value.room.unreadMessageCount} unread`;
    case "RoomDeleted":
      return session.roomName(value.roomId);
    default:
      return undefined;
  }
}

function summarizeMessages(session: Session, messages: readonly Message[]): string {
  const [first] = messages;
  if (!first) return "no messages";
  const characters = [...first.text.replace(/\s+/g, " ").trim()];
  const excerpt = characters.length > EXCERPT_LENGTH ? `${characters.slice(0, EXCERPT_LENGTH - 1).join("")}…` : characters.join("");
  const line = `${session.userName(first.userId)} in ${session.roomName(first.roomId)}: ${excerpt}`;
  return messages.length === 1 ? line : `${count(messages.length, "message", "messages")} · ${line}`;
}
