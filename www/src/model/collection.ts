/**
 * Things by id, kept true by two sources at once: pages of the REST API and the live events.
 *
 * A page is as old as the moment when the server read it, and events keep coming while it is on its way. So whatever an
 * event has said since a load began wins over what the load brings. For this to hold, a load must begin after the
 * event stream has opened.
 */
export class Collection<V> {
  #items = new Map<number, V>();
  #load: Load<V> | null = null;
  #sorted: readonly V[] | null = null;
  readonly #id: (item: V) => number;
  readonly #compare: (a: V, b: V) => number;

  constructor(id: (item: V) => number, compare: (a: V, b: V) => number = (a, b) => id(a) - id(b)) {
    this.#id = id;
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.size;
  }

  get(id: number): V | undefined {
    return this.#items.get(id);
  }

  /** Everything, in order. The same array as before where nothing has changed. */
  get all(): readonly V[] {
    this.#sorted ??= [...this.#items.values()].sort(this.#compare);
    return this.#sorted;
  }

  /** An event brought something new. */
  add(item: V): void {
    this.#load?.said.set(this.#id(item), { item, created: true });
    this.#set(item);
  }

  /** An event changed something. It says nothing about things outside of what is loaded, so those are left out. */
  update(item: V): void {
    const id = this.#id(item);
    if (this.#load) {
      const created = this.#load.said.get(id)?.created ?? false;
      this.#load.said.set(id, { item, created });
    }
    if (this.#items.has(id)) this.#set(item);
  }

  /** An event took something away. */
  remove(id: number): void {
    this.#load?.said.set(id, { item: null, created: false });
    if (this.#items.delete(id)) this.#sorted = null;
  }

  /** Call this before a page is asked for, and give its result to {@link replace} or {@link extend}. */
  begin(): Load<V> {
    this.#load = { said: new Map() };
    return this.#load;
  }

  /** The page is everything that there is. False where another load has begun since: the page is then dropped. */
  replace(load: Load<V>, page: readonly V[]): boolean {
    if (this.#load !== load) return false;
    this.#items = new Map();
    return this.extend(load, page);
  }

  /** The page belongs to what is here already. False where another load has begun since: the page is then dropped. */
  extend(load: Load<V>, page: readonly V[]): boolean {
    if (this.#load !== load) return false;
    this.#load = null;
    this.#sorted = null;
    for (const item of page) this.#items.set(this.#id(item), item);
    for (const [id, { item, created }] of load.said) {
      if (item === null) this.#items.delete(id);
      else if (created || this.#items.has(id)) this.#items.set(id, item);
    }
    return true;
  }

  /** The page did not come. */
  abandon(load: Load<V>): void {
    if (this.#load === load) this.#load = null;
  }

  #set(item: V): void {
    this.#items.set(this.#id(item), item);
    this.#sorted = null;
  }
}

/** What events have said about each id since a load began; `item` is null where it went. */
export interface Load<V> {
  readonly said: Map<number, { item: V | null; created: boolean }>;
}
