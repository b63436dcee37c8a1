/** The demo's rule for pages and events that cross on the way, without a browser. */

import { expect, test } from "@playwright/test";

import { Collection } from "../../../www/src/model/collection.ts";

interface Thing {
  id: number;
  text: string;
}

function collection(...texts: string[]): Collection<Thing> {
  const things = new Collection<Thing>((thing) => thing.id);
  things.replace(things.begin(), texts.map((text, index) => ({ id: index + 1, text })));
  return things;
}

const texts = (things: Collection<Thing>): string[] => things.all.map(({ id, text }) => `${id} ${text}`);

test("a page replaces what was there", () => {
  const things = collection("a", "b");
  things.replace(things.begin(), [{ id: 2, text: "B" }, { id: 3, text: "c" }]);
  expect(texts(things)).toEqual(["2 B", "3 c"]);
});

test("a page extends what was there, in order", () => {
  const things = new Collection<Thing>((thing) => thing.id);
  things.replace(things.begin(), [{ id: 5, text: "e" }]);
  things.extend(things.begin(), [{ id: 1, text: "a" }, { id: 2, text: "b" }]);
  expect(texts(things)).toEqual(["1 a", "2 b", "5 e"]);
});

test("what an event said while the page was on its way wins", () => {
  const things = collection("a", "b", "c");
  const load = things.begin();
  things.update({ id: 1, text: "edited" });
  things.remove(2);
  things.add({ id: 4, text: "new" });
  things.replace(load, [{ id: 1, text: "old" }, { id: 2, text: "b" }, { id: 3, text: "c" }]);
  expect(texts(things)).toEqual(["1 edited", "3 c", "4 new"]);
});

test("an event about something outside of the page does not bring it in", () => {
  const things = collection("a");
  things.update({ id: 9, text: "elsewhere" });
  const load = things.begin();
  things.update({ id: 8, text: "elsewhere too" });
  things.replace(load, [{ id: 1, text: "a" }]);
  expect(texts(things)).toEqual(["1 a"]);
});

test("something new that changes and goes before the page is there stays gone", () => {
  const things = collection();
  const load = things.begin();
  things.add({ id: 1, text: "new" });
  things.update({ id: 1, text: "newer" });
  things.add({ id: 2, text: "other" });
  things.update({ id: 2, text: "other, edited" });
  things.remove(1);
  things.replace(load, []);
  expect(texts(things)).toEqual(["2 other, edited"]);
});

test("a page that another load has overtaken is dropped", () => {
  const things = collection("a");
  const first = things.begin();
  const second = things.begin();
  expect(things.replace(first, [{ id: 7, text: "late" }])).toBe(false);
  expect(things.replace(second, [{ id: 2, text: "right" }])).toBe(true);
  expect(texts(things)).toEqual(["2 right"]);
});

test("a page that did not come leaves things as they are", () => {
  const things = collection("a");
  const load = things.begin();
  things.add({ id: 2, text: "b" });
  things.abandon(load);
  expect(things.replace(load, [])).toBe(false);
  expect(texts(things)).toEqual(["1 a", "2 b"]);
});
