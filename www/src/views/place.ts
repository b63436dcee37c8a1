/** The reader's place in a list that grows and shrinks at both ends. */

/** How far from the end (CSS pixels) still counts as the end. */
const END_SLACK = 40;

/** How far below the upper edge (CSS pixels) a row stands that the list is opened at. */
const LEAD = 150;

export class Place {
  /** Whether the reader is at the end, and wants to stay there. */
  isAtEnd = true;
  readonly #scroller: HTMLElement;
  readonly #list: HTMLElement;

  constructor(scroller: HTMLElement, list: HTMLElement) {
    this.#scroller = scroller;
    this.#list = list;
  }

  /** Looks where the reader is: how far it is to the beginning and to the end, in CSS pixels. */
  look(): { above: number; below: number } {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const below = scrollHeight - scrollTop - clientHeight;
    // Where nothing is shown, nobody has moved.
    if (clientHeight > 0) this.isAtEnd = below < END_SLACK;
    return { above: scrollTop, below };
  }

  toEnd(): void {
    this.isAtEnd = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  toRow(row: Element): void {
    this.#scroller.scrollTop += row.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top - LEAD;
    this.look();
  }

  /** Notes what is in view. Returns a function that brings it back there after rows have come or gone. */
  hold(): () => void {
    const rows = [...this.#list.children];
    const edge = this.#scroller.getBoundingClientRect().top;
    let first = rows.findIndex((row) => row.getBoundingClientRect().bottom > edge);
    // A gap is filled from above: what stands before it stays.
    if (first > 0 && rows[first]?.classList.contains("gap")) first -= 1;
    const tops = rows.slice(Math.max(first, 0)).map((row) => ({ row, top: row.getBoundingClientRect().top }));
    return () => {
      const kept = tops.find(({ row }) => row.parentElement === this.#list);
      if (kept) this.#scroller.scrollTop += kept.row.getBoundingClientRect().top - kept.top;
      this.look();
    };
  }

  /** The last row in view for which that holds. */
  lastInView(holds: (row: HTMLElement) => boolean): HTMLElement | undefined {
    const { top, bottom } = this.#scroller.getBoundingClientRect();
    return [...this.#list.children].findLast((row): row is HTMLElement => {
      const place = row.getBoundingClientRect();
      return row instanceof HTMLElement && place.top < bottom - 8 && place.bottom > top + 8 && holds(row);
    });
  }

  /** Whether anybody can see it. */
  get isShown(): boolean {
    return !document.hidden && this.#scroller.clientHeight > 0;
  }
}
