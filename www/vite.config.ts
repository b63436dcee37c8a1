import { defineConfig } from "vite";

/** The reference server, where `npm run dev` sends what is not the page itself. */
const SERVER = "http://127.0.0.1:7777";

export default defineConfig({
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: SERVER, ws: true } },
  },
  build: {
    target: "es2023",
    // Every asset is a file of its own: the server's Content-Security-Policy allows no data: URLs, and the browser
    // compiles a .wasm file while it still arrives.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
