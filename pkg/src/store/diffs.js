// Computes the changes of lists.

/**
 * Returns the steps from one list to another, whose items have unique keys. Positions refer to the result of the
 * previous steps.
 */
export function stepsBetween(before, after, keyOf) {
  const steps = [];
  const list = [...before];
  const remove = (index) => {
    list.splice(index, 1);
    steps.push({ op: "remove", index });
  };
  const kept = new Set(after.map(keyOf));
  for (let index = list.length - 1; index >= 0; index--) if (!kept.has(keyOf(list[index]))) remove(index);
  after.forEach((item, index) => {
    const key = keyOf(item);
    const isHere = (at) => at < list.length && keyOf(list[at]) === key;
    if (!isHere(index)) {
      // If the item is next, this one was removed; otherwise the item is moved here.
      if (isHere(index + 1)) remove(index);
      else {
        const from = list.findIndex((other) => keyOf(other) === key);
        if (from >= 0) remove(from);
        list.splice(index, 0, item);
        steps.push({ op: "insert", index, item });
      }
    }
    if (list[index] !== item) {
      list[index] = item;
      steps.push({ op: "update", index, item });
    }
  });
  return steps;
}

/**
 * Iterates over the changes of a list. Changes made while the loop is busy arrive together.
 *
 * @param {import("../store.js").Live<any>} live
 * @param {(value: any) => readonly any[]} listOf
 * @param {(item: any) => unknown} keyOf
 * @param {() => boolean} isOver whether there will be no more changes
 */
export function diffsOf(live, listOf, keyOf, isOver) {
  let shown;
  let wake;
  let isLeft = false;
  const stop = live.subscribe(() => wake?.());
  const leave = () => {
    isLeft = true;
    stop();
    wake?.();
    return { value: undefined, done: true };
  };
  return {
    async next() {
      for (;;) {
        if (isLeft) return leave();
        const now = listOf(live.get());
        const steps = shown ? stepsBetween(shown, now, keyOf) : [{ op: "reset", items: now }];
        shown = now;
        if (steps[0]) return { value: steps, done: false };
        if (isOver()) return leave();
        await new Promise((resolve) => (wake = resolve));
      }
    },
    return: async () => leave(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
