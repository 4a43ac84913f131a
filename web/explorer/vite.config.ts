import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    outDir: "../../src/antiphon/pages/explorer",
    emptyOutDir: true,
    // The page is at /docs, without a slash: what it refers to lies below that.
    assetsDir: "docs",
    target: "es2022",
    // The page's Content-Security-Policy allows files of its own origin only: nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
