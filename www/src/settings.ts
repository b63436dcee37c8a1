/** Small settings that this browser remembers. */

/** What was remembered, or `null`. Storage may be forbidden; then there is nothing. */
export function readSetting(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Remembers a setting, where the browser lets it. */
export function writeSetting(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Forbidden or full: the setting lasts as long as the page.
  }
}
