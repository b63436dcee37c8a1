/** Times, sizes and names as a person reads them, in the browser's language and time zone. */

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dateFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Hours and minutes. */
export function clock(utc: number): string {
  return clockFormat.format(utc);
}

/** Date and time. */
export function fullTime(utc: number): string {
  return fullFormat.format(utc);
}

/** The day of a message: "Today", "Yesterday" or its date. */
export function day(utc: number, now: number): string {
  const days = Math.round((midnight(now) - midnight(utc)) / (24 * HOUR));
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return dayFormat.format(utc);
}

/** The local day as a number that is the same for all moments of it. */
export function midnight(utc: number): number {
  return new Date(utc).setHours(0, 0, 0, 0);
}

/** How long ago, short enough for a list. */
export function ago(utc: number, now: number): string {
  const elapsed = Math.max(0, now - utc);
  if (elapsed < MINUTE) return "now";
  if (elapsed < HOUR) return `${Math.floor(elapsed / MINUTE)} min`;
  if (midnight(utc) === midnight(now)) return clock(utc);
  return dateFormat.format(utc);
}

/** A file's size. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A length of time in milliseconds, as hours and minutes. */
export function duration(length: number): string {
  const minutes = Math.round(length / MINUTE);
  const parts = [minutes >= 60 ? `${Math.floor(minutes / 60)} h` : "", minutes % 60 > 0 || minutes === 0 ? `${minutes % 60} min` : ""];
  return parts.filter((part) => part !== "").join(" ");
}

/** The first letters of the first two words of a name. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== "");
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toLocaleUpperCase() ?? "")
    .join("");
}

/** "InProgress" as "In progress": the words of an identifier, whatever it is. */
export function words(identifier: string): string {
  return identifier.replace(/([\p{Ll}\d])(\p{Lu})/gu, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}

/** "1 comment", "2 comments". */
export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
