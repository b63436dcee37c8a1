/** One person's stay: the client, the store that holds what is shown, and what the person does. */

import { connect, type EventsClient, type Room } from "room-events";
import type { User } from "room-events/rest";
import { createStore, type Store } from "room-events/store";

import { currentSession, describeError, isLoggedOut, rest } from "./api.ts";
import { Drafts } from "./drafts.ts";
import { formatRoute, parseRoute, type Route } from "./route.ts";
import { Signal } from "./signal.ts";

/** How often "5 min ago" is looked at again, in milliseconds. */
const TICK = 30_000;

export interface SessionHooks {
  /** The stay is over: the person logged out, or the server ended it, and then `notice` says so. */
  onEnd(notice: string | null): void;
  /** Something happened that the person should know. */
  onNotice(notice: string): void;
}

export class Session {
  readonly me: number;
  readonly connecting: Promise<EventsClient>;
  readonly store: Store;
  readonly drafts: Drafts;
  readonly signal = new Signal(() => this.onDraw());

  route: Route = parseRoute(location.hash);
  client: EventsClient | null = null;
  /** Why there is no client, for people. */
  problem: string | null = null;
  /** Whether the rooms were read. */
  hasRooms = false;
  /** Draws the page. */
  onDraw = (): void => undefined;

  readonly #hooks: SessionHooks;
  readonly #ticker: number;
  /** The names of all rooms that there were, for those that are gone. */
  readonly #roomNames = new Map<number, string>();
  #dropUsers = (): void => undefined;
  #ended = false;

  constructor(me: number, hooks: SessionHooks) {
    this.me = me;
    this.drafts = new Drafts(me);
    this.#hooks = hooks;
    this.#ticker = window.setInterval(this.signal.changed, TICK);
    window.addEventListener("hashchange", this.#onHashChange);
    this.connecting = connect({ user: me, onUnauthorized: () => this.#hasSession() });
    this.connecting.then((client) => this.#listen(client), (error) => (this.problem = describeError(error))).finally(this.signal.changed);
    this.store = createStore(this.connecting);
    const { rooms, freshness, cause } = this.store;
    rooms.subscribe(this.#onRooms);
    for (const live of [freshness, cause]) live.subscribe(this.signal.changed);
    rooms.ready.then(() => (this.hasRooms = true), () => undefined).finally(this.signal.changed);
    this.#readUsers();
  }

  user(userId: number): User | undefined {
    return this.store.users.get().find((user) => user.userId === userId);
  }

  userName(userId: number): string {
    return this.user(userId)?.displayName ?? `User ${userId}`;
  }

  room(roomId: number): Room | undefined {
    return this.store.rooms.get().find((room) => room.roomId === roomId);
  }

  roomName(roomId: number): string {
    return this.#roomNames.get(roomId) ?? `room ${roomId}`;
  }

  /** Gives what a request gives, and ends the stay if the server says that there is none. */
  async call(request: Promise<unknown>): Promise<void> {
    await request.catch((error: unknown) => {
      if (isLoggedOut(error)) this.#endExpired();
      throw error;
    });
  }

  go(route: Route): void {
    this.route = route;
    location.hash = formatRoute(route);
  }

  async logout(): Promise<void> {
    await rest.logout().catch((error: unknown) => {
      // Without a session there is nothing to end.
      if (!isLoggedOut(error)) throw error;
    });
    this.drafts.clear();
    this.#end(null);
    // Whoever comes next begins at the list; after an expiry one finds one's place again.
    history.replaceState(null, "", location.pathname);
  }

  /** The message is gone whose comments are open. */
  leaveThread(): void {
    this.go({ roomId: this.route.roomId, threadId: null });
    this.#hooks.onNotice("The message whose comments were open was deleted.");
  }

  #listen(client: EventsClient): void {
    if (this.#ended) return;
    this.client = client;
    client.on("statechange", ({ status }) => {
      this.signal.changed();
      // What could not be read before may be readable now.
      if (status === "open" && this.store.users.get().length === 0) this.#readUsers();
    });
  }

  #readUsers(): void {
    this.#dropUsers();
    this.#dropUsers = this.store.users.subscribe(this.signal.changed);
  }

  readonly #onRooms = (): void => {
    for (const { roomId, name } of this.store.rooms.get()) this.#roomNames.set(roomId, name);
    const { roomId } = this.route;
    if (roomId !== null && this.#roomNames.has(roomId) && !this.room(roomId)) {
      this.go({ roomId: null, threadId: null });
      this.#hooks.onNotice(`“${this.roomName(roomId)}” was deleted, or you are no longer in it.`);
    }
    this.signal.changed();
  };

  readonly #onHashChange = (): void => {
    this.route = parseRoute(location.hash);
    this.signal.changed();
  };

  /** The server has refused the session. If there is none any more, the stay is over; otherwise it is tried again. */
  async #hasSession(): Promise<boolean> {
    // While the server is away, the client waits for it.
    const session = await currentSession().catch(() => undefined);
    if (session === null) this.#endExpired();
    return session !== null;
  }

  #endExpired(): void {
    this.#end("Your session has ended. Log in again to go on.");
  }

  #end(notice: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.store.close();
    this.connecting.then((client) => client.close(), () => undefined);
    window.clearInterval(this.#ticker);
    window.removeEventListener("hashchange", this.#onHashChange);
    this.signal.end();
    this.#hooks.onEnd(notice);
  }
}
