/** Dark or light: as the system says, unless the person said otherwise here. */

import { readSetting, writeSetting } from "./settings.ts";

const KEY = "room-events-demo.theme";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function storedTheme(): Theme {
  const stored = readSetting(KEY);
  return THEMES.find((theme) => theme === stored) ?? "system";
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  writeSetting(KEY, theme);
}
