/** What hangs on a message beside its text. */

import type { Message } from "room-events";

import { rest } from "../api.ts";
import { h } from "../dom.ts";
import { bytes, duration, fullTime, words } from "../format.ts";
import { icon, type IconName } from "./icons.ts";

type Attachment = Message["attachments"][number];

const READY = "ReadyForDownloadFromServerToClient";

const MARKUP_NAMES: Record<string, string> = { TextHtml: "HTML", TextMarkdown: "Markdown", TextCode: "Code", TextLatex: "LaTeX" };

/** The small marks beside the time: edited, priority, markup. */
export function tagsOf(message: Message): HTMLElement[] {
  const tags: HTMLElement[] = [];
  if (message.lastEditedUtc > message.createdUtc) {
    tags.push(h("span", { class: "edited", title: `Edited ${fullTime(message.lastEditedUtc)}` }, "edited"));
  }
  if (message.priority !== "Normal") tags.push(h("span", { class: "tag", "data-priority": message.priority }, words(message.priority)));
  if (message.markupType !== "TextPlain") {
    // The text is shown as it is, whatever its markup: it comes from somebody else.
    tags.push(h("span", { class: "tag" }, MARKUP_NAMES[message.markupType] ?? words(message.markupType)));
  }
  return tags;
}

/** What an issue or a meeting carries; nothing for a regular message. */
export function propertiesOf(message: Message, userName: (userId: number) => string): HTMLElement[] {
  const { issueProperties: issue, meetingProperties: meeting } = message;
  const lines: HTMLElement[] = [];
  if (issue) {
    const assignees = issue.assignees.map(userName).join(", ");
    const status = h("span", { class: "status", "data-status": issue.status }, words(issue.status));
    lines.push(propertyLine("issue", words(issue.type), status, assignees === "" ? "Nobody assigned" : `Assigned to ${assignees}`));
  }
  if (meeting) {
    const time = h("time", { datetime: new Date(meeting.timeUtc).toISOString() }, fullTime(meeting.timeUtc));
    // The API names no unit here; all of its other times are in milliseconds.
    lines.push(propertyLine("calendar", "Meeting", time, duration(meeting.duration)));
  }
  return lines;
}

function propertyLine(name: IconName, title: string, value: HTMLElement, more: string): HTMLElement {
  return h("div", { class: "property-line" }, icon(name), h("strong", {}, title), value, h("span", { class: "muted" }, more));
}

/** One attached file: a link once its bytes are there. */
export function attachmentItem(attachment: Attachment): HTMLElement {
  const { attachmentId, fileName, fileSize, attachmentState } = attachment;
  const ready = attachmentState === READY;
  const name = ready
    ? h("a", { class: "file-name", href: rest.attachmentUrl({ attachmentId, fileName }), download: fileName }, fileName)
    : h("span", { class: "file-name" }, fileName);
  const details = ready ? bytes(fileSize) : `${bytes(fileSize)} · ${words(attachmentState)}`;
  return h("li", { class: "attachment" }, icon("file"), name, h("span", { class: "muted" }, details));
}
