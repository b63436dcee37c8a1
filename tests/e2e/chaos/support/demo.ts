/** The demo as somebody uses it while everything fails, and what it shows. */

import { setTimeout as pass } from "node:timers/promises";

import type { CDPSession } from "@playwright/test";
import type { Message, Room } from "room-events";

import type { Api } from "./api.ts";
import { Tab } from "./tab.ts";

/** How long the page may take to be equal again, in milliseconds. */
const SETTLE_LIMIT = 30_000;

/** What the page shows. A gap is null. */
interface Shown {
  isLoggedOut: boolean;
  rooms: { roomId: number; unread: string }[];
  messages: ({ messageId: number; text: string } | null)[];
  /** The states of what is being sent. */
  outgoing: string[];
  /** Whether the newest message is among those that it shows: it keeps a thousand of them. */
  isAtEnd: boolean;
  /** What it says of the connection, and of the open room. */
  says: string;
}

/** Runs in the page. */
const SHOWN = `({
  isLoggedOut: document.querySelector(".login-form") !== null,
  rooms: [...document.querySelectorAll(".room-link")].map((link) => ({
    roomId: Number(link.hash.split("/")[2]),
    unread: link.querySelector(".badge").hidden ? "" : link.querySelector(".badge [aria-hidden]").textContent,
  })),
  messages: [...document.querySelectorAll(".conversation .messages > :is([data-message-id], .gap)")].map((row) =>
    row.dataset.messageId ? { messageId: Number(row.dataset.messageId), text: row.querySelector(".text").textContent } : null),
  outgoing: [...document.querySelectorAll(".outgoing")].map((row) => row.dataset.state),
  isAtEnd: document.querySelector(".conversation .timeline")?.dataset.end === "true",
  says: [".connection", ".conversation .timeline-status"].map((part) => document.querySelector(part)?.textContent).join(", "),
})`;

/** Runs in the page: somebody writes into a field. */
const fill = (selector: string, text: string): string => `{
  const field = document.querySelector(${JSON.stringify(selector)});
  field.value = ${JSON.stringify(text)};
  field.dispatchEvent(new Event("input", { bubbles: true }));
}`;

export class Demo {
  readonly tab: Tab;
  readonly #api: Api;
  #roomId = 0;
  #sent = 0;

  private constructor(tab: Tab, api: Api) {
    this.tab = tab;
    this.#api = api;
  }

  /** Opens the page and logs in. */
  static async enter(root: CDPSession, url: string, api: Api): Promise<Demo> {
    await api.logIn();
    const demo = new Demo(await Tab.open(root, `${url}/`), api);
    // Tabs ask their page whether it is still the same.
    await demo.tab.evaluate(`globalThis.chaos = { report: () => ({ status: "open" }) }`);
    return demo;
  }

  async openRoom(roomId: number): Promise<void> {
    this.#roomId = roomId;
    await this.tab.evaluate(`location.hash = "#/rooms/${roomId}"`);
  }

  /** Writes a message, and scrolls up to what is older. Does nothing while there is no room to be seen. */
  async use(): Promise<void> {
    this.#sent += 1;
    await this.tab.evaluate(`if (document.querySelector(".composer textarea")) {
      ${fill(".composer textarea", `written in the demo ${this.#sent}`)}
      document.querySelector(".composer").requestSubmit();
      document.querySelector(".conversation .timeline").scrollTop = 0;
    }`);
  }

  /** Waits until the page shows what there is. Gives the difference if it does not. */
  async settle(): Promise<string | null> {
    let difference = "nothing was read";
    for (const end = Date.now() + SETTLE_LIMIT; Date.now() < end; await pass(50)) {
      const shown = (await this.tab.evaluate(SHOWN)) as Shown;
      if (shown.isLoggedOut) {
        await this.#logIn();
        difference = "nobody is logged in";
        continue;
      }
      await this.tab.evaluate(`for (const row of document.querySelectorAll(".outgoing[data-state=failed]")) {
        [...row.querySelectorAll("button")].find((button) => !button.hidden)?.click();
      }`);
      const rooms = await this.#api.rooms();
      const isThere = rooms.some(({ roomId }) => roomId === this.#roomId);
      const messages = isThere ? await this.#api.messages(this.#roomId) : [];
      const found = differenceOf(shown, rooms, messages);
      if (found === null) return null;
      difference = `${found} (${shown.says})`;
    }
    return difference;
  }

  async #logIn(): Promise<void> {
    await this.tab.evaluate(`{
      const form = document.querySelector(".login-form");
      if (form && !form.querySelector("button[type=submit]").disabled) {
        ${fill("#user-name", this.#api.user)}
        ${fill("#password", this.#api.user)}
        form.requestSubmit();
      }
    }`);
  }
}

/** What the page shows otherwise than it is; null if there is nothing. */
function differenceOf(shown: Shown, rooms: readonly Room[], messages: readonly Message[]): string | null {
  const unread = (count: number): string => (count > 99 ? "99+" : count === 0 ? "" : String(count));
  const lines = (list: Shown["rooms"]): string => list.map((room) => `${room.roomId}:${room.unread}`).sort().join(" ");
  const expected = lines(rooms.map(({ roomId, unreadMessageCount }) => ({ roomId, unread: unread(unreadMessageCount) })));
  if (lines(shown.rooms) !== expected) return `rooms ${lines(shown.rooms)}, and there are ${expected}`;
  if (shown.outgoing.length > 0) return `is being sent: ${shown.outgoing.join()}`;
  const twice = messages.map(({ text }) => text).filter((text, index, all) => text.startsWith("written in the demo") && all.indexOf(text) !== index);
  if (twice.length > 0) return `posted twice: ${twice.join()}`;
  // Between two gaps, everything from the first message to the last; after the last gap, everything up to the end if it is loaded.
  const parts: { messageId: number; text: string }[][] = [[]];
  for (const item of shown.messages) {
    if (item) parts.at(-1)?.push(item);
    else parts.push([]);
  }
  for (const [index, part] of parts.entries()) {
    const low = part[0]?.messageId ?? Number.POSITIVE_INFINITY;
    const isLast = index === parts.length - 1;
    const high = isLast && shown.isAtEnd ? Number.POSITIVE_INFINITY : (part.at(-1)?.messageId ?? 0);
    const there = messages.filter(({ messageId }) => low <= messageId && messageId <= high);
    const brief = (list: readonly { messageId: number; text: string }[]): string => list.map(({ messageId, text }) => `${messageId} ${text}`).join("\n");
    if (brief(part) !== brief(there)) return `messages\n${brief(part)}\nand there are\n${brief(there)}`;
  }
  return shown.messages.length === 0 && messages.length > 0 ? "no messages are shown" : null;
}
