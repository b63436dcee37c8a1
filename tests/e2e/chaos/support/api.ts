/** The REST API as one user has it: what there is, and the faults that can be asked for. */

import type { Message, Room } from "room-events";

import type { Truth } from "../page/view.ts";

/** How many requests are under way at once. */
const CONCURRENCY = 4;

export class Api {
  readonly #base: string;
  /** The name, and the password. */
  readonly user: string;
  #cookie = "";
  #userId = 0;

  constructor(url: string, user: string) {
    this.#base = `${url}/api/v1`;
    this.user = user;
  }

  /** Known after the first request. */
  get userId(): number {
    return this.#userId;
  }

  async logIn(): Promise<void> {
    const response = await fetch(`${this.#base}/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ userName: this.user, password: this.user }),
    });
    if (!response.ok) throw new Error(`${this.user} cannot log in: ${response.status} ${await response.text()}`);
    const { userId, userSessionId } = (await response.json()) as { userId: number; userSessionId: string };
    this.#userId = userId;
    this.#cookie = `VirolaUserSessionId=${userSessionId}`;
  }

  /** A request; where the session has ended, after another login. Gives the answer of a success. */
  async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const send = () =>
      fetch(this.#base + path, {
        method,
        headers: { Cookie: this.#cookie, ...(body ? { "Content-Type": "application/json" } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    let response = await send();
    if (response.status === 401) {
      await response.arrayBuffer();
      await this.logIn();
      response = await send();
    }
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  async inflict(fault: object): Promise<void> {
    await this.ask("POST", "/reference/faults", fault);
  }

  async clearFaults(): Promise<void> {
    await this.ask("DELETE", "/reference/faults");
  }

  async rooms(): Promise<Room[]> {
    return (await this.ask<{ rooms: Room[] }>("GET", "/rooms")).rooms;
  }

  /** Everything that the user may see. */
  async truth(): Promise<Truth> {
    const rooms = await this.rooms();
    const perRoom = await inTurns(rooms, ({ roomId }) => this.messages(roomId));
    const topLevel = perRoom.flat();
    const commented = topLevel.filter(({ commentCount }) => commentCount > 0);
    const comments = await inTurns(commented, ({ messageId }) => this.#messages(`/messages/${messageId}/comments`));
    return { rooms, messages: [...topLevel, ...comments.flat()] };
  }

  /** The messages of a room, without comments. */
  messages(roomId: number): Promise<Message[]> {
    return this.#messages(`/rooms/${roomId}/messages`);
  }

  async #messages(path: string): Promise<Message[]> {
    return (await this.ask<{ messages: Message[] }>("GET", path)).messages;
  }
}

async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}
