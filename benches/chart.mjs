// Draws a horizontal bar chart as SVG: a group per table row, a colour per series.

/** The colours of this project and its peers. */
export const COLOURS = ["#2563eb", "#94a3b8", "#f59e0b", "#a855f7", "#10b981"];
/** The width of the plot area. */
const PLOT = 520;
const BAR = 10;
const GAP = 10;
/** The maximum width of a character at the font size of the chart. */
const CHARACTER = 6.4;

/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {string[]} series
 * @property {{name: string, bars: {series: string, value: number, label?: string}[]}[]} rows
 * @property {number} [mark] the reference value to highlight
 */

/**
 * @param {Chart} chart
 * @returns {string} SVG
 */
export function chart({ title, series, rows, mark }) {
  const step = stepFor(Math.max(...rows.flatMap(({ bars }) => bars.map(({ value }) => value))));
  const scale = PLOT / (step.size * step.count);
  const left = Math.ceil(Math.max(...rows.map(({ name }) => name.length)) * CHARACTER) + 18;
  const width = left + PLOT + 60;
  const top = 56;
  const heights = rows.map(({ bars }) => bars.length * BAR + GAP);
  const bottom = heights.reduce((sum, height) => sum + height, top);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 24}" viewBox="0 0 ${width} ${bottom + 24}" font-family="system-ui, sans-serif" font-size="11">`,
    `<title>${escape(title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="10" y="20" font-size="14" font-weight="600" fill="#0f172a">${escape(title)}</text>`,
  ];
  const colour = (name) => COLOURS[series.indexOf(name)];
  let x = 10;
  for (const name of series) {
    parts.push(`<rect x="${x}" y="32" width="10" height="10" fill="${colour(name)}"/>`, `<text x="${x + 15}" y="41" fill="#334155">${escape(name)}</text>`);
    x += 35 + Math.ceil(name.length * CHARACTER);
  }
  for (let index = 0; index <= step.count; index += 1) {
    const value = Number((index * step.size).toPrecision(6));
    const x = left + value * scale;
    const stroke = value === mark ? "#0f172a" : "#e2e8f0";
    parts.push(`<line x1="${x}" x2="${x}" y1="${top - 6}" y2="${bottom}" stroke="${stroke}"/>`, `<text x="${x}" y="${bottom + 14}" text-anchor="middle" fill="#334155">${value}</text>`);
  }
  let y = top;
  rows.forEach(({ name, bars }, row) => {
    parts.push(`<text x="${left - 8}" y="${y + (bars.length * BAR) / 2 + 3}" text-anchor="end" fill="#0f172a">${escape(name)}</text>`);
    bars.forEach(({ series, value, label }, index) => {
      const at = y + index * BAR;
      const wide = (value * scale).toFixed(1);
      parts.push(`<rect x="${left}" y="${at}" width="${wide}" height="${BAR - 1}" fill="${colour(series)}"/>`);
      if (label) parts.push(`<text x="${left + Number(wide) + 4}" y="${at + BAR - 2}" font-size="9" fill="#0f172a">${escape(label)}</text>`);
    });
    y += heights[row];
  });
  parts.push("</svg>");
  return `${parts.join("\n")}\n`;
}

/** Returns a round step, and how many steps cover the largest value. */
function stepFor(largest) {
  const magnitude = 10 ** Math.floor(Math.log10(largest));
  const size = [0.1, 0.2, 0.5, 1, 2].map((step) => step * magnitude).find((size) => largest / size <= 6);
  return { size, count: Math.ceil(largest / size) };
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
