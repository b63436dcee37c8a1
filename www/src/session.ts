/**
 * One person's stay: the event stream, what is known of the chat, and what the person may do.
 *
 * The chat is read once from the REST API and then follows the events alone. What the person does goes to the REST API
 * and shows when its event comes back, like anybody else's doing.
 */

import { connect, type EventsClient, type StateChange } from "room-events";
import type { NewRoom } from "room-events/reference";
import { RestError, type PageOptions } from "room-events/rest";

import { currentSession, describeError, isLoggedOut, reference, rest } from "./api.ts";
import { Chat, type Timeline } from "./model/chat.ts";
import { ReadMarker } from "./model/read-marker.ts";
import { Signal } from "./model/signal.ts";
import { roomName } from "./model/summary.ts";
import { formatRoute, parseRoute, type Route } from "./route.ts";

/** How many messages are asked for at once. */
const PAGE = 50;

/** How often "5 min ago" is looked at again, in milliseconds. */
const TICK = 30_000;

export interface SessionHooks {
  /** The stay is over: the person logged out, or the server ended it, and then `notice` says so. */
  onEnd(notice: string | null): void;
  /** Something happened that the person should know. */
  onNotice(notice: string): void;
}

export class Session {
  readonly chat = new Chat();
  readonly signal = new Signal();
  readonly marker: ReadMarker;
  readonly me: number;

  route: Route = parseRoute(location.hash);
  roomsStatus: "loading" | "ready" | "failed" = "loading";
  /** Why the rooms did not load, for people. */
  roomsProblem = "";
  connection: StateChange | null = null;
  /** Why the event stream cannot even be tried, for people: the package itself did not load. */
  connectProblem: string | null = null;
  /** Called with the client before anything was delivered. */
  onClient: ((client: EventsClient) => void) | null = null;

  readonly #hooks: SessionHooks;
  readonly #ticker: number;
  #client: EventsClient | null = null;
  #loaded = false;
  #ended = false;

  constructor(me: number, hooks: SessionHooks) {
    this.me = me;
    this.#hooks = hooks;
    this.marker = new ReadMarker(me, (error) => this.#notice401(error));
    this.#ticker = window.setInterval(() => this.signal.changed(), TICK);
    window.addEventListener("hashchange", this.#onHashChange);
    void this.#connect();
  }

  get isAdmin(): boolean {
    return this.chat.users.get(this.me)?.isAdmin ?? false;
  }

  // What the person does.

  go(route: Route): void {
    location.hash = formatRoute(route);
  }

  send(roomId: number, content: string): Promise<void> {
    return this.#call(rest.send(roomId, content));
  }

  comment(messageId: number, content: string): Promise<void> {
    return this.#call(rest.sendComment(messageId, content));
  }

  edit(messageId: number, content: string): Promise<void> {
    return this.#call(reference.editMessage(messageId, content));
  }

  deleteMessage(messageId: number): Promise<void> {
    return this.#call(rest.deleteMessage(messageId));
  }

  createRoom(room: NewRoom): Promise<void> {
    return this.#call(reference.createRoom(room));
  }

  renameRoom(roomId: number, name: string): Promise<void> {
    return this.#call(reference.changeRoom(roomId, { name }));
  }

  deleteRoom(roomId: number): Promise<void> {
    return this.#call(reference.deleteRoom(roomId));
  }

  async logout(): Promise<void> {
    try {
      await rest.logout();
    } catch (error) {
      // Without a session there is nothing to end.
      if (!isLoggedOut(error)) throw error;
    }
    this.#end(null);
    // Whoever comes next begins at the list; after an expiry one finds one's place again.
    history.replaceState(null, "", location.pathname);
  }

  // What is loaded.

  /** Reads everything that is on the screen from the REST API. */
  async reload(): Promise<void> {
    this.#loaded = true;
    const { roomId, threadId } = this.route;
    this.chat.forgetAllBut(roomId, threadId);
    this.marker.reset();
    await Promise.all([
      this.#loadRooms(),
      roomId === null ? null : this.loadRoom(roomId),
      threadId === null ? null : this.loadThread(threadId),
    ]);
  }

  async loadRoom(roomId: number): Promise<void> {
    await this.#loadNewest(this.chat.room(roomId), (page) => rest.messages(roomId, page));
  }

  async loadThread(messageId: number): Promise<void> {
    const error = await this.#loadNewest(this.chat.thread(messageId), (page) => rest.comments(messageId, page));
    if (error instanceof RestError && error.code === "not-found") this.#leaveThread(messageId);
  }

  loadOlderInRoom(roomId: number): Promise<void> {
    return this.#loadOlder(this.chat.room(roomId), (page) => rest.messages(roomId, page));
  }

  loadOlderInThread(messageId: number): Promise<void> {
    return this.#loadOlder(this.chat.thread(messageId), (page) => rest.comments(messageId, page));
  }

  async #loadRooms(): Promise<void> {
    if (this.roomsStatus === "failed") this.roomsStatus = "loading";
    const load = this.chat.rooms.begin();
    this.signal.changed();
    try {
      const [users, rooms] = await Promise.all([rest.users(), rest.rooms()]);
      this.chat.users = new Map(users.map((user) => [user.userId, user]));
      if (this.chat.rooms.replace(load, rooms)) this.roomsStatus = "ready";
    } catch (error) {
      this.chat.rooms.abandon(load);
      if (this.roomsStatus === "loading") this.roomsStatus = "failed";
      this.roomsProblem = describeError(error);
      this.#notice401(error);
    }
    this.signal.changed();
  }

  /** Returns why it failed, or `null`. */
  async #loadNewest(timeline: Timeline, fetchPage: FetchPage): Promise<unknown> {
    const load = timeline.messages.begin();
    let failure: unknown = null;
    // What is there already stays on the screen while it is read again.
    if (timeline.status !== "ready") timeline.status = "loading";
    this.signal.changed();
    try {
      const page = await fetchPage({ direction: "backward", limit: PAGE });
      if (timeline.messages.replace(load, page)) {
        timeline.status = "ready";
        timeline.hasOlder = page.length === PAGE;
      }
    } catch (error) {
      failure = error;
      timeline.messages.abandon(load);
      if (timeline.status === "loading") timeline.status = "failed";
      timeline.problem = describeError(error);
      this.#notice401(error);
    }
    this.signal.changed();
    return failure;
  }

  async #loadOlder(timeline: Timeline, fetchPage: FetchPage): Promise<void> {
    const oldest = timeline.messages.all[0];
    if (!oldest || timeline.status !== "ready") return;
    const load = timeline.messages.begin();
    try {
      const page = await fetchPage({ direction: "backward", limit: PAGE, cursor: oldest.messageId });
      if (timeline.messages.extend(load, page)) timeline.hasOlder = page.length === PAGE;
    } catch (error) {
      timeline.messages.abandon(load);
      if (!this.#notice401(error)) this.#hooks.onNotice(describeError(error));
    }
    this.signal.changed();
  }

  // What the server says.

  async #connect(): Promise<void> {
    try {
      const client = await connect({ user: this.me, onUnauthorized: () => this.#hasSession() });
      if (this.#ended) {
        client.close();
        return;
      }
      this.#client = client;
      // The log first: it names a room that is gone as long as the chat still has it.
      this.onClient?.(client);
      this.#listen(client);
      this.#onStateChange({ status: client.status, ...client.connection });
    } catch (error) {
      this.connectProblem = describeError(error);
      this.signal.changed();
      await this.reload();
    }
  }

  #listen(client: EventsClient): void {
    const { chat } = this;
    client.on("TextMessagesCreated", ({ messages }) => {
      chat.messagesCreated(messages);
      this.signal.changed();
    });
    client.on("TextMessagesUpdated", ({ messages }) => {
      chat.messagesUpdated(messages);
      this.signal.changed();
    });
    client.on("TextMessageDeleted", ({ roomId, parentMessageId, messageId }) => {
      chat.messageDeleted(roomId, parentMessageId, messageId);
      this.signal.changed();
      this.#leaveThread(messageId);
    });
    client.on("RoomCreated", ({ room }) => {
      chat.roomCreated(room);
      this.signal.changed();
    });
    client.on("RoomUpdated", ({ room }) => {
      chat.roomUpdated(room);
      this.signal.changed();
    });
    client.on("RoomDeleted", ({ roomId }) => {
      const name = roomName(chat, roomId);
      chat.roomDeleted(roomId);
      this.signal.changed();
      if (roomId === this.route.roomId) {
        this.go({ roomId: null, threadId: null });
        this.#hooks.onNotice(`“${name}” was deleted, or you are no longer in it.`);
      }
    });
    client.on("resync", ({ reason }) => {
      // What cannot be read now cannot be loaded either; the client tells what differs once it can.
      if (reason !== "unreadable") void this.reload();
    });
    client.on("statechange", (change) => this.#onStateChange(change));
  }

  #onStateChange(change: StateChange): void {
    this.connection = change;
    this.signal.changed();
    if (change.status === "open" || (change.status === "waiting" && !this.#loaded)) void this.reload();
  }

  /** The server has refused the session. Where there is none any more the stay is over; otherwise it is tried again. */
  async #hasSession(): Promise<boolean> {
    try {
      if ((await currentSession()) !== null) return true;
      this.#endExpired();
      return false;
    } catch {
      // The server is away: the client waits for it.
      return true;
    }
  }

  /** The message is gone: whoever looks at its comments is led away. */
  #leaveThread(messageId: number): void {
    const { roomId, threadId } = this.route;
    if (threadId !== messageId) return;
    this.go({ roomId, threadId: null });
    this.#hooks.onNotice("The message whose comments were open was deleted.");
  }

  readonly #onHashChange = (): void => {
    this.route = parseRoute(location.hash);
    const { roomId, threadId } = this.route;
    if (this.#loaded && roomId !== null && this.chat.room(roomId).status === "empty") void this.loadRoom(roomId);
    if (this.#loaded && threadId !== null && this.chat.thread(threadId).status === "empty") void this.loadThread(threadId);
    this.signal.changed();
  };

  // How it ends.

  async #call(promise: Promise<unknown>): Promise<void> {
    try {
      await promise;
    } catch (error) {
      this.#notice401(error);
      throw error;
    }
  }

  /** Ends the stay where the server says that there is none; true if so. */
  #notice401(error: unknown): boolean {
    const expired = isLoggedOut(error);
    if (expired) this.#endExpired();
    return expired;
  }

  #endExpired(): void {
    this.#end("Your session has ended. Log in again to go on.");
  }

  #end(notice: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#client?.close();
    window.clearInterval(this.#ticker);
    window.removeEventListener("hashchange", this.#onHashChange);
    this.signal.end();
    this.#hooks.onEnd(notice);
  }
}

type FetchPage = (page: PageOptions) => ReturnType<typeof rest.messages>;
