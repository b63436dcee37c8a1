import { defineConfig } from "vite";

export default defineConfig({
  // Where `npm run dev` finds the reference server.
  server: { proxy: { "/api": { target: "http://127.0.0.1:7777", ws: true } } },
});
