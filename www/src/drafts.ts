/** Drafts, by room and thread. They survive a reload and are cleared at logout. */

import { forgetSettings, readSetting, writeSetting } from "./settings.ts";

export class Drafts {
  readonly #prefix: string;

  constructor(me: number) {
    this.#prefix = `room-events-demo.draft.${me}.`;
  }

  get(place: string): string {
    return readSetting(this.#prefix + place) ?? "";
  }

  set(place: string, text: string): void {
    writeSetting(this.#prefix + place, text === "" ? null : text);
  }

  clear(): void {
    forgetSettings(this.#prefix);
  }
}
