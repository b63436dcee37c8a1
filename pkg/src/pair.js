// A message port within one thread.

/**
 * Creates two connected ports that deliver messages synchronously and without a copy.
 *
 * @param {(other: object) => void} start receives the other port, once this one listens
 * @returns {object}
 */
export function openPair(start) {
  const [one, other] = [{ onmessage: null }, { onmessage: null }];
  one.postMessage = (data) => other.onmessage?.({ data });
  other.postMessage = (data) => one.onmessage?.({ data });
  one.start = () => start(other);
  return one;
}
