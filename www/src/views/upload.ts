/** Files on their way to a message. */

import type { UploadOptions } from "room-events/rest";

import { describeError } from "../api.ts";
import { h, iconButton, setText } from "../dom.ts";
import { count } from "../format.ts";
import { icon } from "./icons.ts";

/** Asks for files. */
export function pickFiles(onPick: (files: FileList) => void): void {
  const input = h("input", { type: "file" });
  input.multiple = true;
  input.addEventListener("change", () => input.files && onPick(input.files));
  input.click();
}

/** Sends files and shows how far that has come. It goes when they are there, or when it is dismissed. */
export function upload(files: FileList, send: (options: UploadOptions) => Promise<void>): HTMLElement {
  const what = files.length === 1 ? (files[0]?.name ?? "") : count(files.length, "file", "files");
  const label = h("span", { class: "upload-label", role: "status" }, `Uploading ${what}`);
  const bar = h("progress", { "aria-label": `Upload of ${what}` });
  const cancel = new AbortController();
  const close = iconButton("Cancel the upload", "close", () => {
    cancel.abort();
    element.remove();
  });
  const element = h("div", { class: "upload" }, icon("file"), label, bar, close);
  send({ signal: cancel.signal, onProgress: ({ loaded, total }) => (bar.value = loaded / total) }).then(
    () => element.remove(),
    (error: unknown) => {
      bar.remove();
      setText(label, `${what} was not uploaded: ${describeError(error)}`);
    },
  );
  return element;
}
