// The documentation site: the guides as they are, the API references, and a live page. `cargo xtask docs` builds it.

import { fileURLToPath } from "node:url";

import { defineConfig } from "vitepress";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const dist = (name) => fileURLToPath(new URL(`../../../pkg/dist/${name}.js`, import.meta.url));
/** Where the site is published: `/` or, on a project page, `/NAME/`. */
const base = process.env.DOCS_BASE ?? "/";

/** Heading anchors as a forge makes them, so that a link works in both places. */
const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-");

const group = (text, pages) => ({ text, items: pages.map(([title, link]) => ({ text: title, link })) });

export default defineConfig({
  title: "room-events",
  description: "A browser client for a chat server's Events API, and a reference server to develop against",
  base,
  head: [["link", { rel: "icon", href: `${base}favicon.svg` }]],
  srcDir: root,
  // Only Markdown of these folders is a page.
  srcExclude: ["benches", "examples/*", "fuzz", "pkg", "src", "target", "tests", "www", "xtask", ".github", ".ci"].map((name) => `${name}/**`),
  outDir: fileURLToPath(new URL("../../../target/site", import.meta.url)),
  cacheDir: fileURLToPath(new URL("../../../target/site-cache", import.meta.url)),
  rewrites: { "docs/site/index.md": "index.md", "docs/site/live.md": "live.md" },
  // The references are put next to the pages afterwards; check.mjs looks at all links.
  ignoreDeadLinks: [/^\/reference\//, /^\/crate\//],
  markdown: { anchor: { slugify } },
  lastUpdated: false,
  vite: {
    publicDir: fileURLToPath(new URL("public", import.meta.url)),
    resolve: {
      alias: ["store", "testing", "vue"].map((name) => ({ find: `room-events/${name}`, replacement: dist(name) })),
    },
    build: { chunkSizeWarningLimit: 1000 },
  },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/README" },
      { text: "Live", link: "/live" },
      { text: "API", items: [{ text: "npm package", link: "/reference/index.html", target: "_self" }, { text: "Rust crate", link: "/crate/room_events/index.html", target: "_self" }] },
    ],
    sidebar: [
      group("Start", [
        ["Introduction", "/README"],
        ["Getting started", "/docs/getting-started"],
        ["Live", "/live"],
        ["Bundlers and frameworks", "/docs/bundlers"],
        ["Examples", "/examples/README"],
        ["Migrating", "/docs/migrating"],
      ]),
      group("Guides", [
        ["Events and notices", "/docs/events"],
        ["The store", "/docs/store"],
        ["Connection and options", "/docs/connection"],
        ["Catching up", "/docs/catch-up"],
        ["The engine", "/docs/engine"],
        ["REST", "/docs/rest"],
        ["Testing", "/docs/testing"],
        ["Debugging", "/docs/debugging"],
        ["Security", "/docs/security"],
      ]),
      group("Reference server", [
        ["The server", "/docs/reference-server"],
        ["Its performance", "/docs/performance-server"],
        ["Test coverage", "/docs/reference-server-coverage"],
        ["The Web API", "/docs/spec/web-api"],
      ]),
      group("Background", [
        ["Performance", "/docs/performance"],
        ["Reliability", "/docs/reliability"],
        ["Decisions", "/docs/adr/README"],
        ["Contributing", "/CONTRIBUTING"],
        ["Changes", "/CHANGELOG"],
      ]),
    ],
  },
});
