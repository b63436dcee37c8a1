/** What stands where nothing is, or nothing is yet. */

import { h } from "../dom.ts";
import { icon } from "./icons.ts";

export function emptyState(title: string, text: string, action?: HTMLElement): HTMLElement {
  return h("div", { class: "empty" }, icon("events"), h("p", { class: "empty-title" }, title), h("p", { class: "empty-text" }, text), action);
}

/** Rows that stand for those that are being loaded. */
export function skeleton(what: string, shape: "circle" | "square", count: number): HTMLElement {
  const rows = Array.from({ length: count }, () =>
    h("div", { class: "skeleton-row" }, h("span", { class: `skeleton ${shape}` }), h("span", { class: "skeleton-lines" }, h("span", { class: "skeleton" }), h("span", { class: "skeleton" }))),
  );
  return h("div", { class: "skeleton-list", role: "status", "aria-label": `Loading ${what}` }, ...rows);
}
