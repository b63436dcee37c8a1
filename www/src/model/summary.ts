/** One line about each event, for the log. */

import type { ConnectionState, Message, Room } from "room-events";

import { count } from "../format.ts";
import type { Chat } from "./chat.ts";

const EXCERPT_LENGTH = 60;

export function summarizeMessages(chat: Chat, messages: readonly Message[]): string {
  const first = messages[0];
  if (!first) return "no messages";
  const line = `${chat.userName(first.userId)} in ${roomName(chat, first.roomId)}: ${excerpt(first.text)}`;
  return messages.length === 1 ? line : `${count(messages.length, "message", "messages")} · ${line}`;
}

export function summarizeDeletion(chat: Chat, roomId: number, parentMessageId: number, messageId: number): string {
  const what = parentMessageId === 0 ? "message" : "comment";
  return `${what} ${messageId} in ${roomName(chat, roomId)}`;
}

export function summarizeRoom(room: Room): string {
  return `${room.name} · ${room.unreadMessageCount} unread`;
}

export function summarizeRoomDeletion(chat: Chat, roomId: number): string {
  return roomName(chat, roomId);
}

export function summarizeState(state: ConnectionState): string {
  switch (state.state) {
    case "waiting":
      return `waiting ${((state.delayMs ?? 0) / 1000).toFixed(1)} s for attempt ${(state.attempt ?? 0) + 1}`;
    case "connecting":
      return state.attempt ? `connecting, attempt ${state.attempt}` : "connecting";
    default:
      return state.state;
  }
}

function roomName(chat: Chat, roomId: number): string {
  return chat.rooms.get(roomId)?.name ?? `room ${roomId}`;
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  const characters = [...line];
  return characters.length > EXCERPT_LENGTH ? `${characters.slice(0, EXCERPT_LENGTH - 1).join("")}…` : line;
}
