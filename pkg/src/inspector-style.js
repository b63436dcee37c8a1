// The styles of <room-events-inspector>. In each pair of colours, the first is for light mode, the second for dark
// mode.

export const styles = `
:host {
  /* Named apart from the page's own, which are visible here. */
  --_surface: var(--room-events-surface, light-dark(oklch(1 0 0), oklch(0.212 0.013 220)));
  --_text: var(--room-events-text, light-dark(oklch(0.24 0.018 225), oklch(0.93 0.006 200)));
  --_accent: var(--room-events-accent, light-dark(oklch(0.51 0.093 186), oklch(0.78 0.115 184)));
  --_font: var(--room-events-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  --_mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --_soft: color-mix(in oklab, var(--_text) 76%, var(--_surface));
  --_line: color-mix(in oklab, var(--_text) 12%, var(--_surface));
  --_line-strong: color-mix(in oklab, var(--_text) 45%, var(--_surface));
  --_hover: color-mix(in oklab, var(--_text) 6%, transparent);
  --_sunken: color-mix(in oklab, var(--_text) 4%, var(--_surface));
  --_good: light-dark(oklch(0.5 0.125 150), oklch(0.8 0.15 152));
  --_info: light-dark(oklch(0.5 0.14 252), oklch(0.78 0.11 245));
  --_warn: light-dark(oklch(0.52 0.115 65), oklch(0.83 0.13 78));
  --_bad: light-dark(oklch(0.52 0.19 26), oklch(0.76 0.14 24));
  --_note: light-dark(oklch(0.5 0.16 305), oklch(0.79 0.12 305));
  display: block;
  height: 32rem;
  min-height: 0;
  overflow: hidden;
  background: var(--_surface);
  color: var(--_text);
  font: 0.9375rem / 1.45 var(--_font);
  text-align: start;
}

:host([hidden]) {
  display: none;
}

* {
  box-sizing: border-box;
  margin: 0;
}

:focus-visible {
  outline: 2px solid var(--_accent);
  outline-offset: 1px;
}

section {
  display: flex;
  flex: 1;
  min-height: 0;
  flex-direction: column;
  height: 100%;
}

header {
  display: flex;
  flex: none;
  align-items: center;
  gap: 4px;
  min-height: 60px;
  padding: 0 10px 0 16px;
  border-bottom: 1px solid var(--_line);
}

.titles {
  flex: 1;
  min-width: 0;
}

h2 {
  font-size: 1rem;
  font-weight: 650;
}

.total {
  overflow: hidden;
  color: var(--_soft);
  font-size: 0.75rem;
  text-overflow: ellipsis;
  white-space: nowrap;
}

button {
  display: inline-grid;
  flex: none;
  place-items: center;
  width: 36px;
  height: 36px;
  padding: 0;
  border: 0;
  border-radius: 6px;
  background: none;
  color: var(--_soft);
  cursor: pointer;
}

button:hover {
  background: var(--_hover);
  color: var(--_text);
}

svg {
  width: 20px;
  height: 20px;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.6;
  stroke-linecap: round;
  stroke-linejoin: round;
}

[data-tone="good"] { --_tone: var(--_good); }
[data-tone="info"] { --_tone: var(--_info); }
[data-tone="warn"] { --_tone: var(--_warn); }
[data-tone="bad"] { --_tone: var(--_bad); }
[data-tone="note"] { --_tone: var(--_note); }
[data-tone="soft"] { --_tone: var(--_soft); }

.status {
  position: relative;
  flex: none;
  padding: 8px 16px 8px 32px;
  border-bottom: 1px solid var(--_line);
  color: var(--_tone);
  font-size: 0.8125rem;
  font-weight: 600;
  overflow-wrap: anywhere;
}

.status::before,
.entry-head::before {
  position: absolute;
  width: 8px;
  height: 8px;
  border-radius: 50%;
  background: var(--_tone);
  content: "";
}

.status::before {
  top: 13px;
  left: 16px;
}

summary {
  list-style: none;
  cursor: pointer;
}

summary::-webkit-details-marker {
  display: none;
}

summary:hover {
  background: var(--_hover);
}

summary:focus-visible,
.scroll:focus-visible {
  outline-offset: -2px;
}

summary::after {
  flex: none;
  align-self: center;
  width: 6px;
  height: 6px;
  margin-inline: 2px 4px;
  border: solid var(--_soft);
  border-width: 0 1.5px 1.5px 0;
  content: "";
  transform: rotate(-45deg);
}

[open] > summary::after {
  transform: rotate(45deg);
}

.stats {
  flex: none;
  max-height: 50%;
  overflow-y: auto;
  border-bottom: 1px solid var(--_line);
  font-size: 0.8125rem;
}

.stats summary {
  display: flex;
  gap: 8px;
  padding: 8px 12px 8px 16px;
}

.stats summary > :first-child {
  font-weight: 600;
}

.brief {
  flex: 1;
  min-width: 0;
  overflow: hidden;
  color: var(--_soft);
  font-variant-numeric: tabular-nums;
  text-align: end;
  text-overflow: ellipsis;
  white-space: nowrap;
}

dl {
  padding: 0 16px 10px;
}

dl > div {
  display: flex;
  gap: 12px;
  justify-content: space-between;
  padding: 2px 0;
}

dt {
  color: var(--_soft);
}

dd {
  min-width: 0;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
  text-align: end;
}

.filters {
  display: grid;
  flex: none;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  gap: 8px;
  padding: 10px 12px;
  border-bottom: 1px solid var(--_line);
}

select,
input {
  width: 100%;
  min-height: 32px;
  padding: 2px 8px;
  border: 1px solid var(--_line-strong);
  border-radius: 6px;
  background: var(--_surface);
  color: inherit;
  font: 0.8125rem var(--_font);
}

input::placeholder {
  color: var(--_soft);
  opacity: 1;
}

.scroll {
  flex: 1;
  min-height: 0;
  overflow-y: auto;
}

.notice {
  padding: 32px 24px;
  color: var(--_soft);
  font-size: 0.8125rem;
  text-align: center;
}

.notice[hidden] {
  display: none;
}

.notice-head {
  color: var(--_text);
  font-size: 0.9375rem;
  font-weight: 600;
}

ol {
  padding: 0;
  list-style: none;
}

/* Hundreds of entries, of which a dozen are in view. */
li {
  border-bottom: 1px solid var(--_line);
  content-visibility: auto;
  contain-intrinsic-height: auto 51px;
}

li[hidden] {
  display: none;
}

li summary {
  display: grid;
  grid-template-columns: minmax(0, 1fr) auto;
  gap: 1px 8px;
  padding: 8px 14px 8px 28px;
  font-size: 0.8125rem;
}

.entry-head {
  grid-area: 1 / 1 / 2 / 3;
  position: relative;
  display: flex;
  align-items: baseline;
  gap: 8px;
}

.entry-head::before {
  top: 0.4em;
  left: -15px;
}

.entry-type {
  min-width: 0;
  overflow: hidden;
  color: var(--_tone);
  font: 600 0.75rem var(--_mono);
  text-overflow: ellipsis;
}

.badge {
  flex: none;
  padding: 0 5px;
  border: 1px solid var(--_line-strong);
  border-radius: 4px;
  color: var(--_soft);
  font-size: 0.6875rem;
}

.entry-time {
  flex: 1 0 auto;
  color: var(--_soft);
  font: 0.6875rem var(--_mono);
  font-variant-numeric: tabular-nums;
  text-align: end;
}

.entry-line {
  grid-area: 2 / 1;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

[open] > summary > .entry-line {
  overflow-wrap: anywhere;
  white-space: normal;
}

li summary::after {
  grid-area: 2 / 2;
}

pre {
  max-height: 360px;
  margin: 0 12px 12px 28px;
  padding: 10px 12px;
  overflow: auto;
  border: 1px solid var(--_line);
  border-radius: 6px;
  background: var(--_sunken);
  font: 0.75rem / 1.55 var(--_mono);
  tab-size: 2;
}

@media (forced-colors: active) {
  .status::before,
  .entry-head::before {
    background: CanvasText;
    forced-color-adjust: none;
  }
}
`;
