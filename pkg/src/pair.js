// Two ends of a port in one thread.

/**
 * Opens a port of which each end hands what it is told to the other at once, as it is.
 *
 * @param {(other: object) => void} start is given the other end, once this one listens
 * @returns {object}
 */
export function openPair(start) {
  const [one, other] = [{ onmessage: null }, { onmessage: null }];
  one.postMessage = (data) => other.onmessage?.({ data });
  other.postMessage = (data) => one.onmessage?.({ data });
  one.start = () => start(other);
  return one;
}
