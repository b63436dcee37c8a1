/** What the faults came to, and the table of it. */

import { readFile, writeFile } from "node:fs/promises";

/** What a page has shown that it should not have. */
export interface Flaws {
  lost: number;
  duplicated: number;
  /** Told out of order, or what does not fit what was told before. */
  misled: number;
  uncaught: number;
}

interface Row extends Flaws {
  injected: number;
  /** How long each recovery took, in milliseconds. */
  recoveries: number[];
}

export class Tally {
  readonly #rows = new Map<string, Row>();

  #row(name: string): Row {
    let row = this.#rows.get(name);
    if (!row) {
      row = { injected: 0, recoveries: [], lost: 0, duplicated: 0, misled: 0, uncaught: 0 };
      this.#rows.set(name, row);
    }
    return row;
  }

  injected(name: string): void {
    this.#row(name).injected += 1;
  }

  recovered(name: string, afterMs: number): void {
    this.#row(name).recoveries.push(afterMs);
  }

  flawed(name: string, flaws: Flaws): void {
    const row = this.#row(name);
    row.lost += flaws.lost;
    row.duplicated += flaws.duplicated;
    row.misled += flaws.misled;
    row.uncaught += flaws.uncaught;
  }

  total(): Row {
    const total: Row = { injected: 0, recoveries: [], lost: 0, duplicated: 0, misled: 0, uncaught: 0 };
    for (const row of this.#rows.values()) {
      total.injected += row.injected;
      total.recoveries.push(...row.recoveries);
      total.lost += row.lost;
      total.duplicated += row.duplicated;
      total.misled += row.misled;
      total.uncaught += row.uncaught;
    }
    return total;
  }

  /** The table in Markdown, faults in the order of their names. */
  table(): string {
    const lines = [
      "| fault | injected | recovered | median | worst | lost | duplicated | out of order | uncaught |",
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ];
    const line = (name: string, { injected, recoveries, lost, duplicated, misled, uncaught }: Row): void => {
      const cells = [name, injected, recoveries.length, time(median(recoveries)), time(Math.max(...recoveries)), lost, duplicated, misled, uncaught];
      lines.push(`| ${cells.join(" | ")} |`);
    };
    for (const [name, row] of [...this.#rows].sort(([one], [other]) => (one < other ? -1 : 1))) line(name, row);
    line("**all**", this.total());
    return lines.join("\n");
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

function time(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? `${(milliseconds / 1000).toFixed(2)} s` : "";
}

/** Puts a text between the markers `<!-- name:begin -->` and `<!-- name:end -->` of a file. */
export async function putBetweenMarkers(file: string, name: string, text: string): Promise<void> {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const before = await readFile(file, "utf8");
  const [head, rest] = before.split(begin);
  const tail = rest?.split(end)[1];
  if (head === undefined || tail === undefined) throw new Error(`${file} has no markers ${begin} and ${end}`);
  await writeFile(file, `${head}${begin}\n\n${text}\n\n${end}${tail}`);
}
