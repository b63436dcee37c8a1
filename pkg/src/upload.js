// Uploads the files of a sent message. Loaded on demand.

import { Endpoint } from "./endpoint.js";
import { uploader } from "./rest/upload.js";

/** Returns the state of a failed upload: the reason, the HTTP status, and whether a retry may succeed. */
function failure(status) {
  const isRefused = status >= 400 && status < 500;
  return [status === 404 ? "gone" : isRefused ? "refused" : "unclear", status, !isRefused];
}

/**
 * Uploads the files of a message, with the client's address, headers and cookies.
 *
 * @param {import("./options.js").Settings} settings
 * @param {(what: string) => Promise<any>} ask calls a function of the options: `url`, `headers`
 * @param {{ messageId: number, files: readonly File[], stop: AbortController }} own the message; `stop` cancels the
 *   upload
 * @param {(progress: number, state: string, reason?: string, status?: number, mayResend?: boolean) => void} tell
 *   receives the uploaded share, from 0 to 1, and the state; 1 only on completion
 */
export async function upload({ spec, local }, ask, own, tell) {
  const { signal } = own.stop;
  const onProgress = ({ loaded, total }) => signal.aborted || tell(Math.min(loaded / total, 0.999), "uploading");
  try {
    const body = new FormData();
    for (const file of own.files) body.append("files", file);
    const reports = globalThis.XMLHttpRequest && spec.rest.credentials !== "omit";
    const endpoint = new Endpoint(spec, ask, { fetch: local.fetch ?? (reports ? uploader(onProgress) : undefined) });
    await new Promise((resolve, reject) => endpoint.locate(resolve, (reason) => reject(new Error(reason))));
    const { status } = await endpoint.fetch(`/messages/${own.messageId}/attachments`, { method: "POST", body, signal });
    if (!signal.aborted) tell(...(status < 300 ? [1, "uploading"] : [0, "failed", ...failure(status)]));
  } catch {
    if (!signal.aborted) tell(0, "failed", "unclear", 0, true);
  }
}
