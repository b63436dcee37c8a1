// Uploads with `XMLHttpRequest`, as only this API reports upload progress.

/**
 * Creates a replacement of `fetch()`.
 *
 * @param {((progress: { loaded: number, total: number }) => void) | undefined} onProgress
 */
export const uploader =
  (onProgress) =>
  /**
   * @param {string} url
   * @param {RequestInit} init
   * @param {() => void} progress called for each part that is sent
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
