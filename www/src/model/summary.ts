/** One line about each event, for the log, with the names of people and rooms. */

import type { Message, Room } from "room-events";
import type { Delivered } from "room-events/inspector";

import { count } from "../format.ts";
import type { Chat } from "./chat.ts";

const EXCERPT_LENGTH = 60;

/** The line, or `undefined` where the chat knows no more than the package. */
export function summarize(chat: Chat, [topic, value]: Delivered): string | undefined {
  switch (topic) {
    case "TextMessagesCreated":
    case "TextMessagesUpdated":
      return summarizeMessages(chat, value.messages);
    case "TextMessageDeleted":
      return `${value.parentMessageId === 0 ? "message" : "comment"} ${value.messageId} in ${roomName(chat, value.roomId)}`;
    case "RoomCreated":
    case "RoomUpdated":
      return summarizeRoom(value.room);
    case "RoomDeleted":
      return roomName(chat, value.roomId);
    default:
      return undefined;
  }
}

function summarizeMessages(chat: Chat, messages: readonly Message[]): string {
  const first = messages[0];
  if (!first) return "no messages";
  const line = `${chat.userName(first.userId)} in ${roomName(chat, first.roomId)}: ${excerpt(first.text)}`;
  return messages.length === 1 ? line : `${count(messages.length, "message", "messages")} · ${line}`;
}

function summarizeRoom(room: Room): string {
  return `${room.name} · ${room.unreadMessageCount} unread`;
}

export function roomName(chat: Chat, roomId: number): string {
  return chat.rooms.get(roomId)?.name ?? `room ${roomId}`;
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const characters = [...line];
  return characters.length > EXCERPT_LENGTH ? `${characters.slice(0, EXCERPT_LENGTH - 1).join("")}…` : line;
}
