/** One message, as an item of a list. */

import type { Message } from "room-events";

import { reference } from "../api.ts";
import { button, h, hiddenText, iconButton, setText, type Row } from "../dom.ts";
import { clock, count, fullTime } from "../format.ts";
import type { Session } from "../session.ts";
import { avatar } from "./avatar.ts";
import { confirmDialog } from "./dialogs.ts";
import { editor, type Editor } from "./editor.ts";
import { icon } from "./icons.ts";
import { attachmentItem, propertiesOf, tagsOf } from "./message-parts.ts";

export interface MessageLine {
  readonly message: Message;
  /** The same author went on within a short time: the name is not shown again. */
  readonly continued: boolean;
  /** The next message under the same name was read by the same people: they are shown there. */
  readonly receiptsBelow: boolean;
  /** A message of a room can be commented on, a comment can not. */
  readonly commentable: boolean;
}

/** Who has read a message, apart from its author, in an order that is always the same. */
export function readersOf(message: Message): number[] {
  return message.readTimestamps.map(({ userId }) => userId).filter((userId) => userId !== message.userId).sort((a, b) => a - b);
}

export class MessageRow implements Row<MessageLine> {
  readonly element: HTMLElement;
  readonly #session: Session;
  #message: Message;
  /** What was drawn last: nothing is touched while all of it is the same. */
  #drawn: unknown[] = [];
  #editor: Editor | null = null;

  readonly #avatar = avatar();
  readonly #author = h("span", { class: "author" });
  readonly #time = h("time", { class: "time" });
  readonly #tags = h("span", { class: "tags" });
  readonly #properties = h("div", { class: "properties" });
  readonly #text = h("p", { class: "text", dir: "auto" });
  readonly #attachments = h("ul", { class: "attachments", "aria-label": "Attachments" });
  readonly #commentsLabel = h("span");
  readonly #comments: HTMLButtonElement;
  readonly #receipts = h("span", { class: "receipts" });
  readonly #actions = h("div", { class: "actions" });

  constructor(session: Session, item: MessageLine) {
    this.#session = session;
    this.#message = item.message;
    const openThread = (): void => session.go({ roomId: this.#message.roomId, threadId: this.#message.messageId });
    this.#comments = button({ class: "comments" }, openThread, icon("chat"), this.#commentsLabel);
    const isOwn = item.message.userId === session.me;
    if (item.commentable) this.#actions.append(iconButton("Comment", "chat", openThread));
    if (isOwn) this.#actions.append(iconButton("Edit", "pencil", () => this.#edit()), iconButton("Delete", "trash", () => this.#delete()));
    const header = h("header", { class: "message-header" }, this.#author, this.#time, this.#tags);
    const footer = h("footer", { class: "message-footer" }, this.#comments, this.#receipts);
    const body = h("div", { class: "message-body" }, header, this.#properties, this.#text, this.#attachments, footer);
    const id = String(item.message.messageId);
    this.element = h("li", { class: isOwn ? "message own" : "message", "data-message-id": id }, this.#avatar.element, body, this.#actions);
    if (this.#actions.childElementCount > 0) this.element.append(this.#moreButton());
  }

  update({ message, continued, receiptsBelow, commentable }: MessageLine): void {
    const { me, store } = this.#session;
    const state = [message, continued, receiptsBelow, store.users.get()];
    if (state.every((part, index) => part === this.#drawn[index])) return;
    this.#drawn = state;
    this.#message = message;

    const userName = (userId: number): string => this.#session.userName(userId);
    const author = userName(message.userId);
    this.element.classList.toggle("continued", continued);
    this.#avatar.update(message.userId, author);
    setText(this.#author, author);
    this.#time.dateTime = new Date(message.createdUtc).toISOString();
    this.#time.title = fullTime(message.createdUtc);
    setText(this.#time, clock(message.createdUtc));
    this.#tags.replaceChildren(...tagsOf(message));
    const properties = propertiesOf(message, userName);
    this.#properties.replaceChildren(...properties);
    this.#properties.hidden = properties.length === 0;
    setText(this.#text, message.text);
    this.#text.classList.toggle("code", message.markupType === "TextCode" || message.markupType === "TextLatex");
    this.#text.hidden = this.#editor !== null || message.text === "";
    this.#attachments.replaceChildren(...message.attachments.map(attachmentItem));
    this.#attachments.hidden = message.attachments.length === 0;
    this.#comments.hidden = !commentable || message.commentCount === 0;
    setText(this.#commentsLabel, count(message.commentCount, "comment", "comments"));
    const readers = readersOf(message);
    this.#receipts.hidden = message.userId !== me || readers.length === 0 || receiptsBelow;
    this.#drawReceipts(readers.map(userName));
  }

  /** Where no pointer hovers, this shows the actions, until something else is touched. */
  #moreButton(): HTMLElement {
    const more = button({ class: "icon-button more", "aria-label": "Actions", "aria-expanded": false }, () => show(!this.element.classList.contains("acting")), icon("more"));
    const onPointerDown = (event: PointerEvent): void => {
      if (!(event.target instanceof Node && this.element.contains(event.target))) show(false);
    };
    const show = (shown: boolean): void => {
      this.element.classList.toggle("acting", shown);
      more.setAttribute("aria-expanded", String(shown));
      if (shown) document.addEventListener("pointerdown", onPointerDown);
      else document.removeEventListener("pointerdown", onPointerDown);
    };
    this.#actions.addEventListener("click", () => show(false));
    return more;
  }

  #drawReceipts(names: string[]): void {
    const shown = names.length > 3 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(", ");
    this.#receipts.title = names.join(", ");
    this.#receipts.replaceChildren(icon("reader"), hiddenText("Read by "), h("span", {}, shown));
  }

  #edit(): void {
    if (this.#editor) return this.#editor.focus();
    const close = (): void => {
      this.#editor?.element.remove();
      this.#editor = null;
      this.#text.hidden = this.#message.text === "";
      this.element.classList.remove("editing");
      this.#actions.querySelector<HTMLElement>("[aria-label=Edit]")?.focus({ preventScroll: true });
    };
    const { messageId, text: before } = this.#message;
    const save = (text: string): Promise<void> =>
      text === before ? Promise.resolve() : this.#session.call(reference.editMessage(messageId, text));
    this.#editor = editor(before, save, close);
    this.#text.hidden = true;
    this.#text.after(this.#editor.element);
    this.element.classList.add("editing");
    this.#editor.focus();
  }

  #delete(): void {
    const { commentCount, messageId, parentMessageId } = this.#message;
    const what = parentMessageId === 0 ? "message" : "comment";
    const comments = commentCount === 0 ? "" : ` Its ${count(commentCount, "comment goes", "comments go")} with it.`;
    const text = `It goes for everybody, and cannot be brought back.${comments}`;
    confirmDialog(`Delete this ${what}?`, text, "Delete", () => this.#session.call(this.#session.store.remove(messageId)));
  }
}
