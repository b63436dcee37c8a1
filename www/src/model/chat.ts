/** What the page knows of the chat: users, rooms, and the messages of the rooms and threads that were opened. */

import type { Message, Room } from "room-events";

import type { User } from "room-events/rest";
import { Collection } from "./collection.ts";

/** A list of messages that comes in pages, and how far it has come. */
export class Timeline {
  readonly messages = new Collection<Message>((message) => message.messageId);
  status: "empty" | "loading" | "ready" | "failed" = "empty";
  /** Why loading failed, for people. */
  problem = "";
  hasOlder = false;
}

/** Pinned rooms first, then those in which something happened last. */
function byActivity(a: Room, b: Room): number {
  if (a.isPinned !== b.isPinned) return a.isPinned ? -1 : 1;
  return lastActivity(b) - lastActivity(a) || b.roomId - a.roomId;
}

/** When the room's newest message was sent, or when the room was made where it has none. */
export function lastActivity(room: Room): number {
  return room.lastMessage?.createdUtc ?? room.createdUtc;
}

export class Chat {
  /** Everybody on the server by id; replaced as a whole when it is read again. */
  users: ReadonlyMap<number, User> = new Map();
  readonly rooms = new Collection<Room>((room) => room.roomId, byActivity);
  readonly #rooms = new Map<number, Timeline>();
  readonly #threads = new Map<number, Timeline>();

  userName(userId: number): string {
    return this.users.get(userId)?.displayName ?? `User ${userId}`;
  }

  /** The messages of a room. */
  room(roomId: number): Timeline {
    return timeline(this.#rooms, roomId);
  }

  /** The comments on a message. */
  thread(messageId: number): Timeline {
    return timeline(this.#threads, messageId);
  }

  /** The message, where it is in a room that was opened. */
  message(roomId: number, messageId: number): Message | undefined {
    return this.#rooms.get(roomId)?.messages.get(messageId);
  }

  get unreadTotal(): number {
    return this.rooms.all.reduce((sum, room) => sum + room.unreadMessageCount, 0);
  }

  messagesCreated(messages: readonly Message[]): void {
    for (const message of messages) this.#timelineOf(message)?.messages.add(message);
  }

  messagesUpdated(messages: readonly Message[]): void {
    for (const message of messages) this.#timelineOf(message)?.messages.update(message);
  }

  messageDeleted(roomId: number, parentMessageId: number, messageId: number): void {
    if (parentMessageId === 0) {
      this.#rooms.get(roomId)?.messages.remove(messageId);
      this.#threads.delete(messageId);
    } else {
      this.#threads.get(parentMessageId)?.messages.remove(messageId);
    }
  }

  roomCreated(room: Room): void {
    this.rooms.add(room);
  }

  roomUpdated(room: Room): void {
    this.rooms.update(room);
  }

  roomDeleted(roomId: number): void {
    this.rooms.remove(roomId);
    this.#rooms.delete(roomId);
  }

  /**
   * After a gap in the stream no list can be trusted. Those that are not on the screen are forgotten and load again
   * when they are opened; those that are stay until their new page is there.
   */
  forgetAllBut(roomId: number | null, threadId: number | null): void {
    for (const id of this.#rooms.keys()) if (id !== roomId) this.#rooms.delete(id);
    for (const id of this.#threads.keys()) if (id !== threadId) this.#threads.delete(id);
  }

  /** The list that a message belongs to; `undefined` where nobody has opened it. */
  #timelineOf(message: Message): Timeline | undefined {
    return message.parentMessageId === 0
      ? this.#rooms.get(message.roomId)
      : this.#threads.get(message.parentMessageId);
  }
}

function timeline(timelines: Map<number, Timeline>, id: number): Timeline {
  let found = timelines.get(id);
  if (!found) {
    found = new Timeline();
    timelines.set(id, found);
  }
  return found;
}
