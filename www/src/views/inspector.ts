/** The live log: every event as it arrived, newest first. */

import { button, h, KeyedList, setText, type Row } from "../dom.ts";
import { count, preciseClock } from "../format.ts";
import { LOG_LIMIT, type LogEntry } from "../model/event-log.ts";
import type { Session } from "../session.ts";
import type { View } from "./conversation.ts";
import { icon } from "./icons.ts";
import { emptyState } from "./timeline.ts";

/** The events of the specification, and what else the log shows. Types that are not listed join when they come. */
const TYPES = [
  "TextMessagesCreated",
  "TextMessagesUpdated",
  "TextMessageDeleted",
  "RoomCreated",
  "RoomUpdated",
  "RoomDeleted",
  "state",
  "error",
];

/** The colours of the style sheet by type; what is not listed has the one of the unknown. */
const TONES: Record<string, string> = {
  TextMessagesCreated: "created",
  RoomCreated: "created",
  TextMessagesUpdated: "updated",
  RoomUpdated: "updated",
  TextMessageDeleted: "deleted",
  RoomDeleted: "deleted",
  error: "error",
  state: "state",
};

export function inspectorView(session: Session, onClose: () => void): View {
  const types = new Set(TYPES);
  const type = h("select", { class: "input small", "aria-label": "Type of event" }, h("option", { value: "" }, "All types"));
  const search = h("input", { class: "input small", type: "search", placeholder: "Search", "aria-label": "Search events", spellcheck: "false" });
  const clear = button({ class: "icon-button", "aria-label": "Clear the log", title: "Clear the log" }, () => session.clearLog(), icon("trash"));
  const close = button({ class: "icon-button", "aria-label": "Close the log", title: "Close the log" }, onClose, icon("close"));
  const total = h("p", { class: "pane-subtitle" });
  const notice = h("div", { class: "log-notice" });
  const list = h("ol", { class: "log", "aria-label": "Events, newest first" });
  const keyed = new KeyedList<LogEntry>(list, (entry) => entry.id, entryRow);
  const element = h(
    "section",
    { class: "inspector", id: "inspector", "aria-label": "Live events" },
    h("header", { class: "pane-header" }, h("div", { class: "pane-titles" }, h("h2", { class: "pane-title" }, "Events"), total), clear, close),
    h("div", { class: "log-filters" }, type, search),
    h("div", { class: "log-scroll", tabindex: 0, role: "region", "aria-label": "Event log" }, notice, list),
  );

  for (const name of TYPES) type.append(option(name));
  let noticeFor: string | null = null;

  function render(): void {
    const { entries } = session.log;
    for (const entry of entries) {
      if (types.has(entry.type)) continue;
      types.add(entry.type);
      type.append(option(entry.type));
    }
    const wanted = search.value.trim().toLowerCase();
    const found = entries.filter((entry) => (type.value === "" || entry.type === type.value) && matches(entry, wanted));
    keyed.render(found);
    setText(total, totalLine(session.log.total, found.length, type.value !== "" || wanted !== ""));
    const key = found.length > 0 ? "" : entries.length === 0 ? "empty" : "no match";
    if (key === noticeFor) return;
    noticeFor = key;
    if (key === "") notice.replaceChildren();
    else if (key === "empty") notice.replaceChildren(emptyState("No events yet", "Send a message, here or in another window, and its event shows at once."));
    else notice.replaceChildren(emptyState("No event matches", "Choose another type or search for less."));
  }

  type.addEventListener("change", render);
  search.addEventListener("input", render);
  return { element, render };
}

function option(name: string): HTMLOptionElement {
  return h("option", { value: name }, name);
}

function totalLine(total: number, shown: number, filtered: boolean): string {
  if (filtered) return `${shown} shown`;
  return total > LOG_LIMIT ? `${total} entries, the last ${LOG_LIMIT} kept` : count(total, "entry", "entries");
}

function matches(entry: LogEntry, wanted: string): boolean {
  if (wanted === "") return true;
  return entry.type.toLowerCase().includes(wanted) || entry.summary.toLowerCase().includes(wanted) || jsonOf(entry).toLowerCase().includes(wanted);
}

function entryRow(entry: LogEntry): Row<LogEntry> {
  const details = h(
    "details",
    { class: "entry", "data-tone": TONES[entry.type] ?? "unknown" },
    h(
      "summary",
      {},
      h("span", { class: "entry-head" }, h("span", { class: "entry-type" }, entry.type), h("time", { class: "entry-time", datetime: new Date(entry.at).toISOString() }, preciseClock(entry.at))),
      h("span", { class: "entry-summary", dir: "auto" }, entry.summary),
    ),
  );
  details.addEventListener("toggle", () => {
    // Written out when it is first looked at: most never are.
    if (details.open && details.childElementCount === 1) details.append(h("pre", { class: "entry-json", tabindex: 0, "aria-label": "The event as JSON" }, jsonOf(entry)));
  });
  return { element: h("li", {}, details), update: () => undefined };
}

const written = new WeakMap<LogEntry, string>();

function jsonOf(entry: LogEntry): string {
  let json = written.get(entry);
  if (json === undefined) {
    json = JSON.stringify(entry.payload, null, 2) ?? String(entry.payload);
    written.set(entry, json);
  }
  return json;
}
