// <room-events-inspector>: a live view of a client. Types and documentation: inspector.d.ts.
//
// Everything from the server is inserted as text, never as HTML. Styles use a constructed style sheet, so the page
// needs no 'unsafe-inline' in its Content-Security-Policy.

import { describe, listen } from "./describe.js";
import { TOPICS } from "./generated/tables.js";
import { styles } from "./inspector-style.js";

/** The maximum number of entries. The oldest are dropped. */
const LIMIT = 500;
/** The maximum number of unknown types in the filter, as the server can send any. */
const MOST_TYPES = 50;
/** The maximum number of characters of an event's JSON. */
const MOST_JSON = 100_000;
/** How often the statistics are updated, in milliseconds. */
const LOOK = 1000;

/** The style sheet's colours by type. Types that are not listed use `note`. */
const TONES = {
  TextMessagesCreated: "good",
  RoomCreated: "good",
  TextMessagesUpdated: "info",
  RoomUpdated: "info",
  TextMessageDeleted: "bad",
  RoomDeleted: "bad",
  malformed: "bad",
  resync: "warn",
  statechange: "soft",
};
/** The colours by status of the connection. */
const STATUS_TONES = {
  open: "good",
  connecting: "info",
  "catching-up": "info",
  waiting: "warn",
  offline: "warn",
  unauthorized: "bad",
  closed: "soft",
};

const SHAPES = {
  pause: "M7 5v10M13 5v10",
  resume: "M7 4.5l8.5 5.5L7 15.5z",
  clear: "M4.5 6h11M8 6V4h4v2M6 6l.7 10.5h6.6L14 6",
};

/** The base class. Without a browser, importing this module has no effect. */
const Base = globalThis.HTMLElement ?? class {};

/** @type {CSSStyleSheet | undefined} */
let sheet;

export class RoomEventsInspector extends Base {
  #client = null;
  #stats;
  #describe = null;
  #paused = false;
  #off = null;
  #ticker = 0;
  #frame = 0;
  /** The entries in the list, newest first. */
  #entries = [];
  /** The entries that are not in the list yet, oldest first. */
  #fresh = [];
  #total = 0;
  #types = new Set(TOPICS);
  #parts = null;

  get client() {
    return this.#client;
  }

  set client(client) {
    if (client === this.#client) return;
    this.#stop();
    this.#client = client ?? null;
    this.clear();
    if (this.isConnected) this.#start();
  }

  get describe() {
    return this.#describe;
  }

  set describe(describe) {
    this.#describe = describe ?? null;
  }

  get paused() {
    return this.#paused;
  }

  set paused(paused) {
    this.#paused = Boolean(paused);
    this.#schedule();
  }

  clear() {
    this.#entries = [];
    this.#fresh = [];
    this.#total = 0;
    this.#parts?.list.replaceChildren();
    this.#schedule();
  }

  connectedCallback() {
    this.#parts ??= this.#build();
    // Properties that were set before the element was defined shadow the accessors.
    for (const name of ["client", "describe", "paused"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#start();
  }

  disconnectedCallback() {
    this.#stop();
  }

  #start() {
    const client = this.#client;
    if (this.#off || !client || !this.#parts) return this.#schedule();
    this.#off = listen(client, (topic, value, whole) => this.#add(topic, value, whole));
    const now = current(client);
    this.#add("statechange", now, now);
    this.#ticker = setInterval(() => this.#schedule(), LOOK);
  }

  #stop() {
    this.#off?.();
    this.#off = null;
    clearInterval(this.#ticker);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #add(topic, value, whole) {
    const type = topic === "unknown" ? value.type : topic;
    const line = this.#describe?.(topic, value) ?? describe(topic, value);
    this.#total += 1;
    this.#fresh.push({ type, line, whole, at: new Date(), recovered: whole.recovered === true });
    if (this.#fresh.length > LIMIT) this.#fresh.shift();
    this.#schedule();
  }

  /** Draws once in the next animation frame. */
  #schedule() {
    if (this.#parts && this.isConnected) this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (!this.#paused) this.#take();
    this.#drawStatus();
    this.#drawStats();
    this.#filter();
  }

  /** Moves new entries into the list. */
  #take() {
    const { list } = this.#parts;
    for (const entry of this.#fresh) {
      this.#know(entry.type);
      entry.row = row(entry);
      list.prepend(entry.row);
      this.#entries.unshift(entry);
    }
    this.#fresh = [];
    for (const old of this.#entries.splice(LIMIT)) old.row.remove();
  }

  #know(type) {
    if (this.#types.has(type) || this.#types.size >= TOPICS.length + MOST_TYPES) return;
    this.#types.add(type);
    this.#parts.type.append(option(type));
  }

  #drawStatus() {
    const { status: sign, pause } = this.#parts;
    const client = this.#client;
    sign.dataset.tone = STATUS_TONES[client?.status] ?? "soft";
    setText(sign, client ? describe("statechange", current(client)) : "no client");
    const label = this.#paused ? "Resume the log" : "Pause the log";
    if (pause.getAttribute("aria-label") === label) return;
    pause.setAttribute("aria-label", label);
    pause.title = label;
    pause.replaceChildren(icon(this.#paused ? "resume" : "pause"));
  }

  #drawStats() {
    const { brief, numbers } = this.#parts;
    const client = this.#client;
    // Draws the last known statistics. If the response differs, it draws again.
    client?.stats().then((stats) => {
      if (client !== this.#client || JSON.stringify(stats) === JSON.stringify(this.#stats)) return;
      this.#stats = stats;
      this.#schedule();
    }, () => {});
    const stats = client && this.#stats;
    if (!stats) {
      setText(brief, "none yet");
      numbers.replaceChildren();
      return;
    }
    setText(brief, `${stats.frames} frames · ${bytes(stats.bytes)} · ${stats.malformed} malformed · ${stats.queue.frames} waiting`);
    const { lastClose } = stats;
    const rows = [
      ["Connections", `${stats.connections} of ${stats.attempts} attempts`],
      ["Frames", `${stats.frames}, ${bytes(stats.bytes)}`],
      ...Object.entries(stats.events).map(([type, count]) => [type, String(count)]),
      ["Recovered", String(stats.recovered)],
      ["Unknown", String(stats.unknown)],
      ["Malformed", String(stats.malformed)],
      ["Resyncs", String(stats.resyncs)],
      ["Waiting", `${stats.queue.frames} frames, ${bytes(stats.queue.bytes)}`],
      ["Last close", lastClose ? `${lastClose.code} ${lastClose.reason}`.trim() : "none"],
      // The query may contain a token.
      ["Address", this.#client.url.split("?")[0]],
    ];
    if (numbers.childElementCount !== rows.length) {
      numbers.replaceChildren(...rows.map(([name]) => h("div", {}, h("dt", {}, name), h("dd", { dir: "auto" }))));
    }
    for (const [index, [, value]] of rows.entries()) setText(numbers.children[index].lastElementChild, value);
  }

  #filter() {
    const { type, search, total, notice } = this.#parts;
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    for (const entry of this.#entries) {
      const found = (type.value === "" || entry.type === type.value) && matches(entry, wanted);
      entry.row.hidden = !found;
      if (found) shown += 1;
    }
    const filtered = type.value !== "" || wanted !== "";
    let text = this.#total === 1 ? "1 entry" : `${this.#total} entries`;
    if (filtered) text = `${shown} shown`;
    else if (this.#total > LIMIT) text += `, the last ${LIMIT} kept`;
    if (this.#paused) text += this.#fresh.length > 0 ? ` · paused, ${this.#fresh.length} more` : " · paused";
    setText(total, text);
    notice.hidden = shown > 0;
    if (shown > 0) return;
    const [head, rest] = filtered
      ? ["No event matches", "Choose another type or search for less."]
      : ["No events yet", "Delivered events appear here."];
    setText(notice.firstElementChild, head);
    setText(notice.lastElementChild, rest);
  }

  #build() {
    const type = h("select", { "aria-label": "Type of event" }, option("", "All types"), ...TOPICS.filter((topic) => topic !== "unknown").map((topic) => option(topic)));
    const search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search events", spellcheck: "false" });
    const parts = {
      status: h("p", { class: "status", role: "status", "aria-label": "Status of the connection" }),
      total: h("p", { class: "total" }),
      pause: h("button", { type: "button" }),
      brief: h("span", { class: "brief" }),
      numbers: h("dl"),
      list: h("ol", { "aria-label": "Events, newest first" }),
      notice: h("div", { class: "notice" }, h("p", { class: "notice-head" }), h("p")),
      type,
      search,
    };
    const clear = h("button", { type: "button", "aria-label": "Clear the log", title: "Clear the log" }, icon("clear"));
    parts.pause.addEventListener("click", () => (this.paused = !this.#paused));
    clear.addEventListener("click", () => this.clear());
    type.addEventListener("change", () => this.#schedule());
    search.addEventListener("input", () => this.#schedule());
    const root = this.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
    }
    root.adoptedStyleSheets = [sheet];
    root.append(
      h(
        "section",
        { "aria-label": "Live events" },
        h("header", {}, h("div", { class: "titles" }, h("h2", {}, "Events"), parts.total), parts.pause, clear, h("slot", { name: "actions" })),
        parts.status,
        h("details", { class: "stats" }, h("summary", {}, h("span", {}, "Statistics"), parts.brief), parts.numbers),
        h("div", { class: "filters" }, type, search),
        h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Event log" }, parts.notice, parts.list),
      ),
    );
    return parts;
  }
}

/** The current value of `statechange`. */
const current = ({ status, connection }) => ({ status, ...connection });

/** Creates an element. String children become text. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function option(value, text = value) {
  return h("option", { value }, text);
}

function icon(name) {
  const make = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    return element;
  };
  const svg = make("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" });
  svg.append(make("path", { d: SHAPES[name] }));
  return svg;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function row(entry) {
  const time = h("time", { class: "entry-time", datetime: entry.at.toISOString() }, clock(entry.at));
  const head = h("span", { class: "entry-head" }, h("span", { class: "entry-type" }, entry.type));
  if (entry.recovered) head.append(h("span", { class: "badge" }, "recovered"));
  head.append(time);
  const details = h("details", { "data-tone": TONES[entry.type] ?? "note" }, h("summary", {}, head, h("span", { class: "entry-line", dir: "auto" }, entry.line)));
  details.addEventListener("toggle", () => {
    // Built when it is first opened, which most never are.
    if (!details.open || details.childElementCount > 1) return;
    details.append(h("pre", { tabindex: "0", role: "region", "aria-label": "The event as JSON" }, jsonOf(entry)));
  });
  return h("li", {}, details);
}

function jsonOf(entry) {
  const json = JSON.stringify(entry.whole, null, 2) ?? String(entry.whole);
  return json.length > MOST_JSON ? `${json.slice(0, MOST_JSON)}\n… ${json.length - MOST_JSON} characters more` : json;
}

function matches(entry, wanted) {
  if (wanted === "") return true;
  // Cached, as each typed letter searches all entries.
  entry.text ??= `${entry.type}\n${entry.line}\n${JSON.stringify(entry.whole)}`.toLowerCase();
  return entry.text.includes(wanted);
}

function clock(at) {
  const two = (number, digits = 2) => String(number).padStart(digits, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${two(at.getMilliseconds(), 3)}`;
}

function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

if (globalThis.customElements && !customElements.get("room-events-inspector")) {
  customElements.define("room-events-inspector", RoomEventsInspector);
}
