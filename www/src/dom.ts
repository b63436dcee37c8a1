/**
 * Building the page out of elements and text.
 *
 * Whatever comes from the server goes in as text nodes and attribute values. There is deliberately no way here to put
 * in HTML, a style or an event handler as a string.
 */

import { describeError } from "./api.ts";
import { icon, type IconName } from "./views/icons.ts";

export type Child = Node | string | null | undefined | false;

export type Attributes = Partial<Record<AttributeName, string | boolean | number | null | undefined>> & {
  [data: `data-${string}`]: string | boolean | undefined;
  [aria: `aria-${string}`]: string | boolean | undefined;
};

type AttributeName =
  | "autocapitalize" | "autocomplete" | "autofocus" | "class" | "datetime" | "dir" | "disabled" | "download" | "enterkeyhint" | "for"
  | "hidden" | "href" | "id" | "maxlength" | "method" | "name" | "open" | "placeholder" | "rel" | "required" | "role" | "rows"
  | "slot" | "spellcheck" | "tabindex" | "target" | "title" | "type" | "value";

/** Makes an element. True sets an attribute without a value; false, null and undefined leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    // ARIA's "true" and "false" are words; other attributes are there or not.
    if (name.startsWith("aria-") && typeof value === "boolean") element.setAttribute(name, String(value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** A button that does something on this page. */
export function button(attributes: Attributes, onClick: () => void, ...children: Child[]): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, ...children);
  element.addEventListener("click", onClick);
  return element;
}

/** A button that shows an icon alone. */
export function iconButton(label: string, name: IconName, onClick: () => void, more: Attributes = {}): HTMLButtonElement {
  return button({ class: "icon-button", "aria-label": label, title: label, ...more }, onClick, icon(name));
}

/** Does something when a form is submitted. Meanwhile its button waits; an error is told in `problem`. */
export function onSubmit(form: HTMLFormElement, submit: HTMLButtonElement, problem: HTMLElement, task: () => Promise<unknown>): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.textContent = "";
    submit.disabled = true;
    task().catch((error: unknown) => (problem.textContent = describeError(error))).finally(() => (submit.disabled = false));
  });
}

/** Text for those who do not see the page. */
export function hiddenText(text: string): HTMLElement {
  return h("span", { class: "visually-hidden" }, text);
}

/** Sets the text, unless it is there already: a screen reader and a selection are left alone. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** One element of a list that is made once and then kept up to date. */
export interface Row<T> {
  readonly element: HTMLElement;
  update(item: T): void;
}

/** Keeps the children of an element in step with a list, touching only what is different. */
export class KeyedList<T> {
  readonly #container: HTMLElement;
  readonly #key: (item: T) => string | number;
  readonly #create: (item: T) => Row<T>;
  #rows = new Map<string | number, Row<T>>();

  constructor(container: HTMLElement, key: (item: T) => string | number, create: (item: T) => Row<T>) {
    this.#container = container;
    this.#key = key;
    this.#create = create;
  }

  render(items: readonly T[]): void {
    const before = this.#rows;
    const after = new Map<string | number, Row<T>>();
    for (const item of items) {
      const key = this.#key(item);
      const row = before.get(key) ?? this.#create(item);
      row.update(item);
      after.set(key, row);
    }
    for (const [key, { element }] of before) if (!after.has(key)) element.remove();
    const focused = document.activeElement;
    let next = this.#container.firstElementChild;
    for (const { element } of after.values()) {
      if (element === next) next = next.nextElementSibling;
      else this.#container.insertBefore(element, next);
    }
    // An element that is moved loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#container.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
    this.#rows = after;
  }
}
