/** The page's icons, drawn on a 20 by 20 grid with lines of the text's colour. */

const SHAPES = {
  arrowDown: "M10 4v12M5 11l5 5 5-5",
  arrowLeft: "M16 10H4M9 5l-5 5 5 5",
  calendar: "M4 6.5h12v9.5H4zM4 9.5h12M7 4v3M13 4v3",
  chat: "M4 5h12v8.5H9.5L6 16.5v-3H4z",
  clip: "M14.5 9.5l-5 5a3 3 0 0 1-4.2-4.2l6-6a2 2 0 0 1 2.8 2.8l-5.6 5.6a1 1 0 0 1-1.4-1.4l5-5",
  clock: "M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM10 6.5V10l2.5 2",
  close: "M5 5l10 10M15 5L5 15",
  events: "M3 10h3l2.2-5 3.6 10L14 10h3",
  file: "M6 3.5h5l3.5 3.5v9.5H6zM11 3.5V7h3.5",
  hash: "M8 4L6.5 16M13.5 4L12 16M4.5 8h12M3.5 12h12",
  issue: "M5 4h10v12H5zM7.5 10l2 2 3.5-4",
  lock: "M5.5 9h9v7h-9zM7.5 9V6.5a2.5 2.5 0 0 1 5 0V9",
  logout: "M8.5 4H4.5v12h4M8 10h8.5M13 6.5l3.5 3.5-3.5 3.5",
  moon: "M15.5 11.8A6 6 0 1 1 8.2 4.5a5 5 0 0 0 7.3 7.3z",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  pencil: "M4.5 15.5l.8-3.3 7.9-7.9 2.5 2.5-7.9 7.9z",
  pin: "M7.5 4h5l-.7 5 2.2 2.5h-8L8.2 9zM10 11.5v5",
  plus: "M10 4.5v11M4.5 10h11",
  reader: "M3 10.5l3.5 3.5L13 6.5M9.5 13.5l.5.5L17 6.5",
  send: "M4 10l12-5.5-3.5 11.5-3-4.5zM9.5 11.5L16 4.5",
  sun: "M10 7a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",
  system: "M3.5 4.5h13v9h-13zM7.5 16.5h5",
  trash: "M4.5 6h11M8 6V4h4v2M6 6l.7 10.5h6.6L14 6",
  warning: "M10 3.5l7 12.5H3zM10 8v4M10 14h.01",
} as const;

export type IconName = keyof typeof SHAPES;

const SVG = "http://www.w3.org/2000/svg";

function draw(className: string, size: number, ...paths: string[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${size} ${size}`, class: className, "aria-hidden": "true" })) svg.setAttribute(name, value);
  for (const d of paths) svg.appendChild(document.createElementNS(SVG, "path")).setAttribute("d", d);
  return svg;
}

/** An icon next to a text or in a labelled button: hidden from screen readers. */
export const icon = (name: IconName): SVGSVGElement => draw("icon", 20, SHAPES[name]);

/** The mark of the package: a dot and the waves that leave it. */
export const logo = (): SVGSVGElement => draw("logo", 32, "M9 12.5a9.5 9.5 0 0 1 14 0M12.6 16.2a4.6 4.6 0 0 1 6.8 0", "M18.6 21a2.6 2.6 0 1 0-5.2 0a2.6 2.6 0 1 0 5.2 0z");
