/** The bar above everything: what this is, how the connection is, and what concerns the whole page. */

import { button, h, iconButton, setText } from "../dom.ts";
import type { Session } from "../session.ts";
import { applyTheme, storedTheme, THEMES, type Theme } from "../theme.ts";
import { avatar } from "./avatar.ts";
import { connectionSign } from "./connection.ts";
import type { View } from "./pane.ts";
import { icon, logo, type IconName } from "./icons.ts";

const THEME_ICONS: Record<Theme, IconName> = { system: "system", light: "sun", dark: "moon" };

export function topBar(session: Session, logShown: () => boolean, toggleLog: () => void, logout: () => void): View {
  const connection = connectionSign(session);
  const log = button({ class: "bar-button", "aria-controls": "inspector" }, toggleLog, icon("events"), h("span", { class: "bar-text" }, "Events"));
  const sign = avatar();
  const name = h("span", { class: "bar-text me-name" });
  const brand = h("div", { class: "brand" }, logo(), h("h1", { class: "bar-text" }, "room-events"));
  const me = h("span", { class: "me" }, sign.element, name);
  const out = iconButton("Log out", "logout", logout);
  const element = h("div", { class: "top-bar" }, brand, connection.element, h("span", { class: "spacer" }), log, themeButton(), me, out);
  return {
    element,
    render() {
      connection.render();
      const shown = logShown();
      log.setAttribute("aria-expanded", String(shown));
      log.classList.toggle("pressed", shown);
      setText(name, session.user(session.me)?.displayName ?? "");
      sign.update(session.me, name.textContent);
    },
  };
}

function themeButton(): HTMLElement {
  let theme = storedTheme();
  const element = button({ class: "icon-button" }, () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
    applyTheme(theme);
    draw();
  });
  function draw(): void {
    const label = `Theme: ${theme}`;
    element.setAttribute("aria-label", label);
    element.title = label;
    element.replaceChildren(icon(THEME_ICONS[theme]));
  }
  draw();
  return element;
}
