// An upload through `XMLHttpRequest`, which alone reports how much of it has been sent.

/**
 * Gives what is called in place of `fetch()`.
 *
 * @param {((progress: { loaded: number, total: number }) => void) | undefined} onProgress
 */
export const uploader =
  (onProgress) =>
  /**
   * @param {string} url
   * @param {RequestInit} init
   * @param {() => void} progress called as parts are sent
   */
  (url, { method, headers, credentials, body, signal }, progress = () => {}) =>
    new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      xhr.open(method, url);
      xhr.withCredentials = credentials === "include";
      headers.forEach((value, name) => xhr.setRequestHeader(name, value));
      xhr.upload.onprogress = ({ loaded, total }) => {
        progress();
        onProgress?.({ loaded, total });
      };
      xhr.onload = () => {
        const get = (name) => xhr.getResponseHeader(name);
        resolve({ status: xhr.status, headers: { get }, body: new Response(xhr.response).body });
      };
      xhr.onerror = () => reject(new TypeError("the upload failed"));
      signal.addEventListener("abort", () => xhr.abort());
      if (!signal.aborted) xhr.send(body);
    });
