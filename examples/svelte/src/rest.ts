import { createRest } from "room-events/rest";

export const rest = createRest();

/** What the user has put into a field. */
export const field = (form: HTMLFormElement, name: string): string => String(new FormData(form).get(name));
