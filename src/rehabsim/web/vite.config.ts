import { defineConfig } from "vite";

// The gateway serves pages at /console and /display, and what they load under /assets.
export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // The policy of the pages forbids inline content, so that nothing may be folded into them.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    rolldownOptions: { input: { console: "console.html", display: "display.html" } },
  },
});
