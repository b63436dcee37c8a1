/** Times, sizes and names as a person reads them, in the browser's language and time zone. */

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dateFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Hours and minutes. */
export const clock = (utc: number): string => clockFormat.format(utc);

/** Date and time. */
export const fullTime = (utc: number): string => fullFormat.format(utc);

/** The day of a message: "Today", "Yesterday" or its date. */
export function day(utc: number, now: number): string {
  const days = Math.round((midnight(now) - midnight(utc)) / (24 * HOUR));
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return dayFormat.format(utc);
}

/** The local day as a number that is the same for all moments of it. */
export const midnight = (utc: number): number => new Date(utc).setHours(0, 0, 0, 0);

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
  const unit = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
  const value = count / 1000 ** unit;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A length of time in milliseconds, as hours and minutes. */
export function duration(length: number): string {
  const minutes = Math.round(length / MINUTE);
  const parts = [minutes >= 60 ? `${Math.floor(minutes / 60)} h` : "", minutes % 60 > 0 || minutes === 0 ? `${minutes % 60} min` : ""];
  return parts.filter((part) => part !== "").join(" ");
}

/** The first letters of the first two words of a name. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== "").slice(0, 2);
  return words.map((word) => [...word][0]?.toLocaleUpperCase() ?? "").join("");
}

/** "InProgress" as "In progress": the words of an identifier, whatever it is. */
export const words = (identifier: string): string => identifier.replace(/([\p{Ll}\d])(\p{Lu})/gu, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);

/** "1 comment", "2 comments". */
export const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;
