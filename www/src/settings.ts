/** What this browser remembers, if it lets the page store anything. */

export function readSetting(key: string): string | null {
  return attempt(() => localStorage.getItem(key));
}

/** Remembers a setting; null forgets it. */
export function writeSetting(key: string, value: string | null): void {
  attempt(() => (value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value)));
}

/** Forgets all settings whose keys begin like that. */
export function forgetSettings(prefix: string): void {
  for (const key of attempt(() => Object.keys(localStorage)) ?? []) if (key.startsWith(prefix)) writeSetting(key, null);
}

/** Storage may be forbidden or full. */
function attempt<Result>(task: () => Result): Result | null {
  try {
    return task();
  } catch {
    return null;
  }
}
