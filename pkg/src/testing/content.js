// The fake server's data: rooms and messages, updated by events.

import { room as completeRoom, message as completeMessage } from "../rest/answers.js";

/** The key of a list: a room's messages, or the comments on a message. */
export const listKey = (roomId, parentMessageId) => `${roomId}/${parentMessageId}`;

export class Content {
  #messages = new Map();
  rooms = new Map();
  /** The deleted rooms, and the lists of comments on deleted messages. */
  gone = new Set();

  constructor({ rooms = [], messages = [] }) {
    for (const room of rooms) this.apply("RoomCreated", { room });
    this.apply("TextMessagesCreated", { messages });
  }

  /** Returns the messages of a list, oldest first. */
  list(key) {
    const own = [...this.#messages.values()].filter((one) => listKey(one.roomId, one.parentMessageId) === key);
    return own.sort((one, other) => one.messageId - other.messageId);
  }

  message(id) {
    return this.#messages.get(id);
  }

  nextId() {
    return Math.max(0, ...this.#messages.keys()) + 1;
  }

  apply(type, data) {
    if (data.messages) for (const one of data.messages) this.#messages.set(one.messageId, completeMessage(one, one));
    else if (type === "TextMessageDeleted") {
      this.#messages.delete(data.messageId);
      this.gone.add(listKey(data.roomId, data.messageId));
      for (const [id, { parentMessageId }] of this.#messages) if (parentMessageId === data.messageId) this.#messages.delete(id);
    }
    else if (data.room) {
      this.rooms.set(data.room.roomId, completeRoom(data.room));
      this.gone.delete(data.room.roomId);
    } else if (type === "RoomDeleted") {
      this.rooms.delete(data.roomId);
      this.gone.add(data.roomId);
      for (const [id, { roomId }] of this.#messages) if (roomId === data.roomId) this.#messages.delete(id);
    }
  }
}
