/** What an application knows from its callbacks alone, and what it was told that it should not have been. */

import type { EventsClient, Message, MessageId, Room, RoomId } from "room-events";

/** What there is for a user, as the REST API has it. */
export interface Truth {
  rooms: Room[];
  /** Comments too. */
  messages: Message[];
}

/** What went wrong, each with its particulars. */
export interface Violations {
  /** A creation of what is there already, or a deletion of what is gone. */
  duplicated: string[];
  /** An event that does not fit what was told before: an update of what is not there, or an older state. */
  misplaced: string[];
  /** A room's message that was created behind a newer one. */
  disordered: string[];
}

export class View {
  readonly rooms = new Map<RoomId, Room>();
  readonly messages = new Map<MessageId, Message>();
  readonly violations: Violations = { duplicated: [], misplaced: [], disordered: [] };
  /**
   * Whether the server has left events out or made some up. Then what comes may be out of order and at odds with what came
   * before, through no fault of the client, until it has compared everything. It is told nothing twice all the same.
   */
  streamLies = false;
  /** What has to be loaded again because the client has given it up: rooms, or null for all that there is. */
  readonly toLoad = new Set<RoomId | null>();
  /** Goes up with every callback. */
  changes = 0;
  readonly #onceKnown = new Set<RoomId>();
  /** The newest message of each room and each thread. */
  readonly #newest = new Map<string, { messageId: MessageId; recovered: boolean }>();
  /** What the client has given up in this round. What it tells about that may repeat or overtake what was loaded. */
  readonly #givenUp = new Set<RoomId | null>();
  /** What could not be read in this round. Live events about it may come before older ones that were missed. */
  readonly #unchecked = new Set<RoomId | null>();
  /** The rooms and messages that were told about since the latest load began. */
  readonly #touched = new Set<string>();
  /** The rooms and messages that a load has changed. What the client tells of each may be older once: it was under way. */
  readonly #loaded = new Set<string>();

  /** Lives from the client's callbacks from now on. */
  listen(client: EventsClient): void {
    client.on("RoomCreated", ({ room }) => this.#roomCreated(room));
    client.on("RoomUpdated", ({ room }) => this.#roomUpdated(room));
    client.on("RoomDeleted", ({ roomId }) => this.#roomDeleted(roomId));
    client.on("TextMessagesCreated", ({ messages }, { recovered }) => {
      for (const message of messages) this.#created(message, recovered);
    });
    client.on("TextMessagesUpdated", ({ messages }) => messages.forEach((message) => this.#updated(message)));
    client.on("TextMessageDeleted", ({ roomId, messageId }) => this.#deleted(roomId, messageId));
  }

  /** The client has given up a room, or everything. */
  giveUp(roomId: RoomId | null): void {
    this.#givenUp.add(roomId);
    this.toLoad.add(roomId);
  }

  /** The client cannot read a room, or the list of rooms: it delivers events unchecked. */
  isUnchecked(roomId: RoomId | null): void {
    this.#unchecked.add(roomId);
  }

  /** From now on nothing is excused. */
  roundIsOver(): void {
    this.streamLies = false;
    this.#givenUp.clear();
    this.#unchecked.clear();
    this.#touched.clear();
  }

  beginLoad(): void {
    this.#touched.clear();
  }

  /** Takes over what was loaded, but for what was told about meanwhile. */
  endLoad(loaded: Truth, isLoaded: (roomId: RoomId) => boolean): void {
    this.changes += 1;
    const isTaken = (what: string, roomId: RoomId): boolean => {
      if (!isLoaded(roomId) || this.#touched.has(what)) return false;
      this.#loaded.add(what);
      return true;
    };
    for (const id of this.rooms.keys()) if (isTaken(`room ${id}`, id)) this.rooms.delete(id);
    for (const room of loaded.rooms) {
      if (isTaken(`room ${room.roomId}`, room.roomId)) this.rooms.set(room.roomId, withBothNames(room));
    }
    for (const [id, { roomId }] of this.messages) if (isTaken(`message ${id}`, roomId)) this.messages.delete(id);
    for (const message of loaded.messages) {
      if (isTaken(`message ${message.messageId}`, message.roomId)) this.messages.set(message.messageId, message);
    }
  }

  #isGivenUp(roomId: RoomId): boolean {
    return this.#givenUp.has(null) || this.#givenUp.has(roomId);
  }

  /** Whether events about a room may be out of order. */
  #mayBeDisordered(roomId: RoomId): boolean {
    return this.streamLies || this.#isGivenUp(roomId) || this.#unchecked.has(null) || this.#unchecked.has(roomId);
  }

  #duplicated(roomId: RoomId, what: string, how: string): void {
    if (!this.#loaded.delete(what) && !this.#isGivenUp(roomId)) this.violations.duplicated.push(`${what} ${how}`);
  }

  #roomCreated(room: Room): void {
    this.#touchRoom(room.roomId);
    if (this.rooms.has(room.roomId)) this.#duplicated(room.roomId, `room ${room.roomId}`, "was created twice");
    this.#onceKnown.add(room.roomId);
    this.rooms.set(room.roomId, room);
  }

  #roomUpdated(room: Room): void {
    this.#touchRoom(room.roomId);
    const before = this.rooms.get(room.roomId);
    this.#fits(room.roomId, before, room, `room ${room.roomId}`);
    this.rooms.set(room.roomId, room);
  }

  #roomDeleted(roomId: RoomId): void {
    this.#touchRoom(roomId);
    // Of a room that was made and deleted while a connection opened, only the end is heard.
    if (!this.rooms.delete(roomId) && this.#onceKnown.has(roomId)) {
      this.#duplicated(roomId, `room ${roomId}`, "was deleted twice");
    }
    for (const [id, message] of this.messages) if (message.roomId === roomId) this.messages.delete(id);
    // Whoever is added to it again is told its messages from the first on.
    for (const key of this.#newest.keys()) if (key.startsWith(`${roomId}/`)) this.#newest.delete(key);
  }

  #created(message: Message, recovered: boolean): void {
    const { messageId, roomId, parentMessageId } = message;
    this.#touch(messageId);
    if (this.messages.has(messageId)) this.#duplicated(roomId, `message ${messageId}`, "was created twice");
    this.messages.set(messageId, message);
    const thread = `${roomId}/${parentMessageId}`;
    const newest = this.#newest.get(thread);
    if (newest && messageId < newest.messageId && !this.#mayBeDisordered(roomId)) {
      const [now, before] = [recovered, newest.recovered].map((was) => (was ? "recovered" : "live"));
      this.violations.disordered.push(
        `message ${messageId} of ${thread} (${now}) was created behind ${newest.messageId} (${before})`,
      );
    }
    if (!newest || newest.messageId < messageId) this.#newest.set(thread, { messageId, recovered });
  }

  #updated(message: Message): void {
    this.#touch(message.messageId);
    this.#fits(message.roomId, this.messages.get(message.messageId), message, `message ${message.messageId}`);
    this.messages.set(message.messageId, message);
  }

  #deleted(roomId: RoomId, messageId: MessageId): void {
    this.#touch(messageId);
    if (!this.messages.delete(messageId)) this.#duplicated(roomId, `message ${messageId}`, "was deleted twice");
  }

  #touchRoom(roomId: RoomId): void {
    this.changes += 1;
    this.#touched.add(`room ${roomId}`);
  }

  #touch(messageId: MessageId): void {
    this.changes += 1;
    this.#touched.add(`message ${messageId}`);
  }

  #fits(
    roomId: RoomId,
    before: { lastModifiedUtc: number } | undefined,
    now: { lastModifiedUtc: number },
    what: string,
  ): void {
    if (this.#mayBeDisordered(roomId) || this.#loaded.has(what)) return;
    if (!before) this.violations.misplaced.push(`${what} was updated and is not there`);
    else if (now.lastModifiedUtc < before.lastModifiedUtc) this.violations.misplaced.push(`${what} became older`);
  }

  /** The first difference to what there is; null where there is none. */
  difference(truth: ReadonlyTruth): string | null {
    return (
      firstDifference("room", truth.rooms, this.rooms) ?? firstDifference("message", truth.messages, this.messages)
    );
  }
}

/** What there is, ready for comparison. */
export interface ReadonlyTruth {
  readonly rooms: ReadonlyMap<number, string>;
  readonly messages: ReadonlyMap<number, string>;
}

export function prepare(truth: Truth): ReadonlyTruth {
  return {
    rooms: new Map(truth.rooms.map((room) => [room.roomId, canonical(withBothNames(room))])),
    messages: new Map(truth.messages.map((message) => [message.messageId, canonical(message)])),
  };
}

/** The events have both names, the REST API one. */
function withBothNames(room: Room): Room {
  return { ...room, name: room.displayName };
}

function firstDifference(what: string, truth: ReadonlyMap<number, string>, known: ReadonlyMap<number, object>): string | null {
  for (const id of known.keys()) if (!truth.has(id)) return `${what} ${id} is known, and there is none`;
  for (const [id, text] of truth) {
    const object = known.get(id);
    if (!object) return `${what} ${id} is not known: ${text}`;
    const ours = canonical(object);
    if (ours !== text) return `${what} ${id} is known as ${ours}, and it is ${text}`;
  }
  return null;
}

/** JSON with its keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
