// The table as a chart: a group of bars for each frame, JSON.parse as a line.

const SHOWN = ["room-events", "JSON.parse + ajv", "JSON.parse + zod", "JSON.parse + valibot"];
const COLOURS = ["#2563eb", "#94a3b8", "#f59e0b", "#a855f7"];
const LEFT = 150;
const SCALE = 130;
const BAR = 9;
const GROUP = SHOWN.length * BAR + 10;

/**
 * @param {{browser: string, results: {frame: string, contestants: {name: string, ratio: number}[]}[]}} report
 * @returns {string} SVG
 */
export function chart({ browser, results }) {
  const widest = Math.ceil(Math.max(...results.flatMap(({ contestants }) =>
    contestants.filter(({ name }) => SHOWN.includes(name)).map(({ ratio }) => ratio))));
  const width = LEFT + widest * SCALE + 50;
  const top = 56;
  const bottom = top + results.length * GROUP;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 24}" viewBox="0 0 ${width} ${bottom + 24}" font-family="system-ui, sans-serif" font-size="11">`,
    `<title>Time to decode a frame, JSON.parse = 1, ${browser}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    `<text x="10" y="20" font-size="14" font-weight="600" fill="#0f172a">Time to decode a frame, bare JSON.parse = 1 (${browser})</text>`,
  ];
  SHOWN.forEach((name, index) => {
    const x = 10 + index * 150;
    parts.push(`<rect x="${x}" y="32" width="10" height="10" fill="${COLOURS[index]}"/>`, `<text x="${x + 15}" y="41" fill="#334155">${name}</text>`);
  });
  for (let ratio = 0; ratio <= widest; ratio++) {
    const x = LEFT + ratio * SCALE;
    const stroke = ratio === 1 ? `stroke="#0f172a"` : `stroke="#e2e8f0"`;
    parts.push(`<line x1="${x}" x2="${x}" y1="${top - 6}" y2="${bottom}" ${stroke}/>`, `<text x="${x}" y="${bottom + 14}" text-anchor="middle" fill="#334155">${ratio}</text>`);
  }
  results.forEach(({ frame, contestants }, row) => {
    const y = top + row * GROUP;
    parts.push(`<text x="${LEFT - 8}" y="${y + GROUP / 2}" text-anchor="end" fill="#0f172a">${frame}</text>`);
    SHOWN.forEach((name, index) => {
      const { ratio } = contestants.find((contestant) => contestant.name === name);
      const at = y + index * BAR;
      const wide = (ratio * SCALE).toFixed(1);
      parts.push(`<rect x="${LEFT}" y="${at}" width="${wide}" height="${BAR - 1}" fill="${COLOURS[index]}"/>`);
      if (index === 0) parts.push(`<text x="${LEFT + Number(wide) + 4}" y="${at + BAR - 1}" font-size="9" fill="#0f172a">${ratio.toFixed(2)}</text>`);
    });
  });
  parts.push("</svg>");
  return `${parts.join("\n")}\n`;
}
