/** The demo as one of its users sees it. */

import { expect, type Locator, type Page } from "@playwright/test";

export class ChatPage {
  readonly page: Page;
  /** Errors that the page did not catch, and what its Content-Security-Policy refused. */
  readonly problems: string[] = [];

  readonly connection: Locator;
  readonly rooms: Locator;
  readonly conversation: Locator;
  readonly messages: Locator;
  readonly thread: Locator;
  readonly inspector: Locator;
  readonly dialog: Locator;

  constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.problems.push(String(error)));
    // What is refused in a way that the console does not tell is told there.
    void page.addInitScript(() =>
      addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
        console.error(`Content Security Policy: ${effectiveDirective} refused ${blockedURI}`),
      ),
    );
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) this.problems.push(message.text());
    });
    this.connection = page.getByRole("group", { name: "Connection" });
    this.rooms = page.getByRole("navigation", { name: "Rooms" });
    this.conversation = page.getByRole("region", { name: "Open room" });
    this.messages = page.getByRole("log", { name: "Messages" });
    this.thread = page.getByRole("region", { name: "Comments" });
    this.inspector = page.getByRole("region", { name: "Live events" });
    this.dialog = page.getByRole("dialog");
  }

  /** Logs in; the password of the demo's users is their name. Waits until events flow. */
  async logIn(name: string, password = name): Promise<void> {
    await this.submitLogin(name, password);
    await expect(this.connection).toHaveAttribute("data-status", "open");
    await expect(this.rooms.getByRole("listitem").first()).toBeVisible();
  }

  async submitLogin(name: string, password: string): Promise<void> {
    await this.page.goto("/");
    await this.page.getByLabel("User name").fill(name);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Log in" }).click();
  }

  /** The room's line in the list. */
  room(name: string): Locator {
    return this.rooms.getByRole("listitem").filter({ has: this.page.getByText(name, { exact: true }) });
  }

  async openRoom(name: string): Promise<void> {
    await this.room(name).getByRole("link").click();
    await expect(this.conversation.getByRole("heading", { name, exact: true })).toBeVisible();
  }

  /** The message with this text in the open room. */
  message(text: string): Locator {
    return this.messages.getByRole("listitem").filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** The comment with this text in the open thread. */
  comment(text: string): Locator {
    return this.thread.getByRole("list", { name: "Comments", exact: true }).getByRole("listitem").filter({ has: this.page.getByText(text, { exact: true }) });
  }

  async send(text: string): Promise<void> {
    const field = this.conversation.getByRole("textbox");
    await field.fill(text);
    await field.press("Enter");
    await expect(this.message(text)).toBeVisible();
  }

  async sendComment(text: string): Promise<void> {
    const field = this.thread.getByRole("textbox");
    await field.fill(text);
    await field.press("Enter");
    await expect(this.comment(text)).toBeVisible();
  }

  /** Does one of the things that stand in a message when the pointer is on it. */
  async act(message: Locator, action: "Comment" | "Edit" | "Delete"): Promise<void> {
    await expect(async () => {
      // What arrives between the two may move the message away from the pointer.
      await message.hover();
      await message.getByRole("button", { name: action, exact: true }).click({ timeout: 2_000 });
    }).toPass();
  }

  async edit(message: Locator, text: string): Promise<void> {
    await this.act(message, "Edit");
    const field = this.page.getByRole("textbox", { name: "Message text" });
    await field.fill(text);
    await field.press("Enter");
    await expect(field).toBeHidden();
  }

  async createRoom(name: string, visibility: "Public" | "Private" = "Public", members: string[] = []): Promise<void> {
    await this.rooms.getByRole("button", { name: "New room" }).click();
    await this.dialog.getByLabel("Name").fill(name);
    await this.dialog.getByRole("radio", { name: visibility }).check();
    for (const member of members) await this.dialog.getByRole("checkbox", { name: member }).check();
    await this.dialog.getByRole("button", { name: "Create" }).click();
    await expect(this.dialog).toBeHidden();
    await expect(this.room(name)).toBeVisible();
  }

  async renameRoom(name: string): Promise<void> {
    await this.conversation.getByRole("button", { name: "Rename room" }).click();
    await this.dialog.getByLabel("Name").fill(name);
    await this.dialog.getByRole("button", { name: "Rename" }).click();
    await expect(this.dialog).toBeHidden();
  }

  async deleteRoom(): Promise<void> {
    await this.conversation.getByRole("button", { name: "Delete room" }).click();
    await this.dialog.getByRole("button", { name: "Delete room" }).click();
    await expect(this.dialog).toBeHidden();
  }

  /** The id of the open room. */
  get roomId(): number {
    return Number(/rooms\/(\d+)/.exec(this.page.url())?.[1]);
  }

  /** Has many messages in the open room from this user, in one event. */
  async sendMany(texts: readonly string[]): Promise<void> {
    const messages = texts.map((content) => ({ content }));
    const answer = await this.page.request.post(`/api/v1/reference/rooms/${this.roomId}/messages`, { data: { messages } });
    expect(answer.status(), await answer.text()).toBe(200);
  }

  /** Lets something go wrong for this user; without one, ends what does. */
  async fault(fault?: object): Promise<void> {
    const path = "/api/v1/reference/faults";
    const answer = await (fault ? this.page.request.post(path, { data: fault }) : this.page.request.delete(path));
    expect(answer.status(), await answer.text()).toBe(200);
  }

  /** What the server says to the next messages that this user sends into the open room. */
  async refuse(status: number, count = 1): Promise<void> {
    await this.fault({ fault: "restStatus", method: "POST", status, path: `/rooms/${this.roomId}/messages`, exact: true, count });
  }

  /** The texts of the messages in the open room, in their order. */
  get texts(): Locator {
    return this.messages.locator(".text");
  }

  /** The log's entries of a type. */
  logged(type: string): Locator {
    return this.inspector.getByRole("listitem").filter({ has: this.page.getByText(type, { exact: true }) });
  }
}
